"""The descent of one level: values, an optimizer, and a guard against divergence."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Mapping
from typing import Any, Literal

import torch
from torch import Tensor

from sfumato.errors import SfumatoError
from sfumato.optimize.guard import Guard
from sfumato.optimize.lbfgs import LBFGS
from sfumato.optimize.objective import Objective
from sfumato.optimize.parameterization import Parameterization

__all__ = ["Descent", "Optimizer"]

Optimizer = Literal["lbfgs", "adam"]

# Length of the first step and maximum length of all: root mean square change of the free pixels, in [0, 1].
_FIRST_STEP, _LONGEST_STEP = 0.02, 0.05

# Maximum number of values in all curvature pairs of L-BFGS, which take 8 bytes each: 400 MB.
_CURVATURE = 50_000_000


class Descent:
    """The descent of one level: its values, optimizer and guard.

    Parameters
    ----------
    objective : Objective
        What to minimize.
    parameterization : Parameterization
        The values that are optimized, and where to start.
    kind : {"lbfgs", "adam"}
        The optimizer.
    rate : float
        Step length: a factor of the quasi-Newton step, or Adam's step.
    tolerance : float
        See `Guard`.
    """

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
        self.optimizer: LBFGS | torch.optim.Adam
        if self.kind == "lbfgs":
            # Ten curvature pairs are enough; fewer will do where each takes hundreds of megabytes.
            pairs = max(3, min(10, _CURVATURE // self.values.numel()))
            self.optimizer = LBFGS(pairs, self.parameterization.precondition)
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
        """Whether there is no more to gain."""
        return self.guard.plateau or self.guard.exhausted

    def step(self) -> None:
        """Take a step, unless the loss diverged: then the best picture, just restored, is evaluated first."""
        if self.diverged:
            return
        if isinstance(self.optimizer, LBFGS):
            self._bounded_step(self.optimizer)
        else:
            self.optimizer.step(lambda: self.loss)

    @torch.no_grad()
    def _bounded_step(self, optimizer: LBFGS) -> None:
        """Take an L-BFGS step of limited length.

        The first direction, without curvature, has no scale of its own; later steps may be much too long.
        """
        assert self.values.grad is not None
        change = optimizer.direction(self.values.grad) * self.rate
        length = self.parameterization.length(change)
        wanted = _FIRST_STEP * self.rate if optimizer.steps == 0 else min(length, _LONGEST_STEP)
        if length > 0:
            change *= wanted / length
        self.values += change
        optimizer.took(change)

    def state(self, now: Mapping[str, Any]) -> dict[str, Any]:
        """Return what is needed to go on from here, with `now`, the number of level and iteration."""
        return {
            **now,
            "values": self.values.detach().clone(),
            "guard": dataclasses.asdict(self.guard),
            "optimizer": copy.deepcopy(
                self.optimizer.state() if isinstance(self.optimizer, LBFGS) else self.optimizer.state_dict()
            ),
            "rate": self.rate,
        }

    def load(self, state: Mapping[str, Any]) -> None:
        """Go on from a state."""
        with torch.no_grad():
            self.values.copy_(state["values"])
        self.guard = Guard(**copy.deepcopy(state["guard"]))
        assert self.guard.best is not None
        self.guard.best = self.guard.best.to(self.values)
        self.begin(state["rate"])
        saved = copy.deepcopy(state["optimizer"])
        if isinstance(self.optimizer, LBFGS):
            self.optimizer.load(saved, self.values.device)
        else:
            self.optimizer.load_state_dict(saved)
