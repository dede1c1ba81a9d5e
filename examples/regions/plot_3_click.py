"""
Point at a thing
================

``click`` finds the thing at a place, whatever it is, by the network that finds the subject: in a
square around the click, the thing is the subject.
"""

import numpy as np
from _shared import photo, show

from sfumato import regions

astronaut = photo("astronaut", 512)
shown, texts = [], ("click(80%, 35%)", "click(8%, 20%)", "click(55%, 85%)")
for text in texts:
    mask = regions.evaluate(text, astronaut)[..., None]
    shown.append(np.uint8(astronaut * (0.25 + 0.75 * mask)))
show(*shown, titles=texts)

# %%
# Further clicks correct it: on the thing, or, as ``not=``, on what does not belong to it.
both = regions.evaluate("click(80%, 35%, 90%, 60%, not=(60%, 10%))", astronaut)
print(f"{both.mean():.1%} of the photo")
