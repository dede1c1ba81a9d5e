"""The objective of styled regions: style and content for each region, total variation for all together."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple

import torch
from torch import Tensor

from sfumato.errors import RegionError
from sfumato.features import VGG19, carry, depth
from sfumato.features.masks import MaskMode
from sfumato.features.tiles import activations_of, cut
from sfumato.losses import Moments, total_variation
from sfumato.optimize.objective import Objective
from sfumato.optimize.statistics import style_moments
from sfumato.optimize.terms import (
    STYLE_LOSSES,
    Content,
    ContentTerm,
    HistogramTerm,
    PictureTerm,
    SimilarityTerm,
    StyleLoss,
    StyleTerm,
    Term,
)

__all__ = ["StyleTarget", "StyledRegion", "Weights", "region_objective"]

# The first three convolutions, which respond to fine detail (Photo Style Transfer eq. 8).
_SIMILAR = ("relu1_1", "relu1_2", "relu2_1")

# Names of terms; a style of such a name is reported with a suffix.
_TAKEN = ("content", "histogram", "similarity", "variation")


class StyleTarget(NamedTuple):
    """A style picture (1, 3, h, w), or its moments at each layer, with its weight.

    `mask` (1, 1, h, w) in [0, 1] selects a part of the picture; `layers` are its style layers with their weights, if
    they differ from those of the run.
    """

    picture: Tensor | Mapping[str, Moments]
    weight: float = 1.0
    mask: Tensor | None = None
    layers: Mapping[str, float] | None = None


@dataclass(frozen=True)
class StyledRegion:
    """A region and its styles.

    Attributes
    ----------
    name : str
        Name in reports and errors.
    mask : Tensor (1, 1, H, W)
        Values in [0, 1].
    styles : mapping of str to StyleTarget
        Styles by name; a plain tuple of picture and weight is accepted, too.
    style_weight, content_weight : float
        Weights of the losses in this region.
    histograms : mapping of str to Tensor
        Features (n, C) whose distribution to match, by layer.
    histogram_weight : float
        Weight of all histograms together.
    contents : sequence of Content
        What to stay near, if that is not the photo's own activation at the content layer.
    """

    name: str
    mask: Tensor
    styles: Mapping[str, StyleTarget | tuple[Tensor, float]]
    style_weight: float = 1.0
    content_weight: float = 1.0
    histograms: Mapping[str, Tensor] = field(default_factory=dict)
    histogram_weight: float = 1.0
    contents: Sequence[Content] = ()


@dataclass(frozen=True)
class Weights:
    """Which layers are compared, how, and how much each counts.

    `similarity` is the weight of the absolute distance between the shallow features of the picture and of the photo.
    """

    style_layers: Mapping[str, float]
    content_layer: str
    variation: float = 0.0
    style_loss: str = "wasserstein"
    mask_mode: MaskMode = "area"
    similarity: float = 0.0


def region_objective(
    network: VGG19,
    photo: Tensor,
    regions: Sequence[StyledRegion],
    weights: Weights,
    *,
    tile: int = 640,
    more: Sequence[Term] = (),
) -> Objective:
    """Build the objective of styled regions.

    Parameters
    ----------
    network : VGG19
        The loss network.
    photo : Tensor (1, 3, H, W)
        Photo whose content to preserve, RGB in [0, 1].
    regions : sequence of StyledRegion
        Masks of the photo's size.
    weights : Weights
        Layers and weights.
    tile : int
        Maximum side of a tile, in pixels, without its surroundings.
    more : sequence of Term
        Additional terms.

    Returns
    -------
    Objective

    Raises
    ------
    RegionError
        If a region, or the mask of a style, covers less than about one position of its deepest style layer.
    """
    styles = [{name: StyleTarget(*style) for name, style in region.styles.items()} for region in regions]
    style_layers = [
        {layer for style in found.values() for layer in style.layers or weights.style_layers} for found in styles
    ]
    similar = _SIMILAR if weights.similarity else ()
    compared = [
        *(layer for found in style_layers for layer in found),
        *(layer for region in regions for layer in region.histograms),
        *(content.layer for region in regions for content in region.contents),
        *(layer for term in more for layer in term.layers),
    ]
    layers = sorted({weights.content_layer, *similar, *compared}, key=depth)
    masks = [carry(region.mask, layers, mode=weights.mask_mode) for region in regions]
    for region, carried, found in zip(regions, masks, style_layers, strict=True):
        _check_area(region, carried, max(found, key=depth))
    tiles = list(cut((photo.shape[-2], photo.shape[-1]), layers, masks, tile))
    labels = _labels(regions)
    with torch.no_grad():
        near = {*similar, *(weights.content_layer for region in regions if not region.contents)}
        shapes = {name: (masks[0][name].shape[-2], masks[0][name].shape[-1]) for name in near}
        own = activations_of(network, photo, shapes, tiles) if near else {}
        losses = [
            _style_losses(network, region.style_weight, found, weights, label)
            for region, found, label in zip(regions, styles, labels, strict=True)
        ]
    terms: list[Term] = [StyleTerm(carried, found) for carried, found in zip(masks, losses, strict=True)]
    for region, carried, label in zip(regions, masks, labels, strict=True):
        if region.histograms:
            terms.append(HistogramTerm(label("histogram"), carried, region.histograms, region.histogram_weight))
    for region, carried, label in zip(regions, masks, labels, strict=True):
        contents = region.contents or [Content(weights.content_layer, own[weights.content_layer])]
        terms.append(ContentTerm(label("content"), contents, carried, region.content_weight, mode=weights.mask_mode))
    for region, carried, label in zip(regions, masks, labels, strict=True):
        if similar:
            shallow, weight = {name: own[name] for name in similar}, region.content_weight * weights.similarity
            terms.append(SimilarityTerm(label("similarity"), shallow, carried, weight))
    union = torch.stack([region.mask for region in regions]).amax(0)
    if weights.variation:
        terms.append(PictureTerm("variation", weights.variation, partial(total_variation, mask=union)))
    return Objective(network, photo, union, [*terms, *more], tiles)


def _check_area(region: StyledRegion, masks: Mapping[str, Tensor], deepest: str) -> None:
    area = masks[deepest].sum()
    if area < 1:
        raise RegionError(
            f"region {region.name!r} is too small to carry a style: at the working size it covers"
            f" {area.item():.2f} positions of {deepest}, and at least 1 is needed;"
            " choose a larger region or a larger size"
        )


def _labels(regions: Sequence[StyledRegion]) -> list[Callable[[str], str]]:
    """Return a function for each region that names its terms; several regions get suffixes."""

    def label(term: str, suffix: str) -> str:
        return f"{term}{suffix}"

    suffixes = []
    for index, region in enumerate(regions):
        twin = [other.name for other in regions[:index]].count(region.name)
        named = f" [{region.name} #{twin + 1}]" if twin else f" [{region.name}]"
        suffixes.append(named if len(regions) > 1 else "")
    return [partial(label, suffix=suffix) for suffix in suffixes]


def _style_losses(
    network: VGG19,
    style_weight: float,
    styles: Mapping[str, StyleTarget],
    weights: Weights,
    label: Callable[[str], str],
) -> list[tuple[str, dict[str, tuple[StyleLoss, float]]]]:
    """Return the name of each style of a region, with the losses and their weights by layer."""
    make = STYLE_LOSSES[weights.style_loss]
    share = style_weight / sum(style.weight for style in styles.values())
    losses = []
    for name, style in styles.items():
        layers = style.layers or weights.style_layers
        scale = share * style.weight / sum(layers.values())
        targets = style.picture
        if isinstance(targets, Tensor):
            targets = style_moments(network, targets, list(layers), style.mask, mode=weights.mask_mode, name=name)
        key = label(f"{name} (style)" if name in _TAKEN else name)
        losses.append((key, {layer: (make(targets[layer]), scale * weight) for layer, weight in layers.items()}))
    return losses
