"""What a saliency network sees in parts of a photo: in crops, what is small in the photo becomes the subject."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from sfumato import models
from sfumato.compute import session, size_free
from sfumato.images import Box
from sfumato.images.boxes import slices
from sfumato.regions.subject import prepared

__all__ = ["COARSE", "FINE", "Look", "Mask", "around", "laid", "look", "squares"]

Mask = NDArray[np.float32]

#: Side of what the network sees in crops, in pixels. It was trained with 320, which takes twice as long, and finds
#: pasted objects a little better, and things in photos a little worse.
COARSE = 224

#: The same where it looks at one thing.
FINE = 256

# Sides of the squares around a click, as multiples of the photo's shorter side; the first is the whole photo.
_SQUARES = (math.inf, 1.0, 0.7, 0.5, 0.35)

# Those that are tried if none of these shows anything at the click, such as for a small thing beside a large one.
_SMALLER = (0.28, 0.22)

_SMALLEST = 32  # side of a square in pixels


class Look(NamedTuple):
    """A part of a photo, and the network's map of it, (side, side) in [0, 1]."""

    box: Box
    map: Mask


def squares(x: float, y: float, shape: tuple[int, ...], *, small: bool = False) -> list[Box]:
    """Return squares around a place, as far as they are in the picture; the first is the whole picture, if not small.

    Examples
    --------
    >>> squares(90, 50, (100, 200, 3))[:3]
    [(0, 0, 100, 200), (0, 40, 100, 140), (15, 55, 85, 125)]
    """
    shorter = min(shape[:2])
    return [_square(x, y, max(_SMALLEST, times * shorter), shape) for times in (_SMALLER if small else _SQUARES)]


def around(box: Box, shape: tuple[int, ...], *, margin: float) -> Box:
    """Return a square around a box, with a margin as a fraction of its longer side, as far as it is in the picture.

    Examples
    --------
    >>> around((40, 40, 60, 80), (100, 200, 3), margin=0.25)
    (20, 30, 80, 90)
    """
    top, left, bottom, right = box
    side = max(bottom - top, right - left) * (1 + 2 * margin)
    return _square((left + right) / 2, (top + bottom) / 2, max(_SMALLEST, side), shape)


def _square(x: float, y: float, side: float, shape: tuple[int, ...]) -> Box:
    height, width = shape[:2]
    if math.isinf(side):
        return 0, 0, height, width
    top, left = max(0, round(y - side / 2)), max(0, round(x - side / 2))
    return top, left, min(height, round(y + side / 2)), min(width, round(x + side / 2))


def look(photo: NDArray[np.float32], box: Box, side: int = COARSE) -> Look:
    """Return what the network finds most salient in a part of a photo.

    Parameters
    ----------
    photo : ndarray of float32, shape (H, W, 3)
        sRGB in [0, 1].
    box : Box
        The part: top, left, bottom, right.
    side : int
        Side of what the network sees, in pixels.

    Returns
    -------
    Look
        The map is stretched to [0, 1].

    Raises
    ------
    ModelError
        If the network file "u2netp" is not in the model store and cannot be fetched.

    Examples
    --------
    >>> photo = np.full((120, 160, 3), 0.8, np.float32)
    >>> photo[40:80, 50:110] = 0.9, 0.1, 0.1
    >>> seen = look(photo, (0, 0, 120, 160)).map
    >>> bool(seen[112, 112] > 0.9), bool(seen[5, 5] < 0.1)
    (True, True)
    """
    network = _session()
    inputs = {network.get_inputs()[0].name: prepared(photo[slices(box)], side)}
    (maps,) = network.run([network.get_outputs()[0].name], inputs)
    seen: Mask = maps[0, 0]
    low, high = float(seen.min()), float(seen.max())
    return Look(box, (seen - low) / max(high - low, 1e-6))


def laid(seen: Look, shape: tuple[int, ...], size: tuple[int, int]) -> Mask:
    """Lay a map into a copy of the photo, of a height and width; zeros around it."""
    scale = size[0] / shape[0], size[1] / shape[1]
    top, bottom = (round(side * scale[0]) for side in seen.box[::2])
    left, right = (round(side * scale[1]) for side in seen.box[1::2])
    whole = np.zeros(size, np.float32)
    part = max(1, right - left), max(1, bottom - top)
    method = cv2.INTER_AREA if max(part) < len(seen.map) else cv2.INTER_LINEAR
    resized = cv2.resize(seen.map, part, interpolation=method)
    whole[top : top + part[1], left : left + part[0]] = resized[: size[0] - top, : size[1] - left]
    return whole


@lru_cache(maxsize=1)
def _session() -> Any:
    """Load the network for pictures of any size, once."""
    import onnx

    return session(size_free(onnx.load(models.path("u2netp")), axes=(2, 3)).SerializeToString())
