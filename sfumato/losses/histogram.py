"""Histogram loss: the distribution of each feature, beyond its mean and covariance."""

from __future__ import annotations

import torch
from torch import Tensor

__all__ = ["HistogramLoss"]


class HistogramLoss:
    """Squared distance between the distributions of each feature, relative to the target's energy.

    Parameters
    ----------
    target : Tensor (n, C)
        Features of a layer at the positions to imitate.

    Raises
    ------
    ValueError
        If there are no positions.

    Notes
    -----
    Risser et al. 2017 move each feature to where a histogram matching with the target would put it. That is the
    optimal transport between two distributions on a line; its cost is taken here from the sorted values themselves,
    without bins. 0 is the same distribution, 1 is a black picture.

    References
    ----------
    E. Risser, P. Wilmot, C. Barnes, "Stable and controllable neural texture synthesis and style transfer using
    histogram losses", 2017, §4.2.

    Examples
    --------
    >>> target = torch.tensor([[0.0], [1.0], [2.0]])
    >>> loss = HistogramLoss(target)
    >>> loss(target.flip(0)).item(), round(loss(target + 1).item(), 2)  # 1² on average, of (0 + 1 + 4) / 3
    (0.0, 0.6)
    """

    def __init__(self, target: Tensor) -> None:
        if len(target) == 0:
            raise ValueError("there are no positions whose histogram could be imitated")
        self.target = target.detach().float().T.contiguous().sort(1).values
        self.scale = 1.0 / self.target.square().mean(1).sum().clamp_min(1e-8)

    def __call__(self, features: Tensor) -> Tensor:
        """Return the distance of features (m, C), of any number of positions, as a scalar."""
        found = features.float().T.contiguous().sort(1).values
        return (found - self._quantiles(found.shape[1])).square().mean(1).sum() * self.scale

    def _quantiles(self, count: int) -> Tensor:
        """Return `count` quantiles of each target feature, (C, count)."""
        known = self.target.shape[1]
        if count == known:
            return self.target
        place = (torch.arange(count, device=self.target.device) + 0.5) * (known / count) - 0.5
        place = place.clamp(0, known - 1)
        below = place.floor().long()
        above = (below + 1).clamp(max=known - 1)
        return torch.lerp(self.target[:, below], self.target[:, above], (place - below).to(self.target))
