"""
All but the person
==================

``~`` means all but: here everything is painted except for the subject, the portrait effect.
"""

from _shared import painting, photo, show

import sfumato

portrait = photo("astronaut")
result = sfumato.stylize(portrait, painting(3), region="~subject", preset="draft")
show(portrait, result.array, titles=("photo", "~subject"))
