"""Seamless cloning: the styled picture takes on the photo's colors along the region's border."""

from __future__ import annotations

import math

import cv2
import numpy as np

from sfumato.arrays import checked, same_size
from sfumato.linalg.multigrid import laplacian, solve

__all__ = ["poisson"]

# Mask values up to this are outside the region: networks leave a haze where there is nothing.
_HAZE = 0.1

# Distance from the border, in widths, at which the correction ends; it has then faded to 0.25 %.
_FADED = 6


@checked("photo", "styled", masks=["mask"], unclipped=["styled"])
def poisson(photo: np.ndarray, styled: np.ndarray, mask: np.ndarray, width: float) -> np.ndarray:
    """Shift the styled picture's colors so that they meet the photo's at the region's border.

    Parameters
    ----------
    photo, styled : ndarray (H, W, 3)
        RGB in [0, 1]. Only the part of `styled` within the region is used.
    mask : ndarray (H, W)
        Values in [0, 1]; the region is where the mask is above 0.1.
    width : float
        Distance from the border, in pixels, over which the shift fades to 1/e. It ends at six times that distance.
        Infinity gives the classic form, which does not fade and carries the photo's colors far inside. Below 1 the
        styled picture is returned unchanged.

    Returns
    -------
    ndarray (H, W, 3)
        Float32 RGB in [0, 1]. Outside the region and in its outermost pixels this is the photo, so that the mask can be
        used as alpha, hard or soft.

    Raises
    ------
    InputError
        If the pictures and the mask differ in size.

    Notes
    -----
    Pérez, Gangnet and Blake, "Poisson image editing", SIGGRAPH 2003, §2, solved for the correction: shift =
    photo - styled on the border, and (Δ - 1 / width²) shift = 0 inside it. (The paper has no screening term
    1 / width².) The border is the outermost row of pixels within the region, because beyond it the picture need not be
    styled. Where the region reaches the picture's border, there is no photo to match, and the shift has no gradient
    across the border.

    It needs about 0.5 GB of memory per shifted megapixel.

    Examples
    --------
    >>> photo, styled = np.full((1, 9, 3), 0.2), np.full((1, 9, 3), 0.6)
    >>> mask = np.ones((1, 9), np.float32)
    >>> mask[:, 0] = 0
    >>> poisson(photo, styled, mask, 2)[0, :, 0].round(2)
    array([0.2 , 0.2 , 0.36, 0.45, 0.51, 0.54, 0.56, 0.57, 0.58],
          dtype=float32)
    """
    from scipy import sparse

    same_size(photo=photo, styled=styled, mask=mask)
    if width < 1:
        return styled
    cross = cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3))
    inside = cv2.erode((mask > _HAZE).astype(np.uint8), cross)
    free = inside > 0
    result: np.ndarray = np.where(free[..., None], styled, photo).astype(np.float32)
    shifted = free
    if math.isfinite(width):
        shifted = free & (cv2.distanceTransform(inside, cv2.DIST_L2, cv2.DIST_MASK_PRECISE) <= _FADED * width)
    if shifted.all() or not shifted.any():
        return result
    matrix, known = laplacian(shifted, np.full(mask.shape, 0.5), np.where(free[..., None], 0, photo - styled))
    screen = sparse.eye_array(matrix.shape[0]) / width**2
    result[shifted] += solve((matrix + screen).tocsr(), known, shifted)
    return result.clip(0, 1)
