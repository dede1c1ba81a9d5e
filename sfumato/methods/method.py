"""The interface of a method: prepare a problem, paint it, and name the network files for both."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sfumato.compute.device import Machine
from sfumato.images import Picture
from sfumato.methods.problem import Problem
from sfumato.optimize import Step

__all__ = ["Method"]


@dataclass(frozen=True)
class Method:
    """A way to restyle.

    Attributes
    ----------
    prepare : callable (recipe, photo, machine, folder) -> Problem
        Evaluates regions and loads what the recipe names; refuses what cannot be used.
    paint : callable (problem, state) -> iterator of Step
        Paints, from the start or from the state of a step.
    needs : callable (recipe, folder) -> set of str
        Names the network files that both need, so that they can be fetched beforehand.
    """

    prepare: Callable[[Any, Picture, Machine, Path | None], Problem]
    paint: Callable[[Any, dict[str, Any] | None], Iterator[Step]]
    needs: Callable[[Any, Path | None], set[str]]
