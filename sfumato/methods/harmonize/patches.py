"""Harmonize by patches that look alike, as Luan et al. published it.

The style comes from those parts of the painting that match the object best. The first pass matches features at each
position and layer independently (Partial Style Transfer §3.3, Luan et al. 2018 [1]_ §3.1), and paints a picture that is
coarse but no longer looks like a photo. The second pass matches that picture, makes the matches of neighbors agree, and
paints the object again with the statistics of all matched parts (§3.2).

.. [1] F. Luan, S. Paris, E. Shechtman, K. Bala, "Deep Painterly Harmonization", Computer Graphics Forum 37(4), 2018.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from sfumato.features import agree, carry, match_patches, spread, stride
from sfumato.losses import Moments, moments
from sfumato.methods.harmonize.common import HISTOGRAM_WEIGHT, USUAL, features_of, painting_at, restrained
from sfumato.methods.harmonize.prepare import HarmonizeProblem
from sfumato.methods.harmonize.strokes import painterly, smoothness
from sfumato.methods.optimization import FINISHING_CONTENT_WEIGHT, Optimization
from sfumato.optimize import Level, Objective, Step, StyledRegion, StyleTarget, region_objective, resize
from sfumato.recipe import Harmonize

__all__ = ["paint"]

# Layer at which the second pass matches: deep enough to tell objects apart, shallow enough to locate their edges.
_REFERENCE = "relu4_1"

# Factor of the weights of layers deeper than the reference in the second pass: at 0 the object still looks like a photo
# at large scales, at 1 objects of the painting appear in it.
_DEEP_FACTOR = 0.3

# Factors of the recipe's content weight and total variation: a pasted object has to keep its shape better than a
# restyled photo, and specks are more visible in it, since clean paint surrounds it.
_CONTENT_FACTOR, _VARIATION_FACTOR = 1.8, 3.5

# Maximum distance, in positions, between neighbors whose matches are made to agree.
_NEIGHBORHOOD = 2

# Minimum coverage by a mask of the positions that count.
_MIN_COVERAGE = 0.05


def paint(problem: HarmonizeProblem, state: dict[str, Any] | None = None) -> Iterator[Step]:
    """Harmonize the object of a problem in one pass or two, then at the painting's own size.

    Parameters and steps are those of `sfumato.methods.harmonize.paint`. The state of a step contains the picture of
    the first pass, which the second pass matches.

    Notes
    -----
    Departures from Luan et al.: losses are those of the other methods, relative to their targets; both passes go from
    coarse to fine, and each size begins with the fine detail of the pasted object, so that it keeps its features; the
    strength of the strokes (`painterly`) is measured, not predicted by a trained network.
    """
    optimization = Optimization(problem)
    recipe, (part,) = problem.recipe, problem.parts
    assert isinstance(recipe, Harmonize)
    (style,) = part.styles
    first = optimization.levels()
    second = optimization.levels(after=len(first)) if recipe.passes > 1 else []
    levels = first + second
    working = levels[-1]
    levels += optimization.finishing(after=len(levels))
    boldness = recipe.painterly or painterly(style.picture, style.opacity)
    style_weight = part.layer.style_weight / USUAL * boldness
    smooth = smoothness(style.picture, style.opacity)
    drawn: dict[str, Tensor] = {
        name: state[name].to(optimization.device) for name in ("first",) if state and name in state
    }

    def enter(level: Level, picture: Tensor) -> Tensor:
        if second and level is second[0]:
            drawn.setdefault("first", picture)
            # Both passes begin with the pasted object, so that the second does not build on errors of the first.
            picture = optimization.content(first[-1])
        elif level.scale > 1:
            drawn.setdefault("first", picture)
        return optimization.enter(level, picture, recipe.detail)

    def objective_at(level: Level) -> Objective:
        painting, allowed = painting_at(optimization, style, level.scale)
        content, mask, weights = optimization.content(level), optimization.mask(part, level), optimization.weights
        content_weight, histograms = _CONTENT_FACTOR * part.layer.content_weight, {}
        if level in first:
            weights = replace(weights, style_layers=_deep(weights.style_layers))
            target = StyleTarget(
                _first_moments(optimization, content, painting, mask, allowed, list(weights.style_layers))
            )
        elif level in second:
            weights = replace(weights, style_layers=restrained(weights.style_layers, _DEEP_FACTOR))
            target = StyleTarget(painting, mask=_chosen(optimization, drawn["first"], painting, mask, allowed))
            assert target.mask is not None
            histograms = features_of(optimization, painting, target.mask)
        else:
            weights, content_weight = optimization.finishing_weights(), content_weight * FINISHING_CONTENT_WEIGHT
            smaller, allowed = painting_at(optimization, style, working.scale)
            chosen = _chosen(optimization, drawn["first"], smaller, optimization.mask(part, working), allowed)
            target = StyleTarget(painting, mask=functional.interpolate(chosen, size=painting.shape[-2:]))
        weights = replace(weights, variation=weights.variation * _VARIATION_FACTOR * (1 + smooth))
        region = StyledRegion(
            part.layer.region,
            mask,
            {style.name: target},
            style_weight,
            content_weight,
            histograms,
            style_weight * HISTOGRAM_WEIGHT * (1 - smooth),
        )
        return region_objective(optimization.network, content, [region], weights)

    for step in optimization.paint(levels, objective_at, state, enter):
        yield replace(step, snapshot=partial(_with, step.state, drawn))


def _with(state: Callable[[], dict[str, Any]], more: Mapping[str, Any]) -> dict[str, Any]:
    return {**state(), **more}


def _deep(layers: Mapping[str, float]) -> Mapping[str, float]:
    """Keep the layers from the third block on, whose patches are distinctive enough to match."""
    return {name: weight for name, weight in layers.items() if stride(name) >= 4} or layers


def _positions(mask: Tensor | None, layer: str, minimum: float = _MIN_COVERAGE) -> Tensor | None:
    """Return the positions (h, w) of a layer that a mask covers, or, if it covers none, all that it touches."""
    if mask is None:
        return None
    carried = carry(mask, [layer])[layer][0, 0]
    return carried > (minimum if (carried > minimum).any() else 0)


@torch.no_grad()
def _first_moments(
    optimization: Optimization,
    pasted: Tensor,
    painting: Tensor,
    mask: Tensor,
    allowed: Tensor | None,
    layers: Sequence[str],
) -> dict[str, Moments]:
    """Return the moments, for each layer, of the features that match the object's, one for each position."""
    ours, theirs = optimization.network(pasted, layers), optimization.network(painting, layers)
    found = {}
    for layer, weight in carry(mask, layers).items():
        wanted = weight[0, 0] > 0
        index = match_patches(
            ours[layer], theirs[layer], content_mask=wanted, style_mask=_positions(allowed, layer, 0.5)
        )
        matched = theirs[layer].flatten(2)[..., index]
        found[layer] = moments(matched[:, :, None], weight[0, 0][wanted][None, None, None])
    return found


@torch.no_grad()
def _chosen(
    optimization: Optimization, drawn: Tensor, painting: Tensor, mask: Tensor, allowed: Tensor | None
) -> Tensor:
    """Return the part (1, 1, H, W) of a painting that matches the object as the first pass painted it."""
    drawn = resize(drawn, *mask.shape[-2:])
    ours, theirs = (optimization.network(picture, [_REFERENCE])[_REFERENCE] for picture in (drawn, painting))
    wanted = _positions(mask, _REFERENCE)
    assert wanted is not None
    index = match_patches(ours, theirs, content_mask=wanted, style_mask=_positions(allowed, _REFERENCE, 0.5))
    height, width = theirs.shape[-2:]
    index = agree(index, wanted, resize(painting, height, width)[0], radius=_NEIGHBORHOOD)
    size = painting.shape[-2], painting.shape[-1]
    part = painting.new_zeros(1, 1, *size)
    part.view(-1)[spread(index, (height, width), size, stride(_REFERENCE))] = 1
    return part
