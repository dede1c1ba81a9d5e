"""The files that a job writes: their default names, and checks before any work."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations, count
from pathlib import Path
from typing import NamedTuple

from sfumato import files
from sfumato.errors import OutputError
from sfumato.recipe import Recipe

__all__ = [
    "CHECKPOINT",
    "NETWORK",
    "ONNX",
    "PICTURE",
    "PLOT",
    "RECIPE",
    "Output",
    "Outputs",
    "check_all",
    "checkpoint_of",
    "free_name",
]

PICTURE = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".webp")
PLOT = (".png", ".svg", ".pdf")
NETWORK, ONNX = (".sfm",), (".onnx",)
RECIPE = (".toml",)
CHECKPOINT: tuple[str, ...] = ()  # named by the program


def checkpoint_of(output: Path) -> Path:
    """Return where a run, or a training, saves its state."""
    return output.parent / f"{output.name}.checkpoint"  # a name such as "." is refused later


class Output(NamedTuple):
    """A file to be written: its path, what it is (for messages), and the endings that its name may have.

    `overwrite` says whether an existing file may be replaced, `even_inputs` whether that may be one that is read.
    """

    path: Path
    what: str
    endings: Sequence[str]
    overwrite: bool = False
    even_inputs: bool = False


def check_all(outputs: Iterable[Output], inputs: Iterable[Path]) -> None:
    """Check before any work that all files can be written, each to a different place.

    Parameters
    ----------
    outputs : iterable of Output
        Everything that the command will write.
    inputs : iterable of Path
        Everything that it will read.

    Raises
    ------
    OutputError
        See `sfumato.files.check`; also if two outputs are the same file.
    """
    outputs, inputs = list(outputs), list(inputs)
    for output in outputs:
        files.check(
            output.path,
            endings=output.endings,
            inputs=[] if output.even_inputs else inputs,
            overwrite=output.overwrite,
        )
    for first, second in combinations(outputs, 2):
        if os.path.realpath(first.path) == os.path.realpath(second.path):
            raise OutputError(f"{second.path}: both the {first.what} and the {second.what}; give them two names")


@dataclass(frozen=True)
class Outputs:
    """Where the results of a run go: the picture, a plot of the losses, and a preview every `preview_every` iterations.

    `overwrite` says whether existing files may be replaced, `even_inputs` whether the picture may replace one that is
    read, `overwrite_recipe` whether an existing recipe file may be.
    """

    picture: Path
    overwrite: bool = False
    plot: Path | None = None
    preview_every: int = 0
    even_inputs: bool = False
    overwrite_recipe: bool = False

    @property
    def checkpoint(self) -> Path:
        """Where the run saves its state."""
        return checkpoint_of(self.picture)

    @property
    def preview(self) -> Path:
        """Where previews go; each replaces the one before."""
        return self.picture.parent / f"{self.picture.stem}.preview.png"

    def check(self, recipe: Recipe, inputs: Iterable[Path], save_recipe: Path | None = None) -> None:
        """Check before any work that everything can be written.

        Raises
        ------
        OutputError
            If something cannot be written, or there would be nothing to plot.
        """
        if self.plot is not None and not recipe.has_losses:
            raise OutputError(f"the plot {self.plot} would be empty: this method has no losses to plot; leave it out")
        listed = [
            Output(self.picture, "result", PICTURE, self.overwrite, even_inputs=self.even_inputs),
            Output(self.checkpoint, "checkpoint", CHECKPOINT, overwrite=True),
        ]
        if self.preview_every:
            listed.append(Output(self.preview, "preview", PICTURE, overwrite=True))
        if self.plot is not None:
            listed.append(Output(self.plot, "plot", PLOT, self.overwrite))
        if save_recipe is not None:
            listed.append(Output(save_recipe, "recipe", RECIPE, self.overwrite_recipe))
        check_all(listed, inputs)


def free_name(path: Path, *, wanted: Callable[[Path], bool] | None = None, replace: bool = False) -> Path:
    """Return a default name for an output: the first of a.png, a-2.png, a-3.png that is not taken.

    Parameters
    ----------
    path : Path
        The name to begin with.
    wanted : callable, optional
        Return the last of the taken names that this accepts, such as that of a stopped run to resume, or `path` if
        there is none.
    replace : bool
        Return `path` even if it is taken.

    Examples
    --------
    >>> free_name(Path("no-such-file.png"))
    PosixPath('no-such-file.png')
    """
    if replace and wanted is None:
        return path
    taken = []
    for number in count(1):
        candidate = path if number == 1 else path.with_name(f"{path.stem}-{number}{path.suffix}")
        if not candidate.exists() and not (wanted and wanted(candidate)):
            break
        taken.append(candidate)
    if wanted is None:
        return candidate
    return next((each for each in reversed(taken) if wanted(each)), path)
