"""
Shapes and gradients
====================

Regions are expressions; lengths are in pixels or percent. A gradient fades the style into the
photo.
"""

from _shared import photo, show

from sfumato import regions

cup = photo("coffee")
texts = ("rect(0, 0, 50%, 100%)", "ellipse(50%, 45%, 30%, 40%)", "linear(0, 0, 100%, 0)", "radial(50%, 50%, 10%, 60%)")
masks = [regions.evaluate(text, cup) for text in texts]
show(*masks, titles=texts, columns=4)
