"""Enlarge a network's small map to a mask of the photo's size."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from sfumato.arrays import checked
from sfumato.regions.refine import stretch
from sfumato.regions.segmenters.segments import Mask

__all__ = ["enlarge"]

_CELLS = 2  # radius of the filter, in pixels of the small map
_SIDE = 1024  # longer side of the copy of the photo on which the filter's coefficients are computed
_EPS = 1e-4  # regularization of the filter
_MARGIN = 0.2  # values up to this become 0, and those from 1 minus this become 1


@checked("photo", masks=["small"])
def enlarge(small: Mask, photo: NDArray[np.float32], *, refine: bool = True) -> Mask:
    """Enlarge a small soft map to a photo's size, and align it with the photo's edges.

    This is the fast guided filter: within two pixels of the small map, the mask is a linear function of the photo's
    color. The functions are computed on a reduced photo and applied to the whole photo. The mask is then stretched so
    that 0.2 becomes 0 and 0.8 becomes 1, which makes most of it exactly 0 or 1.

    Parameters
    ----------
    small : ndarray of float32, shape (h, w)
        Soft map in [0, 1] that covers the whole photo.
    photo : ndarray of float32, shape (H, W, 3)
        sRGB in [0, 1].
    refine : bool
        Whether to align the mask with the photo's edges. If false, the map is only enlarged, by linear interpolation.

    Returns
    -------
    ndarray of float32, shape (H, W)
        Mask in [0, 1].

    References
    ----------
    He and Sun, "Fast guided filter", arXiv:1505.00996, 2015.

    Examples
    --------
    >>> photo = np.zeros((40, 40, 3), np.float32)
    >>> photo[:, 23:] = 1
    >>> small = np.float32([[0, 0, 0.9, 1]] * 4)
    >>> enlarge(small, photo)[20, [5, 22, 23, 35]]
    array([0., 0., 1., 1.], dtype=float32)
    """
    height, width = photo.shape[:2]
    if not refine:
        return _resize(small, width, height)
    gradient, offset = _coefficients(small, photo)
    mask = _resize(offset, width, height)
    for channel in range(3):  # one at a time, to save memory
        mask += _resize(gradient[..., channel], width, height) * photo[..., channel]
    return stretch(mask, _MARGIN)


def _coefficients(small: Mask, photo: NDArray[np.float32]) -> tuple[Mask, Mask]:
    """Return the filter's coefficients a, shape (h, w, 3), and b, shape (h, w), of equations 5 and 6."""
    (rows, columns), (height, width) = small.shape, photo.shape[:2]
    # With four pixels for each pixel of the small map, the radius is eight, enough for smooth coefficients.
    scale = min(1.0, min(_SIDE, 4 * max(rows, columns)) / max(height, width))
    guide = _resize(photo, max(1, round(width * scale)), max(1, round(height * scale)))
    height, width = guide.shape[:2]
    mask = _resize(small, width, height)
    window = tuple(2 * max(1, round(_CELLS * side / count)) + 1 for side, count in ((width, columns), (height, rows)))

    def mean(values: Mask) -> Mask:
        """Average over the window around each pixel."""
        return np.asarray(cv2.boxFilter(values, -1, window, borderType=cv2.BORDER_REFLECT), np.float32)

    guide_mean, mask_mean = mean(guide), mean(mask)
    covariance = mean(guide * mask[..., None]) - guide_mean * mask_mean[..., None]
    matrix = np.empty((height, width, 3, 3), np.float32)
    for i in range(3):
        for j in range(i, 3):
            values = mean(guide[..., i] * guide[..., j]) - guide_mean[..., i] * guide_mean[..., j]
            matrix[..., i, j] = matrix[..., j, i] = values
        matrix[..., i, i] += _EPS
    gradient = np.linalg.solve(matrix, covariance[..., None])[..., 0]
    offset = mask_mean - (gradient * guide_mean).sum(-1)
    return mean(gradient), mean(offset)


def _resize(values: Mask, width: int, height: int) -> Mask:
    """Resize by averaging where the values shrink, and by interpolation where they grow."""
    # INTER_AREA averages only where both sides shrink, hence the two steps.
    least = min(width, values.shape[1]), min(height, values.shape[0])
    resized = cv2.resize(values, least, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(resized, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)
