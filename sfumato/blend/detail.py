"""Enlarge a result from the working size to the photo's size, without blur."""

from __future__ import annotations

import cv2
import numpy as np

from sfumato.arrays import checked
from sfumato.color import luminance

__all__ = ["enlarge"]


@checked("styled", "photo", unclipped=["styled"])
def enlarge(styled: np.ndarray, photo: np.ndarray, *, detail: float = 1.0) -> np.ndarray:
    """Enlarge a styled picture to the photo's size, and restore the detail that the working size could not hold.

    Parameters
    ----------
    styled : ndarray (h, w, 3)
        RGB in [0, 1].
    photo : ndarray (H, W, 3)
        RGB in [0, 1], the same part of the scene.
    detail : float
        How much of the photo's fine luminance detail to add when the picture is enlarged to twice its size or more.
        A smaller factor adds proportionally less, because then little detail is missing, and the photo's edges would
        show beside the painted ones. 0 only enlarges.

    Returns
    -------
    ndarray (H, W, 3)
        RGB in [0, 1]. If the sizes are equal, this is the styled picture itself.

    Examples
    --------
    >>> flat = np.full((8, 8, 3), 0.5, np.float32)
    >>> bool(np.allclose(enlarge(flat, np.full((16, 16, 3), 0.2, np.float32)), 0.5, atol=1e-6))
    True
    """
    size = photo.shape[1::-1]
    if styled.shape[:2] == photo.shape[:2]:
        return styled
    large = cv2.resize(styled, size, interpolation=cv2.INTER_CUBIC)
    if detail > 0:
        own = luminance(photo)
        coarse = cv2.resize(own, styled.shape[1::-1], interpolation=cv2.INTER_AREA)
        fine = own - cv2.resize(coarse, size, interpolation=cv2.INTER_CUBIC)
        share = detail * min(1.0, size[0] / styled.shape[1] - 1)
        large = large + np.float32(share) * fine[..., None]
    return np.clip(large, 0, 1)
