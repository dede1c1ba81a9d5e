"""
Sky like sky
============

Label maps in the same colors say what belongs together; here they are painted by code.
"""

import numpy as np
from _shared import dusk, photo, show

import sfumato

astronaut, reference = photo("astronaut", 300), dusk()
blue, red = (0, 0, 255), (255, 0, 0)


def labels(picture, where):
    """Return a label map: red where it is, blue elsewhere."""
    return np.where(where[..., None], np.uint8(red), np.uint8(blue))


person = sfumato.regions.subject(astronaut) > 0.5
ground = np.arange(reference.shape[0])[:, None] > 0.8 * reference.shape[0]
ground = np.broadcast_to(ground, reference.shape[:2])
result = sfumato.photoreal(
    astronaut,
    reference,
    labels=labels(astronaut, person),
    reference_labels=labels(reference, ground),
    transfer="tones",
)
show(astronaut, labels(astronaut, person), result.array, titles=("photo", "labels", "result"))
