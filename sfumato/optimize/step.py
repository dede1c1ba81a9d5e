"""The record that a running optimization yields: everything that watches it reads these."""

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
        Which size, counted from 1 (coarsest), of how many.
    iteration, iterations : int
        Which evaluation at this level, counted from 1, of at most how many.
    size : (int, int)
        Height and width worked at, in pixels.
    loss : float
        The sum of `terms`.
    terms : mapping of str to float
        What content, each style and smoothness contribute.
    seconds : float
        Since the optimization began, time before a resume included.
    done : float
        Fraction of the expected work that is behind, from 0 to 1.
    note : str
        What the divergence guard or the plateau rule did, else empty.
    """

    level: int
    levels: int
    iteration: int
    iterations: int
    size: tuple[int, int]
    loss: float
    terms: Mapping[str, float]
    seconds: float
    done: float
    note: str = ""
    render: Callable[[], np.ndarray] = field(repr=False, compare=False, default=lambda: np.zeros(0))
    snapshot: Callable[[], dict[str, Any]] = field(repr=False, compare=False, default=dict)

    @property
    def seconds_left(self) -> float:
        """Expected seconds to the end at the pace so far."""
        return self.seconds * (1 - self.done) / max(self.done, 1e-6)

    def picture(self) -> np.ndarray:
        """Return the best picture so far, at this size or the photo's own, float32 (H, W, 3) in [0, 1]."""
        return self.render()

    def state(self) -> dict[str, Any]:
        """Return what is needed to go on from here; see `sfumato.optimize.checkpoint`."""
        return self.snapshot()
