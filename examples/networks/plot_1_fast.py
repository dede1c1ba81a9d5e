"""
Any style in one pass
=====================

``method="fast"`` paints with a network that reads the style: tame strokes, but at once.
"""

import time

from _shared import painting, photo, show

import sfumato

cat, style = photo("chelsea", 480), painting()
began = time.perf_counter()
result = sfumato.stylize(cat, style, region="subject", method="fast")
show(cat, result.array, titles=("photo", f"fast, {time.perf_counter() - began:.1f} s"))
