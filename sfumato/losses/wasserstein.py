"""Wasserstein-2 style: the same Gaussian cloud of features as in the painting."""

from __future__ import annotations

import torch
from torch import Tensor

from sfumato.losses.statistics import Moments

__all__ = ["WassersteinLoss"]

# Of the target's mean variance: keeps the square root's slope finite where a feature hardly varies.
_FLOOR = 1e-4


class WassersteinLoss:
    """Squared 2-Wasserstein distance between Gaussians fitted to the features, relative to the target's energy.

    Parameters
    ----------
    target : Moments
        Of the style picture's activation at one layer.

    Notes
    -----
    ``|μ - ν|² + tr(Σ + T - 2 (T^½ Σ T^½)^½)``, divided by ``|ν|² + tr T``. After Crowson's style-transfer-pytorch,
    with the trace of the square root taken from eigenvalues, whose gradient stays finite where they coincide.

    Examples
    --------
    >>> from sfumato.losses import moments
    >>> style = moments(torch.rand(1, 8, 16, 16))
    >>> loss = WassersteinLoss(style)
    >>> loss(style).item() < 1e-3 < 0.9 < loss(moments(torch.zeros(1, 8, 4, 4))).item()
    True
    """

    def __init__(self, target: Moments) -> None:
        self.mean, self.covariance = target.mean, _covariance(target)
        values, vectors = torch.linalg.eigh(self.covariance)
        self.root = vectors * values.clamp_min(0).sqrt() @ vectors.T
        self.floor = (_FLOOR * values.mean().clamp_min(1e-8)) ** 2
        self.energy = (self.mean.square().sum() + self.covariance.trace()).clamp_min(1e-8)

    def __call__(self, current: Moments) -> Tensor:
        """Return the distance of a picture's moments as a scalar."""
        covariance = _covariance(current)
        values = torch.linalg.eigvalsh(self.root @ covariance @ self.root).clamp_min(0)
        # The floor is taken off again, or it would leave a constant behind at the minimum.
        cross = ((values + self.floor).sqrt() - self.floor.sqrt()).sum()
        spread = covariance.trace() + self.covariance.trace() - 2 * cross
        distance: Tensor = ((current.mean - self.mean).square().sum() + spread) / self.energy
        return distance


def _covariance(of: Moments) -> Tensor:
    return of.gram - torch.outer(of.mean, of.mean)
