"""Wasserstein-2 style loss: the same Gaussian distribution of features as in the style picture."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from sfumato.losses.statistics import Moments, covariance

__all__ = ["WassersteinLoss"]

# Minimum variance along a direction that enters the cross term, relative to the target's largest. A small style picture
# has fewer positions than a deep layer has features, so that most directions have none.
_NEGLIGIBLE = 1e-4

# Floor of variances, relative to the target's mean, which keeps the square root's gradient finite for flat features.
_FLOOR = 1e-4


class WassersteinLoss:
    """Squared 2-Wasserstein distance between Gaussians fitted to the features, relative to the target's energy.

    Parameters
    ----------
    target : Moments
        Moments of the style picture's activation at one layer.

    Notes
    -----
    ``|μ - ν|² + tr(Σ + T - 2 (T^½ Σ T^½)^½)``, divided by ``|ν|² + tr T``. After Crowson's style-transfer-pytorch,
    with the trace of the square root taken from eigenvalues, over the directions in which the style varies.

    Examples
    --------
    >>> from sfumato.losses import moments
    >>> style = moments(torch.rand(1, 8, 16, 16))
    >>> loss = WassersteinLoss(style)
    >>> loss(style).item() < 1e-3 < 0.9 < loss(moments(torch.zeros(1, 8, 4, 4))).item()
    True
    """

    def __init__(self, target: Moments) -> None:
        self.mean, self.covariance = target.mean, covariance(target)
        values, vectors = _eigh(self.covariance)
        kept = values > _NEGLIGIBLE * values[-1].clamp_min(1e-12)
        self.root = vectors[:, kept] * values[kept].sqrt()
        self.floor = (_FLOOR * values.mean().clamp_min(1e-8)) ** 2
        self.energy = (self.mean.square().sum() + self.covariance.trace()).clamp_min(1e-8)

    def __call__(self, current: Moments) -> Tensor:
        """Return the distance of a picture's moments as a scalar."""
        own = covariance(current)
        cross: Tensor = _TraceRoot.apply(own, self.root, self.floor)  # type: ignore[no-untyped-call]
        spread = own.trace() + self.covariance.trace() - 2 * cross
        distance: Tensor = ((current.mean - self.mean).square().sum() + spread) / self.energy
        return distance


class _TraceRoot(torch.autograd.Function):
    """``tr (Rᵀ Σ R)^½`` for R of shape (C, k), with gradient ``½ R (Rᵀ Σ R)^-½ Rᵀ``.

    It equals ``tr (T^½ Σ T^½)^½`` when ``R Rᵀ = T``.

    Computed from eigenvalues, raised by a floor whose root is subtracted again: the gradient stays finite where Σ
    vanishes, and the minimum is 0. Written out because autograd would need twice the products.
    """

    @staticmethod
    def forward(ctx: Any, covariance: Tensor, root: Tensor, floor: Tensor) -> Tensor:
        inner = root.T @ covariance @ root
        if not torch.isfinite(inner).all():
            # eigh would raise; the optimizer's guard handles a loss that is not a number.
            inner = torch.full_like(inner, torch.nan)
            ctx.save_for_backward(root, inner, inner[0])
            return inner.sum()
        values, vectors = _eigh(inner)
        roots = (values.clamp_min(0) + floor).sqrt()
        ctx.save_for_backward(root, vectors, roots)
        total: Tensor = (roots - floor.sqrt()).sum()
        return total

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None, None]:
        root, vectors, roots = ctx.saved_tensors
        turned = root @ vectors
        whole: Tensor = gradient / 2 * (turned / roots) @ turned.T
        return whole, None, None


def _eigh(matrix: Tensor) -> tuple[Tensor, Tensor]:
    """Return eigenvalues and vectors, in double precision if single does not converge, as for many equal values."""
    try:
        values, vectors = torch.linalg.eigh(matrix)
        # Some failures raise no error.
        converged = bool(torch.isfinite(values).all() and torch.isfinite(vectors).all())
    except RuntimeError:
        converged = False
    if not converged:
        values, vectors = torch.linalg.eigh(matrix.double())
    return values.to(matrix.dtype), vectors.to(matrix.dtype)
