"""
A first picture
===============

The subject of a photo in the manner of a painting. A network finds the subject; all other pixels
keep their values.
"""

import numpy as np
from _shared import painting, photo, show

import sfumato

cat = photo("chelsea")
result = sfumato.stylize(cat, painting(), region="subject", preset="draft")
show(cat, painting(), result.array, titles=("photo", "style", "result"))

# %%
# Where alpha is 0, the result is the photo, to the bit.
outside = result.alpha == 0
print("equal outside:", np.array_equal(result.array[outside], cat[outside]))
