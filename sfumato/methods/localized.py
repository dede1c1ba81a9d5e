"""Masked style transfer: the reference method, and its naive baseline.

photo → regions → recipe → optimize → blend → picture. Style and content are measured in the region only
(Localized Style Transfer §3.3); the naive method restyles the whole picture and cuts the region out of that (§3.2).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from torch import Tensor

from sfumato.compute.device import Machine
from sfumato.errors import warn
from sfumato.images import Picture
from sfumato.images.resizing import shrunk
from sfumato.methods import fast
from sfumato.methods.faces import held, with_faces
from sfumato.methods.insets import insets_of, with_insets
from sfumato.methods.method import Method
from sfumato.methods.optimization import FINISHING_CONTENT_WEIGHT, Optimization, shallow
from sfumato.methods.prepare import prepare as prepare_regions
from sfumato.methods.prepare import regions_need
from sfumato.methods.problem import Problem
from sfumato.methods.share import Share
from sfumato.metrics import color_stretch
from sfumato.optimize import Content, Level, Objective, Step, StyledRegion, StyleTarget, region_objective
from sfumato.recipe import Localized, Naive

__all__ = ["METHOD", "paint", "prepare"]

# Content layer at the last size where only strokes are left to paint.
_QUICK_CONTENT = "relu3_1"

# Maximum factor by which colors of a region are stretched without a word: varied objects need up to 1.5, whole
# photos about 4.
_MOST_STRETCHED = 4.0


def prepare(recipe: Localized | Naive, photo: Picture, machine: Machine, folder: Path | None = None) -> Problem:
    """Evaluate the regions of a photo and load their styles; see `sfumato.methods.prepare.prepare`."""
    whole = isinstance(recipe, Naive)
    problem = prepare_regions(recipe, photo, machine, folder, finish=recipe.finish, whole=whole)
    if not isinstance(recipe, Localized):
        return problem
    if recipe.style_share == "whole":
        _warn_of_plain(problem)
    return with_faces(problem)


def paint(problem: Problem, state: dict[str, Any] | None = None) -> Iterator[Step]:
    """Restyle the regions of a problem, coarse to fine and then at the photo's own size.

    Parameters
    ----------
    problem : Problem
        Problem to paint.
    state : dict, optional
        ``Step.state()`` of an earlier run on the same problem; goes on after that step.

    Yields
    ------
    Step
        One for each evaluation.
    """
    optimization = Optimization(problem)
    levels = optimization.levels()
    levels += optimization.finishing(len(levels))
    insets = insets_of(problem)
    main = optimization.paint(levels, partial(_objective, optimization), state)
    if not insets:
        yield from main
        return
    yield from with_insets(optimization, levels, main, insets, _objective)


def _objective(optimization: Optimization, level: Level, around: Tensor | None = None) -> Objective:
    """Return the objective of a level; `around` (1, 3, h, w) is what surrounds the regions, if not the photo."""
    problem, recipe = optimization.problem, optimization.problem.recipe
    matched = isinstance(recipe, Localized) and recipe.style_share == "matched"
    finishing = level.scale > 1
    # An inset has one size only, at which all of it is painted.
    quick = optimization.is_shallow(level) and around is None
    weights = optimization.finishing_weights() if finishing else optimization.weights
    if quick and not finishing:
        weights = replace(weights, content_layer=_QUICK_CONTENT)
    share = None
    if matched:
        share = Share(optimization, level, holds=not finishing, content_layer=None if quick else weights.content_layer)
    found = []
    for part in problem.parts:
        layers = [style.layers or weights.style_layers for style in part.styles]
        style_weight, weighed = part.layer.style_weight, [style.weight for style in part.styles]
        if quick:
            whole, layers = layers, [shallow(each) for each in layers]
        if quick and not finishing:
            # Each layer counts what it counts beside the deep ones.
            kept = [sum(few.values()) / sum(each.values()) for few, each in zip(layers, whole, strict=True)]
            weighed = [weight * part_kept for weight, part_kept in zip(weighed, kept, strict=True)]
            style_weight *= sum(weighed) / sum(style.weight for style in part.styles)
        targets = [
            optimization.moments(style, style.size(level.scale), share.layers(each) if share else each)
            for style, each in zip(part.styles, layers, strict=True)
        ]
        mask = optimization.mask(part, level)
        contents: Sequence[Content] = ()
        if share:
            targets, contents = share.of(part, targets)
            if problem.faces:
                contents = held(optimization, level, part, contents)
        styles: dict[str, StyleTarget] = {}
        for style, target, weight, each in zip(part.styles, targets, weighed, layers, strict=True):
            styles[_unused(style.name, styles)] = StyleTarget(target, weight, layers=each)
        content_weight = part.layer.content_weight
        if quick and not contents:
            content_weight *= FINISHING_CONTENT_WEIGHT
        found.append(StyledRegion(part.layer.region, mask, styles, style_weight, content_weight, contents=contents))
    around = optimization.content(level) if around is None else around
    return region_objective(optimization.network, around, found, weights, more=optimization.temporal(level))


def _warn_of_plain(problem: Problem) -> None:
    """Warn of regions that are to carry all of a style of far more colors."""
    height, width = problem.content.shape[:2]
    for part in problem.parts:
        if (part.region > 0.5).all():
            continue  # a whole photo takes all of the style, whatever its share
        mask = shrunk(part.region, height, width)
        for style in part.styles:
            stretch = color_stretch(problem.content, style.picture, mask, style.mask)
            if stretch > _MOST_STRETCHED:
                warn(
                    f"region {part.layer.region!r} is plain beside {style.name}: to carry all of that style, its colors"
                    f" would be stretched {stretch:.1f} times, and what is in it may dissolve; style_share matched"
                    " gives it the part that suits it"
                )


def _unused(name: str, taken: dict[str, Any]) -> str:
    """Return a name that is not taken, to tell apart styles with the same file name."""
    count = 2
    while name in taken:
        name, count = f"{name.partition(' #')[0]} #{count}", count + 1
    return name


def _needs(recipe: Localized | Naive, folder: Path | None) -> set[str]:
    begins = fast.NETWORKS if recipe.start == "fast" else frozenset()
    return {"vgg19"} | regions_need(recipe, folder) | begins


METHOD = Method(prepare, paint, _needs)
