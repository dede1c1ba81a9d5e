"""Flat surfaces inside a picture, such as a screen or a wall: rectify them, and put them back in perspective.

Partial Style Transfer §3.1.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import cv2
import numpy as np

from sfumato import blend
from sfumato.errors import RegionError
from sfumato.images import Box, Picture
from sfumato.images.boxes import padded
from sfumato.images.resizing import shrunk
from sfumato.methods.corners import check_corners, upright_size
from sfumato.methods.crop import Crop

__all__ = ["Surface"]

# Maximum number of samples along each side of an output pixel where a picture is shrunk; more are hardly visible.
_MAX_SAMPLES = 4

_ROUNDING = 1e-5


@dataclass(frozen=True)
class Surface(Crop):
    """A quadrilateral in a photo, or a part of it, seen as an upright rectangle.

    Attributes
    ----------
    corners : ndarray (4, 2)
        Upper left, upper right, lower right, lower left: x and y in the photo, in pixels.
    photo : (int, int)
        Height and width of the photo.
    part : (top, left, bottom, right)
        The part of the upright rectangle, in its pixels.
    """

    corners: np.ndarray
    photo: tuple[int, int]
    part: Box

    @classmethod
    def of(cls, values: Sequence[float], photo: tuple[int, int]) -> Self:
        """Return the whole surface between four corners.

        Parameters
        ----------
        values : sequence of eight numbers
            See `check_corners`.
        photo : (int, int)
            Height and width of the photo.

        Raises
        ------
        RegionError
            If the corners do not form a quadrilateral, or the surface lies outside the photo.
        """
        corners = check_corners(values, photo)
        found = cls(corners, photo, (0, 0, *upright_size(corners, photo)))
        top, left, bottom, right = found.box
        if left >= right or top >= bottom:
            raise RegionError(f"the surface lies outside the picture, {photo[1]} x {photo[0]} pixels")
        return found

    @property
    def box(self) -> Box:
        """The bounding box of the surface in the photo."""
        left, top = np.floor(self.corners.min(0)).clip(0).astype(int)
        right, bottom = np.minimum(np.ceil(self.corners.max(0)).astype(int), self.photo[::-1])
        return int(top), int(left), int(bottom), int(right)

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width of the upright part."""
        top, left, bottom, right = self.part
        return bottom - top, right - left

    @property
    def longer(self) -> int:
        """The longest edge in the photo; the upright rectangle may be longer, for the sake of what is far."""
        height, width = self.shape
        there = np.array([[[0, 0], [width, 0], [width, height], [0, height]]], float)
        corners = cv2.perspectiveTransform(there, np.linalg.inv(self._upright((0, 0))))[0]
        return round(float(np.hypot(*(np.roll(corners, -1, axis=0) - corners).T).max()))

    def cut(self, box: Box) -> Surface:
        """Return a smaller part of the surface, given in pixels of this one."""
        top, left = self.part[:2]
        return Surface(self.corners, self.photo, (box[0] + top, box[1] + left, box[2] + top, box[3] + left))

    def widened(self, margin: int) -> Surface:
        """Return a larger part of the surface."""
        return Surface(self.corners, self.photo, padded(self.part, margin, self._whole()))

    def scaled(self, factor: float, photo: tuple[int, int]) -> Surface:
        """Return the same part of the surface in a copy of the photo."""
        corners = self.corners * factor
        size = upright_size(corners, photo)
        # The sides have a minimum, so that they need not scale by the factor.
        down, across = (new / old for new, old in zip(size, self._whole(), strict=True))
        top, left = min(round(self.part[0] * down), size[0] - 1), min(round(self.part[1] * across), size[1] - 1)
        bottom, right = max(top + 1, round(self.part[2] * down)), max(left + 1, round(self.part[3] * across))
        return Surface(corners, photo, (top, left, bottom, right))

    def rgb(self, picture: Picture) -> np.ndarray:
        """Return the surface upright, float32 (h, w, 3) in [0, 1]; what lies outside the photo repeats its border."""
        top, left = self.box[:2]
        return _warped(picture.rgb(self.box), self._upright((left, top)), self.shape).clip(0, 1)

    def take(self, image: np.ndarray) -> np.ndarray:
        """Return the surface of an array (H, W, ...) that shows the whole photo, upright, at the photo's resolution."""
        scale = np.diag([self.photo[1] / image.shape[1], self.photo[0] / image.shape[0], 1.0])
        return _warped(np.asarray(image, np.float32), self._upright((0, 0)) @ scale, self.shape).clip(0, 1)

    def lay(self, shown: np.ndarray, alpha: np.ndarray, feather: float) -> tuple[np.ndarray, np.ndarray]:
        """Return both warped into the photo's `box`; the surface's edge is feathered inwards."""
        top, left, bottom, right = self.box
        size = bottom - top, right - left
        back = np.linalg.inv(self._upright((left, top)))
        full = _warped(shown, back, size).clip(0, 1)
        # Outside of the surface, nothing is visible.
        whole = self._whole()
        there = np.linalg.inv(_homography(self.corners - (left, top), whole))
        covered = _warped(np.ones(whole, np.float32), there, size, outside=0.0)
        edge = blend.soft_edge((covered > 0.999).astype(np.float32), feather, "inside")
        laid = edge * _warped(alpha, back, size).clip(0, 1)
        laid[laid > 1 - _ROUNDING] = 1
        return full, laid

    def _upright(self, origin: tuple[int, int]) -> np.ndarray:
        """Return the homography from the photo, relative to an origin (x, y), to the part."""
        top, left = self.part[:2]
        moved = np.array([[1, 0, -left], [0, 1, -top], [0, 0, 1.0]])
        return np.asarray(moved @ _homography(self.corners - origin, self._whole()))

    def _whole(self) -> tuple[int, int]:
        """Return height and width of the whole surface upright."""
        return upright_size(self.corners, self.photo)


def _homography(corners: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Return the homography from the picture to a rectangle, in coordinates of pixel borders."""
    height, width = size
    target = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    return np.asarray(cv2.getPerspectiveTransform(corners.astype(np.float32), target), float)


def _warped(
    image: np.ndarray, matrix: np.ndarray, size: tuple[int, int], *, outside: float | None = None
) -> np.ndarray:
    """Resample an image once by a homography, with several samples per pixel where it shrinks."""
    height, width = size
    samples = _samples(matrix, image.shape[:2], size)
    # The homography refers to pixel borders; that of OpenCV refers to pixel centers.
    center = np.array([[1, 0, 0.5], [0, 1, 0.5], [0, 0, 1]])
    fine = np.linalg.inv(center) @ np.diag([samples, samples, 1.0]) @ matrix @ center
    warped = cv2.warpPerspective(
        image,
        fine,
        (width * samples, height * samples),
        flags=cv2.INTER_CUBIC if outside is None else cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE if outside is None else cv2.BORDER_CONSTANT,
        borderValue=0,
    )
    return np.asarray(shrunk(warped, height, width), np.float32)


def _samples(matrix: np.ndarray, shape: tuple[int, int], size: tuple[int, int]) -> int:
    """Return how many samples a side of an output pixel needs where the image shrinks most."""
    height, width = size
    back = np.linalg.inv(matrix)
    xs, ys = np.meshgrid(np.linspace(0, width, 9), np.linspace(0, height, 9))
    points = np.stack([xs.ravel(), ys.ravel()], axis=1)

    def mapped(points: np.ndarray) -> np.ndarray:
        homogeneous = np.c_[points, np.ones(len(points))] @ back.T
        return np.asarray(homogeneous[:, :2] / homogeneous[:, 2:])

    here = mapped(points)
    inside = ((here >= 0) & (here <= (shape[1], shape[0]))).all(1)
    steps = [np.hypot(*(mapped(points + step) - here).T)[inside] for step in ((1, 0), (0, 1))]
    largest = max((float(step.max()) for step in steps if step.size), default=1.0)
    return int(np.clip(math.ceil(largest - 0.1), 1, _MAX_SAMPLES))
