"""
Strength, and the photo's own colors
====================================

``strength`` is even to the eye; ``color="luminance"`` keeps the photo's colors and takes only the
strokes.
"""

from _shared import painting, photo, show

import sfumato

cup, style = photo("coffee", 300), painting()
pictures = [
    sfumato.stylize(cup, style, region="subject", preset="draft", strength=strength, color=color).array
    for strength, color in ((0.5, "none"), (1.0, "none"), (1.0, "luminance"))
]
show(*pictures, titles=("strength 0.5", "strength 1", "luminance"))
