"""Crops: the part of a photo that is worked on, how it is extracted, and how the result is put back."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np

from sfumato.images import Box, Picture
from sfumato.images.boxes import padded

__all__ = ["Crop", "Rectangle"]


class Crop(ABC):
    """A part of a photo, with the mapping to it and back. Methods see the extracted part, not where it lies."""

    @property
    @abstractmethod
    def box(self) -> Box:
        """Its bounding box in the photo."""

    @property
    @abstractmethod
    def shape(self) -> tuple[int, int]:
        """Height and width of the extracted part, in pixels."""

    @property
    @abstractmethod
    def longer(self) -> int:
        """Its longer side as the photo shows it, in pixels of the photo."""

    @abstractmethod
    def cut(self, box: Box) -> Crop:
        """Return a smaller part, given in pixels of this one."""

    @abstractmethod
    def widened(self, margin: int) -> Crop:
        """Return a larger part, with a margin in pixels on all sides as far as possible."""

    @abstractmethod
    def scaled(self, factor: float, photo: tuple[int, int]) -> Crop:
        """Return the same part of a copy of the photo, whose height and width are `factor` times as large."""

    @abstractmethod
    def rgb(self, picture: Picture) -> np.ndarray:
        """Extract the colors of a picture of the photo's size, float32 (h, w, 3) in [0, 1]."""

    @abstractmethod
    def take(self, image: np.ndarray) -> np.ndarray:
        """Extract the part from an array (H, W, ...) that shows the whole photo at any size."""

    @abstractmethod
    def lay(self, shown: np.ndarray, alpha: np.ndarray, feather: float) -> tuple[np.ndarray, np.ndarray]:
        """Map colors (h, w, 3) and their alpha (h, w) back into `box`.

        `feather` is the width in pixels of any edge that the mapping has to soften.
        """


@dataclass(frozen=True)
class Rectangle(Crop):
    """A box of a photo, taken as it is.

    Attributes
    ----------
    photo : (int, int)
        Height and width of the photo.
    place : (top, left, bottom, right)
        The box.
    """

    photo: tuple[int, int]
    place: Box

    @property
    def box(self) -> Box:
        """The box."""
        return self.place

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width of the box."""
        top, left, bottom, right = self.place
        return bottom - top, right - left

    @property
    def longer(self) -> int:
        """The longer side of the box."""
        return max(self.shape)

    def cut(self, box: Box) -> Rectangle:
        """Return a box inside this one."""
        top, left = self.place[:2]
        return Rectangle(self.photo, (box[0] + top, box[1] + left, box[2] + top, box[3] + left))

    def widened(self, margin: int) -> Rectangle:
        """Return the box with a margin, inside the photo."""
        return Rectangle(self.photo, padded(self.place, margin, self.photo))

    def scaled(self, factor: float, photo: tuple[int, int]) -> Rectangle:
        """Return the box in a copy of the photo; it keeps at least one pixel."""
        rows, columns = (_steps(self.place[side], self.place[side + 2], factor) for side in (0, 1))
        top, left = min(rows.start, photo[0] - 1), min(columns.start, photo[1] - 1)
        return Rectangle(photo, (top, left, min(rows.stop, photo[0]), min(columns.stop, photo[1])))

    def rgb(self, picture: Picture) -> np.ndarray:
        """Return the colors of the box."""
        return picture.rgb(self.place)

    def take(self, image: np.ndarray) -> np.ndarray:
        """Return the box of an array, at the array's own resolution."""
        top, left, bottom, right = self.place
        down, across = image.shape[0] / self.photo[0], image.shape[1] / self.photo[1]
        rows, columns = _steps(top, bottom, down), _steps(left, right, across)
        return image[rows, columns]

    def lay(self, shown: np.ndarray, alpha: np.ndarray, feather: float) -> tuple[np.ndarray, np.ndarray]:
        """Return both unchanged."""
        return shown, alpha


def _steps(start: int, end: int, scale: float) -> slice:
    """Scale a range of pixels and keep at least one of them."""
    first = round(start * scale)
    return slice(first, max(first + 1, round(end * scale)))
