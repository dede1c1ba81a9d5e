"""Squares in a photo, turned or upright: what a network sees of it, and where its answer lies."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

from sfumato.images.resizing import scaled_size, shrunk

__all__ = ["Square"]


@dataclass(frozen=True)
class Square:
    """A square in a photo, in pixels; its sides are turned clockwise by an angle.

    Parameters
    ----------
    x, y : float
        Its center; the photo's upper left corner is (0, 0), and its first pixel's center (0.5, 0.5).
    side : float
        Length of a side.
    angle : float
        In radians; 0 is upright.

    Examples
    --------
    >>> Square(50, 50, 20).to_photo(np.array([[0.0, 0.0], [1.0, 0.5]]))
    array([[40., 40.],
           [60., 50.]])
    """

    x: float
    y: float
    side: float
    angle: float = 0.0

    def to_photo(self, points: np.ndarray) -> np.ndarray:
        """Return the places in the photo of points (..., 2) in the square, whose corners are (0, 0) and (1, 1)."""
        moved: np.ndarray = (points - 0.5) * self.side @ self.turn().T + (self.x, self.y)
        return moved

    def take(self, photo: np.ndarray, count: int, *, repeat_border: bool) -> np.ndarray:
        """Return what the square shows, upright.

        Parameters
        ----------
        photo : ndarray of float32, shape (H, W, 3)
            Any values.
        count : int
            Number of pixels along a side of the result.
        repeat_border : bool
            Whether the photo's border is repeated beyond it; otherwise all is 0 there.

        Returns
        -------
        ndarray of float32, shape (count, count, 3)
            Averaged if the square is larger than that, else interpolated.
        """
        height, width = photo.shape[:2]
        factor = min(1.0, count / self.side)
        margin = 2 / factor  # interpolation looks beyond the square
        corners = self.to_photo(np.array([[0.0, 0], [0, 1], [1, 0], [1, 1]]))
        # At least one pixel is left of a square that lies beyond the photo.
        left, top = np.clip(corners.min(0) - margin, 0, (width - 1, height - 1)).astype(int)
        right, bottom = np.clip(corners.max(0) + margin, (left + 1, top + 1), (width, height)).astype(int)
        part = photo[top:bottom, left:right]
        small = shrunk(part, *scaled_size(part, factor))
        scale = np.array([small.shape[1] / part.shape[1], small.shape[0] / part.shape[0]])
        # From a pixel of the result to one of the small part; the index of a pixel is its center minus 0.5.
        matrix = scale[:, None] * self.turn() * self.side / count
        offset = scale * (self.x - left, self.y - top) + matrix @ np.full(2, 0.5 - count / 2) - 0.5
        seen = cv2.warpAffine(
            small,
            np.c_[matrix, offset],
            (count, count),
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_REPLICATE if repeat_border else cv2.BORDER_CONSTANT,
        )
        return np.asarray(seen, np.float32)

    def turn(self) -> np.ndarray:
        """Return the rotation matrix, which turns what is upright as the square is turned."""
        cos, sin = math.cos(self.angle), math.sin(self.angle)
        return np.array([[cos, -sin], [sin, cos]])
