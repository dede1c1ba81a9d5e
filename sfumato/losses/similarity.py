"""Similarity loss: keep the photo's own features, except in a few places."""

from __future__ import annotations

import torch
from torch import Tensor

__all__ = ["SimilarityLoss"]


class SimilarityLoss:
    """Mean absolute feature distance to the photo inside a region, relative to the photo's own.

    Parameters
    ----------
    target : Tensor (1, C, h, w)
        The photo's activation at a shallow layer.
    mask : Tensor (1, 1, h, w), optional
        Weight of each position; 1 everywhere by default.

    Notes
    -----
    Wang and Wang, "Photo style transfer with deep learning", eq. 8: an absolute distance, unlike a squared one, lets a
    few places change much while most keep what they have. 0 is the photo, 1 is a black picture.

    Examples
    --------
    >>> target = torch.ones(1, 8, 4, 4)
    >>> loss = SimilarityLoss(target)
    >>> loss(target).item(), loss(0.5 * target).item()
    (0.0, 0.5)
    """

    def __init__(self, target: Tensor, mask: Tensor | None = None) -> None:
        self.target = target.detach()
        self.mask = torch.ones_like(target[:, :1]) if mask is None else mask
        self.scale = 1.0 / (self.target.float().abs() * self.mask).sum().clamp_min(1e-8)

    def __call__(self, activation: Tensor) -> Tensor:
        """Return the distance of an activation (1, C, h, w) as a scalar."""
        return self.part(activation, (slice(None), slice(None)))

    def part(self, activation: Tensor, window: tuple[slice, slice]) -> Tensor:
        """Return the contribution of one window's activation to the whole distance."""
        index = (..., *window)
        return ((activation.float() - self.target[index]).abs() * self.mask[index]).sum() * self.scale
