"""Separate the object inside a region from its surroundings by color."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from sfumato.arrays import checked, same_size
from sfumato.errors import RegionError
from sfumato.images.boxes import bounding_box, padded, slices
from sfumato.regions.refine import refine

__all__ = ["grabcut"]

_PIXELS = 60_000  # size of the copy that is cut; larger copies took longer, and fine texture split the object
_SURROUNDINGS = 0.25
_ROUNDS = 5


@checked("photo", masks=["region", "keep", "drop"])
def grabcut(
    region: ArrayLike,
    *,
    photo: NDArray[np.float32],
    keep: ArrayLike | None = None,
    drop: ArrayLike | None = None,
) -> NDArray[np.float32]:
    """Find the object inside a region.

    GrabCut learns the colors inside and outside the region, and removes the parts inside that look like the outside,
    along the photo's edges. It runs on the region with a margin of a quarter of its size, reduced to 60 000 pixels; the
    cut is then aligned with the photo's edges at full size. The same photo and region always give the same mask.

    Parameters
    ----------
    region : array_like
        Mask (H, W). Pixels below 0.5 are certainly not the object.
    photo : ndarray
        sRGB in [0, 1], float32 (H, W, 3).
    keep : array_like, optional
        Mask (H, W). Pixels of 0.5 or more are certainly the object, even outside the region.
    drop : array_like, optional
        Mask (H, W). Pixels of 0.5 or more are certainly not the object, even where `keep` selects them.

    Returns
    -------
    ndarray
        float32 (H, W) in [0, 1]; all zeros if the inside does not differ from the outside.

    Raises
    ------
    RegionError
        If no pixel can be the object, if every pixel can be, or if a mask is not of the photo's size.

    References
    ----------
    Rother, Kolmogorov and Blake, "GrabCut: interactive foreground extraction using iterated graph
    cuts", ACM Transactions on Graphics 23(3), 2004.

    Examples
    --------
    >>> photo = np.full((60, 80, 3), 0.8, np.float32)
    >>> photo[20:40, 30:50] = 0.9, 0.1, 0.1
    >>> region = np.zeros((60, 80))
    >>> region[10:50, 20:60] = 1
    >>> mask = grabcut(region, photo=photo)
    >>> float(mask[30, 40]), float(mask[12, 22])
    (1.0, 0.0)
    """
    outside = np.asarray(region) < 0.5
    kept = np.zeros_like(outside) if keep is None else np.asarray(keep) >= 0.5
    dropped = np.zeros_like(outside) if drop is None else np.asarray(drop) >= 0.5
    same_size(photo=photo, region=outside, keep=kept, drop=dropped)
    outside = outside & ~kept | dropped
    if outside.all():
        raise RegionError("grabcut needs a region with an object in it, got an empty one")
    if not outside.any():
        raise RegionError("grabcut needs an outside to learn from, got the whole picture; leave a margin or give drop=")
    box = _box(~outside)
    cut = np.zeros(outside.shape, np.float32)
    cut[box] = _cut(photo[box], outside[box], kept[box], dropped[box])
    cut[box] = refine(cut[box], photo=photo[box], width=2 * _step(cut[box].shape))
    cut[kept], cut[outside] = 1, 0
    return cut


def _box(inside: NDArray[np.bool_]) -> tuple[slice, slice]:
    """Return the box around the inside, with a margin."""
    box = bounding_box(inside)
    assert box is not None
    extent = max(box[2] - box[0], box[3] - box[1]) - 1
    return slices(padded(box, math.ceil(_SURROUNDINGS * extent) + 2, inside.shape))


def _step(shape: tuple[int, ...]) -> float:
    """Return the factor by which the photo is reduced for the cut."""
    return max(1.0, math.sqrt(shape[0] * shape[1] / _PIXELS))


def _cut(photo: NDArray[np.float32], *marks: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Cut a reduced copy, given masks of outside, kept and dropped pixels, and return the enlarged hard mask."""
    height, width = photo.shape[:2]
    step = _step(photo.shape)
    size = max(1, round(width / step)), max(1, round(height / step))
    outside, kept, dropped = (cv2.resize(m.astype(np.float32), size, interpolation=cv2.INTER_AREA) for m in marks)
    labels = np.full(size[::-1], cv2.GC_PR_FGD, np.uint8)
    # If the outside is so thin that it fills no reduced pixel, use all pixels that it touches.
    labels[outside > (0.999 if outside.max() > 0.999 else 0)] = cv2.GC_BGD
    # A thin scribble marks every pixel that it touches.
    labels[kept > 0] = cv2.GC_FGD
    labels[dropped > 0] = cv2.GC_BGD
    if 0 < np.count_nonzero(labels == cv2.GC_BGD) < labels.size:
        levels = cv2.convertScaleAbs(cv2.resize(photo, size, interpolation=cv2.INTER_AREA), alpha=255)
        cv2.setRNGSeed(0)
        models = np.zeros((1, 65)), np.zeros((1, 65))
        cv2.grabCut(levels, labels, (0, 0, 0, 0), *models, _ROUNDS, cv2.GC_INIT_WITH_MASK)
    # Both of OpenCV's labels for the object are odd.
    return np.asarray(cv2.resize((labels & 1).astype(np.float32), (width, height)))
