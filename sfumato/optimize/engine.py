"""L-BFGS or Adam over the free pixels, coarse to fine, as a stream of `Step` records."""

from __future__ import annotations

import copy
import dataclasses
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Literal

import torch
from torch import Tensor

from sfumato.errors import SfumatoError
from sfumato.optimize.guard import Guard
from sfumato.optimize.objective import Objective
from sfumato.optimize.parameterization import Parameterization, Pixels
from sfumato.optimize.pyramid import Level
from sfumato.optimize.step import Step

__all__ = ["Optimizer", "ParameterizationAt", "optimize"]

Optimizer = Literal["lbfgs", "adam"]

# Makes a parameterization of a level, its objective, and the parameterization of the previous level, if any.
ParameterizationAt = Callable[[Level, Objective, Parameterization | None], Parameterization]

# Length of the first step and maximum length of all: root mean square change of the free pixels, in [0, 1].
_FIRST_STEP, _LONGEST_STEP = 0.02, 0.05

# Maximum number of values in all curvature pairs of L-BFGS, which take 8 bytes each: 400 MB.
_CURVATURE = 50_000_000


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
    for index, level in enumerate(levels):
        if resume and level.number < resume["level"]:
            continue
        picture = start if parameterization is None else parameterization.show(parameterization.values)
        if enter is not None and parameterization_at is None:
            picture = enter(level, picture)
        # After `enter`: an objective may depend on the picture that its level starts from.
        objective = objective_at(level)
        if parameterization_at is None:
            parameterization = Pixels(objective.photo, objective.union, picture)
        else:
            parameterization = parameterization_at(level, objective, parameterization)
        descent = _Descent(objective, parameterization, optimizer, learning_rate, tolerance)
        first = 1
        if resume:
            descent.load(resume)
            first = resume["iteration"] + 1
            resume = None
            if level is levels[-1]:
                # A run that had already finished yields its last step once more.
                first = min(first, level.iterations)
        for iteration in range(first, level.iterations + 1):
            terms, note = descent.evaluate()
            last = iteration == level.iterations or descent.finished
            if last and not note and iteration < level.iterations:
                note = "no more to gain at this size"
            if not last:
                descent.step()
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


class _Descent:
    """The descent of one level: its values, optimizer and guard."""

    def __init__(
        self, objective: Objective, parameterization: Parameterization, kind: Optimizer, rate: float, tolerance: float
    ) -> None:
        self.objective, self.parameterization = objective, parameterization
        self.values = parameterization.values.clone().requires_grad_()
        self.guard = Guard(tolerance=tolerance)
        self.kind = kind
        self.diverged = False
        self.begin(rate)

    def begin(self, rate: float) -> None:
        """Restart the optimizer without a memory of earlier gradients."""
        self.rate = rate
        self.optimizer: torch.optim.Optimizer
        if self.kind == "lbfgs":
            # Ten curvature pairs are enough; fewer will do where each takes hundreds of megabytes.
            pairs = max(3, min(10, _CURVATURE // self.values.numel()))
            # The guard decides when to stop, so torch's own criteria are switched off.
            self.optimizer = torch.optim.LBFGS(
                [self.values],
                lr=rate,
                max_iter=1,
                history_size=pairs,
                tolerance_grad=0.0,
                tolerance_change=0.0,
            )
        else:
            self.optimizer = torch.optim.Adam([self.values], lr=rate, betas=(0.9, 0.99))

    def evaluate(self) -> tuple[dict[str, float], str]:
        """Return the terms of the loss and a note on what the guard did; leave the gradient in ``values.grad``."""
        self.values.grad = None
        shown = self.parameterization.show(self.values)
        picture = shown.detach().requires_grad_()
        terms = self.objective.evaluate(picture)
        torch.autograd.backward(shown, picture.grad)
        for name, penalty in self.parameterization.penalties(self.values).items():
            torch.autograd.backward(penalty)
            terms[name] = float(penalty.detach())
        self.loss = sum(terms.values())
        self.diverged = self.guard.diverged(self.loss)
        if not self.diverged:
            self.guard.keep(self.loss, self.values)
            return terms, ""
        if self.guard.best is None:
            raise SfumatoError(
                f"the loss is {self.loss} at the very start; check the weights, which may be far too large"
            )
        with torch.no_grad():
            self.values.copy_(self.guard.best)
        self.begin(self.rate / 2)
        return terms, f"the loss rose to {self.loss:.3g}; back to the best picture with smaller steps"

    @property
    def best(self) -> Tensor:
        """The values of the lowest loss so far."""
        assert self.guard.best is not None
        return self.guard.best

    @property
    def finished(self) -> bool:
        return self.guard.plateau or self.guard.exhausted

    def step(self) -> None:
        """Take a step, unless the loss diverged: then the best picture, just restored, is evaluated first."""
        if self.diverged:
            return
        if self.kind == "lbfgs":
            self._bounded_step()
        else:
            self.optimizer.step(lambda: self.loss)

    def _bounded_step(self) -> None:
        """Take an L-BFGS step and limit its length.

        The first step, without curvature, is far too short and would waste evaluations on finding the scale; later ones
        may be much too long.
        """
        before = self.values.detach().clone()
        self.optimizer.step(lambda: self.loss)
        state = self.optimizer.state[self.values]
        with torch.no_grad():
            change = self.values - before
            length = self.parameterization.length(change)
            wanted = _FIRST_STEP * self.rate if state["n_iter"] == 1 else min(length, _LONGEST_STEP)
            if length > 0 and wanted != length:
                self.values.copy_(before + change * (wanted / length))
                # L-BFGS computes the next curvature pair from this step length.
                state["t"] *= wanted / length

    def state(self, now: Mapping[str, Any]) -> dict[str, Any]:
        return {
            **now,
            "values": self.values.detach().clone(),
            "guard": dataclasses.asdict(self.guard),
            "optimizer": copy.deepcopy(self.optimizer.state_dict()),
            "rate": self.rate,
        }

    def load(self, state: Mapping[str, Any]) -> None:
        with torch.no_grad():
            self.values.copy_(state["values"])
        self.guard = Guard(**copy.deepcopy(state["guard"]))
        assert self.guard.best is not None
        self.guard.best = self.guard.best.to(self.values)
        self.begin(state["rate"])
        self.optimizer.load_state_dict(copy.deepcopy(state["optimizer"]))
