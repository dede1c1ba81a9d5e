"""
The size of strokes
===================

``scale`` makes the strokes of a style larger or smaller; 1 fits the style picture to the region.
"""

from _shared import painting, photo, show

import sfumato

cat, style = photo("chelsea", 300), painting(4)
pictures = [
    sfumato.stylize(cat, style, region="subject", preset="draft", scale=scale).array for scale in (0.5, 1.0, 2.0)
]
show(*pictures, titles=("scale 0.5", "scale 1", "scale 2"))
