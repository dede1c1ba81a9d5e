"""
What came out, in numbers
=========================

A distance is not a picture; each measure says one thing. See what each means on its page.
"""

from _shared import painting, photo

import sfumato
from sfumato import metrics

cat, style = photo("chelsea", 300), painting()
for share in ("matched", "whole"):
    result = sfumato.stylize(cat, style, region="subject", preset="draft", style_share=share)
    near = metrics.style_distance(result.array, style, result.alpha)
    left = metrics.structure(result.array, cat, result.alpha)
    print(f"{share:8} style distance {near:.3f}, structure {left:.3f}")
