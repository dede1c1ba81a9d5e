"""Divergence guard and plateau rule: when to go back, and when to stop.

Photo Style Transfer §4 reports losses that "suddenly increased to a huge value". Here the best picture is kept, a
loss that explodes sends the optimizer back to it with smaller steps, and a level that gets no better is left early.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from torch import Tensor

__all__ = ["Guard"]

# Of a loss that is 1 where there is nothing of the style. A rise of no more is no explosion, whatever the factor: where
# photo and style are nearly alike, rounding alone can multiply what little is left.
_SMALL = 1e-3


@dataclass
class Guard:
    """Watch the losses of one level.

    Parameters
    ----------
    explosion : float
        A loss this many times the best one, or one that is no number, is a divergence.
    retreats : int
        How often to go back before the level is given up.
    tolerance : float
        Least relative improvement over `window` evaluations; below it the level is done. 0 never stops.
    window : int
        In evaluations.
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
        """Tell whether this loss is one to go back from; counts the retreats."""
        if math.isfinite(loss) and loss <= self.explosion * self.best_loss + _SMALL:
            return False
        self.count += 1
        return True

    @property
    def exhausted(self) -> bool:
        """Whether going back has been tried often enough."""
        return self.count > self.retreats

    def keep(self, loss: float, pixels: Tensor) -> None:
        """Keep a copy of the pixels if their loss is the lowest so far."""
        if loss < self.best_loss:
            self.best_loss, self.best = loss, pixels.detach().clone()
        self.bests.append(self.best_loss)

    @property
    def plateau(self) -> bool:
        """Whether the last `window` evaluations brought less than `tolerance`."""
        if self.tolerance <= 0 or len(self.bests) <= self.window:
            return False
        before = self.bests[-1 - self.window]
        return before - self.best_loss < self.tolerance * before
