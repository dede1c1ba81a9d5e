"""One objective for every method: style and content per region, smoothness over all.

A picture that is too large for one pass is looked at tile by tile. Style depends on averages over the whole region, so
a first pass gathers the averages, and a second sends each tile the loss's gradient with respect to them: the result is
exact, and memory stays that of one tile.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import torch
from torch import Tensor

from sfumato.errors import RegionError
from sfumato.features import VGG19, carry, depth
from sfumato.features.masks import MaskMode
from sfumato.features.tiles import Tile, cut
from sfumato.losses import (
    ContentLoss,
    GramLoss,
    HistogramLoss,
    Moments,
    SimilarityLoss,
    WassersteinLoss,
    moments,
    total_variation,
)

__all__ = ["STYLE_LOSSES", "Objective", "StyleLoss", "StyleTarget", "StyledRegion", "Weights"]

StyleLoss = Callable[[Moments], Tensor]

# The first three convolutions: what a photo's details are made of (Photo Style Transfer eq. 8).
_SIMILAR = ("relu1_1", "relu1_2", "relu2_1")

#: Style losses by the name that a recipe uses.
STYLE_LOSSES: Mapping[str, Callable[[Moments], StyleLoss]] = {
    "gram": GramLoss,
    "wasserstein": WassersteinLoss,
}


class StyleTarget(NamedTuple):
    """A style picture (1, 3, h, w), or its moments at each layer where they are known, and how it counts.

    `mask` (1, 1, h, w) in [0, 1] says which part of the picture is the style; `layers` names the style layers with
    their weights, where they are not those of the run.
    """

    picture: Tensor | Mapping[str, Moments]
    weight: float = 1.0
    mask: Tensor | None = None
    layers: Mapping[str, float] | None = None


@dataclass(frozen=True)
class StyledRegion:
    """Where, and in which styles.

    Parameters
    ----------
    name : str
        For reports and errors.
    mask : Tensor (1, 1, H, W)
        Values in [0, 1].
    styles : mapping of str to StyleTarget
        By name; a plain tuple of picture and weight will do.
    style_weight, content_weight : float
        Of this region.
    histograms : mapping of str to Tensor
        By layer, features (n, C) whose distribution the region is to have.
    histogram_weight : float
        Of all of them together.
    """

    name: str
    mask: Tensor
    styles: Mapping[str, StyleTarget | tuple[Tensor, float]]
    style_weight: float = 1.0
    content_weight: float = 1.0
    histograms: Mapping[str, Tensor] = field(default_factory=dict)
    histogram_weight: float = 1.0


@dataclass(frozen=True)
class Weights:
    """Which layers are compared, how, and how much each counts.

    `similarity` is the weight of the absolute distance of shallow features to the photo's.
    """

    style_layers: Mapping[str, float]
    content_layer: str
    variation: float = 0.0
    style_loss: str = "wasserstein"
    mask_mode: MaskMode = "area"
    similarity: float = 0.0


@dataclass
class Objective:
    """The loss of a picture, with its gradient and breakdown.

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
    penalties : mapping of str to (float, callable)
        Further terms: by name, a weight and what gives the scalar for a picture (1, 3, H, W).

    Raises
    ------
    RegionError
        If a region, or the mask of a style, covers less than about one position of its deepest style layer.
    """

    network: VGG19
    photo: Tensor
    regions: Sequence[StyledRegion]
    weights: Weights
    tile: int = 640
    penalties: Mapping[str, tuple[float, Callable[[Tensor], Tensor]]] = field(default_factory=dict)
    _losses: dict[tuple[int, str, str], tuple[StyleLoss, float]] = field(init=False, repr=False)
    _masks: list[dict[str, Tensor]] = field(init=False, repr=False)
    _content: list[ContentLoss] = field(init=False, repr=False)
    _similarity: list[dict[str, SimilarityLoss]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        content_layer = self.weights.content_layer
        self._styles = [{name: StyleTarget(*style) for name, style in region.styles.items()} for region in self.regions]
        self._style_layers = [
            sorted({name for style in styles.values() for name in style.layers or self.weights.style_layers}, key=depth)
            for styles in self._styles
        ]
        self._histograms = [
            {layer: HistogramLoss(target) for layer, target in region.histograms.items()} for region in self.regions
        ]
        compared = [name for names in (*self._style_layers, *self._histograms) for name in names]
        similar = _SIMILAR if self.weights.similarity else ()
        self.layers = sorted({content_layer, *similar, *compared}, key=depth)
        self._masks = [carry(region.mask, self.layers, mode=self.weights.mask_mode) for region in self.regions]
        self._areas = [{name: m.sum() for name, m in masks.items()} for masks in self._masks]
        for region, areas, layers in zip(self.regions, self._areas, self._style_layers, strict=True):
            deepest = layers[-1]
            if areas[deepest] < 1:
                raise RegionError(
                    f"region {region.name!r} is too small to carry a style: at the working size it covers"
                    f" {areas[deepest].item():.2f} positions of {deepest}, and at least 1 is needed;"
                    " choose a larger region or a larger size"
                )
        self.union = torch.stack([region.mask for region in self.regions]).amax(0)
        height, width = self.photo.shape[-2:]
        self.tiles = list(cut((height, width), self.layers, self._masks, self.tile))
        self._whole = self.tiles[0].core == (slice(0, height), slice(0, width))
        with torch.no_grad():
            self._losses = self._style_losses()
            content = self._photo_activation(content_layer)
            self._content = [ContentLoss(content, masks[content_layer]) for masks in self._masks]
            shallow = {layer: self._photo_activation(layer) for layer in similar}
            self._similarity = [
                {layer: SimilarityLoss(own, masks[layer]) for layer, own in shallow.items()} for masks in self._masks
            ]

    def evaluate(self, picture: Tensor) -> dict[str, float]:
        """Add the gradient of the loss to ``picture.grad`` and return the terms, which sum to the loss.

        Parameters
        ----------
        picture : Tensor (1, 3, H, W)
            RGB, usually in [0, 1]; requires a gradient.

        Returns
        -------
        dict of str to float
            "content", one entry for each style, "similarity", "histogram", "variation" and penalties where asked for,
            with regions named where there are several.
        """
        terms = self._at_once(picture) if self._whole else self._by_tiles(picture)
        if self.weights.variation:
            terms["variation"] = self.weights.variation * total_variation(picture, self.union)
            _descend(terms["variation"])
        for name, (weight, penalty) in self.penalties.items():
            terms[name] = weight * penalty(picture)
            _descend(terms[name])
        return {name: float(value.detach()) for name, value in terms.items()}

    def _at_once(self, picture: Tensor) -> dict[str, Tensor]:
        activations = self.network(picture, self.layers)
        tile = self.tiles[0]
        terms = self._style(self._moments(activations, tile))
        terms |= self._histogram([self._features(activations, tile)])
        terms |= self._content_part(activations, tile)
        _descend(*terms.values())
        return terms

    def _by_tiles(self, picture: Tensor) -> dict[str, Tensor]:
        gathered, features = self._gather(picture)
        terms = self._style(gathered) | self._histogram(features)
        _descend(*terms.values())
        for tile, known in zip(self.tiles, features, strict=True):
            activations = self.network(picture[(..., *tile.window)], self.layers)
            parts = self._content_part(activations, tile)
            # The style terms' gradient with respect to the moments is known; this carries it on to the pixels.
            pulls = [
                (part * whole.grad).sum()
                for key, found in self._moments(activations, tile).items()
                for part, whole in zip(found, gathered[key], strict=True)
                if whole.grad is not None
            ]
            for key, part in self._features(activations, tile).items():
                if (gradient := known[key].grad) is not None:
                    pulls.append((part * gradient).sum())
            _descend(*pulls, *parts.values())
            for name, value in parts.items():
                terms[name] = terms[name] + value.detach() if name in terms else value.detach()
        return terms

    def distances(self, picture: Tensor) -> dict[str, dict[str, float]]:
        """Return each style's distance at each layer, relative to the target: 0 is equal, about 1 unrelated."""
        with torch.no_grad():
            gathered, _ = self._gather(picture)
            table: dict[str, dict[str, float]] = {}
            for (index, style, layer), (loss, _) in self._losses.items():
                key = self._label(style, index)
                table.setdefault(key, {})[layer] = float(loss(gathered[index, layer]).detach())
        return table

    def _label(self, term: str, index: int) -> str:
        if len(self.regions) == 1:
            return term
        name = self.regions[index].name
        twin = [region.name for region in self.regions[:index]].count(name)
        return f"{term} [{name} #{twin + 1}]" if twin else f"{term} [{name}]"

    def _style_losses(self) -> dict[tuple[int, str, str], tuple[StyleLoss, float]]:
        make = STYLE_LOSSES[self.weights.style_loss]
        losses = {}
        for index, (region, styles) in enumerate(zip(self.regions, self._styles, strict=True)):
            share = region.style_weight / sum(style.weight for style in styles.values())
            for name, style in styles.items():
                layers = style.layers or self.weights.style_layers
                scale = share * style.weight / sum(layers.values())
                if not isinstance(style.picture, Tensor):
                    for layer, weight in layers.items():
                        losses[index, name, layer] = make(style.picture[layer]), scale * weight
                    continue
                activations = self.network(style.picture, layers)
                masks = {} if style.mask is None else carry(style.mask, layers, mode=self.weights.mask_mode)
                for layer, weight in layers.items():
                    if layer in masks and masks[layer].sum() < 1:
                        raise RegionError(
                            f"the mask of style {name!r} is too small to carry a style: it covers"
                            f" {masks[layer].sum().item():.2f} positions of {layer}, and at least 1 is needed;"
                            " choose a larger part of the picture or a larger size"
                        )
                    target = moments(activations[layer], masks.get(layer))
                    losses[index, name, layer] = make(target), scale * weight
        return losses

    def _photo_activation(self, layer: str) -> Tensor:
        """Return the photo's activation at a layer, put together from the tiles."""
        if self._whole:
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

    def _moments(self, activations: Mapping[str, Tensor], tile: Tile) -> dict[tuple[int, str], Moments]:
        """Return what a tile's core adds to the moments of each region at each style layer."""
        found = {}
        for index, layers in enumerate(self._style_layers):
            for layer in layers:
                target, inside = tile.at(layer)
                core, mask = activations[layer][(..., *inside)], self._masks[index][layer][(..., *target)]
                found[index, layer] = moments(core, mask, area=self._areas[index][layer])
        return found

    def _features(self, activations: Mapping[str, Tensor], tile: Tile) -> dict[tuple[int, str], Tensor]:
        """Return the features (n, C) in a tile's core whose distribution counts."""
        found = {}
        for index, layers in enumerate(self._histograms):
            for layer in layers:
                target, inside = tile.at(layer)
                mask = self._masks[index][layer][0, 0]
                chosen = (mask[target] >= mask.max() / 2) & (mask[target] > 0)
                found[index, layer] = activations[layer][0][(..., *inside)].movedim(0, -1)[chosen]
        return found

    def _gather(self, picture: Tensor) -> tuple[dict[tuple[int, str], Moments], list[dict[tuple[int, str], Tensor]]]:
        """Return the moments over all tiles, and each tile's features, as leaves whose gradient can be asked for."""
        total: dict[tuple[int, str], list[Tensor]] = {}
        features = []
        with torch.no_grad():
            for tile in self.tiles:
                activations = self.network(picture[(..., *tile.window)], self.layers)
                features.append(self._features(activations, tile))
                for key, part in self._moments(activations, tile).items():
                    known = total.setdefault(key, [torch.zeros_like(value) for value in part])
                    for sum_, value in zip(known, part, strict=True):
                        sum_ += value
        leaves = [{key: part.requires_grad_() for key, part in found.items()} for found in features]
        return {key: Moments(*(value.requires_grad_() for value in values)) for key, values in total.items()}, leaves

    def _style(self, gathered: Mapping[tuple[int, str], Moments]) -> dict[str, Tensor]:
        terms: dict[str, Tensor] = {}
        for (index, style, layer), (loss, factor) in self._losses.items():
            # A style may be called as a term is.
            name = self._label(
                f"{style} (style)" if style in ("content", "histogram", "similarity", "variation") else style, index
            )
            value = factor * loss(gathered[index, layer])
            terms[name] = terms[name] + value if name in terms else value
        return terms

    def _histogram(self, features: Sequence[Mapping[tuple[int, str], Tensor]]) -> dict[str, Tensor]:
        terms: dict[str, Tensor] = {}
        for index, (region, losses) in enumerate(zip(self.regions, self._histograms, strict=True)):
            found = {layer: torch.cat([part[index, layer] for part in features]) for layer in losses}
            # A mask may leave nothing of a region at a layer.
            values = [loss(found[layer]) for layer, loss in losses.items() if len(found[layer])]
            if values:
                share = region.histogram_weight / len(values)
                terms[self._label("histogram", index)] = share * torch.stack(values).sum()
        return terms

    def _content_part(self, activations: Mapping[str, Tensor], tile: Tile) -> dict[str, Tensor]:
        layer = self.weights.content_layer
        target, inside = tile.at(layer)
        core = activations[layer][(..., *inside)]
        terms = {
            self._label("content", index): region.content_weight * loss.part(core, target)
            for index, (region, loss) in enumerate(zip(self.regions, self._content, strict=True))
        }
        for index, (region, losses) in enumerate(zip(self.regions, self._similarity, strict=True)):
            for layer, similar in losses.items():
                target, inside = tile.at(layer)
                value = similar.part(activations[layer][(..., *inside)], target)
                name = self._label("similarity", index)
                share = region.content_weight * self.weights.similarity / len(losses)
                terms[name] = terms.get(name, 0) + share * value
        return terms


def _descend(*terms: Tensor) -> None:
    """Add the gradient of the terms' sum to the leaves."""
    torch.stack(terms).sum().backward()  # type: ignore[no-untyped-call]
