"""The work on one picture: read, paint, write the whole file, report."""

from __future__ import annotations

import tempfile
import time
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Self

from sfumato.batching import addresses
from sfumato.batching.tasks import Order, Record, Settings, Task
from sfumato.errors import OutputError, SfumatoError, collecting, listening

if TYPE_CHECKING:
    from sfumato.methods import Result

__all__ = ["is_done", "paint"]


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
    return stamp == digest(task.order.recipe(), near.photo, Path(task.order.folder))


def _result(order: Order, photo: Path, settings: Settings) -> Result:
    from sfumato import images
    from sfumato.methods import steps

    _fetch(order)
    with images.at_most(settings.max_pixels):
        run = steps(
            order.recipe(),
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
def _fetch(order: Order) -> None:
    """Fetch the network files of a recipe, once in each process."""
    from sfumato.jobs import needs

    needs.fetch(sorted(order.models()))
