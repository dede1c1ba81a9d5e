"""An object pasted into a painting, painted so that it belongs there.

What the object should look like is taken from the parts of the painting that resemble it most. The first pass finds
them for each position and layer on its own (Partial Style Transfer §3.3, Luan et al. 2018 [1]_ §3.1) and makes a
picture that is coarse but no longer a photo; the second finds them again from that, lets neighbors agree on them, and
paints the object anew with the whole of what was found (§3.2).

.. [1] F. Luan, S. Paris, E. Shechtman, K. Bala, "Deep Painterly Harmonization", Computer Graphics Forum 37(4), 2018.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from sfumato.features import agree, carry, match_patches, spread, stride
from sfumato.images.resizing import shrunk
from sfumato.losses import Moments, moments
from sfumato.methods.harmonize.prepare import HarmonizeProblem
from sfumato.methods.optimization import FINISHING_CONTENT_WEIGHT, Optimization
from sfumato.methods.problem import PreparedStyle
from sfumato.optimize import Level, Objective, Step, StyledRegion, StyleTarget, region_objective, resize
from sfumato.recipe import Harmonize

__all__ = ["paint", "painterly", "smoothness"]

# Where the second pass matches: deep enough to know a jug from a sky, shallow enough to know where it ends.
_REFERENCE = "relu4_1"

# Layers whose histograms the second pass keeps, and what they weigh beside the style.
_HISTOGRAMS, _HISTOGRAM_WEIGHT = ("relu1_1", "relu4_1"), 0.3

# What layers beyond the reference weigh in the second pass: with none of them an object keeps the look of a photo in
# the large, with all of them the painting's own things appear in it.
_WHOLE_THINGS = 0.3

# Factors of a recipe's weights: an object is held closer to its shape than a photo that is restyled, and shows specks
# sooner, since clean paint is all around it.
_HOLD, _VARIATION = 1.8, 3.5

# How painterly a painting is whose strokes are followed with a recipe's own style weight.
_USUAL = 5.0

# How far neighbors may lie apart to agree on their matches, in positions.
_NEIGHBORHOOD = 2

# Positions that a mask covers by less have no say.
_COVERED = 0.05


def paint(problem: HarmonizeProblem, state: dict[str, Any] | None = None) -> Iterator[Step]:
    """Harmonize the object of a problem in one pass or two, then at the painting's own size.

    Parameters
    ----------
    problem : HarmonizeProblem
        What is worked on.
    state : dict, optional
        ``Step.state()`` of an earlier run on the same problem; goes on after that step.

    Yields
    ------
    Step
        One for each evaluation. Its state holds the first pass's picture, by which the second is matched.

    Notes
    -----
    Departures from Luan et al.: losses are those of the other methods, relative to their targets; both passes go from
    coarse to fine, and each size begins with the fine detail of the pasted object, so that it keeps its features; how
    painterly a painting is, is measured and not learned.
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
    pull = part.layer.style_weight / _USUAL * (recipe.painterly or painterly(style.picture, style.opacity))
    smooth = smoothness(style.picture, style.opacity)
    drawn: dict[str, Tensor] = {
        name: state[name].to(optimization.device) for name in ("first",) if state and name in state
    }

    def enter(level: Level, picture: Tensor) -> Tensor:
        if second and level is second[0]:
            drawn.setdefault("first", picture)
            # Both passes begin with the paste: errors of the first should not be built upon.
            picture = optimization.content(first[-1])
        elif level.scale > 1:
            drawn.setdefault("first", picture)
        return optimization.enter(level, picture, recipe.detail)

    def objective_at(level: Level) -> Objective:
        painting, allowed = _painting(optimization, style, level.scale)
        content, mask, weights = optimization.content(level), optimization.mask(part, level), optimization.weights
        hold, histograms = _HOLD * part.layer.content_weight, {}
        if level in first:
            weights = replace(weights, style_layers=_deep(weights.style_layers))
            target = StyleTarget(
                _first_moments(optimization, content, painting, mask, allowed, list(weights.style_layers))
            )
        elif level in second:
            weights = replace(weights, style_layers=_restrained(weights.style_layers))
            target = StyleTarget(painting, mask=_chosen(optimization, drawn["first"], painting, mask, allowed))
            assert target.mask is not None
            histograms = _features(optimization, painting, target.mask)
        else:
            weights, hold = optimization.finishing_weights(), hold * FINISHING_CONTENT_WEIGHT
            smaller, allowed = _painting(optimization, style, working.scale)
            chosen = _chosen(optimization, drawn["first"], smaller, optimization.mask(part, working), allowed)
            target = StyleTarget(painting, mask=functional.interpolate(chosen, size=painting.shape[-2:]))
        weights = replace(weights, variation=weights.variation * _VARIATION * (1 + smooth))
        region = StyledRegion(
            part.layer.region,
            mask,
            {style.name: target},
            pull,
            hold,
            histograms,
            pull * _HISTOGRAM_WEIGHT * (1 - smooth),
        )
        return region_objective(optimization.network, content, [region], weights)

    for step in optimization.paint(levels, objective_at, state, enter):
        yield replace(step, snapshot=partial(_with, step.state, drawn))


def _with(state: Callable[[], dict[str, Any]], more: Mapping[str, Any]) -> dict[str, Any]:
    return {**state(), **more}


def painterly(painting: np.ndarray, opacity: np.ndarray | None = None) -> float:
    """Guess how boldly a painting is painted.

    Parameters
    ----------
    painting : ndarray (H, W, 3)
        RGB in [0, 1].
    opacity : ndarray (H, W), optional
        In [0, 1]: only where it is half or more, the painting is looked at. Everywhere when left out.

    Returns
    -------
    float
        From 1, as smooth as a photo, to 10. By the contrast of strokes where there is little of it: in one quarter of
        the painting the local standard deviation of L*, between 1 and 5 pixels of 700, is ``(value + 1) / 2`` or less.

    Examples
    --------
    >>> painterly(np.full((64, 64, 3), 0.5))
    1.0
    """
    from skimage.color import rgb2lab

    scale = min(1.0, 700 / max(painting.shape[:2]))
    small = cv2.resize(np.asarray(painting, np.float32), None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    lightness = rgb2lab(small)[..., 0].astype(np.float32)
    strokes = cv2.GaussianBlur(lightness, (0, 0), 1) - cv2.GaussianBlur(lightness, (0, 0), 5)
    contrast = np.sqrt(cv2.GaussianBlur(strokes**2, (0, 0), 10))
    if opacity is not None:
        contrast = contrast[_seen(shrunk(opacity, *contrast.shape))]
    return float(np.clip(2 * np.quantile(contrast, 0.25) - 1, 1, 10))


def smoothness(painting: np.ndarray, opacity: np.ndarray | None = None) -> float:
    """Return how smooth a painting (H, W, 3) is: 0 for visible grain or strokes, 1 for blended paint.

    What counts of it is as for `painterly`.

    Luan et al. 2018 §3.3: from the median of the squared gradient.

    Examples
    --------
    >>> round(smoothness(np.full((8, 8, 3), 0.5)), 3)
    1.0
    """
    down, right = np.diff(painting, axis=0)[:, :-1], np.diff(painting, axis=1)[:-1]
    squares = (down**2 + right**2).sum(-1)
    if opacity is not None:
        squares = squares[_seen(opacity[:-1, :-1])]
    gradient = float(np.median(squares))
    return 1 / (1 + math.exp(min(1e4 * gradient - 25, 50)))


def _seen(opacity: np.ndarray) -> np.ndarray:
    """Tell where a painting is seen: at half its opacity or more, or at most as it gets."""
    return np.asarray(opacity >= min(0.5, float(opacity.max())))


def _painting(optimization: Optimization, style: PreparedStyle, scale: float) -> tuple[Tensor, Tensor | None]:
    """Return the painting at a level's scale, and which part of it may be used, if not all."""
    size = style.size(scale)
    allowed = None if style.mask is None else resize(optimization.tensor(style.mask[..., None]), *size)
    return resize(optimization.tensor(style.picture), *size), allowed


def _deep(layers: Mapping[str, float]) -> Mapping[str, float]:
    """Keep the layers from the third block on, where patches mean something."""
    return {name: weight for name, weight in layers.items() if stride(name) >= 4} or layers


def _restrained(layers: Mapping[str, float]) -> Mapping[str, float]:
    """Give layers that see whole things of the painting less to say."""
    return {
        name: weight * (_WHOLE_THINGS if stride(name) > stride(_REFERENCE) else 1) for name, weight in layers.items()
    }


def _positions(mask: Tensor | None, layer: str, least: float = _COVERED) -> Tensor | None:
    """Return the positions (h, w) of a layer that a mask covers, all that it touches if it covers none."""
    if mask is None:
        return None
    carried = carry(mask, [layer])[layer][0, 0]
    return carried > (least if (carried > least).any() else 0)


@torch.no_grad()
def _first_moments(
    optimization: Optimization,
    pasted: Tensor,
    painting: Tensor,
    mask: Tensor,
    allowed: Tensor | None,
    layers: Sequence[str],
) -> dict[str, Moments]:
    """Return for each layer the moments of the features that match the object's, one for each position."""
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
    """Return the part (1, 1, H, W) of a painting that matches the object as the first pass drew it."""
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


@torch.no_grad()
def _features(optimization: Optimization, painting: Tensor, chosen: Tensor) -> dict[str, Tensor]:
    """Return the features (n, C) of the chosen part of a painting whose histograms are kept."""
    activations, masks = optimization.network(painting, _HISTOGRAMS), carry(chosen, _HISTOGRAMS)
    return {name: part[0].movedim(0, -1)[masks[name][0, 0] >= 0.5] for name, part in activations.items()}
