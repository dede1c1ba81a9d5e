"""Photorealistic style transfer.

Each semantic label of the photo takes the style of the same label of the reference (Photo Style Transfer [1]_ eq. 6-7),
and shallow features stay similar (eq. 8). By default, a bilateral grid of color changes is optimized, which keeps the
result photorealistic. Otherwise pixels are, and their change from the photo is corrected: smoothed along the photo's
edges (eq. 9), penalized where it is not locally affine in color (eq. 4-5, Luan et al. 2017 [2]_), or solved for with
the photo's own gradients (Mechrez et al. 2017 [3]_).

.. [1] Z. Wang, J. Wang, "Photo style transfer with deep learning".
.. [2] F. Luan, S. Paris, E. Shechtman, K. Bala, "Deep photo style transfer", CVPR 2017.
.. [3] R. Mechrez, E. Shechtman, L. Zelnik-Manor, "Photorealistic style transfer with screened Poisson equation", 2017.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache
from typing import Any

import cv2
import numpy as np
from torch import Tensor

from sfumato import blend, color
from sfumato.images.resizing import shrunk
from sfumato.linalg.matting import matting_laplacian
from sfumato.losses import PhotorealismLoss
from sfumato.methods.optimization import Optimization
from sfumato.methods.photoreal.problem import FILTER_SPACE, MIN_LABEL, PhotorealProblem
from sfumato.methods.photoreal.tones import Tones, limited
from sfumato.optimize import (
    BilateralGrid,
    Level,
    Objective,
    Parameterization,
    PictureTerm,
    Step,
    StyledRegion,
    StyleTarget,
    empty_grid,
    region_objective,
    resize,
    to_image,
)
from sfumato.recipe import Photoreal

__all__ = ["paint"]

# Weight of the matting Laplacian's penalty.
_AFFINITY_WEIGHT = 1e4

# Plain color transfers, by their names in a recipe.
_TRANSFERS: Mapping[str, color.ColorTransfer] = {
    "reinhard": color.reinhard,
    "linear": color.match_linear,
    "histogram": color.match_histogram,
}


def paint(problem: PhotorealProblem, state: dict[str, Any] | None = None) -> Iterator[Step]:
    """Give a photo the look of its reference, coarse to fine.

    Parameters
    ----------
    problem : PhotorealProblem
        Problem to paint.
    state : dict, optional
        ``Step.state()`` of an earlier run on the same problem; goes on after that step. A plain color transfer ignores
        it.

    Yields
    ------
    Step
        One for each evaluation; for a plain color transfer, a single one without a loss.
    """
    recipe = problem.recipe
    assert isinstance(recipe, Photoreal)
    if recipe.transfer != "network":
        yield _transferred(problem)
        return
    optimization = Optimization(problem)
    first = optimization.levels()
    tones = Tones(problem)
    toned = optimization.tensor(tones.of(problem.content).picture)
    finished = cache(lambda: tones.of(problem.own()))
    affine, even = recipe.realism == "laplacian", recipe.realism == "grid"
    levels = first
    if affine:
        # As many iterations as all earlier levels together.
        again = sum(level.iterations for level in first)
        levels = [*first, replace(first[-1], number=len(first) + 1, iterations=again)]

    def enter(level: Level, picture: Tensor) -> Tensor:
        if level is first[0]:
            return resize(toned, level.height, level.width)
        if picture.shape[-2:] == (level.height, level.width) or recipe.realism == "none":
            return optimization.enter(level, picture)
        before = replace(level, height=picture.shape[-2], width=picture.shape[-1])
        change = to_image(picture) - to_image(optimization.content(before))
        own = to_image(optimization.content(level))
        change = cv2.resize(change, (level.width, level.height), interpolation=cv2.INTER_LINEAR)
        if recipe.realism == "filter":
            space = FILTER_SPACE * level.scale
            return optimization.tensor(blend.keep_detail(own, own + change, sigma_space=space))
        return optimization.tensor((own + change).clip(0, 1))

    def parameterization_at(level: Level, objective: Objective, before: Parameterization | None) -> BilateralGrid:
        return BilateralGrid(
            empty_grid(*problem.content.shape[:2]) if before is None else before.values,
            objective.photo,
            optimization.content(level),
            objective.union,
            evenness=recipe.evenness,
            finished=lambda: (finished().picture, problem.own()),
            limited=lambda picture: limited(picture, finished().most),
        )

    def objective_at(level: Level) -> Objective:
        weights = replace(optimization.weights, similarity=recipe.similarity_weight)
        more = []
        if affine and level not in first:
            own = to_image(optimization.content(level))
            loss = PhotorealismLoss(matting_laplacian(own), own.shape[:2])
            more = [PictureTerm("photorealism", _AFFINITY_WEIGHT, loss)]
        content = resize(toned, level.height, level.width)
        regions = _regions(problem, optimization, level)
        return region_objective(optimization.network, content, regions, weights, more=more)

    yield from optimization.paint(levels, objective_at, state, enter, parameterization_at if even else None)


def _regions(problem: PhotorealProblem, optimization: Optimization, level: Level) -> list[StyledRegion]:
    """Return a region for each label that is large enough at a level, or one for all."""
    (part,) = problem.parts
    (style,) = part.styles
    style_weight, content_weight = part.layer.style_weight, part.layer.content_weight
    assert isinstance(problem.recipe, Photoreal)
    if problem.recipe.realism == "grid":
        content_weight = 0.0  # the smoothness of a grid preserves the content
    mask, size = optimization.mask(part, level), style.size(level.scale)
    layers = optimization.weights.style_layers
    regions = []
    for label in problem.labels:
        where = resize(optimization.tensor(label.mask[..., None]), level.height, level.width) * mask
        theirs = resize(optimization.tensor(label.reference[..., None]), *size)
        if where.sum() < MIN_LABEL or theirs.sum() < MIN_LABEL:
            continue
        share = float(where.sum() / mask.sum())
        moments = optimization.moments(replace(style, mask=label.reference), size, layers)
        regions.append(
            StyledRegion(
                label.name, where, {style.name: StyleTarget(moments)}, share * style_weight, share * content_weight
            )
        )
    if regions:
        return regions
    # Labels that are all too small at this size leave the whole reference as the style.
    moments = optimization.moments(style, size, layers)
    return [StyledRegion("all", mask, {style.name: StyleTarget(moments)}, style_weight, content_weight)]


def _transferred(problem: PhotorealProblem) -> Step:
    """Transfer the colors of the reference without a network; plain transfers count the pixels inside the region."""
    began = time.perf_counter()
    height, width = problem.content.shape[:2]
    assert isinstance(problem.recipe, Photoreal)
    if problem.recipe.transfer == "tones":
        tones = Tones(problem)
        toned = cache(lambda: tones.of(problem.own()).picture)

        def render() -> np.ndarray:
            return toned()

    else:
        inside = shrunk(problem.parts[0].mask, height, width) > 0
        ours = {label.name: label.mask * inside for label in problem.labels}
        picture = _recolored(problem, ours, _TRANSFERS[problem.recipe.transfer])

        def render() -> np.ndarray:
            return picture

    return Step(
        level=1,
        levels=1,
        iteration=1,
        iterations=1,
        shape=(height, width),
        loss=0.0,
        terms={},
        seconds=time.perf_counter() - began,
        done=1.0,
        render=render,
    )


def _recolored(problem: PhotorealProblem, ours: Mapping[str, np.ndarray], transfer: color.ColorTransfer) -> np.ndarray:
    """Return the content in the colors of the reference, label by label."""
    (style,) = problem.parts[0].styles
    theirs = {label.name: label.reference for label in problem.labels}
    return color.transfer_per_label(problem.content, style.picture, ours, theirs, transfer)
