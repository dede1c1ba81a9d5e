"""The work on one picture: read, paint, write the whole file, report."""

from __future__ import annotations

import tempfile
import time
from contextlib import ExitStack
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Self

from sfumato.batching import addresses
from sfumato.batching.tasks import Order, Record, Settings, Task
from sfumato.errors import OutputError, SfumatoError, collecting, listening, unexpected

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
    near = _Files(task)
    with listening(lambda message: None), collecting(warnings):
        try:
            with near:
                # What is refused may be the picture's own result, if its worker died just after writing it.
                if task.exists != "replace" and _is_done(task, near):
                    status = "skipped"
                else:
                    near.fetch()
                    _save(_result(task.order, near.photo, settings), task, near)
                    status = "painted"
        except SfumatoError as error:
            reason = str(error)
        except MemoryError:
            reason = f"{task.photo}: not enough memory; choose a smaller size, or fewer workers"
        except Exception as error:  # a fault of one picture, whatever it is, must not end the batch
            reason = f"{task.photo}: {unexpected(error)}"
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
        return _is_done(task, near)


class _Files:
    """The photo and the output of a task as local files: for addresses, copies in a temporary folder."""

    def __init__(self, task: Task) -> None:
        self._task, self._cleanup = task, ExitStack()
        self.photo, self.output = addresses.local(task.photo), addresses.local(task.output)

    def __enter__(self) -> Self:
        self.photo, self.output = self._near(self._task.photo), self._near(self._task.output)
        return self

    def __exit__(self, *error: object) -> None:
        self._cleanup.close()

    def _near(self, name: str) -> Path:
        if not addresses.is_remote(name):
            return addresses.local(name)
        scratch = tempfile.TemporaryDirectory(prefix="sfumato-", ignore_cleanup_errors=True)
        return Path(self._cleanup.enter_context(scratch), name.rpartition("/")[2])

    def fetch(self) -> None:
        """Read the photo of an address, unless it is here already."""
        if addresses.is_remote(self._task.photo) and not self.photo.exists():
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
        raise OutputError(f"{task.output}: exists already and was not made by sfumato; move it away")
    stamp = stamp_of(text)
    if not whole or stamp is None:
        return False
    near.fetch()
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
    result.save(near.output, overwrite=task.exists != "refuse", relative=not remote)
    if remote:
        addresses.write(task.output, near.output.read_bytes())


@lru_cache(maxsize=64)
def _fetch(order: Order) -> None:
    """Fetch the network files of a recipe, once in each process."""
    from sfumato.jobs import needs

    needs.fetch(sorted(order.models()))
