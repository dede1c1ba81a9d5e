"""Soft masks made sharper by a dense CRF, at a size at which it is quick."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from sfumato.arrays import checked, same_size
from sfumato.images.resizing import resized
from sfumato.regions.dense_crf import dense_crf

__all__ = ["crf", "sharpen"]

_PIXELS = 500_000  # of the copy that the field is put on

# Gentler and nearer than the field's own defaults, with which objects lost whole parts to surroundings of nearly their
# color. Sigmas in pixels suit a copy of 500 pixels and grow with it.
_SUITED = 500
_SPATIAL, _SPATIAL_SIGMA, _BILATERAL, _BILATERAL_SIGMA, _COLOR_SIGMA = 1.0, 3.0, 3.0, 30.0, 0.02

# A mask by hand is never as sure as it says.
_DOUBT = np.float32(0.03)


def sharpen(photo: NDArray[np.float32], maps: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
    """Let soft maps, and what is in none of them, follow the photo's edges.

    Parameters
    ----------
    photo : ndarray of float32, shape (H, W, 3)
        sRGB in [0, 1].
    maps : sequence of ndarray of float32
        Probabilities of one label each over the whole photo, of any size; at most 1 together.

    Returns
    -------
    ndarray of float32, shape (labels, h, w)
        Posteriors, on a copy of the photo of half a megapixel at most.

    References
    ----------
    See `dense_crf`; Localized Style Transfer §3.1 has a CRF behind its segmentation.

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
    reach = max(max(size) / _SUITED, 0.04)  # the field knows no sigmas under 0.1 pixels
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
    """Let a region's edges follow the photo's, by a dense CRF.

    Slower than `refine`, and bolder: it looks further, drops lone patches, and may lose parts that look like the
    surroundings. Hard edges hardly move; soften them first by as much as they may be off: ``crf(feather(a, 5%))``.

    Parameters
    ----------
    region : array_like
        Mask (H, W) in [0, 1]: how likely each pixel belongs to the region.
    photo : ndarray
        sRGB in [0, 1], float32 (H, W, 3).

    Returns
    -------
    ndarray
        float32 (H, W) in [0, 1].

    Raises
    ------
    RegionError
        If the region is not of the photo's shape.

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
