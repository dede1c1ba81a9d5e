"""First and second moments of activations inside a soft region: what the style losses compare."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

__all__ = ["Moments", "moments"]


class Moments(NamedTuple):
    """Mean and Gram matrix of a layer's features over a region.

    Both are averages over positions, so they add up over parts of a picture when each part is weighed by its area.
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
        Weight of each position in [0, 1]; everything when left out.
    area : float, optional
        What to divide by, in positions. The mask's sum when left out; the whole region's when `activation` is but a
        part of it.

    Returns
    -------
    Moments
        ``mean = Σ m F / Σ m`` (C,) and ``gram = (F·√m)(F·√m)ᵀ / Σ m`` (C, C). The mask weighs once, and the area drops
        out: two masks of one half act like one of one, and a small region weighs as much as a large one.

    Notes
    -----
    Gatys et al. 2016 eq. 3; masked after Localized Style Transfer §3.3, whose ``F·m`` would weigh by m².

    Examples
    --------
    >>> moments(torch.ones(1, 2, 3, 3), torch.full((1, 1, 3, 3), 0.5)).gram
    tensor([[1., 1.],
            [1., 1.]])
    """
    # float32, because half precision would round away the differences that the losses live on.
    rows = torch.movedim(activation, 1, -1).reshape(-1, activation.shape[1]).float()
    if mask is None:
        mask = torch.ones_like(rows[:, :1])
    weights = mask.reshape(-1, 1)
    total = weights.sum() if area is None else area
    rooted = weights.sqrt()
    weighted = rows * rooted
    return Moments((weighted * rooted).sum(0) / total, weighted.T @ weighted / total)
