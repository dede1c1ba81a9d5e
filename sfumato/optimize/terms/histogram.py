"""The distribution of each feature in a region."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from sfumato.features.tiles import Tile
from sfumato.losses import HistogramLoss
from sfumato.optimize.terms.term import Activations, Term

__all__ = ["HistogramTerm"]


class HistogramTerm(Term):
    """How far the distributions of a region's features are from given ones.

    Parameters
    ----------
    name : str
        Name in reports.
    masks : mapping of str to Tensor (1, 1, h, w)
        The region, carried to each layer.
    targets : mapping of str to Tensor (n, C)
        Features whose distributions to match, by layer.
    weight : float
        Weight of all layers together.
    """

    joined = "concatenate"

    def __init__(
        self, name: str, masks: Mapping[str, Tensor], targets: Mapping[str, Tensor], weight: float = 1.0
    ) -> None:
        self.name, self.weight = name, weight
        self.losses = {layer: HistogramLoss(target) for layer, target in targets.items()}
        self.layers = tuple(self.losses)
        self.masks = {layer: masks[layer] for layer in self.layers}

    def gather(self, activations: Activations, tile: Tile) -> dict[str, Tensor]:
        """Return the features (n, C) in a tile's core where the mask is at least half of its maximum."""
        found = {}
        for layer in self.layers:
            target, inside = tile.at(layer)
            mask = self.masks[layer][0, 0]
            chosen = (mask[target] >= mask.max() / 2) & (mask[target] > 0)
            found[layer] = activations[layer][0][(..., *inside)].movedim(0, -1)[chosen]
        return found

    def value(self, gathered: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Return the mean over the layers."""
        # A region may have no position at a layer.
        values = [loss(gathered[layer]) for layer, loss in self.losses.items() if len(gathered[layer])]
        return {self.name: self.weight / len(values) * torch.stack(values).sum()} if values else {}
