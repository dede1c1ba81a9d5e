"""The record that an optimization yields after each evaluation; progress, traces and checkpoints are made from it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

__all__ = ["Step"]


@dataclass(frozen=True)
class Step:
    """One evaluation of the loss.

    Attributes
    ----------
    level, levels : int
        Number of the current level, from 1 (the coarsest), and of the last.
    iteration, iterations : int
        Number of this evaluation at its level, from 1, and the maximum.
    shape : (int, int)
        Height and width of this level, in pixels.
    loss : float
        The sum of `terms`.
    terms : mapping of str to float
        Contribution of the content, of each style and of the total variation.
    seconds : float
        Time since the start, including the time before a resume.
    done : float
        Fraction of the expected work that is done, from 0 to 1.
    note : str
        What the divergence guard or the plateau rule did; empty if nothing.
    """

    level: int
    levels: int
    iteration: int
    iterations: int
    shape: tuple[int, int]
    loss: float
    terms: Mapping[str, float]
    seconds: float
    done: float
    note: str = ""
    render: Callable[[], np.ndarray] = field(repr=False, compare=False, default=lambda: np.zeros(0))
    snapshot: Callable[[], dict[str, Any]] = field(repr=False, compare=False, default=dict)
    compose: Callable[[np.ndarray], np.ndarray] = field(repr=False, compare=False, default=lambda picture: picture)

    @property
    def seconds_left(self) -> float:
        """Expected seconds to the end, at the pace so far."""
        return self.seconds * (1 - self.done) / max(self.done, 1e-6)

    def working_picture(self) -> np.ndarray:
        """Return the best picture so far of the part that is worked on, as painted, float32 (h, w, 3) in [0, 1]."""
        return self.render()

    def full_picture(self) -> np.ndarray:
        """Return the whole photo with the best picture so far put back into it, float32 (H, W, 3) in [0, 1]."""
        return self.compose(self.render())

    def state(self) -> dict[str, Any]:
        """Return what is needed to continue from here; see `sfumato.optimize.checkpoint`."""
        return self.snapshot()
