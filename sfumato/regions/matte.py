"""Soft edges found in the photo by closed-form matting."""

from __future__ import annotations

import contextlib
import importlib.util
import io
import math

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from sfumato.arrays import checked, same_size
from sfumato.compute import apart, pymatting
from sfumato.errors import RegionError
from sfumato.images.boxes import bounding_box, padded, slices
from sfumato.regions.morphology import grow, shrink
from sfumato.regions.refine import guided, length

__all__ = ["matte"]

_LARGEST_SOLVED = 1_000_000  # maximum number of pixels in the box that is solved


@checked("photo", masks=["region"])
def matte(region: ArrayLike, *, photo: NDArray[np.float32], width: float | None = None) -> NDArray[np.float32]:
    """Find how much of each pixel along a region's edge belongs to it: hair, fur, leaves, motion blur.

    Closed-form matting solves for alpha in a strip along the edge, from nothing but the colors on both sides. The
    mask's own values in the strip are not used, so a good mask may become worse where both sides look alike. Outside
    the strip, the mask becomes 0 or 1. A strip whose bounding box has more than a million pixels is solved at a
    million, and enlarged with the guided filter.

    Parameters
    ----------
    region : array_like
        Mask (H, W); its edge is where it crosses 0.5.
    photo : ndarray
        sRGB in [0, 1], float32 (H, W, 3).
    width : float, optional
        Distance that the strip extends to each side of the edge, in pixels; loose hair beyond it is lost. By default
        2 % of the shorter side.

    Returns
    -------
    ndarray
        float32 (H, W) in [0, 1].

    Raises
    ------
    RegionError
        If the region is not of the photo's size, if the width is negative or not finite, if the strip leaves no pixel
        inside or outside, or if PyMatting is not installed.

    References
    ----------
    Levin, Lischinski and Weiss, "A closed-form solution to natural image matting", TPAMI 30(2), 2008.

    Examples
    --------
    A pixel of mixed color belongs to the region in proportion:

    >>> photo = np.zeros((20, 21, 3), np.float32)
    >>> photo[:, 10], photo[:, 11:] = 0.25, 1
    >>> mask = np.tile(np.arange(21) >= 9, (20, 1))
    >>> matte(mask, photo=photo, width=4)[10, 8:13].round(2)  # doctest: +SKIP
    array([0.  , 0.  , 0.25, 1.  , 1.  ], dtype=float32)
    """
    mask = np.array(region, np.float32)
    same_size(photo=photo, region=mask)
    reach = min(mask.shape) / 50 if width is None else length("matte", width)
    if importlib.util.find_spec("pymatting") is None:
        raise RegionError('matte needs PyMatting; install it with: pip install "sfumato[matting]"')
    inside, outside = shrink(mask >= 0.5, reach) > 0, grow(mask >= 0.5, reach) == 0
    unknown = ~(inside | outside)
    if not unknown.any():
        return inside.astype(np.float32)
    around = bounding_box(unknown)
    assert around is not None
    step = max(1.0, math.sqrt((around[2] - around[0] - 1) * (around[3] - around[1] - 1) / _LARGEST_SOLVED))
    # The box must contain known pixels of both sides, and they must survive the reduction.
    box = slices(padded(around, math.ceil(4 * step), mask.shape))
    height, width_ = mask[box].shape
    size = max(1, round(width_ / step)), max(1, round(height / step))
    trimap = np.full(size[::-1], 0.5)
    for value, known in ((0, outside), (1, inside)):
        sure = cv2.resize(known[box].astype(np.float32), size, interpolation=cv2.INTER_AREA) > 0.999
        if not sure.any():
            side = "inside" if value else "outside"
            raise RegionError(f"matte finds nothing {side}, {reach:g} px from the region's edge; give a smaller width")
        trimap[sure] = value
    small = cv2.resize(photo[box], size, interpolation=cv2.INTER_AREA).astype(np.float64)
    alpha = apart(lambda: _solved(np.clip(small, 0, 1), trimap))
    if step > 1:
        enlarged = np.asarray(cv2.resize(alpha, (width_, height), interpolation=cv2.INTER_LINEAR), np.float32)
        alpha = np.clip(guided(photo[box], enlarged, math.ceil(step)), 0, 1)
    result = inside.astype(np.float32)
    result[box][unknown[box]] = alpha[unknown[box]]
    return result


def _solved(image: NDArray[np.float64], trimap: NDArray[np.float64]) -> NDArray[np.float32]:
    """Solve for alpha (H, W) where the trimap is 0.5."""
    matting = pymatting()
    with contextlib.redirect_stdout(io.StringIO()):  # PyMatting prints its attempts
        alpha = matting.estimate_alpha_cf(
            image,
            trimap,
            # The paper's smaller epsilon is lost in rounding where the photo is gray.
            laplacian_kwargs={"epsilon": 1e-6},
            # The default preconditioner needs 4 GB, and starts with a shift that often fails.
            preconditioner=lambda matrix: matting.ichol(
                matrix, shifts=(1e-4, 1e-3, 0.01, 0.1, 1), max_nnz=8 * matrix.nnz
            ),
            cg_kwargs={"rtol": 1e-6},
        )
    return np.asarray(alpha, np.float32)
