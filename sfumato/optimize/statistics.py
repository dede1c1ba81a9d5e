"""Moments of style pictures, computed once for each size."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence

import torch
from torch import Tensor

from sfumato.errors import RegionError
from sfumato.features import VGG19, carry
from sfumato.features.masks import MaskMode
from sfumato.losses import Moments, moments

__all__ = ["StyleStatistics", "style_moments"]


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
    >>> first = kept.of("a.jpg", lambda: (torch.ones(1, 3, 4, 4), None, None), ["relu1_1"])
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
        picture: Callable[[], tuple[Tensor, Tensor | None, Tensor | None]],
        layers: Sequence[str],
        *,
        mode: MaskMode = "area",
        name: str = "",
    ) -> Mapping[str, Moments]:
        """Return the moments of a picture at layers.

        Parameters
        ----------
        key : hashable
            Identifies the picture, its size, mask and share.
        picture : callable
            Returns the picture (1, 3, h, w), its mask (1, 1, h, w) or None, and its share likewise; called only if
            moments are missing.
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
            values, mask, share = picture()
            known |= style_moments(self.network, values, missing, mask, share=share, mode=mode, name=name)
        return {layer: known[layer] for layer in layers}


@torch.no_grad()
def style_moments(
    network: VGG19,
    picture: Tensor,
    layers: Sequence[str],
    mask: Tensor | None = None,
    *,
    share: Tensor | None = None,
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
    share : Tensor (1, 1, h, w), optional
        Further weights, on any scale, as from `sfumato.color.matching_share`; carried to the layers by area.
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
    if share is not None:
        shares = carry(share, layers)
        masks = {layer: shares[layer] * masks.get(layer, 1) for layer in layers}
    return {layer: moments(activations[layer], masks.get(layer)) for layer in layers}
