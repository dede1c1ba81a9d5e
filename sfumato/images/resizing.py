"""Arrays of pixels at other sizes."""

from __future__ import annotations

import cv2
import numpy as np

__all__ = ["resized", "scaled_size", "shrunk"]


def shrunk(image: np.ndarray, height: int, width: int) -> np.ndarray:
    """Average an array (H, W) or (H, W, C) over larger pixels.

    Examples
    --------
    >>> shrunk(np.array([[0.0, 1.0], [1.0, 2.0]]), 1, 1)
    array([[1.]])
    """
    return cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)


def resized(image: np.ndarray, height: int, width: int) -> np.ndarray:
    """Average an array (H, W) or (H, W, C) where both sides shrink; else interpolate between its pixels.

    Examples
    --------
    >>> resized(np.array([[0.0, 1.0]]), 1, 4)
    array([[0.  , 0.25, 0.75, 1.  ]])
    """
    # Averaging leaves blocks where a side grows.
    if height <= image.shape[0] and width <= image.shape[1]:
        return shrunk(image, height, width)
    return cv2.resize(image, (width, height), interpolation=cv2.INTER_LINEAR)


def scaled_size(image: np.ndarray, scale: float) -> tuple[int, int]:
    """Return the height and the width of an array at a scale, of at least one pixel each.

    Examples
    --------
    >>> scaled_size(np.zeros((30, 41)), 0.5)
    (15, 20)
    """
    return max(1, round(image.shape[0] * scale)), max(1, round(image.shape[1] * scale))
