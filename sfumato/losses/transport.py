"""The part of a style that falls to a region when the whole picture is restyled."""

from __future__ import annotations

import torch
from torch import Tensor

from sfumato.losses.statistics import Moments, covariance

__all__ = ["transported"]

# Variance that is added to each feature, relative to their mean. A picture has fewer positions than a deep layer has
# features, and what hardly varies in it must not be stretched.
_NOISE = 0.03

# The same relative to the style's, for pictures of one color.
_LEAST = 1e-4

# Directions whose variance is below this fraction of the largest are left out of the inverse.
_NEGLIGIBLE = 1e-9


def transported(style: Moments, picture: Moments, region: Moments, *, common: float = 0.3) -> Moments:
    """Return the moments that a region gets when the whole picture is given those of a style.

    Parameters
    ----------
    style : Moments
        Moments (C,) and (C, C) of a style picture at one layer.
    picture : Moments
        Moments of the whole picture.
    region : Moments
        Moments of the region of it.
    common : float
        Fraction, 0 to 1, of the style's covariance that every region gets, so that plain regions are painted too.

    Returns
    -------
    Moments
        Of the style's precision and device. Those of all regions of a picture, weighed by their areas, have the mean of
        the style; for a region that is the whole picture they are the style's.

    Notes
    -----
    The linear map of least displacement between two Gaussians, ``T(x) = ν + A (x - μ)`` with
    ``A = S^½ (S^½ Σ S^½)^-½ S^½`` (Monge-Kantorovich), takes the picture's features to the style's. The region's go
    along: their mean becomes ``T(μᵣ)``, and their covariance ``A Σᵣ A``.

    Examples
    --------
    >>> from sfumato.losses import moments
    >>> features = torch.tensor([0.0, 0.1, 0.9, 1.0]).view(1, 1, 2, 2)
    >>> picture, darker = moments(features), moments(features[:, :, :1])
    >>> style = moments(10 * features)
    >>> round(transported(style, picture, darker).mean.item(), 1)  # about 0.5, the darker half of the style
    0.6
    >>> round(transported(style, picture, picture).mean.item(), 1)
    5.0
    """
    wanted, own, part = (covariance(of).double() for of in (style, picture, region))
    noise = _NOISE * own.trace() / len(own) + _LEAST * wanted.trace() / len(own)
    noise = noise * torch.eye(len(own), dtype=own.dtype, device=own.device)
    root = _power(wanted, 0.5)
    stretch = root @ _power(root @ (own + noise) @ root, -0.5) @ root
    mean = style.mean.double() + stretch @ (region.mean - picture.mean).double()
    spread = (1 - common) * stretch @ (part + noise) @ stretch + common * wanted
    gram = spread + torch.outer(mean, mean)
    return Moments(mean.to(style.mean), gram.to(style.gram))


def _power(matrix: Tensor, power: float) -> Tensor:
    """Return a power of a symmetric matrix over the directions in which it is positive."""
    values, vectors = torch.linalg.eigh(matrix)
    kept = values > _NEGLIGIBLE * values[-1].clamp_min(1e-30)
    used = vectors[:, kept]
    found: Tensor = (used * values[kept].pow(power)) @ used.T
    return found
