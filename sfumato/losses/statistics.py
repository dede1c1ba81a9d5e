"""First and second moments of activations inside a soft region: what the style losses compare."""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch import Tensor

__all__ = ["Moments", "covariance", "moments"]


class Moments(NamedTuple):
    """Mean and Gram matrix of a layer's features over a region.

    Both are averages over positions, so they add up over parts of a picture when each part is weighted by its area.
    """

    mean: Tensor
    gram: Tensor


def moments(activation: Tensor, mask: Tensor | None = None, *, area: Tensor | float | None = None) -> Moments:
    """Return the mean and the Gram matrix of an activation inside a region.

    Parameters
    ----------
    activation : Tensor (1, C, h, w)
        Features.
    mask : Tensor (1, 1, h, w), optional
        Weight of each position in [0, 1]; 1 everywhere by default.
    area : float, optional
        Area to divide by, in positions; the mask's sum by default. Give that of the whole region if `activation` is
        only a part of it.

    Returns
    -------
    Moments
        ``mean = Σ m F / Σ m`` (C,) and ``gram = (F·√m)(F·√m)ᵀ / Σ m`` (C, C). The mask is applied once, and the area
        cancels: two masks of 1/2 act like one of 1, and a small region counts as much as a large one.

    Notes
    -----
    Gatys et al. 2016 eq. 3; masked after Localized Style Transfer §3.3, whose ``F·m`` would weight by m².

    Examples
    --------
    >>> moments(torch.ones(1, 2, 3, 3), torch.full((1, 1, 3, 3), 0.25)).gram
    tensor([[1., 1.],
            [1., 1.]])
    """
    if mask is None:
        mask = torch.ones_like(activation[:, :1])
    weights = mask.reshape(-1, 1)
    total = weights.sum() if area is None else area
    return Moments(*_MaskedMoments.apply(activation, weights, total))  # type: ignore[no-untyped-call]


def covariance(of: Moments) -> Tensor:
    """Return the covariance (C, C) that belongs to moments."""
    return of.gram - torch.outer(of.mean, of.mean)


class _MaskedMoments(torch.autograd.Function):
    """Moments over the positions that a mask covers; what lies outside costs nothing.

    Written out because autograd would multiply twice by the symmetric gradient of the Gram matrix.
    """

    @staticmethod
    def forward(ctx: Any, activation: Tensor, weights: Tensor, total: Tensor | float) -> tuple[Tensor, Tensor]:
        rows = torch.movedim(activation, 1, -1).reshape(-1, activation.shape[1])
        index = weights[:, 0].nonzero()[:, 0]
        picked, weights = rows.index_select(0, index), weights.index_select(0, index)
        # At least float32: half precision would round away the differences that the losses measure.
        precision = torch.promote_types(activation.dtype, torch.float32)
        rooted = weights.to(precision).sqrt()
        weighted = picked.to(precision) * rooted
        ctx.save_for_backward(picked, weights.to(precision), index)
        ctx.shape, ctx.total = activation.shape, total
        return (weighted.T @ rooted)[:, 0] / total, weighted.T @ weighted / total

    @staticmethod
    def backward(ctx: Any, mean_gradient: Tensor, gram_gradient: Tensor) -> tuple[Tensor, None, None]:
        picked, weights, index = ctx.saved_tensors
        _, channels, height, width = ctx.shape
        # In full precision too: the gradient's large entries belong to directions in which the features hardly vary.
        gradient = torch.addmm(mean_gradient, picked.to(weights.dtype), gram_gradient + gram_gradient.T)
        gradient *= weights / ctx.total
        whole = picked.new_zeros(height * width, channels)
        whole.index_copy_(0, index, gradient.to(picked.dtype))
        return whole.view(1, height, width, channels).movedim(-1, 1), None, None
