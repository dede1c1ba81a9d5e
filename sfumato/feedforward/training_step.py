"""The record of a training step."""

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
        Number of the step, from 1, and the number of all steps.
    loss : float
        The sum of `terms`.
    terms : mapping of str to float
        Contributions of the content, the style, the total variation and so on.
    seconds : float
        Time since the start of the training, including the time before a resume.
    """

    step: int
    steps: int
    loss: float
    terms: Mapping[str, float]
    seconds: float

    @property
    def done(self) -> float:
        """Fraction of the work that is done, from 0 to 1."""
        return self.step / self.steps
