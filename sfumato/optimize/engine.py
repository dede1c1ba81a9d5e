"""L-BFGS or Adam over the free pixels, coarse to fine, as a stream of `Step` records."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
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

__all__ = ["Optimizer", "optimize", "resize"]

Optimizer = Literal["lbfgs", "adam"]


def optimize(
    levels: Sequence[Level],
    objective_at: Callable[[Level], Objective],
    start: Tensor,
    *,
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
        objective = objective_at(level)
        photo = objective.photo
        free = _free(objective).expand_as(photo)
        initial = resize(picture, level.height, level.width).to(photo)
        free_pixels = initial[free].clone().requires_grad_()
        update = _Update(free_pixels, optimizer, learning_rate)
        guard = Guard(tolerance=tolerance)
        first = 1
        if resume:
            first = resume["iteration"] + 1
            with torch.no_grad():
                free_pixels.copy_(resume["pixels"])
            guard.best, guard.best_loss = resume["best"].to(photo), resume["best_loss"]
            guard.count, guard._bests = resume["retreats"], list(resume["bests"])
            update.load(resume["optimizer"], resume["rate"])
            resume = None
        for iteration in range(first, level.iterations + 1):
            terms = update.evaluate(lambda: _evaluate(objective, free, free_pixels))
            loss, note = sum(terms.values()), ""
            diverged = guard.diverged(loss)
            if diverged:
                if guard.best is None:
                    raise SfumatoError(
                        f"the loss is {loss} at the very start; check the weights, which may be far too large"
                    )
                note = f"the loss rose to {loss:.3g}; back to the best picture with smaller steps"
                with torch.no_grad():
                    free_pixels.copy_(guard.best)
                update = _Update(free_pixels, optimizer, update.rate / 2)
            else:
                guard.keep(loss, free_pixels)
            last = iteration == level.iterations or guard.plateau or guard.exhausted
            if last and not diverged and iteration < level.iterations:
                note = "no more to gain at this size"
            if not last and not diverged:
                update.step()

            def state(
                level: Level = level, done: int = level.iterations if last else iteration
            ) -> dict[str, Any]:
                return {
                    "level": level.number,
                    "iteration": done,
                    "seconds": time.perf_counter() - began,
                    "pixels": free_pixels.detach(),
                    "best": guard.best,
                    "best_loss": guard.best_loss,
                    "bests": list(guard._bests),
                    "retreats": guard.count,
                    "optimizer": update.state(),
                    "rate": update.rate,
                }

            def render(pixels: Tensor | None = guard.best) -> np.ndarray:
                return to_image(photo.masked_scatter(free, pixels))

            spent = sum(work[:index]) + work[index] * iteration / level.iterations
            yield Step(
                level=level.number,
                levels=len(levels),
                iteration=iteration,
                iterations=level.iterations,
                size=(level.height, level.width),
                loss=loss,
                terms=terms,
                seconds=time.perf_counter() - began,
                done=(sum(work[: index + 1]) if last else spent) / sum(work),
                note=note,
                render=render,
                snapshot=state,
            )
            if last:
                break
        assert guard.best is not None
        picture = photo.masked_scatter(free, guard.best).clamp(0, 1)


def resize(picture: Tensor, height: int, width: int) -> Tensor:
    """Resize a picture (1, C, H, W), antialiased when shrinking, and clip to [0, 1]."""
    if picture.shape[-2:] == (height, width):
        return picture
    resized = functional.interpolate(
        picture, size=(height, width), mode="bicubic", antialias=True, align_corners=False
    )
    return resized.clamp(0, 1)


def to_image(picture: Tensor) -> np.ndarray:
    """Return a picture (1, 3, H, W) as a float32 array (H, W, 3) clipped to [0, 1]."""
    array: np.ndarray = picture[0].clamp(0, 1).movedim(0, -1).contiguous().cpu().numpy()
    return array


def _free(objective: Objective) -> Tensor:
    """Return which pixels are unknowns, bool (1, 1, H, W)."""
    return torch.stack([region.mask for region in objective.regions]).amax(0) > 0


def _evaluate(objective: Objective, free: Tensor, pixels: Tensor) -> dict[str, float]:
    """Return the loss's terms; leave its slope in ``pixels.grad``."""
    picture = objective.photo.masked_scatter(free, pixels.detach()).requires_grad_()
    terms = objective.evaluate(picture)
    assert picture.grad is not None
    pixels.grad = picture.grad[free]
    return terms


class _Update:
    """A torch optimizer taken apart into evaluation and step, so that a step can be withheld."""

    def __init__(self, pixels: Tensor, kind: Optimizer, rate: float) -> None:
        self.rate = rate
        self._optimizer: torch.optim.Optimizer
        if kind == "lbfgs":
            # Steps are ours to stop, so torch's own criteria are switched off; ten pairs of curvature are enough.
            self._optimizer = torch.optim.LBFGS(
                [pixels],
                lr=rate,
                max_iter=1,
                history_size=10,
                tolerance_grad=0.0,
                tolerance_change=0.0,
            )
        else:
            self._optimizer = torch.optim.Adam([pixels], lr=rate, betas=(0.9, 0.99))
        self._loss = 0.0

    def evaluate(self, closure: Callable[[], dict[str, float]]) -> dict[str, float]:
        terms = closure()
        self._loss = sum(terms.values())
        return terms

    def step(self) -> None:
        self._optimizer.step(lambda: self._loss)

    def state(self) -> dict[str, Any]:
        return self._optimizer.state_dict()

    def load(self, state: dict[str, Any], rate: float) -> None:
        self._optimizer.load_state_dict(state)
        self.rate = rate
