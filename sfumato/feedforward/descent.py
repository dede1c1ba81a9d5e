"""Steps of Adam in half precision, for the training of a network."""

from __future__ import annotations

import copy
import math
from collections.abc import Iterable, Mapping
from typing import Any

import torch
from torch import Tensor

__all__ = ["Descent"]


class Descent:
    """Adam with loss scaling, which skips steps whose gradient is not finite.

    Parameters
    ----------
    parameters : iterable of Parameter
        Parameters to optimize.
    learning_rate : float
        Step length. It is constant, so that no step depends on the number of steps.
    device : str
        "cpu" or "cuda".

    Attributes
    ----------
    half : bool
        Whether the network should compute in half precision: on "cuda" only.
    failures : int
        Number of successive skipped steps.
    """

    def __init__(self, parameters: Iterable[torch.nn.Parameter], learning_rate: float, device: str) -> None:
        self.half, self.failures = device == "cuda", 0
        self._parameters = list(parameters)
        self._optimizer = torch.optim.Adam(self._parameters, lr=learning_rate)
        self._scaler = torch.amp.GradScaler(device, enabled=self.half, init_scale=2.0**10)

    def step(self, loss: Tensor) -> int:
        """Do a step, or skip it if the gradient is not finite; return the number of successive skipped steps."""
        self._optimizer.zero_grad(set_to_none=True)
        torch.autograd.backward(self._scaler.scale(loss))
        self._scaler.unscale_(self._optimizer)
        norm = torch.nn.utils.clip_grad_norm_(self._parameters, math.inf)  # measures without clipping
        if torch.isfinite(norm):
            self._scaler.step(self._optimizer)
            self.failures = 0
        else:
            self.failures += 1
        self._scaler.update()
        return self.failures

    def state(self) -> dict[str, Any]:
        """Return what `load` needs to continue; not a copy."""
        return {
            "failures": self.failures,
            "optimizer": self._optimizer.state_dict(),
            "scaler": self._scaler.state_dict(),
        }

    def load(self, state: Mapping[str, Any]) -> None:
        """Continue from a state."""
        self.failures = state["failures"]
        self._optimizer.load_state_dict(copy.deepcopy(state["optimizer"]))  # it keeps and changes the dictionary
        if state["scaler"]:  # empty after a training on a CPU
            self._scaler.load_state_dict(state["scaler"])
