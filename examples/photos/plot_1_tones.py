"""
The tones of another photo
==========================

Each label's colors go through a smooth function of color, in a second: nothing is optimized.
"""

from _shared import dusk, photo, show

import sfumato

cup = photo("coffee", 360)
result = sfumato.photoreal(cup, dusk(), transfer="tones")
show(cup, dusk(), result.array, titles=("photo", "reference", "result"))
