"""L-BFGS or Adam over the free pixels, coarse to fine, as a stream of `Step` records."""

from __future__ import annotations

import copy
import dataclasses
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from sfumato.errors import SfumatoError
from sfumato.optimize.guard import Guard
from sfumato.optimize.objective import Objective
from sfumato.optimize.pyramid import Level
from sfumato.optimize.step import Step

__all__ = ["Optimizer", "optimize", "resize", "to_image"]

Optimizer = Literal["lbfgs", "adam"]

# Root mean square change of the free pixels, of values from 0 to 1.
_FIRST_STEP, _LONGEST_STEP = 0.02, 0.05

# Values that the pairs of curvature of L-BFGS may hold together: 400 MB.
_CURVATURE = 50_000_000


def optimize(
    levels: Sequence[Level],
    objective_at: Callable[[Level], Objective],
    start: Tensor,
    *,
    enter: Callable[[Level, Tensor], Tensor] | None = None,
    optimizer: Optimizer = "lbfgs",
    learning_rate: float = 1.0,
    tolerance: float = 0.0,
    resume: Mapping[str, Any] | None = None,
) -> Iterator[Step]:
    """Make the picture that the objective asks for.

    Only pixels where a region's mask is above 0 are unknowns; the others are the photo's at every level.

    Parameters
    ----------
    levels : sequence of Level
        Coarsest first.
    objective_at : callable
        Builds the objective of a level; called once per level, when it is reached.
    start : Tensor (1, 3, H, W)
        Where to begin, RGB in [0, 1], any size.
    enter : callable, optional
        Turns the picture of the level before (`start` at the first) into one of a level's size, from which the level
        begins; the default resizes.
    optimizer : {"lbfgs", "adam"}
        L-BFGS needs fewer steps; Adam less memory.
    learning_rate : float
        Step length: of the quasi-Newton step, or of Adam per pixel value.
    tolerance : float
        See `Guard`.
    resume : mapping, optional
        ``Step.state()`` of an earlier run with the same arguments; goes on after that step.

    Yields
    ------
    Step
        One for each evaluation.

    Raises
    ------
    SfumatoError
        If the loss is not a number at the very start.
    """
    began = time.perf_counter() - (resume["seconds"] if resume else 0.0)
    work = [level.iterations * level.height * level.width for level in levels]
    picture = start
    for index, level in enumerate(levels):
        if resume and level.number < resume["level"]:
            continue
        if enter is not None:
            picture = enter(level, picture)
        descent = _Descent(objective_at(level), picture, optimizer, learning_rate, tolerance)
        first = 1
        if resume:
            descent.load(resume)
            first = resume["iteration"] + 1
            resume = None
            if level is levels[-1]:
                # A run that was already at its end shows its last picture once more.
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
                size=(level.height, level.width),
                loss=sum(terms.values()),
                terms=terms,
                seconds=time.perf_counter() - began,
                done=(before + work[index] * now["iteration"] / level.iterations) / sum(work),
                note=note,
                render=partial(descent.render, descent.guard.best),
                snapshot=partial(descent.state, {**now, "seconds": time.perf_counter() - began}),
            )
            if last:
                break
        picture = descent.picture(descent.guard.best)


def resize(picture: Tensor, height: int, width: int) -> Tensor:
    """Resize a picture (1, C, H, W), antialiased when shrinking, and clip to [0, 1]."""
    if picture.shape[-2:] == (height, width):
        return picture
    resized = functional.interpolate(picture, size=(height, width), mode="bicubic", antialias=True, align_corners=False)
    return resized.clamp(0, 1)


def to_image(picture: Tensor) -> np.ndarray:
    """Return a picture (1, 3, H, W) as a float32 array (H, W, 3) clipped to [0, 1]."""
    array: np.ndarray = picture[0].clamp(0, 1).movedim(0, -1).contiguous().cpu().numpy()
    return array


class _Descent:
    """The free pixels of one level on their way down, with what watches over them."""

    def __init__(self, objective: Objective, start: Tensor, kind: Optimizer, rate: float, tolerance: float) -> None:
        photo = objective.photo
        self.objective, self.photo = objective, photo
        self.free = (objective.union > 0).expand_as(photo)
        self.pixels = resize(start, *photo.shape[-2:]).to(photo)[self.free].clone().requires_grad_()
        self.guard = Guard(tolerance=tolerance)
        self.kind = kind
        self.diverged = False
        self.begin(rate)

    def begin(self, rate: float) -> None:
        """Start the optimizer anew, with no memory of the slopes before."""
        self.rate = rate
        self.optimizer: torch.optim.Optimizer
        if self.kind == "lbfgs":
            # Ten pairs of curvature are enough, and fewer do where each takes hundreds of megabytes.
            pairs = max(3, min(10, _CURVATURE // self.pixels.numel()))
            # Steps are ours to stop, so torch's own criteria are switched off.
            self.optimizer = torch.optim.LBFGS(
                [self.pixels],
                lr=rate,
                max_iter=1,
                history_size=pairs,
                tolerance_grad=0.0,
                tolerance_change=0.0,
            )
        else:
            self.optimizer = torch.optim.Adam([self.pixels], lr=rate, betas=(0.9, 0.99))

    def evaluate(self) -> tuple[dict[str, float], str]:
        """Return the loss's terms here, and what the guard did about them; leave the slope in ``pixels.grad``."""
        picture = self.picture(self.pixels.detach()).requires_grad_()
        terms = self.objective.evaluate(picture)
        assert picture.grad is not None
        self.pixels.grad = picture.grad[self.free]
        self.loss = sum(terms.values())
        self.diverged = self.guard.diverged(self.loss)
        if not self.diverged:
            self.guard.keep(self.loss, self.pixels)
            return terms, ""
        if self.guard.best is None:
            raise SfumatoError(
                f"the loss is {self.loss} at the very start; check the weights, which may be far too large"
            )
        with torch.no_grad():
            self.pixels.copy_(self.guard.best)
        self.begin(self.rate / 2)
        return terms, f"the loss rose to {self.loss:.3g}; back to the best picture with smaller steps"

    @property
    def finished(self) -> bool:
        return self.guard.plateau or self.guard.exhausted

    def step(self) -> None:
        """Move the pixels; after a divergence they are back at the best picture, which comes first again."""
        if self.diverged:
            return
        if self.kind == "lbfgs":
            self._bounded_step()
        else:
            self.optimizer.step(lambda: self.loss)

    def _bounded_step(self) -> None:
        """Let L-BFGS take a step, and bring that to a sensible length.

        Its first step has no curvature to go by and is far too short, so that evaluations are spent on finding the
        scale of things; later ones may go much too far.
        """
        before = self.pixels.detach().clone()
        self.optimizer.step(lambda: self.loss)
        state = self.optimizer.state[self.pixels]
        with torch.no_grad():
            change = self.pixels - before
            length = float(change.square().mean().sqrt())
            wanted = _FIRST_STEP * self.rate if state["n_iter"] == 1 else min(length, _LONGEST_STEP)
            if length > 0 and wanted != length:
                self.pixels.copy_(before + change * (wanted / length))
                # From which the next step takes its curvature.
                state["t"] *= wanted / length

    def picture(self, pixels: Tensor | None) -> Tensor:
        assert pixels is not None
        return self.photo.masked_scatter(self.free, pixels)

    def render(self, pixels: Tensor | None) -> np.ndarray:
        return to_image(self.picture(pixels))

    def state(self, now: Mapping[str, Any]) -> dict[str, Any]:
        return {
            **now,
            "pixels": self.pixels.detach().clone(),
            "guard": dataclasses.asdict(self.guard),
            "optimizer": copy.deepcopy(self.optimizer.state_dict()),
            "rate": self.rate,
        }

    def load(self, state: Mapping[str, Any]) -> None:
        with torch.no_grad():
            self.pixels.copy_(state["pixels"])
        self.guard = Guard(**copy.deepcopy(state["guard"]))
        assert self.guard.best is not None
        self.guard.best = self.guard.best.to(self.pixels)
        self.begin(state["rate"])
        self.optimizer.load_state_dict(copy.deepcopy(state["optimizer"]))
