"""Steadiness: the distance to what was painted of an earlier frame of a video."""

from __future__ import annotations

from torch import Tensor

__all__ = ["squared_change"]


def squared_change(picture: Tensor, earlier: Tensor, trust: Tensor) -> Tensor:
    """Return the mean squared change since an earlier frame, where that one can be trusted.

    Parameters
    ----------
    picture : Tensor (1, 3, H, W)
        RGB in [0, 1].
    earlier : Tensor (1, 3, H, W)
        The earlier frame as painted, warped along the flow to this one.
    trust : Tensor (1, 1, H, W)
        Weight of each pixel, in [0, 1]: 0 where the earlier frame does not show what this one does.

    Returns
    -------
    Tensor
        Scalar: the squared change, summed over the channels, as a mean over all trusted pixels; 0 if there are none.

    Notes
    -----
    Ruder, Dosovitskiy and Brox, "Artistic style transfer for videos", GCPR 2016, eq. 7, but for the mean, which they
    take over all pixels.

    Examples
    --------
    >>> import torch
    >>> before, trust = torch.zeros(1, 3, 1, 2), torch.tensor([[[[1.0, 0.0]]]])
    >>> round(squared_change(torch.full((1, 3, 1, 2), 0.1), before, trust).item(), 3)
    0.03
    """
    return (trust * (picture - earlier).square()).sum() / trust.sum().clamp(min=1)
