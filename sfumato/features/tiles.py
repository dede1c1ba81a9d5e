"""A large picture cut into tiles that are put through the network one after another."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from torch import Tensor

from sfumato.features import VGG19, radius, stride

__all__ = ["Tile", "activations_of", "cut"]


@dataclass(frozen=True)
class Tile:
    """A core that is looked at, and the window around it that the network needs for that; rows, then columns."""

    core: tuple[slice, slice]
    window: tuple[slice, slice]

    def at(self, layer: str) -> tuple[tuple[slice, slice], tuple[slice, slice]]:
        """Return the core in a layer's positions, counted in the whole picture and counted in the window."""
        step = stride(layer)
        whole, inside = [], []
        for core, window in zip(self.core, self.window, strict=True):
            first, last, offset = core.start // step, -(-core.stop // step), window.start // step
            whole.append(slice(first, last))
            inside.append(slice(first - offset, last - offset))
        return (whole[0], whole[1]), (inside[0], inside[1])


def cut(
    size: tuple[int, int], layers: Sequence[str], masks: Sequence[Mapping[str, Tensor]], most: int
) -> Iterator[Tile]:
    """Yield the tiles that hold any of the regions.

    Parameters
    ----------
    size : (int, int)
        Height and width of the picture.
    layers : sequence of str
        That are looked at, shallow to deep.
    masks : sequence of mapping of str to Tensor
        Of each region, carried to the layers.
    most : int
        Largest side of a tile, in pixels, less its surroundings.

    Yields
    ------
    Tile
        Their cores do not overlap. One, with all of the picture, if that is small enough.
    """
    height, width = size
    # Windows start on the deepest layer's grid, or its poolings would pair other pixels than in one pass.
    grid = stride(layers[-1])
    margin = -(-radius(layers[-1]) // grid) * grid
    if height * width <= (most + 2 * margin) ** 2:
        everything = (slice(0, height), slice(0, width))
        yield Tile(everything, everything)
        return
    side = -(-most // grid) * grid
    for top in range(0, height, side):
        for left in range(0, width, side):
            bottom, right = min(top + side, height), min(left + side, width)
            tile = Tile(
                (slice(top, bottom), slice(left, right)),
                (
                    slice(max(top - margin, 0), min(bottom + margin, height)),
                    slice(max(left - margin, 0), min(right + margin, width)),
                ),
            )
            # A mask that fades over what a layer sees may hold positions beyond its own pixels.
            if any(mask[(..., *tile.at(name)[0])].any() for carried in masks for name, mask in carried.items()):
                yield tile


def activations_of(
    network: VGG19, picture: Tensor, shapes: Mapping[str, tuple[int, int]], tiles: Sequence[Tile]
) -> dict[str, Tensor]:
    """Return a picture's activations, put together from tiles; 0 where no tile is.

    Parameters
    ----------
    network : VGG19
        The loss network.
    picture : Tensor (1, 3, H, W)
        RGB in [0, 1].
    shapes : mapping of str to (int, int)
        The layers, and their heights and widths.
    tiles : sequence of Tile
        Of the picture.

    Returns
    -------
    dict of str to Tensor (1, C, h, w)
    """
    height, width = picture.shape[-2:]
    if len(tiles) == 1 and tiles[0].core == (slice(0, height), slice(0, width)):
        return dict(network(picture, list(shapes)))
    whole: dict[str, Tensor] = {}
    for tile in tiles:
        for layer, part in network(picture[(..., *tile.window)], list(shapes)).items():
            if layer not in whole:
                whole[layer] = part.new_zeros(1, part.shape[1], *shapes[layer])
            target, inside = tile.at(layer)
            whole[layer][(..., *target)] = part[(..., *inside)]
    return whole
