"""Total variation: a penalty on speckle."""

from __future__ import annotations

from torch import Tensor

__all__ = ["total_variation"]


def total_variation(picture: Tensor, mask: Tensor | None = None) -> Tensor:
    """Return the mean squared difference between neighboring pixels of a region.

    Parameters
    ----------
    picture : Tensor (1, 3, H, W)
        RGB in [0, 1].
    mask : Tensor (1, 1, H, W), optional
        Weight of each pixel; a pair has the smaller weight of its two pixels.

    Returns
    -------
    Tensor
        Scalar: squared difference per pixel of the region, summed over both directions and three channels.

    Notes
    -----
    Localized Style Transfer eq. 1, Johnson et al. 2016 §3.2.

    Examples
    --------
    >>> import torch
    >>> stripes = torch.tensor([0.0, 1.0]).repeat(1, 3, 4, 2)
    >>> round(total_variation(stripes).item(), 3)  # 3 channels × 12 steps of 1 over 16 pixels
    2.25
    """
    down = (picture[..., 1:, :] - picture[..., :-1, :]).square()
    right = (picture[..., :, 1:] - picture[..., :, :-1]).square()
    if mask is None:
        return (down.sum() + right.sum()) / picture[0, 0].numel()
    down = down * mask[..., 1:, :].minimum(mask[..., :-1, :])
    right = right * mask[..., :, 1:].minimum(mask[..., :, :-1])
    return (down.sum() + right.sum()) / mask.sum()
