"""The work on one picture: read, paint, write the whole file, report."""

from __future__ import annotations

import json
import tempfile
import time
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Self

from sfumato.batching import addresses
from sfumato.errors import OutputError, SfumatoError, collecting, listening
from sfumato.recipe import Recipe

if TYPE_CHECKING:
    from sfumato.methods import Result

__all__ = ["Exists", "Order", "Record", "Settings", "Task", "is_done", "paint"]

Exists = Literal["skip", "replace", "refuse"]
"""What to do with an output that exists: skip it if recipe and photo are the same, replace it, or refuse to begin."""


@dataclass(frozen=True)
class Order:
    """A recipe as text, its name, and where its files are looked for; plain values, which travel to any worker."""

    name: str
    text: str
    folder: str

    def files(self) -> list[Path]:
        """List the existing files that the recipe names."""
        from sfumato.methods.recipe_files import files_of

        return files_of(_recipe(self.text), Path(self.folder))

    def models(self) -> set[str]:
        """Name the network files that the recipe needs."""
        from sfumato.jobs import needs

        return needs.needed(_recipe(self.text), Path(self.folder))


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


def paint(task: Task, settings: Settings) -> Record:
    """Paint one picture; whatever goes wrong is in the record, so that the others go on.

    Parameters
    ----------
    task : Task
        The picture.
    settings : Settings
        What all pictures share.

    Returns
    -------
    Record
    """
    began = time.perf_counter()
    status: Literal["painted", "skipped", "failed"] = "failed"
    reason, warnings = "", list[str]()
    with _Files(task) as near, listening(lambda message: None), collecting(warnings):
        try:
            near.fetch()
            if task.exists == "skip" and _is_done(task, near):
                status = "skipped"
            else:
                _save(_result(task.order, near.photo, settings), task, near)
                status = "painted"
        except SfumatoError as error:
            reason = str(error)
        except MemoryError:
            reason = f"{task.photo}: not enough memory; choose a smaller size, or fewer workers"
        except Exception as error:  # a fault of one picture, whatever it is, must not end the batch
            reason = f"{task.photo}: {type(error).__name__}: {str(error).partition(chr(10))[0]}"
    seconds = round(time.perf_counter() - began, 3)
    heard = tuple(near.named(warning) for warning in warnings)
    return Record(task.photo, task.output, task.order.name, status, seconds, near.named(reason), heard)


def is_done(task: Task) -> bool:
    """Tell whether the output is there already, by the same recipe from the same photo.

    Raises
    ------
    SfumatoError
        If a file cannot be read, or the output is not one of sfumato.
    """
    with _Files(task) as near:
        near.fetch()
        return _is_done(task, near)


class _Files:
    """The photo and the output of a task as local files, beside which addresses are read and written."""

    def __init__(self, task: Task) -> None:
        self._task, self._scratch = task, tempfile.TemporaryDirectory(prefix="sfumato-", ignore_cleanup_errors=True)
        self.photo, self.output = (
            Path(self._scratch.name, kind, name.rpartition("/")[2])
            if addresses.is_remote(name)
            else addresses.local(name)
            for kind, name in (("photo", task.photo), ("output", task.output))
        )

    def __enter__(self) -> Self:
        for place in (self.photo, self.output):
            if place.is_relative_to(self._scratch.name):
                place.parent.mkdir()
        return self

    def __exit__(self, *error: object) -> None:
        self._scratch.cleanup()

    def fetch(self) -> None:
        """Read the photo of an address."""
        if addresses.is_remote(self._task.photo):
            self.photo.write_bytes(addresses.read(self._task.photo))

    def named(self, text: str) -> str:
        """Return a message about a local file as one about its address."""
        for place, name in ((self.photo, self._task.photo), (self.output, self._task.output)):
            text = text.replace(str(place), name)
        return text


def _is_done(task: Task, near: _Files) -> bool:
    from sfumato import images
    from sfumato.methods.stamp import digest, stamp_of

    if not addresses.exists(task.output):
        return False
    if addresses.is_remote(task.output):
        near.output.write_bytes(addresses.read(task.output))
    try:
        text, whole = images.read_recipe(near.output), images.is_whole(near.output)
    except SfumatoError:
        text, whole = None, False
    if text is None:
        raise OutputError(f"{task.output}: exists already, and is no picture made by sfumato; move it away")
    stamp = stamp_of(text)
    if not whole or stamp is None:
        return False
    return stamp == digest(_recipe(task.order.text), near.photo, Path(task.order.folder))


def _result(order: Order, photo: Path, settings: Settings) -> Result:
    from sfumato import images
    from sfumato.methods import steps

    _fetch(order)
    with images.at_most(settings.max_pixels):
        run = steps(
            _recipe(order.text),
            photo,
            folder=Path(order.folder),
            device=settings.device,
            precision=settings.precision,
        )
        for _ in run:
            pass
        return run.result()


def _save(result: Result, task: Task, near: _Files) -> None:
    remote = addresses.is_remote(task.output)
    try:
        near.output.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"cannot make the folder {near.output.parent}: {error.strerror}") from error
    # An address has no folder that the recipe's files could be seen from, so its recipe keeps their names.
    result.save(near.output, overwrite=remote or task.exists != "refuse", relative=not remote)
    if remote:
        addresses.write(task.output, near.output.read_bytes())


@lru_cache(maxsize=64)
def _recipe(text: str) -> Recipe:
    return Recipe.from_toml(text)


@lru_cache(maxsize=64)
def _fetch(order: Order) -> None:
    """Fetch the network files of a recipe, once in each process."""
    from sfumato.jobs import needs

    needs.fetch(sorted(order.models()))
