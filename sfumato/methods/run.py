"""A run in progress and its result, for every method; `steps` begins one."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import cast

import numpy as np

from sfumato import images
from sfumato.compute.device import Machine
from sfumato.errors import CheckpointError, collecting, warn
from sfumato.images import Picture
from sfumato.methods import fast, harmonize, localized, photoreal
from sfumato.methods.method import Method
from sfumato.methods.problem import Problem
from sfumato.methods.result import Result
from sfumato.methods.stamp import digest
from sfumato.optimize import Step, checkpoint
from sfumato.recipe import Recipe

__all__ = ["METHODS", "Result", "Run", "steps"]

#: The methods by their names in a recipe.
METHODS: Mapping[str, Method] = {
    "localized": localized.METHOD,
    "naive": localized.METHOD,
    "harmonize": harmonize.METHOD,
    "photo": photoreal.METHOD,
    "fast": fast.METHOD,
}


class Run(Iterator[Step]):
    """A run in progress: iterate over it for its steps, then ask for the result.

    Parameters
    ----------
    problem : Problem
        Problem to paint.
    folder : Path, optional
        Where the recipe's files were looked for before the current folder.
    checkpoint_path : Path, optional
        Where to save the state at intervals.
    checkpoint_every : float
        Length of these intervals in seconds.
    resume : bool
        Continue from the checkpoint.
    warnings : list of str, optional
        Warnings from the preparation of the problem.
    made_from : str, optional
        Hash of everything that determines the result, for the result.

    Attributes
    ----------
    problem : Problem
        Problem to paint.
    trace : list of Step
        The steps so far, without their pictures.
    warnings : list of str
        What the user should know so far.
    finished : bool
        Whether the run has reached its end.
    seconds_before : float
        Duration of the run before it was resumed.
    """

    def __init__(
        self,
        problem: Problem,
        *,
        folder: Path | None = None,
        checkpoint_path: Path | None = None,
        checkpoint_every: float = 10.0,
        resume: bool = False,
        warnings: list[str] | None = None,
        made_from: str | None = None,
    ) -> None:
        self.problem, self._folder, self._made_from = problem, folder, made_from
        self.trace: list[Step] = []
        self.warnings = [] if warnings is None else warnings
        self.finished = False
        self._path, self._every, self._saved = checkpoint_path, checkpoint_every, time.perf_counter()
        self._fingerprint = problem.fingerprint() if checkpoint_path else ""
        state = checkpoint.read(checkpoint_path, fingerprint=self._fingerprint) if resume and checkpoint_path else None
        self.seconds_before = float(state.get("seconds", 0.0)) if state else 0.0
        self._steps = METHODS[problem.recipe.method].paint(problem, state)
        self._last: Step | None = None
        self._cancelled = False

    def __next__(self) -> Step:
        if self._cancelled:
            raise StopIteration
        with collecting(self.warnings):
            try:
                step = next(self._steps)
            except StopIteration:
                self.finished = True
                raise
            if step.note.startswith("the loss"):
                warn(f"at {step.shape[1]}×{step.shape[0]}, iteration {step.iteration}: {step.note}")
        self._last = step
        self.trace.append(replace(step, render=_forgotten, snapshot=dict))
        if self._path and time.perf_counter() - self._saved > self._every:
            self.save_checkpoint()
        return replace(step, compose=lambda picture: self.problem.compose(picture).rgb())

    def cancel(self) -> None:
        """Stop after the current step; `result` then holds the best picture so far."""
        self._cancelled = True

    def save_checkpoint(self) -> None:
        """Save the state after the current step, so that the run can be resumed later."""
        if self._path and self._last is not None:
            checkpoint.write(self._path, self._last.state(), fingerprint=self._fingerprint)
            self._saved = time.perf_counter()

    def working_picture(self) -> np.ndarray:
        """Return the best picture of the crop so far, before it is put back, float32 (h, w, 3)."""
        return self.problem.content if self._last is None else self._last.working_picture()

    def preview(self) -> Picture:
        """Return the photo with the best picture so far put back into it."""
        return self.problem.photo if self._last is None else self.problem.compose(self._last.working_picture())

    def result(self) -> Result:
        """Return the result; before the end, with the best picture so far."""
        top, left, bottom, right = self.problem.crop.box
        alpha = np.zeros(self.problem.photo.shape, np.float32)
        picture = self.problem.photo
        if self._last is not None:
            picture, alpha[top:bottom, left:right] = self.problem.blended(self._last.working_picture())
        trace, notes = tuple(self.trace), tuple(self.warnings)
        return Result(picture, alpha, trace, self.problem.recipe, notes, self.finished, self._folder, self._made_from)


def steps(
    recipe: Recipe,
    photo: images.Given,
    *,
    pictures: Mapping[str, images.Given] | None = None,
    folder: str | Path | None = None,
    device: str = "auto",
    precision: str = "auto",
    checkpoint_path: str | Path | None = None,
    resume: bool = False,
) -> Run:
    """Restyle a photo step by step.

    Parameters
    ----------
    recipe : Recipe
        What to do.
    photo : path, PIL.Image.Image, ndarray or Picture
        Photo to restyle.
    pictures : mapping of str to path, PIL.Image.Image, ndarray or Picture, optional
        Pictures in memory that the recipe names in place of files, as styles, masks or label maps.
    folder : path, optional
        Where to look for the recipe's files, before the current folder.
    device : str
        "auto", "cpu", "cuda" or "cuda:1".
    precision : str
        Precision of the network: "auto", "float32" or "bfloat16".
    checkpoint_path : path, optional
        Save the state there every ten seconds.
    resume : bool
        Continue from that checkpoint.

    Returns
    -------
    Run
        An iterator of `Step`; ``Run.result()`` gives the picture at any time.

    Raises
    ------
    InputError
        If the photo, a style, a region or the recipe cannot be used.
    ModelError, DeviceError, CheckpointError
        If a network file cannot be fetched, the device is not available, or the checkpoint cannot be used.

    Examples
    --------
    >>> run = steps(recipe, "photo.jpg")  # doctest: +SKIP
    >>> for step in run:  # doctest: +SKIP
    ...     print(step.level, step.iteration, step.loss)
    >>> run.result().save("out.png")  # doctest: +SKIP
    """
    if resume and checkpoint_path is None:
        raise CheckpointError("there is nothing to resume from: give a checkpoint's path as well")
    machine = Machine.choose(device, precision)
    place = Path(folder) if folder is not None else None
    warnings: list[str] = []
    # Before anything is read: a file that changes meanwhile makes the stamp wrong, and the picture is made again.
    is_file = isinstance(photo, str | os.PathLike) and not pictures
    made_from = digest(recipe, Path(cast("str", photo)), place) if is_file else None
    with collecting(warnings), images.named(pictures or {}):
        problem = METHODS[recipe.method].prepare(recipe, images.as_picture(photo), machine, place)
    path = Path(checkpoint_path) if checkpoint_path else None
    return Run(problem, folder=place, checkpoint_path=path, resume=resume, warnings=warnings, made_from=made_from)


def _forgotten() -> np.ndarray:
    raise RuntimeError("the steps in a trace have no pictures; ask a step for its picture during the run")
