"""Gram style loss: the same correlations between features as in the style picture."""

from __future__ import annotations

from torch import Tensor

from sfumato.losses.statistics import Moments

__all__ = ["GramLoss"]


class GramLoss:
    """Squared distance between Gram matrices, relative to the target's own norm.

    Parameters
    ----------
    target : Moments
        Moments of the style picture's activation at one layer.

    Notes
    -----
    Localized Style Transfer eq. 2, as ``‖G - A‖² / ‖A‖²``: 0 is the same style, 1 is a black picture, for any
    layer, picture and size.

    Examples
    --------
    >>> import torch
    >>> from sfumato.losses import moments
    >>> style = moments(torch.ones(1, 8, 4, 4))
    >>> loss = GramLoss(style)
    >>> loss(style).item(), loss(moments(torch.zeros(1, 8, 4, 4))).item()
    (0.0, 1.0)
    """

    def __init__(self, target: Moments) -> None:
        self.target = target.gram
        self.scale = 1.0 / self.target.square().sum().clamp_min(1e-8)

    def __call__(self, current: Moments) -> Tensor:
        """Return the distance of a picture's moments as a scalar."""
        return (current.gram - self.target).square().sum() * self.scale
