"""Painterly harmonization: repaint a pasted object to match its painting."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sfumato.methods.harmonize import patches, tones
from sfumato.methods.harmonize.prepare import HarmonizeProblem
from sfumato.optimize import Step
from sfumato.recipe import Harmonize

__all__ = ["paint"]


def paint(problem: HarmonizeProblem, state: dict[str, Any] | None = None) -> Iterator[Step]:
    """Harmonize the object of a problem in the way that its recipe asks for.

    Parameters
    ----------
    problem : HarmonizeProblem
        Problem to paint.
    state : dict, optional
        ``Step.state()`` of an earlier run on the same problem; goes on after that step.

    Yields
    ------
    Step
        One for each evaluation.
    """
    assert isinstance(problem.recipe, Harmonize)
    how = {"tones": tones.paint, "patches": patches.paint}[problem.recipe.matches]
    return how(problem, state)
