"""
An object in a painting
=======================

An object is cut out of a photo, without a fringe of its old background, and painted so that it
belongs to the painting.
"""

from _shared import painting, photo, show

import sfumato

cup, landscape = photo("coffee", 300), painting()
pasted = sfumato.paste(cup, landscape, scale=0.6, at=("50%", "65%"))
result = sfumato.harmonize(pasted.picture, landscape, region=pasted.mask, preset="draft")
show(pasted.picture.pixels, result.array, titles=("pasted", "harmonized"))
