"""Holes in masks and pictures, filled from around."""

from __future__ import annotations

import cv2
import numpy as np

__all__ = ["filled"]


def filled(picture: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Fill in values from around, where a picture is not known.

    Parameters
    ----------
    picture : ndarray of float32, shape (H, W) or (H, W, C)
        Values, such as RGB or a mask.
    known : ndarray of float32, shape (H, W)
        From 0, where its values mean nothing, to 1, where they stay as they are.

    Returns
    -------
    ndarray of float32
        Of the same shape.

    References
    ----------
    Gortler, Grzeszczuk, Szeliski and Cohen, "The lumigraph", SIGGRAPH 1996: pull and push.

    Examples
    --------
    >>> picture = np.full((8, 8, 3), 0.5, np.float32)
    >>> known = np.ones((8, 8), np.float32)
    >>> picture[4, 4], known[4, 4] = 0, 0
    >>> filled(picture, known)[4, 4].round(2)
    array([0.5, 0.5, 0.5], dtype=float32)
    """
    flat = picture.ndim == 2
    found = _pulled((picture[..., None] if flat else picture) * known[..., None], known)
    return found[..., 0] if flat else found


def _pulled(weighted: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Return the picture of which values times weights, and weights, are given, filled by its coarser versions."""
    height, width = known.shape
    weighted = weighted.reshape(height, width, -1)  # OpenCV leaves out an only channel
    if min(height, width) == 1 or known.min() >= 1:
        return np.asarray(weighted / np.maximum(known, 1e-6)[..., None])
    coarse = _pulled(cv2.pyrDown(weighted), cv2.pyrDown(known))
    pushed = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_LINEAR).reshape(weighted.shape)
    share = np.minimum(known, 1)[..., None]
    own = weighted / np.maximum(known, 1e-6)[..., None]
    return np.asarray(pushed + share * (own - pushed))
