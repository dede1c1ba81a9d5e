"""Flood fill: the connected pixels with the color of a given place."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from sfumato.arrays import checked
from sfumato.errors import RegionError

__all__ = ["flood"]


@checked("photo")
def flood(x: float, y: float, *, photo: NDArray[np.float32], tolerance: float = 12) -> NDArray[np.float32]:
    """Select the pixels that are connected to a place and have nearly its color.

    A pixel is selected if its red, green and blue, in 8 bits, are each within the tolerance of those at the place.
    Pixels are connected along their sides, not at their corners. The mask is hard: `feather` softens it, and
    ``shrink(grow(flood(...), 2), 2)`` closes the pinholes that noise leaves.

    Parameters
    ----------
    x, y : float
        The place, in pixels from the left and the top.
    photo : ndarray
        sRGB in [0, 1], float32 (H, W, 3).
    tolerance : float
        Maximum difference, in levels of 255.

    Returns
    -------
    ndarray
        float32 (H, W), zeros and ones.

    Raises
    ------
    RegionError
        If the place is not in the picture, or the tolerance is not between 0 and 255.

    Examples
    --------
    >>> photo = np.zeros((2, 4, 3), np.float32)
    >>> photo[:, 2] = 0.5
    >>> flood(0, 0, photo=photo)
    array([[1., 1., 0., 0.],
           [1., 1., 0., 0.]], dtype=float32)
    """
    height, width = photo.shape[:2]
    if not (0 <= x <= width and 0 <= y <= height):
        raise RegionError(f"flood needs a place in the picture, {width} x {height} pixels, got ({x:g}, {y:g})")
    if not 0 <= tolerance <= 255:
        raise RegionError(f"flood needs a tolerance from 0 to 255, got {tolerance:g}")
    levels = cv2.convertScaleAbs(photo, alpha=255)
    # OpenCV requires a mask with a border of one pixel.
    filled = np.zeros((height + 2, width + 2), np.uint8)
    seed = min(int(x), width - 1), min(int(y), height - 1)
    flags = 4 | cv2.FLOODFILL_FIXED_RANGE | cv2.FLOODFILL_MASK_ONLY
    cv2.floodFill(levels, filled, seed, 0, (math.floor(tolerance),) * 3, (math.floor(tolerance),) * 3, flags)
    return filled[1:-1, 1:-1].astype(np.float32)
