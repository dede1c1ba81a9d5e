"""An objective: a list of terms, with the network and the tiles through which they see a picture.

A picture that is too large for one pass is evaluated tile by tile. Some terms depend on averages over a whole region:
a first pass gathers the averages, and a second one propagates the gradient with respect to them through each tile. The
result is exact, and takes the memory of a single tile.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from sfumato.features import VGG19, depth
from sfumato.features.tiles import Tile
from sfumato.optimize.terms import Activations, Term

__all__ = ["Objective"]


@dataclass(frozen=True)
class Objective:
    """The loss of a picture, with its gradient and breakdown.

    Attributes
    ----------
    network : VGG19
        The loss network.
    photo : Tensor (1, 3, H, W)
        Picture outside the free pixels, RGB in [0, 1].
    union : Tensor (1, 1, H, W)
        Above 0 where pixels are free.
    terms : sequence of Term
        Terms whose values are added.
    tiles : sequence of Tile
        Tiles that cover all regions.
    """

    network: VGG19
    photo: Tensor
    union: Tensor
    terms: Sequence[Term]
    tiles: Sequence[Tile]

    @property
    def layers(self) -> list[str]:
        """The network layers that the terms read, shallow to deep."""
        return sorted({layer for term in self.terms for layer in term.layers}, key=depth)

    def evaluate(self, picture: Tensor) -> dict[str, float]:
        """Add the gradient of the loss to ``picture.grad`` and return the terms, which sum to the loss.

        Parameters
        ----------
        picture : Tensor (1, 3, H, W)
            RGB, usually in [0, 1]; requires a gradient.

        Returns
        -------
        dict of str to float
            Each term's value by its name; values of the same name are added.
        """
        values = self._at_once(picture) if len(self.tiles) == 1 and self._whole else self._by_tiles(picture)
        for term in self.terms:
            found = term.of_picture(picture)
            _descend(*found.values())
            _add(values, found)
        return {name: float(value.detach()) for name, value in values.items()}

    @property
    def _whole(self) -> bool:
        height, width = self.photo.shape[-2:]
        return self.tiles[0].core == (slice(0, height), slice(0, width))

    def _at_once(self, picture: Tensor) -> dict[str, Tensor]:
        """Evaluate the terms on the network in one pass."""
        (tile,) = self.tiles
        activations = self.network(picture, self.layers)
        values: dict[str, Tensor] = {}
        for term in self.terms:
            if gathered := term.gather(activations, tile):
                _add(values, term.value(gathered))
            _add(values, term.part(activations, tile))
        _descend(*values.values())
        return values

    def _by_tiles(self, picture: Tensor) -> dict[str, Tensor]:
        """Evaluate the terms in two passes, tile by tile."""
        layers = self.layers
        known = self._gathered(picture, layers)
        values: dict[str, Tensor] = {}
        for term, tiles in zip(self.terms, known, strict=True):
            if tiles[0]:
                _add(values, term.value(_joined(term, tiles)))
        _descend(*values.values())
        for number, tile in enumerate(self.tiles):
            activations = self.network(picture[(..., *tile.window)], layers)
            parts = [term.part(activations, tile) for term in self.terms]
            # The gradient with respect to the gathered values is known; this propagates it to the pixels.
            onwards = [
                (part * leaf.grad).sum()
                for term, tiles in zip(self.terms, known, strict=True)
                for name, part in term.gather(activations, tile).items()
                if (leaf := tiles[number][name]).grad is not None
            ]
            _descend(*onwards, *(value for part in parts for value in part.values()))
            for part in parts:
                _add(values, {name: value.detach() for name, value in part.items()})
        return values

    def _gathered(self, picture: Tensor, layers: Sequence[str]) -> list[list[dict[str, Tensor]]]:
        """Return what each term gathers from each tile, as leaves of the graph; sums share their leaves among tiles."""
        found: list[list[dict[str, Tensor]]] = [[] for _ in self.terms]
        with torch.no_grad():
            for tile in self.tiles:
                activations = self.network(picture[(..., *tile.window)], layers)
                for term, tiles in zip(self.terms, found, strict=True):
                    part = term.gather(activations, tile)
                    if term.joined == "sum" and tiles:
                        for name, value in part.items():
                            tiles[0][name] += value
                        tiles.append(tiles[0])
                    else:
                        tiles.append({name: value.clone() for name, value in part.items()})
        for tiles in found:
            for part in tiles:
                for value in part.values():
                    value.requires_grad_()
        return found


def _joined(term: Term, tiles: Sequence[Activations]) -> Mapping[str, Tensor]:
    """Join what a term gathered from the tiles."""
    if term.joined == "sum":
        return tiles[0]
    return {name: torch.cat([part[name] for part in tiles]) for name in tiles[0]}


def _add(values: dict[str, Tensor], more: Mapping[str, Tensor]) -> None:
    """Add scalars to those of the same name, since a style may have the name of another term."""
    for name, value in more.items():
        values[name] = values[name] + value if name in values else value


def _descend(*terms: Tensor) -> None:
    """Add the gradient of the sum of the terms to the leaves."""
    if terms:
        torch.stack(terms).sum().backward()  # type: ignore[no-untyped-call]
