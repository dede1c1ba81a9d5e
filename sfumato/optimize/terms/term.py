"""The base of all terms: three ways to see a picture that is put through the network in tiles."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeAlias

from torch import Tensor

from sfumato.features.tiles import Tile

__all__ = ["Activations", "Term"]

Activations: TypeAlias = Mapping[str, Tensor]
"""Activations of a tile's window, (1, C, h, w) by layer."""


class Term:
    """A part of an objective, or several parts of one kind. A term overrides the methods that it needs.

    - A function of all positions together, such as a distance of moments: override `gather`, for each tile, and
      `value`, for all tiles together.
    - A sum over positions, such as a squared distance: override `part`.
    - A function of the pixels: override `of_picture`.

    Each returns scalars by their names in reports; `gather` returns tensors by any names.

    Attributes
    ----------
    layers : sequence of str
        The network layers that it reads.
    joined : {"sum", "concatenate"}
        How the tensors gathered from tiles are joined for `value`.

    Examples
    --------
    >>> import torch
    >>> class Energy(Term):
    ...     layers = ("relu1_1",)
    ...
    ...     def part(self, activations, tile):
    ...         _, inside = tile.at("relu1_1")
    ...         return {"energy": activations["relu1_1"][(..., *inside)].square().sum()}
    >>> everything = (slice(0, 4), slice(0, 4))
    >>> Energy().part({"relu1_1": torch.ones(1, 2, 4, 4)}, Tile(everything, everything))
    {'energy': tensor(32.)}
    """

    layers: tuple[str, ...] = ()
    joined: Literal["sum", "concatenate"] = "sum"

    def gather(self, activations: Activations, tile: Tile) -> dict[str, Tensor]:
        """Return the contribution of a tile's core to `value`."""
        return {}

    def value(self, gathered: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Return scalars, given what was gathered from the whole picture."""
        return {}

    def part(self, activations: Activations, tile: Tile) -> dict[str, Tensor]:
        """Return the contribution of a tile's core to scalars that are sums."""
        return {}

    def of_picture(self, picture: Tensor) -> dict[str, Tensor]:
        """Return scalars of the picture (1, 3, H, W) itself."""
        return {}
