"""
Frames in a running program
===========================

``sfumato.fast.Styler`` keeps the networks in memory and paints one frame after another.
"""

from _shared import painting, photo, show, washes

import sfumato

frame = photo("coffee", 320)
pictures = [sfumato.fast.Styler(style)(frame) for style in (painting(), washes())]
mixed = sfumato.fast.Styler([(painting(), 0.5), (washes(), 0.5)], strength=0.8)(frame)
show(*pictures, mixed, titles=("a painting", "washes", "both, at 0.8"))
