"""A run in progress and its result, whatever the method: `steps` begins one, `stylize` drains it."""

from __future__ import annotations

import math
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from sfumato import images
from sfumato.compute.device import choose_device
from sfumato.errors import CheckpointError, SfumatoWarning
from sfumato.images import Picture
from sfumato.methods import fast, localized
from sfumato.methods.harmonize import paint as harmonize
from sfumato.methods.optimization import HALO
from sfumato.methods.photoreal import paint as photoreal
from sfumato.methods.prepare import prepare
from sfumato.methods.problem import Problem
from sfumato.methods.recipe_files import seen_from
from sfumato.optimize import Step, checkpoint
from sfumato.recipe import Recipe

__all__ = ["Result", "Run", "steps", "stylize"]

# What each method of a recipe does to a problem, from the start or from a checkpoint's state.
_METHODS: Mapping[str, Callable[[Any, dict[str, Any] | None], Iterator[Step]]] = {
    "localized": localized.paint,
    "naive": localized.paint,
    "harmonize": harmonize.paint,
    "fast": fast.paint,
    "photo": photoreal.paint,
}


@dataclass(frozen=True)
class Result:
    """A restyled picture and how it came about.

    Attributes
    ----------
    picture : Picture
        Equal to the photo, byte for byte, where `alpha` is 0.
    alpha : ndarray (H, W)
        How much of the styled picture shows at each pixel.
    trace : tuple of Step
        What was reported on the way, without the pictures.
    recipe : Recipe
        What made it.
    warnings : tuple of str
        What the user should know.
    finished : bool
        False when the run was cancelled before its end.
    folder : Path or None
        Where the recipe's files were looked for before the current folder.
    """

    picture: Picture
    alpha: np.ndarray = field(repr=False)
    trace: tuple[Step, ...] = field(repr=False)
    recipe: Recipe
    warnings: tuple[str, ...] = ()
    finished: bool = True
    folder: Path | None = field(default=None, repr=False)

    @property
    def best(self) -> Step:
        """The step whose picture this is: that of least loss at the last size, of those in `trace`."""
        return min((step for step in self.trace if step.level == self.trace[-1].level), key=_loss)

    def save(self, path: str | Path, *, overwrite: bool = False) -> None:
        """Write the picture, with the recipe inside, whose files are named as seen from the picture's folder.

        See `sfumato.images.save` for the formats and errors.
        """
        recipe = seen_from(self.recipe, Path(path).parent, self.folder)
        images.save(self.picture, path, recipe=recipe.to_toml(), overwrite=overwrite)


class Run(Iterator[Step]):
    """A run in progress: iterate over it for its steps, then ask for the result.

    Parameters
    ----------
    problem : Problem
        What is worked on.
    checkpoint_path : Path, optional
        Where to save the state now and then.
    checkpoint_every : float
        In seconds.
    resume : bool
        Go on from the checkpoint.
    folder : Path, optional
        Where the recipe's files were looked for before the current folder.

    Attributes
    ----------
    seconds_before : float
        How long the run had gone on before it was resumed.
    """

    def __init__(
        self,
        problem: Problem,
        *,
        folder: Path | None = None,
        checkpoint_path: Path | None = None,
        checkpoint_every: float = 10.0,
        resume: bool = False,
    ) -> None:
        self.problem, self._folder = problem, folder
        self.trace: list[Step] = []
        self.warnings: list[str] = []
        self.finished = False
        self._path, self._every, self._saved = checkpoint_path, checkpoint_every, time.perf_counter()
        self._fingerprint = problem.fingerprint() if checkpoint_path else ""
        state = checkpoint.read(checkpoint_path, fingerprint=self._fingerprint) if resume and checkpoint_path else None
        self.seconds_before = float(state.get("seconds", 0.0)) if state else 0.0
        self._steps = _METHODS[problem.recipe.method](problem, state)
        self._last: Step | None = None
        self._cancelled = False

    def __next__(self) -> Step:
        if self._cancelled:
            raise StopIteration
        try:
            step = next(self._steps)
        except StopIteration:
            self.finished = True
            raise
        self._last = step
        self.trace.append(replace(step, render=_forgotten, snapshot=dict))
        if step.note.startswith("the loss"):
            self.warnings.append(f"at {step.size[1]}×{step.size[0]}, iteration {step.iteration}: {step.note}")
        if self._path and time.perf_counter() - self._saved > self._every:
            self.save_checkpoint()
        return replace(step, render=lambda: self._composed(step).rgb())

    def cancel(self) -> None:
        """Stop after the current step; `result` then holds the best picture so far."""
        self._cancelled = True

    def save_checkpoint(self) -> None:
        """Save the state after the current step, to go on from there another time."""
        if self._path and self._last is not None:
            checkpoint.write(self._path, self._last.state(), fingerprint=self._fingerprint)
            self._saved = time.perf_counter()

    def picture(self) -> np.ndarray:
        """Return the best picture so far of what is worked on, float32 (h, w, 3): the crop before it is put back."""
        return self.problem.content if self._last is None else self._last.picture()

    def preview(self) -> Picture:
        """Return the photo with the best picture so far in it."""
        return self.problem.photo if self._last is None else self._composed(self._last)

    def result(self) -> Result:
        """Return the result; before the end, with the best picture so far."""
        top, left, bottom, right = self.problem.crop
        alpha = np.zeros((self.problem.photo.height, self.problem.photo.width), np.float32)
        picture = self.problem.photo
        if self._last is not None:
            picture, alpha[top:bottom, left:right] = self.problem.blended(self._last.picture())
        trace, notes = tuple(self.trace), tuple(self.warnings)
        return Result(picture, alpha, trace, self.problem.recipe, notes, self.finished, self._folder)

    def _composed(self, step: Step) -> Picture:
        return self.problem.compose(step.picture())


def steps(
    recipe: Recipe,
    photo: str | Path | Picture | np.ndarray,
    *,
    folder: str | Path | None = None,
    checkpoint_path: str | Path | None = None,
    resume: bool = False,
) -> Run:
    """Restyle a photo step by step.

    Parameters
    ----------
    recipe : Recipe
        What to do.
    photo : path, Picture or ndarray
        To what.
    folder : path, optional
        Where to look for the recipe's files, before the current folder.
    checkpoint_path : path, optional
        Save the state there every ten seconds.
    resume : bool
        Go on from that checkpoint.

    Returns
    -------
    Run
        An iterator of `Step`; ``Run.result()`` gives the picture at any time.

    Raises
    ------
    InputError
        If the photo, a style, a region or the recipe cannot be used.
    ModelError, DeviceError, CheckpointError
        If a network, the device or the checkpoint is not to be had.

    Examples
    --------
    >>> run = steps(recipe, "photo.jpg")  # doctest: +SKIP
    >>> for step in run:  # doctest: +SKIP
    ...     print(step.level, step.iteration, step.loss)
    >>> run.result().save("out.png")  # doctest: +SKIP
    """
    if resume and checkpoint_path is None:
        raise CheckpointError("there is nothing to resume from: give checkpoint_path as well")
    picture = _as_picture(photo)
    choose_device(recipe.device)
    place = Path(folder) if folder is not None else None
    problem = prepare(recipe, picture, halo=HALO, folder=place)
    path = Path(checkpoint_path) if checkpoint_path else None
    return Run(problem, folder=place, checkpoint_path=path, resume=resume)


def stylize(
    photo: str | Path | Picture | np.ndarray,
    style: str | Path | list[str | Path] | tuple[str | Path, ...],
    **options: Any,
) -> Result:
    """Restyle a region of a photo in the manner of another picture.

    Parameters
    ----------
    photo : path, Picture or ndarray
        What to restyle.
    style : path or sequence of paths
        In whose manner; several are mixed evenly. Or a trained network (.sfm).
    **options
        Fields of `Recipe`, `Layer` and `Style`: ``region="subject"``, ``preset="draft"``, ``color="luminance"``, …

    Returns
    -------
    Result
        Save it with ``result.save("out.png")``.

    Raises
    ------
    SfumatoError
        See `steps`.

    Examples
    --------
    >>> result = stylize("photo.jpg", "starry_night.jpg", region="subject")  # doctest: +SKIP
    """
    run = steps(Recipe.from_options(style=style, **options), photo)
    for _ in run:
        pass
    result = run.result()
    for warning in result.warnings:
        warnings.warn(warning, SfumatoWarning, stacklevel=2)
    return result


def _as_picture(photo: str | Path | Picture | np.ndarray) -> Picture:
    if isinstance(photo, Picture):
        return photo
    return images.from_array(photo) if isinstance(photo, np.ndarray) else images.load(photo)


def _loss(step: Step) -> float:
    """Return a step's loss, infinite if it is no number."""
    return step.loss if math.isfinite(step.loss) else math.inf


def _forgotten() -> np.ndarray:
    raise RuntimeError("a step of the trace has no picture any more; ask for it while the run goes on")
