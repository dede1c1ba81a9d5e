"""Sharpen soft masks with a dense CRF, at a size at which it is fast."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from sfumato.arrays import checked, same_size
from sfumato.images.resizing import resized
from sfumato.regions.dense_crf import dense_crf

__all__ = ["crf", "sharpen"]

_PIXELS = 500_000  # maximum size of the copy on which the CRF runs

# Weaker and shorter-ranged than the defaults of `dense_crf`, with which objects lost whole parts to surroundings of
# similar color. Sigmas are in pixels for a copy with a longer side of 500 pixels, and scale with it.
_SUITED = 500
_SPATIAL, _SPATIAL_SIGMA, _BILATERAL, _BILATERAL_SIGMA, _COLOR_SIGMA = 1.0, 3.0, 3.0, 30.0, 0.02

# How far probabilities stay from 0 and 1: a mask drawn by hand is never quite certain.
_DOUBT = np.float32(0.03)


def sharpen(photo: NDArray[np.float32], maps: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
    """Align soft maps, and the background in none of them, with the photo's edges.

    Parameters
    ----------
    photo : ndarray of float32, shape (H, W, 3)
        sRGB in [0, 1].
    maps : sequence of ndarray of float32
        Probability maps of one label each. They cover the whole photo, may have any size, and sum to at most 1.

    Returns
    -------
    ndarray of float32, shape (labels, h, w)
        Posterior probabilities, on a copy of the photo of at most half a megapixel.

    References
    ----------
    See `dense_crf`. Localized Style Transfer §3.1 also refines its segmentation with a CRF.

    Examples
    --------
    >>> sharpen(np.zeros((30, 40, 3), np.float32), [np.zeros((3, 4), np.float32)]).shape
    (1, 30, 40)
    """
    height, width = photo.shape[:2]
    scale = min(1.0, (_PIXELS / (height * width)) ** 0.5)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    copy = np.asarray(cv2.resize(photo, size, interpolation=cv2.INTER_AREA), np.float32)
    given = np.stack([resized(small, size[1], size[0]) for small in maps])
    rest = np.maximum(1 - given.sum(0), 0)
    reach = max(max(size) / _SUITED, 0.04)  # the CRF takes no sigma below 0.1 pixels
    return dense_crf(
        copy,
        np.concatenate([given, rest[None]]),
        spatial_weight=_SPATIAL,
        spatial_sigma=_SPATIAL_SIGMA * reach,
        bilateral_weight=_BILATERAL,
        bilateral_sigma=_BILATERAL_SIGMA * reach,
        color_sigma=_COLOR_SIGMA,
    )[:-1]


@checked("photo", masks=["region"])
def crf(region: ArrayLike, *, photo: NDArray[np.float32]) -> NDArray[np.float32]:
    """Align a region's edges with the photo's, with a dense CRF.

    This is slower than `refine` and changes more: it looks farther, drops isolated patches, and may lose parts that
    look like the surroundings. Hard edges hardly move; first soften them by as much as they may be wrong:
    ``crf(feather(a, 5%))``.

    Parameters
    ----------
    region : array_like
        Mask (H, W) in [0, 1]: the probability that each pixel belongs to the region.
    photo : ndarray
        sRGB in [0, 1], float32 (H, W, 3).

    Returns
    -------
    ndarray
        float32 (H, W) in [0, 1].

    Raises
    ------
    RegionError
        If the region is not of the photo's size.

    Examples
    --------
    >>> photo = np.zeros((60, 60, 3), np.float32)
    >>> photo[:, 33:] = 1
    >>> crf(np.tile(np.linspace(0, 1, 60), (60, 1)), photo=photo)[30, 31:35].round()
    array([0., 0., 1., 1.], dtype=float32)
    """
    mask = np.asarray(region, np.float32)
    same_size(photo=photo, region=mask)
    (found,) = sharpen(photo, [_DOUBT + (1 - 2 * _DOUBT) * mask])
    enlarged: NDArray[np.float32] = resized(found, mask.shape[0], mask.shape[1])
    return enlarged.clip(0, 1)
