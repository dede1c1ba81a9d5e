"""The map that takes the features of a whole picture to those of a style, and what it makes of a region."""

from __future__ import annotations

import torch
from torch import Tensor

from sfumato.losses.statistics import Moments, covariance

__all__ = ["Transport"]

# Variance that is added to each feature, relative to their mean. A picture has fewer positions than a deep layer has
# features, and what hardly varies in it must not be stretched.
_NOISE = 0.03

# The same relative to the style's, for pictures of one color.
_LEAST = 1e-4

# Directions whose variance is below this fraction of the largest are left out of the inverse.
_NEGLIGIBLE = 1e-9

# Rows of an activation that are mapped at a time, in single precision.
_ROWS = 64


class Transport:
    """The linear map of least displacement that gives a picture's features the moments of a style's.

    Parameters
    ----------
    style : Moments
        Moments (C,) and (C, C) of a style picture at one layer.
    picture : Moments
        Moments of a whole picture.

    Notes
    -----
    ``T(x) = ν + A (x - μ)`` with ``A = S^½ (S^½ Σ S^½)^-½ S^½`` for means μ, ν and covariances Σ, S of picture and
    style (Monge-Kantorovich).

    Examples
    --------
    >>> from sfumato.losses import moments
    >>> features = torch.tensor([0.0, 0.1, 0.9, 1.0]).view(1, 1, 2, 2)
    >>> transport = Transport(moments(10 * features), moments(features))
    >>> round(transport.moments(moments(features[:, :, :1])).mean.item(), 1)  # about 0.5, the darker half of the style
    0.6
    >>> transport.features(features).flatten()
    tensor([0.0971, 1.0777, 8.9223, 9.9029])
    """

    def __init__(self, style: Moments, picture: Moments) -> None:
        self._style, self._mean = style, picture.mean.double()
        self._spread = covariance(style).double()
        own = covariance(picture).double()
        count = len(own)
        noise = _NOISE * own.trace() / count + _LEAST * self._spread.trace() / count
        self._noise = noise * torch.eye(count, dtype=own.dtype, device=own.device)
        root = _power(self._spread, 0.5)
        self._stretch = root @ _power(root @ (own + self._noise) @ root, -0.5) @ root

    def moments(self, region: Moments, *, common: float = 0.0) -> Moments:
        """Return the moments that a region gets when the whole picture is given those of the style.

        Parameters
        ----------
        region : Moments
            Moments of a region of the picture.
        common : float
            Fraction, 0 to 1, of the style's covariance that the region gets anyhow.

        Returns
        -------
        Moments
            Of the style's precision and device: mean ``T(μᵣ)``, and covariance ``A Σᵣ A``. Those of all regions of a
            picture, weighed by their areas, add up to the style's, the means for any `common`.
        """
        mean = self._style.mean.double() + self._stretch @ (region.mean.double() - self._mean)
        spread = self._stretch @ (covariance(region).double() + self._noise) @ self._stretch
        gram = (1 - common) * spread + common * self._spread + torch.outer(mean, mean)
        return Moments(mean.to(self._style.mean), gram.to(self._style.gram))

    def contrast(self, region: Moments) -> float:
        """Return how much a region varies once it is mapped, as a fraction of the style's variance; small if plain."""
        spread = self._stretch @ covariance(region).double() @ self._stretch
        return float(spread.trace() / self._spread.trace().clamp_min(1e-30))

    def features(self, activation: Tensor) -> Tensor:
        """Return features (1, C, h, w) of the picture as they are in the style's manner, of the same precision.

        Those below zero become zero, as behind a ReLU.
        """
        stretch = self._stretch.float()
        offset = self._style.mean.float() - stretch @ self._mean.float()
        found = torch.empty_like(activation)
        for top in range(0, activation.shape[2], _ROWS):
            rows = activation[:, :, top : top + _ROWS].float()
            moved = torch.einsum("ij,bjhw->bihw", stretch, rows) + offset.view(1, -1, 1, 1)
            found[:, :, top : top + _ROWS] = moved.clamp_min(0)
        return found


def _power(matrix: Tensor, power: float) -> Tensor:
    """Return a power of a symmetric matrix over the directions in which it is positive."""
    values, vectors = torch.linalg.eigh(matrix)
    kept = values > _NEGLIGIBLE * values[-1].clamp_min(1e-30)
    used = vectors[:, kept]
    found: Tensor = (used * values[kept].pow(power)) @ used.T
    return found
