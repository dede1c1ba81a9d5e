"""Content loss: stay near the photo's own activations."""

from __future__ import annotations

import torch
from torch import Tensor

__all__ = ["ContentLoss"]


class ContentLoss:
    """Squared feature distance to the photo inside a region.

    Parameters
    ----------
    target : Tensor (1, C, h, w)
        The photo's activation.
    mask : Tensor (1, 1, h, w), optional
        Weight of each position; 1 everywhere by default.

    Notes
    -----
    Localized Style Transfer eq. 1, Gatys et al. 2016 eq. 1, here divided by the target's own mean square so that the
    value compares across layers and pictures: 0 is the photo, 1 is a black picture.

    Examples
    --------
    >>> target = torch.ones(1, 8, 4, 4)
    >>> loss = ContentLoss(target)
    >>> loss(target).item(), loss(0 * target).item()
    (0.0, 1.0)
    """

    def __init__(self, target: Tensor, mask: Tensor | None = None) -> None:
        self.target = target.detach()
        self.mask = torch.ones_like(target[:, :1]) if mask is None else mask
        # Weight of one unit of squared distance, from the mask and the target's energy.
        self.scale = 1.0 / (self.target.float().square() * self.mask).sum().clamp_min(1e-8)

    def __call__(self, activation: Tensor) -> Tensor:
        """Return the distance of an activation (1, C, h, w) as a scalar."""
        return self.part(activation, (slice(None), slice(None)))

    def part(self, activation: Tensor, window: tuple[slice, slice]) -> Tensor:
        """Return the contribution of one window's activation to the whole distance."""
        index = (..., *window)
        difference = activation.float() - self.target[index]
        return (difference.square() * self.mask[index]).sum() * self.scale
