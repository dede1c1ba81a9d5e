"""
Two styles mixed
================

Several styles are mixed by weight: the picture is near all of them at once.
"""

from _shared import etching, painting, photo, show

import sfumato

cat = photo("chelsea", 320)
pictures = [
    sfumato.stylize(cat, styles, region="all", preset="draft").array
    for styles in (painting(2), [painting(2), etching()], etching())
]
show(*pictures, titles=("a painting", "both", "an etching"))
