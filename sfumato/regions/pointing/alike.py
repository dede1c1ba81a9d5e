"""What is connected and looks alike, such as a sky."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from sfumato.arrays import checked
from sfumato.images.resizing import at_most
from sfumato.regions.flood import flood
from sfumato.regions.segmenters import enlarge

__all__ = ["alike"]

_COPY = 448  # longer side of the copy that is looked at
_SMOOTH = 2  # standard deviation of the smoothing, in pixels of the copy: texture is no edge
_TOLERANCE = 20.0  # levels of 255


@checked("photo")
def alike(place: tuple[float, float], *, photo: NDArray[np.float32]) -> NDArray[np.float32]:
    """Select what is connected to a place and looks like it, its texture aside.

    Parameters
    ----------
    place : (x, y)
        In pixels from the left and the top.
    photo : ndarray of float32, shape (H, W, 3)
        sRGB in [0, 1].

    Returns
    -------
    ndarray of float32, shape (H, W)
        Mask in [0, 1], with edges that follow the photo's.

    Raises
    ------
    RegionError
        If the place is not in the picture.

    Examples
    --------
    >>> photo = np.full((60, 80, 3), 0.2, np.float32)
    >>> photo[:30] = 0.4, 0.6, 0.9
    >>> alike((40, 10), photo=photo)[[5, 50], 20]
    array([1., 0.], dtype=float32)
    """
    small = at_most(np.asarray(photo, np.float32), _COPY)
    smooth = cv2.bilateralFilter(cv2.GaussianBlur(small, (0, 0), _SMOOTH / 2), 0, 0.1, 2 * _SMOOTH).astype(np.float32)
    scale = small.shape[1] / photo.shape[1], small.shape[0] / photo.shape[0]
    found = flood(place[0] * scale[0], place[1] * scale[1], photo=smooth, tolerance=_TOLERANCE)
    # Pinholes that noise leaves are closed.
    closed = cv2.morphologyEx(found, cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8)).astype(np.float32)
    return enlarge(closed, photo)
