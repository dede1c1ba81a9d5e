"""One objective for every method: style and content per region, smoothness over all.

A picture that is too large for one pass is looked at tile by tile. Style depends on averages over the whole region, so
a first pass gathers the averages, and a second sends each tile the slope of the loss with respect to them: the result
is exact, and memory stays that of one tile.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from sfumato.errors import RegionError
from sfumato.features import VGG19, carry, depth, radius
from sfumato.features.masks import MaskMode
from sfumato.features.vgg import stride
from sfumato.losses import (
    ContentLoss,
    GramLoss,
    Moments,
    WassersteinLoss,
    moments,
    total_variation,
)

__all__ = ["Objective", "StyleLoss", "StyledRegion", "STYLE_LOSSES", "Weights"]

StyleLoss = Callable[[Moments], Tensor]

#: Style losses by the name that a recipe uses.
STYLE_LOSSES: Mapping[str, Callable[[Moments], StyleLoss]] = {
    "gram": GramLoss,
    "wasserstein": WassersteinLoss,
}


@dataclass(frozen=True)
class StyledRegion:
    """Where, and in which styles.

    Parameters
    ----------
    name : str
        For reports and errors.
    mask : Tensor (1, 1, H, W)
        Values in [0, 1].
    styles : mapping of str to (Tensor (1, 3, h, w), float)
        Style pictures by name, each with its weight.
    style_weight, content_weight : float
        Of this region.
    """

    name: str
    mask: Tensor
    styles: Mapping[str, tuple[Tensor, float]]
    style_weight: float = 1.0
    content_weight: float = 1.0


@dataclass(frozen=True)
class Weights:
    """Which layers are compared, how, and how much each counts."""

    style_layers: Mapping[str, float]
    content_layer: str
    variation: float = 0.0
    style_loss: str = "wasserstein"
    mask_mode: MaskMode = "area"


@dataclass(frozen=True)
class _Tile:
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


@dataclass
class Objective:
    """The loss of a picture, with its slope and breakdown.

    Parameters
    ----------
    network : VGG19
        The loss network.
    photo : Tensor (1, 3, H, W)
        What to stay near, RGB in [0, 1].
    regions : sequence of StyledRegion
        Masks of the photo's size.
    weights : Weights
        Layers and weights.
    tile : int
        Largest side, in pixels, of what is put through the network at once, less its surroundings.

    Raises
    ------
    RegionError
        If a region covers less than about one position of the deepest style layer.
    """

    network: VGG19
    photo: Tensor
    regions: Sequence[StyledRegion]
    weights: Weights
    tile: int = 768
    _losses: dict[tuple[int, str, str], tuple[StyleLoss, float]] = field(init=False, repr=False)
    _masks: list[dict[str, Tensor]] = field(init=False, repr=False)
    _content: list[ContentLoss] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        style_layers, content_layer = list(self.weights.style_layers), self.weights.content_layer
        self.layers = sorted({*style_layers, content_layer}, key=depth)
        self._masks = [
            carry(region.mask, self.layers, mode=self.weights.mask_mode) for region in self.regions
        ]
        self._areas = [{name: m.sum() for name, m in masks.items()} for masks in self._masks]
        deepest = max(style_layers, key=depth)
        for region, areas in zip(self.regions, self._areas, strict=True):
            if areas[deepest] < 1:
                raise RegionError(
                    f"region {region.name!r} is too small to carry a style: at the working size it covers"
                    f" {areas[deepest].item():.2f} positions of {deepest}, and at least 1 is needed;"
                    " choose a larger region or a larger size"
                )
        self.tiles = list(self._cut())
        union = torch.stack([region.mask for region in self.regions]).amax(0)
        self._union = union
        with torch.no_grad():
            self._losses = self._style_losses(style_layers)
            content = self._photo_activation(content_layer)
            self._content = [ContentLoss(content, masks[content_layer]) for masks in self._masks]

    def evaluate(self, picture: Tensor) -> dict[str, float]:
        """Add the slope of the loss to ``picture.grad`` and return the terms, which sum to the loss.

        Parameters
        ----------
        picture : Tensor (1, 3, H, W)
            RGB, usually in [0, 1]; requires a gradient.

        Returns
        -------
        dict of str to float
            "content", one entry for each style, and "variation", with regions named where there are several.
        """
        whole = len(self.tiles) == 1
        terms: dict[str, Tensor] = {}
        if whole:
            activations = self.network(picture, self.layers)
            gathered = self._moments(activations, self.tiles[0])
            self._add_style(terms, gathered)
            self._add_content(terms, activations, self.tiles[0])
            self._backward(terms)
        else:
            gathered = self._gather(picture)
            self._add_style(terms, gathered)
            sum(terms.values(), picture.new_zeros(())).backward()  # type: ignore[no-untyped-call]
            for tile in self.tiles:
                activations = self.network(picture[(..., *tile.window)], self.layers)
                local: dict[str, Tensor] = {}
                self._add_content(local, activations, tile)
                pull = picture.new_zeros(())
                for key, part in self._moments(activations, tile).items():
                    for value, leaf in zip(part, gathered[key], strict=True):
                        if leaf.grad is not None:
                            pull = pull + (value * leaf.grad).sum()
                (pull + sum(local.values())).backward()
                for name, value in local.items():
                    terms[name] = terms.get(name, 0) + value.detach()
        if self.weights.variation:
            smooth = {"variation": self.weights.variation * total_variation(picture, self._union)}
            self._backward(smooth)
            terms |= smooth
        return {name: float(value.detach()) for name, value in terms.items()}

    def distances(self, picture: Tensor) -> dict[str, dict[str, float]]:
        """Return each style's distance at each layer, relative to the target: 0 is equal, about 1 unrelated."""
        with torch.no_grad():
            gathered = self._gather(picture)
            table: dict[str, dict[str, float]] = {}
            for (index, style, layer), (loss, _) in self._losses.items():
                key = self._label(style, index)
                table.setdefault(key, {})[layer] = float(loss(gathered[index, layer]).detach())
        return table

    def _backward(self, terms: Mapping[str, Tensor]) -> None:
        torch.stack(list(terms.values())).sum().backward()  # type: ignore[no-untyped-call]

    def _label(self, term: str, index: int) -> str:
        return term if len(self.regions) == 1 else f"{term} [{self.regions[index].name}]"

    def _style_losses(
        self, layers: Sequence[str]
    ) -> dict[tuple[int, str, str], tuple[StyleLoss, float]]:
        make = STYLE_LOSSES[self.weights.style_loss]
        scale = 1.0 / sum(self.weights.style_layers.values())
        losses = {}
        for index, region in enumerate(self.regions):
            share = region.style_weight * scale / sum(w for _, w in region.styles.values())
            for name, (picture, weight) in region.styles.items():
                activations = self.network(picture, layers)
                for layer in layers:
                    factor = share * weight * self.weights.style_layers[layer]
                    losses[index, name, layer] = make(moments(activations[layer])), factor
        return losses

    def _photo_activation(self, layer: str) -> Tensor:
        """Return the photo's activation at a layer, put together from the tiles."""
        if len(self.tiles) == 1:
            return self.network(self.photo, [layer])[layer]
        size = self._masks[0][layer].shape[-2:]
        whole: Tensor | None = None
        for tile in self.tiles:
            part = self.network(self.photo[(..., *tile.window)], [layer])[layer]
            if whole is None:
                whole = part.new_zeros(1, part.shape[1], *size)
            target, inside = tile.at(layer)
            whole[(..., *target)] = part[(..., *inside)]
        assert whole is not None
        return whole

    def _moments(
        self, activations: Mapping[str, Tensor], tile: _Tile
    ) -> dict[tuple[int, str], Moments]:
        """Return what a tile's core adds to the moments of each region at each style layer."""
        found = {}
        for layer in self.weights.style_layers:
            target, inside = tile.at(layer)
            core = activations[layer][(..., *inside)]
            for index, masks in enumerate(self._masks):
                mask = masks[layer][(..., *target)]
                found[index, layer] = moments(core, mask, area=self._areas[index][layer])
        return found

    def _gather(self, picture: Tensor) -> dict[tuple[int, str], Moments]:
        """Return the moments over all tiles, as leaves whose slope can be asked for."""
        total: dict[tuple[int, str], list[Tensor]] = {}
        with torch.no_grad():
            for tile in self.tiles:
                activations = self.network(picture[(..., *tile.window)], self.layers)
                for key, part in self._moments(activations, tile).items():
                    known = total.setdefault(key, [torch.zeros_like(value) for value in part])
                    for sum_, value in zip(known, part, strict=True):
                        sum_ += value
        return {
            key: Moments(*(value.requires_grad_() for value in values))
            for key, values in total.items()
        }

    def _add_style(
        self, terms: dict[str, Tensor], gathered: Mapping[tuple[int, str], Moments]
    ) -> None:
        for (index, style, layer), (loss, factor) in self._losses.items():
            name = self._label(style, index)
            value = factor * loss(gathered[index, layer])
            terms[name] = terms[name] + value if name in terms else value

    def _add_content(
        self, terms: dict[str, Tensor], activations: Mapping[str, Tensor], tile: _Tile
    ) -> None:
        layer = self.weights.content_layer
        target, inside = tile.at(layer)
        core = activations[layer][(..., *inside)]
        for index, (region, loss) in enumerate(zip(self.regions, self._content, strict=True)):
            terms[self._label("content", index)] = region.content_weight * loss.part(core, target)

    def _cut(self) -> Iterator[_Tile]:
        """Yield the tiles that hold any of the regions."""
        height, width = self.photo.shape[-2:]
        deepest = self.layers[-1]
        # Windows start on the deepest layer's grid, or its poolings would pair other pixels than in one pass.
        grid = stride(deepest)
        margin = -(-radius(deepest) // grid) * grid
        if height * width <= (self.tile + 2 * margin) ** 2:
            everything = (slice(0, height), slice(0, width))
            yield _Tile(everything, everything)
            return
        side = -(-self.tile // grid) * grid
        used = torch.stack([region.mask for region in self.regions]).amax((0, 1, 2))
        for top in range(0, height, side):
            for left in range(0, width, side):
                bottom, right = min(top + side, height), min(left + side, width)
                if not used[top:bottom, left:right].any():
                    continue
                yield _Tile(
                    (slice(top, bottom), slice(left, right)),
                    (
                        slice(max(top - margin, 0), min(bottom + margin, height)),
                        slice(max(left - margin, 0), min(right + margin, width)),
                    ),
                )
