"""Divergence guard and plateau rule: when to go back, and when to stop.

Photo Style Transfer §4 reports losses that "suddenly increased to a huge value". Here the best picture is kept: when
the loss explodes, the optimizer goes back to it with smaller steps. A level that stops improving ends early.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from torch import Tensor

__all__ = ["Guard"]

# Minimum rise of the loss that counts as an explosion, whatever the factor: where photo and style are nearly alike,
# rounding alone can multiply the tiny loss. A picture without any style has a loss of 1.
_SMALL = 1e-3


@dataclass
class Guard:
    """Watch the losses of one level.

    Parameters
    ----------
    explosion : float
        Factor of the best loss above which a loss is a divergence; a loss that is not a number always is.
    retreats : int
        Maximum number of divergences, after which the level ends.
    tolerance : float
        Minimum relative improvement over `window` evaluations; below it the level ends. 0 never ends it.
    window : int
        Number of evaluations; see `tolerance`.
    """

    explosion: float = 4.0
    retreats: int = 4
    tolerance: float = 0.0
    window: int = 10
    best: Tensor | None = None
    best_loss: float = math.inf
    count: int = 0
    bests: list[float] = field(default_factory=list)

    def diverged(self, loss: float) -> bool:
        """Tell whether a loss is a divergence, and count it."""
        if math.isfinite(loss) and loss <= self.explosion * self.best_loss + _SMALL:
            return False
        self.count += 1
        return True

    @property
    def exhausted(self) -> bool:
        """Whether the maximum number of divergences is reached."""
        return self.count > self.retreats

    def keep(self, loss: float, pixels: Tensor) -> None:
        """Keep a copy of the pixels if their loss is the lowest so far."""
        if loss < self.best_loss:
            self.best_loss, self.best = loss, pixels.detach().clone()
        self.bests.append(self.best_loss)

    @property
    def plateau(self) -> bool:
        """Whether the last `window` evaluations improved the loss by less than `tolerance`."""
        if self.tolerance <= 0 or len(self.bests) <= self.window:
            return False
        before = self.bests[-1 - self.window]
        return before - self.best_loss < self.tolerance * before
