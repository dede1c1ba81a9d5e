"""The record of one step of a training."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["TrainingStep"]


@dataclass(frozen=True)
class TrainingStep:
    """The record of one step.

    Attributes
    ----------
    step, steps : int
        Which step, counted from 1, of how many.
    loss : float
        The sum of `terms`.
    terms : mapping of str to float
        What content, style, smoothness and the rest contribute.
    seconds : float
        Since the training began, time before a resume included.
    """

    step: int
    steps: int
    loss: float
    terms: Mapping[str, float]
    seconds: float

    @property
    def done(self) -> float:
        """Fraction of the work that is behind, from 0 to 1."""
        return self.step / self.steps
