"""Terms that preserve the photo: its content, and its fine features."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor

from sfumato.features.tiles import Tile
from sfumato.losses import ContentLoss, SimilarityLoss
from sfumato.optimize.terms.term import Activations, Term

__all__ = ["ContentTerm", "SimilarityTerm"]


class ContentTerm(Term):
    """The squared distance between a region's features and the photo's at one layer.

    Parameters
    ----------
    name : str
        Name in reports.
    layer : str
        The network layer.
    target : Tensor (1, C, h, w)
        The photo's activation.
    mask : Tensor (1, 1, h, w)
        The region, carried to the layer.
    weight : float
        Weight of the term.
    """

    def __init__(self, name: str, layer: str, target: Tensor, mask: Tensor, weight: float = 1.0) -> None:
        self.name, self.layers, self.weight = name, (layer,), weight
        self.loss = ContentLoss(target, mask)

    def part(self, activations: Activations, tile: Tile) -> dict[str, Tensor]:
        """Return what a tile's core adds to the distance."""
        (layer,) = self.layers
        target, inside = tile.at(layer)
        return {self.name: self.weight * self.loss.part(activations[layer][(..., *inside)], target)}


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
