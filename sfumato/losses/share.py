"""The share of a style that a region takes, as statistics of one network layer."""

from __future__ import annotations

from typing import NamedTuple

from sfumato.losses.statistics import Moments
from sfumato.losses.transport import Transport

__all__ = ["StyleShare", "style_share"]

# Weight of the region's own features among those of the whole photo. With 0, a dark object takes only the darkest
# paint; with 1, each region uses all of the style.
_OWN = 0.3

# Minimum fraction of the style's covariance that a region gets anyhow. A plain sky, which varies little, gets more.
_COMMON = 0.3


class StyleShare(NamedTuple):
    """What a region takes of a style; the map of the photo's features to it; how much the region varies, 0 to 1."""

    moments: Moments
    transport: Transport
    detail: float


def style_share(style: Moments, photo: Moments, region: Moments) -> StyleShare:
    """Return the share of a style that a region of a photo takes.

    Parameters
    ----------
    style, photo, region : Moments
        Moments (C,) and (C, C) of the style picture, of the whole photo and of the region at one layer.

    Returns
    -------
    StyleShare
        `detail` is the squared contrast of the mapped region, at most 1. The plainer the region, the larger the part
        of the style's covariance that it gets anyhow.

    Examples
    --------
    >>> import torch
    >>> from sfumato.losses import moments
    >>> photo = torch.tensor([0.0, 1.0, 0.9, 0.9]).view(1, 1, 2, 2)
    >>> style, whole = moments(5 * photo), moments(photo)
    >>> varied, plain = (style_share(style, whole, moments(rows)) for rows in (photo[:, :, :1], photo[:, :, 1:]))
    >>> plain.detail < 0.01, varied.detail
    (True, 1.0)
    """
    transport = Transport(style, _mixed(region, photo))
    detail = min(1.0, transport.contrast(region) ** 2)
    return StyleShare(transport.moments(region, common=max(_COMMON, 1 - detail)), transport, detail)


def _mixed(own: Moments, photo: Moments) -> Moments:
    """Return the moments of the photo in which the region counts more."""
    mean, gram = (_OWN * one + (1 - _OWN) * other for one, other in zip(own, photo, strict=True))
    return Moments(mean, gram)
