"""Moments of style pictures, computed once for each size."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence

import torch
from torch import Tensor

from sfumato.errors import RegionError
from sfumato.features import VGG19, carry, depth
from sfumato.features.masks import MaskMode
from sfumato.features.tiles import cut
from sfumato.losses import Moments, moments

__all__ = ["StyleStatistics", "region_moments", "style_moments"]


class StyleStatistics:
    """Moments of style pictures, kept for all objectives that use them.

    Parameters
    ----------
    network : VGG19
        The loss network.

    Examples
    --------
    >>> network = VGG19(((torch.ones(2, 3, 3, 3), torch.zeros(2)),))  # one layer is enough here
    >>> kept = StyleStatistics(network)
    >>> first = kept.of("a.jpg", lambda: (torch.ones(1, 3, 4, 4), None), ["relu1_1"])
    >>> first["relu1_1"].mean
    tensor([27., 27.])
    >>> kept.of("a.jpg", lambda: None, ["relu1_1"])["relu1_1"] is first["relu1_1"]  # the picture is not needed again
    True
    """

    def __init__(self, network: VGG19) -> None:
        self.network = network
        self._known: dict[Hashable, dict[str, Moments]] = {}

    def of(
        self,
        key: Hashable,
        picture: Callable[[], tuple[Tensor, Tensor | None]],
        layers: Sequence[str],
        *,
        mode: MaskMode = "area",
        name: str = "",
    ) -> Mapping[str, Moments]:
        """Return the moments of a picture at layers.

        Parameters
        ----------
        key : hashable
            Identifies the picture, its size and its mask.
        picture : callable
            Returns the picture (1, 3, h, w) and its mask (1, 1, h, w) or None; called only if moments are missing.
        layers : sequence of str
            Network layers.
        mode : str
            How masks are carried to the layers; see `sfumato.features.carry`.
        name : str
            Name of the style in errors.

        Raises
        ------
        RegionError
            See `style_moments`.
        """
        known = self._known.setdefault((key, mode), {})
        missing = [layer for layer in layers if layer not in known]
        if missing:
            values, mask = picture()
            known |= style_moments(self.network, values, missing, mask, mode=mode, name=name)
        return {layer: known[layer] for layer in layers}


@torch.no_grad()
def style_moments(
    network: VGG19,
    picture: Tensor,
    layers: Sequence[str],
    mask: Tensor | None = None,
    *,
    mode: MaskMode = "area",
    name: str = "",
) -> dict[str, Moments]:
    """Return the moments of a style picture at layers.

    Parameters
    ----------
    network : VGG19
        The loss network.
    picture : Tensor (1, 3, h, w)
        RGB in [0, 1].
    layers : sequence of str
        Network layers.
    mask : Tensor (1, 1, h, w), optional
        Part of the picture to use, in [0, 1]; all by default.
    mode : str
        How masks are carried to the layers; see `sfumato.features.carry`.
    name : str
        Name of the style in errors.

    Returns
    -------
    dict of str to Moments

    Raises
    ------
    RegionError
        If the mask covers less than one position of a layer.
    """
    activations = network(picture, layers)
    masks = {} if mask is None else carry(mask, layers, mode=mode)
    for layer, carried in masks.items():
        if carried.sum() < 1:
            raise RegionError(
                f"the mask of style {name!r} is too small to carry a style: it covers {carried.sum().item():.2f}"
                f" positions of {layer}, and at least 1 is needed; choose a larger part of the picture or a larger"
                " size"
            )
    return {layer: moments(activations[layer], masks.get(layer)) for layer in layers}


@torch.no_grad()
def region_moments(
    network: VGG19,
    picture: Tensor,
    layers: Sequence[str],
    mask: Tensor,
    *,
    mode: MaskMode = "area",
    tile: int = 640,
    keep: Sequence[str] = (),
) -> tuple[dict[str, Moments], dict[str, Tensor]]:
    """Return the moments of a region of a picture at layers, tile by tile, and the activations at some.

    Parameters
    ----------
    network : VGG19
        The loss network.
    picture : Tensor (1, 3, H, W)
        RGB in [0, 1].
    layers : sequence of str
        Network layers.
    mask : Tensor (1, 1, H, W)
        The region, in [0, 1].
    mode : str
        How masks are carried to the layers; see `sfumato.features.carry`.
    tile : int
        Maximum side of a tile, in pixels, without its surroundings.
    keep : sequence of str
        Layers whose activations are returned.

    Returns
    -------
    dict of str to Moments
        Without the layers at which the region covers less than one position.
    dict of str to Tensor (1, C, h, w)
        The picture's activations at the layers `keep`, 0 far from the region.
    """
    masks = carry(mask, [*layers, *keep], mode=mode)
    areas = {layer: masks[layer].sum() for layer in layers if masks[layer].sum() >= 1}
    needed = sorted({*areas, *keep}, key=depth)
    found: dict[str, Moments] = {}
    kept: dict[str, Tensor] = {}
    if not needed:
        return found, kept
    for part in cut((picture.shape[-2], picture.shape[-1]), needed, [masks], tile):
        activations = network(picture[(..., *part.window)], needed)
        for layer in keep:
            target, inside = part.at(layer)
            core = activations[layer][(..., *inside)]
            if layer not in kept:
                kept[layer] = core.new_zeros(1, core.shape[1], *masks[layer].shape[-2:])
            kept[layer][(..., *target)] = core
        for layer in areas:
            target, inside = part.at(layer)
            more = moments(activations[layer][(..., *inside)], masks[layer][(..., *target)], area=areas[layer])
            known = found.get(layer)
            found[layer] = more if known is None else Moments(known.mean + more.mean, known.gram + more.gram)
    return found, kept
