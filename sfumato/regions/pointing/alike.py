"""What is connected without an edge, such as a sky."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from sfumato.arrays import checked
from sfumato.images.resizing import at_most
from sfumato.regions.segmenters import enlarge

__all__ = ["alike"]

_COPY = 448  # longer side of the copy that is looked at
_SMOOTH = 1.5  # standard deviation of the smoothing, in pixels of the copy: texture is no edge
_STEP = 3  # largest difference between neighbors, in levels of 255: skies and walls have gradients


@checked("photo")
def alike(place: tuple[float, float], *, photo: NDArray[np.float32]) -> NDArray[np.float32]:
    """Select what is connected to a place without an edge, its texture aside.

    Parameters
    ----------
    place : (x, y)
        A place in the picture, in pixels from the left and the top.
    photo : ndarray of float32, shape (H, W, 3)
        sRGB in [0, 1].

    Returns
    -------
    ndarray of float32, shape (H, W)
        Mask in [0, 1], with edges that follow the photo's.

    Examples
    --------
    >>> photo = np.full((60, 80, 3), 0.2, np.float32)
    >>> photo[:30] = 0.4, 0.6, 0.9
    >>> alike((40, 10), photo=photo)[[5, 50], 20]
    array([1., 0.], dtype=float32)
    """
    small = at_most(np.asarray(photo, np.float32), _COPY)
    height, width = small.shape[:2]
    levels = cv2.convertScaleAbs(cv2.GaussianBlur(small, (0, 0), _SMOOTH), alpha=255)
    x, y = place[0] * width / photo.shape[1], place[1] * height / photo.shape[0]
    seed = min(int(x), width - 1), min(int(y), height - 1)
    # OpenCV requires a mask with a border of one pixel.
    filled = np.zeros((height + 2, width + 2), np.uint8)
    step = (_STEP, _STEP, _STEP)
    cv2.floodFill(levels, filled, seed, (0, 0, 0), step, step, 4 | cv2.FLOODFILL_MASK_ONLY | 1 << 8)
    found = filled[1:-1, 1:-1]
    # The smoothing made edges wide, which belong to nothing yet; small holes are texture.
    grown = cv2.dilate(found, np.ones((5, 5), np.uint8))
    closed = cv2.morphologyEx(grown, cv2.MORPH_CLOSE, np.ones((9, 9), np.uint8)).astype(np.float32)
    return enlarge(closed, photo)
