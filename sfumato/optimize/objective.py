"""An objective: a list of terms, and the network and the tiles that they see a picture through.

A picture that is too large for one pass is looked at tile by tile. Some terms depend on averages over the whole region,
so a first pass gathers the averages, and a second sends each tile the loss's gradient with respect to them: the result
is exact, and memory stays that of one tile.
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
        What the picture shows where it is not free, RGB in [0, 1].
    union : Tensor (1, 1, H, W)
        Above 0 where the picture is free.
    terms : sequence of Term
        What is added up.
    tiles : sequence of Tile
        All that the terms look at.
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
        """Evaluate them in two passes, tile by tile."""
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
            # The gradient with respect to what was gathered is known; this carries it on to the pixels.
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
        """Return what each term gathers from each tile, as leaves; sums are the same leaves for all tiles."""
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
    """Return what a term's value is of."""
    if term.joined == "sum":
        return tiles[0]
    return {name: torch.cat([part[name] for part in tiles]) for name in tiles[0]}


def _add(values: dict[str, Tensor], more: Mapping[str, Tensor]) -> None:
    """Add scalars to those of the same name: a style may be called as a term is."""
    for name, value in more.items():
        values[name] = values[name] + value if name in values else value


def _descend(*terms: Tensor) -> None:
    """Add the gradient of the terms' sum to the leaves."""
    if terms:
        torch.stack(terms).sum().backward()  # type: ignore[no-untyped-call]
