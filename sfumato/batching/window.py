"""The tasks that a scheduler holds at a time, and what becomes of those whose worker died."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from sfumato.batching import worker
from sfumato.batching.tasks import Record, Settings, Task
from sfumato.errors import unexpected

if TYPE_CHECKING:
    from distributed import Client

__all__ = ["TRIES", "Window"]

#: How often a picture may take its worker down with it.
TRIES = 2

# Names of Dask's errors for a task whose worker died.
_DEATHS = {"KilledWorker", "CancelledError", "FutureCancelledError"}

# Seconds after which the number of workers is asked for again.
_BETWEEN = 5.0


class Window:
    """The tasks that are handed out."""

    def __init__(self, client: Client, settings: Settings, stopping: Callable[[], bool]) -> None:
        from distributed import as_completed

        self._client, self._settings, self._stopping = client, settings, stopping
        self._done = as_completed(loop=client.loop)
        self._tasks: dict[str, Task] = {}
        self._deaths = Counter[Task]()
        self._again: list[Task] = []
        self._known, self._asked = dict[str, int](), 0.0

    def run(self, tasks: Iterator[Task]) -> Iterator[Record]:
        """Hand out all tasks, then those whose worker died, each to a worker of its own; yield records."""
        # Half of the workers stay idle, so that no two of those tasks meet on one.
        for part, width in ((tasks, lambda: 2 * self._threads()), (iter(self._again), lambda: self._workers() // 2)):
            yield from self._run(part, width)

    def _run(self, tasks: Iterator[Task], width: Callable[[], int]) -> Iterator[Record]:
        more = True
        while True:
            while more and not self._stopping() and len(self._tasks) < max(1, width()):
                task = next(tasks, None)
                more = task is not None
                if task is not None:
                    self._hand_out(task)
            if not self._tasks:
                return
            record = self._next()
            if record is not None:
                yield record

    def _threads(self) -> int:
        self._ask()
        return sum(self._known.values())

    def _workers(self) -> int:
        self._ask()
        return len(self._known)

    def _ask(self) -> None:
        """Ask for the workers and their threads, now and then."""
        if time.monotonic() - self._asked > _BETWEEN or not self._known:
            self._known, self._asked = self._client.nthreads(), time.monotonic()

    def _hand_out(self, task: Task) -> None:
        future = self._client.submit(worker.work, task.absolute(), self._settings, pure=False)
        self._tasks[future.key] = task
        self._done.add(future)

    def _next(self) -> Record | None:
        future = next(self._done)
        task = self._tasks.pop(future.key)
        error: Exception | None = None
        if future.status in ("finished", "error"):
            try:
                found: Record = future.result()
                return found.named(task)
            except Exception as raised:  # by the task, or since its worker died before the record was fetched
                error = raised
            finally:
                future.release()
        if self._client.status != "running":
            raise ConnectionError
        if error is not None and type(error).__name__ not in _DEATHS:
            return _failed(task, unexpected(error))
        self._deaths[task] += 1
        if self._deaths[task] < TRIES:
            self._again.append(task)
            return None
        return _failed(task, f"its worker died {TRIES} times; it may need more memory than there is")


def _failed(task: Task, reason: str) -> Record:
    return Record(task.photo, task.output, task.order.name, "failed", error=f"{task.photo}: {reason}")
