"""Terms that preserve the photo: its content, and its fine features."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from torch import Tensor

from sfumato.features import MaskMode, carry
from sfumato.features.tiles import Tile
from sfumato.losses import ContentLoss, SimilarityLoss
from sfumato.optimize.terms.term import Activations, Term

__all__ = ["Content", "ContentTerm", "SimilarityTerm"]


class Content(NamedTuple):
    """An activation (1, C, h, w) at a network layer that a region is to be near, with its weight.

    `mask` (1, 1, H, W), of the picture's size, is the part of the region that is meant, if not all.
    """

    layer: str
    activation: Tensor
    weight: float = 1.0
    mask: Tensor | None = None


class ContentTerm(Term):
    """The squared distances between a region's features and others, the photo's for example.

    Parameters
    ----------
    name : str
        Name in reports.
    contents : sequence of Content
        What the region is to be near.
    masks : mapping of str to Tensor (1, 1, h, w)
        The region, carried to each layer.
    weight : float
        Weight of all of them together.
    mode : {"area", "inside", "receptive"}
        How masks of contents are carried to their layers; see `sfumato.features.carry`.
    """

    def __init__(
        self,
        name: str,
        contents: Sequence[Content],
        masks: Mapping[str, Tensor],
        weight: float = 1.0,
        *,
        mode: MaskMode = "area",
    ) -> None:
        self.name, self.layers = name, tuple(dict.fromkeys(content.layer for content in contents))
        self.losses = []
        for layer, activation, own, part in contents:
            mask = masks[layer]
            if part is not None:
                mask = mask * carry(part, [layer], mode=mode)[layer]
            self.losses.append((layer, ContentLoss(activation, mask), weight * own))

    def part(self, activations: Activations, tile: Tile) -> dict[str, Tensor]:
        """Return what a tile's core adds to the distances."""
        total: Tensor | float = 0
        for layer, loss, weight in self.losses:
            target, inside = tile.at(layer)
            total = total + weight * loss.part(activations[layer][(..., *inside)], target)
        return {self.name: total} if isinstance(total, Tensor) else {}


class SimilarityTerm(Term):
    """The absolute distance between a region's features and the photo's at shallow layers.

    Parameters
    ----------
    name : str
        Name in reports.
    targets, masks : mapping of str to Tensor
        The photo's activation (1, C, h, w), and the region (1, 1, h, w), by layer.
    weight : float
        Weight of all layers together.
    """

    def __init__(
        self, name: str, targets: Mapping[str, Tensor], masks: Mapping[str, Tensor], weight: float = 1.0
    ) -> None:
        self.name, self.layers, self.weight = name, tuple(targets), weight
        self.losses = {layer: SimilarityLoss(target, masks[layer]) for layer, target in targets.items()}

    def part(self, activations: Activations, tile: Tile) -> dict[str, Tensor]:
        """Return what a tile's core adds to the mean over the layers."""
        total: Tensor | float = 0
        for layer, loss in self.losses.items():
            target, inside = tile.at(layer)
            value = loss.part(activations[layer][(..., *inside)], target)
            total = total + self.weight / len(self.losses) * value
        return {self.name: total} if isinstance(total, Tensor) else {}
