"""Seamless cloning: along the region's border, the styled picture takes on the photo's colors."""

from __future__ import annotations

import math

import cv2
import numpy as np

from sfumato.arrays import checked, same_size
from sfumato.linalg.multigrid import laplacian, solve

__all__ = ["poisson"]

# At or below this, a mask does not belong to the region: networks leave a haze where there is nothing.
_HAZE = 0.1

# Widths from the border at which the correction, then 0.25 % of what it was, ends.
_FADED = 6


@checked("photo", "styled", masks=["mask"], unclipped=["styled"])
def poisson(photo: np.ndarray, styled: np.ndarray, mask: np.ndarray, width: float) -> np.ndarray:
    """Shift the styled picture's colors so that they meet the photo's at the region's border.

    Parameters
    ----------
    photo, styled : ndarray (H, W, 3)
        RGB in [0, 1]. Of `styled`, only what lies in the region is looked at.
    mask : ndarray (H, W)
        Values in [0, 1]; the region is where they are above 0.1.
    width : float
        How fast the shift fades with the distance from the border: to 1/e in so many pixels, and to nothing in six
        times as many. Infinite for the classic form, which fades nowhere and takes the photo's colors far inside.
        Below 1 the styled picture is returned as it is.

    Returns
    -------
    ndarray (H, W, 3)
        Float32 RGB in [0, 1]. The photo itself outside the region and on its outermost pixels, so that the mask can
        serve as alpha, hard or soft.

    Notes
    -----
    Pérez, Gangnet and Blake, "Poisson image editing", SIGGRAPH 2003, §2, by way of the correction: shift =
    photo - styled on the border, and (Δ - 1 / width²) shift = 0 inside it (without the screen 1 / width² in the paper).
    The border is the outermost row of pixels in the region, as beyond it nothing need be styled. Where the region
    reaches the picture's border there is nothing to meet, and the shift goes straight on.

    Memory is about 0.5 GB per megapixel that is shifted.

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
