"""Masks of pixels, carried to the positions of each network layer."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from torch import Tensor
from torch.nn import functional

from sfumato.features.vgg import BLOCKS, check_layer

__all__ = ["MaskMode", "carry"]

MaskMode = Literal["area", "inside", "receptive"]


def carry(mask: Tensor, layers: Iterable[str], *, mode: MaskMode = "area") -> dict[str, Tensor]:
    """Carry a mask to the positions of each named layer.

    Parameters
    ----------
    mask : Tensor (1, 1, H, W)
        Values in [0, 1]; 1 belongs to the region.
    layers : iterable of str
        Names from `sfumato.features.LAYERS`.
    mode : {"area", "inside", "receptive"}
        "area": poolings average the mask, so that the weight of a position is its coverage by the region.
        "inside": a position counts only as far as everything that it sees lies in the region.
        "receptive": as "area", and each 3×3 convolution blurs the mask by a 3×3 average over the existing pixels.

    Returns
    -------
    dict of str to Tensor
        For each name a mask (1, 1, h, w) of that layer's size, in [0, 1].

    Raises
    ------
    RecipeError
        If a name is not a layer of VGG-19.

    Notes
    -----
    "receptive" follows Luan et al. 2017, but divides by the number of existing pixels in the window: with zero padding,
    a region at the picture's border would fade there.

    Examples
    --------
    >>> import torch
    >>> mask = torch.zeros(1, 1, 8, 8); mask[..., :4] = 1
    >>> carry(mask, ["relu2_1"])["relu2_1"][0, 0, 0]
    tensor([1., 1., 0., 0.])
    """
    wanted = {check_layer(name) for name in layers}
    carried: dict[str, Tensor] = {}
    x = mask
    for block, convolutions in enumerate(BLOCKS, start=1):
        if block > 1:
            x = _pool(x, mode)
        for conv in range(1, convolutions + 1):
            x = _convolve(x, mode)
            if (name := f"relu{block}_{conv}") in wanted:
                carried[name] = x
        if len(carried) == len(wanted):
            break
    return carried


def _pool(mask: Tensor, mode: MaskMode) -> Tensor:
    if mode == "inside":
        return -functional.max_pool2d(-mask, 2, ceil_mode=True)
    return functional.avg_pool2d(mask, 2, ceil_mode=True)


def _convolve(mask: Tensor, mode: MaskMode) -> Tensor:
    if mode == "inside":
        return -functional.max_pool2d(-mask, 3, stride=1, padding=1)
    if mode == "receptive":
        return functional.avg_pool2d(mask, 3, stride=1, padding=1, count_include_pad=False)
    return mask
