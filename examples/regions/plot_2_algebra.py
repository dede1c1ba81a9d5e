"""
Regions combined
================

``&`` is both, ``|`` is either, ``-`` is without, and ``~`` is all but. Soft masks stay soft.
"""

from _shared import photo, show

from sfumato import regions

astronaut = photo("astronaut")
texts = ("subject", "subject & rect(0, 0, 100%, 50%)", "feather(subject, 5%)", "~subject - linear(0, 0, 0, 100%)")
masks = [regions.evaluate(text, astronaut) for text in texts]
show(*masks, titles=texts, columns=4)
