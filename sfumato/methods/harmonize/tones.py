"""Harmonize by tones: paint the object in the colors and strokes of those parts of the painting that are as light.

What the object is comes from the object, and its paint from the painting. The paste is given the painting's colors, in
its own order of tones (`sfumato.color.Palette`); that is what the picture starts from and stays near. Its style is that
of the places whose paint was taken.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Any

from torch import Tensor
from torch.nn import functional

from sfumato.methods.harmonize.common import HISTOGRAM_WEIGHT, USUAL, features_of, painting_at, restrained
from sfumato.methods.harmonize.prepare import HarmonizeProblem
from sfumato.methods.harmonize.strokes import painterly, smoothness
from sfumato.methods.optimization import FINISHING_CONTENT_WEIGHT, Optimization
from sfumato.optimize import (
    Content,
    Level,
    Objective,
    PictureTerm,
    Step,
    StyledRegion,
    StyleTarget,
    region_moments,
    region_objective,
)
from sfumato.recipe import Harmonize

__all__ = ["paint"]

# Factor of the recipe's content weight: the tones hold the object, too.
_CONTENT = 0.8

# How much of the paste's fine detail each size begins with, as a fraction of the recipe's: with all of it, the object
# looks like a photo.
_DETAIL = 0.3

# Contents and their weights: shapes at the recipe's content layer, and features that see colors.
_SHAPES, _COLORS, _COLORED = 0.5, 1.0, "relu3_1"

# Weight of the tones, relative to that of the content, and the side in pixels of the squares whose means are compared.
_TONES, _SQUARE = 75.0, 6

# Inside of those, strokes are free, but what is further from the object than strokes are counts as often as this: hands
# of a clock, a face's eyes. It is looked for in squares of two pixels.
_LINES, _STROKES, _FINE = 3.3, 0.08, 2

# Factor of the weights of layers that see whole objects of the painting.
_DEEP = 0.2


def paint(problem: HarmonizeProblem, state: dict[str, Any] | None = None) -> Iterator[Step]:
    """Harmonize the object of a problem, coarse to fine and then at the painting's own size.

    Parameters and steps are those of `sfumato.methods.harmonize.paint`.
    """
    optimization = Optimization(problem)
    recipe, (part,) = problem.recipe, problem.parts
    assert isinstance(recipe, Harmonize)
    assert problem.palette is not None
    (style,) = part.styles
    palette = problem.palette
    levels = optimization.levels()
    levels += optimization.finishing(after=len(levels))
    boldness = recipe.painterly or painterly(style.picture, style.opacity)
    style_weight = part.layer.style_weight / USUAL * boldness
    smooth = smoothness(style.picture, style.opacity)

    def enter(level: Level, picture: Tensor) -> Tensor:
        return optimization.enter(level, picture, _DETAIL * recipe.detail)

    def objective_at(level: Level) -> Objective:
        painting, _ = painting_at(optimization, style, level.scale)
        used = optimization.tensor(palette.used(painting.shape[-2], painting.shape[-1])[..., None])
        content, mask, weights = optimization.content(level), optimization.mask(part, level), optimization.weights
        content_weight, contents, histograms, more = _CONTENT * part.layer.content_weight, [], {}, []
        if level.scale > 1:
            weights, content_weight = optimization.finishing_weights(), content_weight * FINISHING_CONTENT_WEIGHT
        else:
            weights = replace(weights, style_layers=restrained(weights.style_layers, _DEEP))
            contents = _contents(optimization, content, mask)
            histograms = features_of(optimization, painting, used)
            more = [PictureTerm("tones", content_weight * _TONES, partial(_off_tone, content=content, mask=mask))]
        region = StyledRegion(
            part.layer.region,
            mask,
            {style.name: StyleTarget(painting, mask=used)},
            style_weight,
            content_weight,
            histograms,
            style_weight * HISTOGRAM_WEIGHT * (1 - smooth),
            contents,
        )
        weights = replace(weights, variation=weights.variation * (1 + smooth))
        return region_objective(optimization.network, content, [region], weights, more=more)

    return optimization.paint(levels, objective_at, state, enter)


def _contents(optimization: Optimization, content: Tensor, mask: Tensor) -> list[Content]:
    """Return what the object is to be near: itself, in the painting's colors."""
    layer = optimization.weights.content_layer
    mode = optimization.weights.mask_mode
    _, kept = region_moments(optimization.network, content, [], mask, mode=mode, keep=[layer, _COLORED])
    return [Content(layer, kept[layer], _SHAPES), Content(_COLORED, kept[_COLORED], _COLORS)]


def _off_tone(picture: Tensor, content: Tensor, mask: Tensor) -> Tensor:
    """Return how far a picture's colors are from those of the content inside a mask: in squares, and in fine lines."""
    apart = (picture - content) * mask
    side = min(_SQUARE, *picture.shape[-2:])
    pooled = partial(functional.avg_pool2d, kernel_size=side, stride=max(1, side // 2))
    tones = pooled(apart).square().sum() / pooled(mask).sum().clamp_min(1e-6)
    beyond = functional.relu(functional.avg_pool2d(apart, _FINE, stride=1).abs() - _STROKES)
    return tones + _LINES * beyond.square().sum() / mask.sum().clamp_min(1e-6)
