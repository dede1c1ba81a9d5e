"""Tiles: parts of a large picture that are put through the network one after another."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from torch import Tensor

from sfumato.features import VGG19, radius, stride

__all__ = ["Tile", "activations_of", "cut"]


@dataclass(frozen=True)
class Tile:
    """A core to evaluate, and the window around it that the network needs for it; rows, then columns."""

    core: tuple[slice, slice]
    window: tuple[slice, slice]

    def at(self, layer: str) -> tuple[tuple[slice, slice], tuple[slice, slice]]:
        """Return the core in positions of a layer, relative to the whole picture and relative to the window."""
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
    """Yield the tiles that contain a part of any region.

    Parameters
    ----------
    size : (int, int)
        Height and width of the picture.
    layers : sequence of str
        Network layers to evaluate, shallow to deep.
    masks : sequence of mapping of str to Tensor
        Masks of each region, carried to the layers.
    most : int
        Maximum side of a tile, in pixels, without its surroundings.

    Yields
    ------
    Tile
        Their cores do not overlap. A small picture is a single tile.
    """
    height, width = size
    # Windows start on the deepest layer's grid; otherwise poolings would group other pixels than in one pass.
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
            # A mask blurred over receptive fields may cover positions beyond its own pixels.
            if any(mask[(..., *tile.at(name)[0])].any() for carried in masks for name, mask in carried.items()):
                yield tile


def activations_of(
    network: VGG19, picture: Tensor, shapes: Mapping[str, tuple[int, int]], tiles: Sequence[Tile]
) -> dict[str, Tensor]:
    """Return a picture's activations, assembled from tiles; 0 where there is no tile.

    Parameters
    ----------
    network : VGG19
        The loss network.
    picture : Tensor (1, 3, H, W)
        RGB in [0, 1].
    shapes : mapping of str to (int, int)
        Layers with their heights and widths.
    tiles : sequence of Tile
        Tiles of the picture.

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
