"""L-BFGS: directions of descent from the latest changes of values and gradient."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor

__all__ = ["LBFGS"]

# Minimum curvature of a pair that is kept. Below it, a change says nothing, or that the loss is not convex there.
_LEAST_CURVATURE = 1e-10


class LBFGS:
    """Limited-memory BFGS with a preconditioner, for one gradient a step.

    PyTorch's own has no preconditioner, and the first use of any of its optimizers imports a compiler, which takes
    longer than a draft's first steps.

    Parameters
    ----------
    pairs : int
        Maximum number of changes that are remembered.
    precondition : callable, optional
        Symmetric positive definite linear map of a gradient: what the inverse Hessian is before anything is known of
        it, up to a factor. The identity when left out.

    References
    ----------
    J. Nocedal, S. J. Wright, "Numerical Optimization", 2nd ed., algorithm 7.4 and eq. 7.20.

    Examples
    --------
    >>> import torch
    >>> steepness = torch.tensor([1.0, 100.0])
    >>> values, method = torch.ones(2), LBFGS(5)
    >>> for _ in range(8):
    ...     change = method.direction(steepness * values)
    ...     if method.steps == 0:
    ...         change = change / 100
    ...     values = values + change
    ...     method.took(change)
    >>> bool(values.abs().max() < 1e-3)
    True
    """

    def __init__(self, pairs: int, precondition: Callable[[Tensor], Tensor] | None = None) -> None:
        self.pairs, self._precondition = pairs, precondition or (lambda gradient: gradient)
        self.steps = 0
        # Each change, how it changed the gradient, and the product of both.
        self._kept: list[tuple[Tensor, Tensor, float]] = []
        self._scale = 1.0
        self._gradient: Tensor | None = None
        self._change: Tensor | None = None

    def direction(self, gradient: Tensor) -> Tensor:
        """Return the step to take, given the gradient at the values that the last step led to."""
        self._remember(gradient)
        found = -gradient
        factors = []
        for change, slope, curvature in reversed(self._kept):
            factors.append(_product(change, found) / curvature)
            found = found.sub(slope, alpha=factors[-1])
        found = self._precondition(found) * self._scale
        for change, slope, curvature in self._kept:
            found = found.add(change, alpha=factors.pop() - _product(slope, found) / curvature)
        if self._kept and _product(found, gradient) >= 0:
            # Rounding has made the curvature useless.
            self._kept, self._scale = [], 1.0
            return self._precondition(-gradient)
        return found

    def took(self, change: Tensor) -> None:
        """Note the change of the values that was made after `direction`."""
        self._change = change
        self.steps += 1

    def state(self) -> dict[str, Any]:
        """Return what is needed to go on, as tensors and numbers."""
        return {
            "steps": self.steps,
            "kept": list(self._kept),
            "scale": self._scale,
            "gradient": self._gradient,
            "change": self._change,
        }

    def load(self, state: Mapping[str, Any], device: torch.device | str = "cpu") -> None:
        """Go on from a state, with its tensors on a device."""
        self.steps, self._scale = state["steps"], state["scale"]
        self._kept = [(change.to(device), slope.to(device), product) for change, slope, product in state["kept"]]
        last = (state[name] for name in ("gradient", "change"))
        self._gradient, self._change = (None if each is None else each.to(device) for each in last)

    def _remember(self, gradient: Tensor) -> None:
        """Keep the last change with what it did to the gradient."""
        if self._gradient is not None and self._change is not None:
            slope = gradient - self._gradient
            curvature = _product(slope, self._change)
            if curvature > _LEAST_CURVATURE:
                self._kept = [*self._kept, (self._change, slope, curvature)][-self.pairs :]
                self._scale = curvature / _product(slope, self._precondition(slope))
        self._gradient, self._change = gradient.clone(), None


def _product(a: Tensor, b: Tensor) -> float:
    return float(a.flatten() @ b.flatten())
