"""Small faces are painted once more, larger than the working size has them, and laid into the picture.

The network sees nothing of an eye that has three pixels. So the surroundings of each small face are taken out of the
painted picture and of the photo, enlarged until the face has a useful size, and painted again: in finer strokes, since
the style keeps its size in pixels.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice

import numpy as np
from torch import Tensor

from sfumato import blend
from sfumato.images import Box
from sfumato.images.boxes import padded, slices
from sfumato.images.resizing import resized
from sfumato.methods.optimization import Optimization
from sfumato.methods.problem import Problem
from sfumato.optimize import Level, Objective, Step
from sfumato.regions import Face
from sfumato.regions.faces import masks

__all__ = ["Inset", "insets_of", "with_insets"]

# Size of a face in an inset, in pixels; the largest one that gets an inset; and the most that a photo is enlarged for
# it beyond its own resolution, since there is nothing more to see.
_SIZE, _SMALL, _BEYOND = 160.0, 110.0, 2.0

# Maximum number of insets: at the preset normal, each takes from a tenth to a third of the time of all else.
_MOST = 12

_ITERATIONS = 16

# Minimum of a face that a layer covers if it is painted again, as a fraction, and in pixels of the inset: two positions
# of the deepest layer. A sliver of a face that is kept cannot carry a style.
_COVERED, _LEAST = 1 / 3, 2 * 16**2

# Width of what is painted again around a face, and of its soft edge, as fractions of the face's size; and of what the
# network sees around that, in pixels of the inset.
_AROUND, _SOFT, _HALO = 0.15, 0.2, 32


@dataclass(frozen=True)
class Inset:
    """The surroundings of a face: a problem of its own, and where they lie in the crop, with their alpha (h, w)."""

    problem: Problem
    box: Box
    alpha: np.ndarray


def insets_of(problem: Problem) -> list[Inset]:
    """Return an inset for each face that is too small to be painted well, the largest first.

    Parameters
    ----------
    problem : Problem
        Problem with its faces.
    """
    small = [face for face in problem.faces if masks.size(face) < _SMALL]
    if not small:
        return []
    own = problem.own()
    found = (_inset(problem, own, face) for face in small)
    return list(islice((inset for inset in found if inset), _MOST))


def _inset(problem: Problem, own: np.ndarray, face: Face) -> Inset | None:
    """Return the inset of a face, given the crop at its own resolution; None if the face is in no region."""
    whole = face.moved((0, 0), 1 / problem.scale)
    size = masks.size(whole)
    scale = min(_SIZE / size, _BEYOND)
    margin = (_AROUND + _SOFT / 2) * size + _HALO / scale
    box = padded(masks.box_of(whole.points), math.ceil(margin), (own.shape[0], own.shape[1]))
    here = whole.moved((box[1], box[0]), 1)
    inside = box[2] - box[0], box[3] - box[1]
    oval = masks.drawn([(_around(here, _AROUND * size), _SOFT * size)], inside)
    own_oval = masks.ovals([here], inside)
    least = max(_COVERED * own_oval.sum(), _LEAST / scale**2)
    parts = [
        replace(part, region=part.region[slices(box)], mask=np.minimum(part.mask[slices(box)], oval))
        for part in problem.parts
        if (part.mask[slices(box)] * own_oval).sum() >= least
    ]
    if not parts:
        return None
    height, width = (round(side * scale) for side in inside)
    content = resized(own[slices(box)], height, width, cubic=True).clip(0, 1)
    # It starts from the picture as painted. Over a mask this small, only areas can be compared.
    recipe = problem.recipe.model_copy(update={"start": "photo", "mask_mode": "area"})
    one = replace(
        problem,
        recipe=recipe,
        crop=problem.crop.cut(box),
        content=content,
        parts=tuple(parts),
        scale=scale,
        finest=1.0,
        faces=(here.moved((0, 0), scale),),
    )
    return Inset(one, box, oval)


def _around(face: Face, width: float) -> np.ndarray:
    """Return the outline of a face, farther out by a width in pixels."""
    outline = face.points[list(masks.OVAL)]
    center = outline.mean(0)
    away = outline - center
    outer: np.ndarray = center + away * (1 + width / np.linalg.norm(away, axis=1, keepdims=True))
    return outer


def with_insets(
    optimization: Optimization,
    levels: Sequence[Level],
    main: Iterator[Step],
    insets: Sequence[Inset],
    objective: Callable[[Optimization, Level, Tensor], Objective],
) -> Iterator[Step]:
    """Yield the steps of a run, and then those of its insets.

    Parameters
    ----------
    optimization : Optimization
        That of the run.
    levels : sequence of Level
        Its levels.
    main : iterator of Step
        Its steps.
    insets : sequence of Inset
        See `insets_of`.
    objective : callable
        Makes the objective of a problem and a level, and of what surrounds the regions.

    Yields
    ------
    Step
        The state of those of the insets is that at the end of the run: insets are painted again when it is resumed.
    """
    later = [
        Level(number, inset.problem.content.shape[0], inset.problem.content.shape[1], 1.0, _ITERATIONS)
        for number, inset in enumerate(insets, start=len(levels) + 1)
    ]
    work = [level.height * level.width * level.iterations for level in (*levels, *later)]
    last: Step | None = None
    share = sum(work[: len(levels)]) / sum(work)
    for last in main:
        yield replace(last, levels=len(work), done=last.done * share)
    if last is None:
        return
    picture = optimization.problem.enlarged(last.working_picture())
    for number, (inset, level) in enumerate(zip(insets, later, strict=True), start=len(levels)):
        before, seconds, snapshot = sum(work[:number]), last.seconds, last.snapshot
        for step in _painted(optimization, inset, level, picture, objective):
            last = replace(
                step,
                levels=len(work),
                seconds=seconds + step.seconds,
                done=(before + step.done * work[number]) / sum(work),
                snapshot=snapshot,
                render=partial(_laid, picture, inset, step.render),
            )
            yield last
        picture = last.working_picture()


def _painted(
    optimization: Optimization,
    inset: Inset,
    level: Level,
    picture: np.ndarray,
    objective: Callable[[Optimization, Level, Tensor], Objective],
) -> Iterator[Step]:
    """Paint an inset, from the picture as it is."""
    own = Optimization(inset.problem, optimization.statistics)
    content = inset.problem.content
    part = picture[slices(inset.box)]
    at_work = optimization.problem.scale / inset.problem.scale
    small = resized(part, *(max(1, round(side * at_work)) for side in content.shape[:2]))
    start = own.tensor(blend.enlarge(small, content, detail=1.0))
    around = own.tensor(resized(part, *content.shape[:2], cubic=True).clip(0, 1))
    return own.paint([level], lambda level: objective(own, level, around), None, enter=lambda level, _: start)


def _laid(picture: np.ndarray, inset: Inset, render: Callable[[], np.ndarray]) -> np.ndarray:
    """Lay an inset into the picture of the crop."""
    box = slices(inset.box)
    painted = resized(render(), *inset.alpha.shape, cubic=True).clip(0, 1)
    found = picture.copy()
    found[box] += inset.alpha[..., None] * (painted - found[box])
    return found
