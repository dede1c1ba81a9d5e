"""
Draft, normal, fine
===================

A draft is a quick look; ``normal`` composes at half of the working size and paints strokes at the
full one; ``fine`` takes its time. The sizes of the strokes stay the same.
"""

from _shared import painting, photo, show, side

import sfumato

cup = photo("coffee", 360)
pictures = [
    sfumato.stylize(cup, painting(), region="subject", preset=preset, size=side(300)).array
    for preset in ("draft", "normal")
]
show(*pictures, titles=("draft", "normal"))
