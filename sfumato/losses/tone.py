"""Tone: the colors of things, apart from the strokes that they are painted with."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional

__all__ = ["tone_difference"]

# Side of the squares over which colors are averaged, in pixels, and the distance between their centers. A stroke is a
# few pixels wide, so that a square holds several.
_SIDE, _APART = 16, 4


def tone_difference(picture: Tensor, target: Tensor, mask: Tensor) -> Tensor:
    """Return the mean squared difference between the local mean colors of two pictures in a region.

    Parameters
    ----------
    picture, target : Tensor (1, 3, H, W)
        RGB in [0, 1].
    mask : Tensor (1, 1, H, W)
        Weight of each pixel.

    Returns
    -------
    Tensor
        Scalar, summed over the three channels.

    Examples
    --------
    >>> import torch
    >>> gray, mask = torch.full((1, 3, 32, 32), 0.5), torch.ones(1, 1, 32, 32)
    >>> strokes = torch.tensor([0.25, 0.75]).repeat(1, 3, 32, 16)
    >>> bool(tone_difference(strokes, gray, mask) < 1e-6), round(tone_difference(gray + 0.1, gray, mask).item(), 3)
    (True, 0.03)
    """
    half = _SIDE // 2

    def local(values: Tensor) -> Tensor:
        return functional.avg_pool2d(values, _SIDE, _APART, padding=half)

    area = local(mask)
    mean = local((picture - target) * mask) / area.clamp_min(1e-3)
    return (area * mean.square()).sum() / area.sum()
