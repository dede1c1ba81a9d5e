"""
Draft, normal, fine
===================

A draft is a quick look at small size; ``normal`` composes at half of the working size and paints
strokes at the full one; ``fine`` takes its time.
"""

import time

from _shared import painting, photo, show, side

import sfumato

cup, pictures, titles = photo("coffee", 360), [], []
for preset in ("draft", "normal"):
    began = time.perf_counter()
    result = sfumato.stylize(cup, painting(), region="subject", preset=preset, size=side(300))
    pictures.append(result.array)
    titles.append(f"{preset}, {time.perf_counter() - began:.0f} s")
show(*pictures, titles=tuple(titles))
