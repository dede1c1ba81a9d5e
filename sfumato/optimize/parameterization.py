"""Parameterizations: the values that are optimized, and the picture that they make."""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

__all__ = ["Parameterization", "Pixels", "resize", "to_image"]

# Sides of the squares, each applied twice, over which pixels are taken to agree. With larger ones the loss falls still
# faster, but colors spread beyond the things that they belong to.
_AGREEING = (3, 7)


class Parameterization(ABC):
    """The values that are optimized at one level.

    Attributes
    ----------
    values : Tensor
        Start of the level; after it, the best values found.
    """

    values: Tensor

    @abstractmethod
    def show(self, values: Tensor) -> Tensor:
        """Return the picture (1, 3, H, W) for some values, differentiable."""

    @abstractmethod
    def length(self, change: Tensor) -> float:
        """Return the root mean square change of the free pixels for a change of the values."""

    def precondition(self, gradient: Tensor) -> Tensor:
        """Return a symmetric positive definite map of a gradient that makes steps of L-BFGS better from the start."""
        return gradient

    def penalties(self, values: Tensor) -> dict[str, Tensor]:
        """Return penalties on the values themselves: scalars by name."""
        return {}

    def render(self, values: Tensor) -> np.ndarray:
        """Return the picture as float32 (h, w, 3) in [0, 1], of any size."""
        with torch.no_grad():
            return to_image(self.show(values))


class Pixels(Parameterization):
    """Individual free pixels.

    Parameters
    ----------
    photo : Tensor (1, 3, H, W)
        Picture outside the free pixels.
    union : Tensor (1, 1, H, W)
        Above 0 where pixels are free.
    start : Tensor (1, 3, h, w)
        Picture to start from.
    """

    def __init__(self, photo: Tensor, union: Tensor, start: Tensor) -> None:
        self.photo = photo
        self.free = (union > 0).expand_as(photo)
        self.values = resize(start, *photo.shape[-2:]).to(photo)[self.free].clone()

    def show(self, values: Tensor) -> Tensor:
        """Return the photo with the free pixels put in."""
        return self.photo.masked_scatter(self.free, values)

    def length(self, change: Tensor) -> float:
        """Return the root mean square of the change."""
        return float(change.square().mean().sqrt())

    def precondition(self, gradient: Tensor) -> Tensor:
        """Return the gradient with what neighboring pixels agree on counted more.

        A network hardly responds to a single pixel, so that the loss is flat in fine detail and steep in coarse: the
        gradient as it is would first change grain, and color only slowly.
        """
        whole = torch.zeros_like(self.photo).masked_scatter(self.free, gradient)
        found = whole
        for side in _AGREEING:
            found = found + _box(_box(whole, side), side)
        return found[self.free]


def _box(picture: Tensor, side: int) -> Tensor:
    """Return means over squares of an odd side; zeros lie around, so that the map is symmetric."""
    half = side // 2
    for axis, zeros in ((-1, (half + 1, half)), (-2, (0, 0, half + 1, half))):
        # Differences of sums from the edge on, which are ten times as fast as `avg_pool2d`.
        sums, count = functional.pad(picture, zeros).cumsum(axis), picture.shape[axis]
        picture = (sums.narrow(axis, side, count) - sums.narrow(axis, 0, count)) / side
    return picture


def resize(picture: Tensor, height: int, width: int) -> Tensor:
    """Resize a picture (1, C, H, W), antialiased when shrinking, and clip to [0, 1]."""
    if picture.shape[-2:] == (height, width):
        return picture
    resized = functional.interpolate(picture, size=(height, width), mode="bicubic", antialias=True, align_corners=False)
    return resized.clamp(0, 1)


def to_image(picture: Tensor) -> np.ndarray:
    """Return a picture (1, 3, H, W) as a float32 array (H, W, 3) clipped to [0, 1]."""
    array: np.ndarray = picture[0].clamp(0, 1).movedim(0, -1).contiguous().cpu().numpy()
    return array
