"""The style of a region: moments of its features, compared with those of style pictures."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from torch import Tensor

from sfumato.features import depth
from sfumato.features.tiles import Tile
from sfumato.losses import GramLoss, Moments, WassersteinLoss, moments
from sfumato.optimize.terms.term import Activations, Term

__all__ = ["STYLE_LOSSES", "StyleLoss", "StyleTerm"]

StyleLoss = Callable[[Moments], Tensor]

#: Style losses by the name that a recipe uses.
STYLE_LOSSES: Mapping[str, Callable[[Moments], StyleLoss]] = {
    "gram": GramLoss,
    "wasserstein": WassersteinLoss,
}


class StyleTerm(Term):
    """The distances of one region to all of its styles.

    Parameters
    ----------
    masks : mapping of str to Tensor (1, 1, h, w)
        The region, carried to each layer.
    losses : sequence of (str, mapping of str to (StyleLoss, float))
        Name of each style in reports and, by layer, a loss and its weight.
    """

    def __init__(
        self, masks: Mapping[str, Tensor], losses: Sequence[tuple[str, Mapping[str, tuple[StyleLoss, float]]]]
    ) -> None:
        self.losses = losses
        self.layers = tuple(sorted({layer for _, found in losses for layer in found}, key=depth))
        self.masks = {layer: masks[layer] for layer in self.layers}
        self._areas = {layer: mask.sum() for layer, mask in self.masks.items()}

    def gather(self, activations: Activations, tile: Tile) -> dict[str, Tensor]:
        """Return what a tile's core adds to the moments at each layer."""
        found = {}
        for layer in self.layers:
            target, inside = tile.at(layer)
            core, mask = activations[layer][(..., *inside)], self.masks[layer][(..., *target)]
            part = moments(core, mask, area=self._areas[layer])
            found[f"{layer} mean"], found[f"{layer} gram"] = part
        return found

    def value(self, gathered: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Return the distance to each style."""
        terms: dict[str, Tensor] = {}
        for style, losses in self.losses:
            for layer, (loss, weight) in losses.items():
                value = weight * loss(Moments(gathered[f"{layer} mean"], gathered[f"{layer} gram"]))
                terms[style] = terms[style] + value if style in terms else value
        return terms
