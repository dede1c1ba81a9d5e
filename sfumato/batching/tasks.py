"""What is handed to a worker, and what comes back: plain values, which travel to any machine."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Literal

from sfumato.batching import addresses
from sfumato.recipe import Recipe

__all__ = ["Exists", "Order", "Record", "Settings", "Task"]

Exists = Literal["skip", "replace", "refuse"]
"""What to do with an output that exists: skip it if recipe and photo are the same, replace it, or refuse to begin."""


@dataclass(frozen=True)
class Order:
    """A recipe as text, its name, and where its files are looked for."""

    name: str
    text: str
    folder: str

    def recipe(self) -> Recipe:
        """Return the recipe."""
        return _recipe(self.text)

    def files(self) -> list[Path]:
        """List the existing files that the recipe names."""
        from sfumato.methods.recipe_files import files_of

        return files_of(self.recipe(), Path(self.folder))

    def check(self) -> None:
        """Check that all files that the recipe names are there.

        Raises
        ------
        InputError
            If a picture or a mask is missing.
        ModelError
            If a trained network is missing.
        """
        from sfumato.methods.recipe_files import check_files

        check_files(self.recipe(), Path(self.folder))

    def models(self) -> set[str]:
        """Name the network files that the recipe needs."""
        from sfumato.jobs import needs

        return needs.needed(self.recipe(), Path(self.folder))


@dataclass(frozen=True)
class Task:
    """One photo, one recipe, one output."""

    photo: str
    output: str
    order: Order
    exists: Exists = "skip"

    def absolute(self) -> Task:
        """Return the task with paths that do not depend on the current folder."""
        names = (self.photo, self.output)
        photo, output = (name if addresses.is_remote(name) else str(addresses.local(name).absolute()) for name in names)
        return replace(self, photo=photo, output=output)


@dataclass(frozen=True)
class Settings:
    """What all tasks share: device, precision, and the largest picture to accept."""

    device: str = "auto"
    precision: str = "auto"
    max_pixels: int = 200_000_000


@dataclass(frozen=True)
class Record:
    """What became of one picture.

    Attributes
    ----------
    photo, output : str
        Path or address.
    recipe : str
        Name of the recipe.
    status : {"painted", "skipped", "failed"}
        "skipped" means that the output was there already, by the same recipe from the same photo.
    seconds : float
        Time that the picture took.
    error : str
        Why it failed.
    warnings : tuple of str
        What the user should know.
    """

    photo: str
    output: str
    recipe: str
    status: Literal["painted", "skipped", "failed"]
    seconds: float = 0.0
    error: str = ""
    warnings: tuple[str, ...] = ()

    def named(self, task: Task) -> Record:
        """Return the record with the names of a task, from one with its absolute paths."""
        error, *warnings = (
            text.replace(self.photo, task.photo).replace(self.output, task.output)
            for text in (self.error, *self.warnings)
        )
        return replace(self, photo=task.photo, output=task.output, error=error, warnings=tuple(warnings))

    def to_json(self) -> str:
        """Return the record as one line of JSON.

        Examples
        --------
        >>> Record("a.jpg", "out/a.jpg", "dusk", "painted", 1.5).to_json()
        '{"photo": "a.jpg", "output": "out/a.jpg", "recipe": "dusk", "status": "painted", "seconds": 1.5}'
        """
        return json.dumps({name: value for name, value in asdict(self).items() if value not in ("", ())})


@lru_cache(maxsize=64)
def _recipe(text: str) -> Recipe:
    return Recipe.from_toml(text)
