"""Resizing of arrays."""

from __future__ import annotations

import cv2
import numpy as np

__all__ = ["at_most", "resized", "resized_per_side", "scaled_size", "shrunk", "shrunk_by"]


def shrunk(image: np.ndarray, height: int, width: int) -> np.ndarray:
    """Average an array (H, W) or (H, W, C) over the larger pixels of a smaller size.

    Examples
    --------
    >>> shrunk(np.array([[0.0, 1.0], [1.0, 2.0]]), 1, 1)
    array([[1.]])
    """
    return cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)


def shrunk_by(image: np.ndarray, factor: float) -> np.ndarray:
    """Average an array (H, W) or (H, W, C) over pixels that are exactly 1 / `factor` as large, with rounded sides.

    Examples
    --------
    >>> shrunk_by(np.array([[0.0, 1.0], [1.0, 2.0]]), 0.5)
    array([[1.]])
    """
    return cv2.resize(image, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)


def at_most(image: np.ndarray, longer: int, *, least: int = 1) -> np.ndarray:
    """Shrink an array (H, W) or (H, W, C) until its longer side is as given; a smaller one is returned unchanged.

    No side becomes shorter than `least`.

    Examples
    --------
    >>> at_most(np.zeros((30, 40)), 20).shape
    (15, 20)
    """
    factor = longer / max(image.shape[:2])
    if factor >= 1:
        return image
    height, width = (max(least, round(side * factor)) for side in image.shape[:2])
    return shrunk(image, height, width)


def resized(image: np.ndarray, height: int, width: int, *, cubic: bool = False) -> np.ndarray:
    """Average an array (H, W) or (H, W, C) if neither side grows; otherwise interpolate, linearly or with cubics.

    Cubics are sharper, but may leave the range of the values.

    Examples
    --------
    >>> resized(np.array([[0.0, 1.0]]), 1, 4)
    array([[0.  , 0.25, 0.75, 1.  ]])
    """
    # Averaging leaves blocks where a side grows.
    if height <= image.shape[0] and width <= image.shape[1]:
        return shrunk(image, height, width)
    return cv2.resize(image, (width, height), interpolation=cv2.INTER_CUBIC if cubic else cv2.INTER_LINEAR)


def resized_per_side(image: np.ndarray, height: int, width: int) -> np.ndarray:
    """Average an array (H, W) or (H, W, C) along sides that shrink, and interpolate along sides that grow.

    Examples
    --------
    >>> resized_per_side(np.array([[0.0, 1.0, 2.0, 3.0]]), 2, 2)
    array([[0.5, 2.5],
           [0.5, 2.5]])
    """
    return resized(shrunk(image, min(height, image.shape[0]), min(width, image.shape[1])), height, width)


def scaled_size(image: np.ndarray, scale: float) -> tuple[int, int]:
    """Return the height and the width of a scaled array, at least one pixel each.

    Examples
    --------
    >>> scaled_size(np.zeros((30, 41)), 0.5)
    (15, 20)
    """
    return max(1, round(image.shape[0] * scale)), max(1, round(image.shape[1] * scale))
