"""L-BFGS or Adam over the free pixels, coarse to fine, as a stream of `Step` records."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from torch import Tensor

from sfumato.compute.pace import Pace
from sfumato.optimize.descent import Descent, Optimizer
from sfumato.optimize.objective import Objective
from sfumato.optimize.parameterization import Parameterization, Pixels
from sfumato.optimize.pyramid import Level
from sfumato.optimize.step import Step

__all__ = ["Optimizer", "ParameterizationAt", "optimize"]

# Makes a parameterization of a level, its objective, and the parameterization of the previous level, if any.
ParameterizationAt = Callable[[Level, Objective, Parameterization | None], Parameterization]


def optimize(
    levels: Sequence[Level],
    objective_at: Callable[[Level], Objective],
    start: Tensor,
    *,
    enter: Callable[[Level, Tensor], Tensor] | None = None,
    parameterization_at: ParameterizationAt | None = None,
    optimizer: Optimizer = "lbfgs",
    learning_rate: float = 1.0,
    tolerance: float = 0.0,
    resume: Mapping[str, Any] | None = None,
) -> Iterator[Step]:
    """Minimize an objective over the pixels of a picture, coarse to fine.

    Only pixels where a region's mask is above 0 are optimized, unless another parameterization is given; all others are
    the photo's at every level.

    Parameters
    ----------
    levels : sequence of Level
        Coarsest first.
    objective_at : callable
        Builds the objective of a level; called once for each level, when it begins.
    start : Tensor (1, 3, H, W)
        Picture to start from, RGB in [0, 1], of any size.
    enter : callable, optional
        Turns the picture of the previous level (`start` for the first) into the start of a level; resizes by default.
    parameterization_at : callable, optional
        Makes the parameterization of a level, given the previous one; by default the pixels are optimized.
    optimizer : {"lbfgs", "adam"}
        L-BFGS needs fewer steps, Adam less memory.
    learning_rate : float
        Step length: a factor of the quasi-Newton step, or Adam's step per pixel value.
    tolerance : float
        See `Guard`.
    resume : mapping, optional
        ``Step.state()`` of an earlier run with the same arguments; continues after that step.

    Yields
    ------
    Step
        One for each evaluation.

    Raises
    ------
    SfumatoError
        If the loss at the very start is not a number.
    """
    began = time.perf_counter() - (resume["seconds"] if resume else 0.0)
    work = [level.iterations * level.height * level.width for level in levels]
    parameterization: Parameterization | None = None
    pace = Pace()
    for index, level in enumerate(levels):
        if resume and level.number < resume["level"]:
            continue
        with pace.level():
            picture = start if parameterization is None else parameterization.show(parameterization.values)
            if enter is not None and parameterization_at is None:
                picture = enter(level, picture)
            # After `enter`: an objective may depend on the picture that its level starts from.
            objective = objective_at(level)
            if parameterization_at is None:
                parameterization = Pixels(objective.photo, objective.union, picture)
            else:
                parameterization = parameterization_at(level, objective, parameterization)
            descent = Descent(objective, parameterization, optimizer, learning_rate, tolerance)
        first = 1
        if resume:
            descent.load(resume)
            first = resume["iteration"] + 1
            resume = None
            if level is levels[-1]:
                # A run that had already finished yields its last step once more.
                first = min(first, level.iterations)
        for iteration in range(first, level.iterations + 1):
            with pace.step():
                terms, note = descent.evaluate()
                last = iteration == level.iterations or descent.finished
                if not last:
                    descent.step()
            if last and not note and iteration < level.iterations:
                note = "no more to gain at this size"
            before = sum(work[:index])
            now = {"level": level.number, "iteration": level.iterations if last else iteration}
            yield Step(
                level=level.number,
                levels=len(levels),
                iteration=iteration,
                iterations=level.iterations,
                shape=(level.height, level.width),
                loss=sum(terms.values()),
                terms=terms,
                seconds=time.perf_counter() - began,
                done=(before + work[index] * now["iteration"] / level.iterations) / sum(work),
                note=note,
                render=partial(parameterization.render, descent.best),
                snapshot=partial(descent.state, {**now, "seconds": time.perf_counter() - began}),
            )
            if last:
                break
        parameterization.values = descent.best
