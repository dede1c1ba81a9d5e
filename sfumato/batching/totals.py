"""How far a batch is, how fast it goes, and what became of its pictures."""

from __future__ import annotations

import time
from collections import Counter, deque
from dataclasses import dataclass, field

from sfumato.batching.tasks import Record

__all__ = ["Totals"]

_RECENT = 60.0  # seconds over which the speed is measured
_SHOWN = 10  # maximum number of errors that are kept to be shown
_DIFFERENT = 1000  # maximum number of different notes that are counted


@dataclass
class Totals:
    """Counts of the pictures of a batch.

    Attributes
    ----------
    total : int
        Number of pictures.
    painted, skipped, failed : int
        What became of those that are done.
    errors : list of str
        The first errors.
    notes : Counter of str
        Number of pictures by what the user should know of them.

    Examples
    --------
    >>> totals = Totals(3)
    >>> totals.add(Record("a.jpg", "out/a.jpg", "dusk", "painted", 1.5, warnings=("out/a.jpg: alpha is dropped",)))
    >>> totals.done, totals.left, totals.notes
    (1, 2, Counter({'alpha is dropped': 1}))
    """

    total: int
    painted: int = 0
    skipped: int = 0
    failed: int = 0
    errors: list[str] = field(default_factory=list)
    notes: Counter[str] = field(default_factory=Counter)
    _times: deque[float] = field(default_factory=deque, repr=False)

    def add(self, record: Record) -> None:
        """Count one picture."""
        setattr(self, record.status, getattr(self, record.status) + 1)
        if record.status == "failed" and len(self.errors) < _SHOWN:
            self.errors.append(record.error)
        for warning in record.warnings:
            for name in (record.photo, record.output):
                warning = warning.removeprefix(f"{name}: ")
            if warning in self.notes or len(self.notes) < _DIFFERENT:
                self.notes[warning] += 1
        if record.status == "painted":
            self._times.append(time.monotonic())
            while self._times[0] < self._times[-1] - _RECENT:
                self._times.popleft()

    @property
    def done(self) -> int:
        """Number of pictures that need nothing more."""
        return self.painted + self.skipped + self.failed

    @property
    def left(self) -> int:
        """Number of pictures that are not done."""
        return self.total - self.done

    @property
    def per_minute(self) -> float:
        """Pictures painted a minute, lately; 0 before the second one, since the start of the workers does not count."""
        if len(self._times) < 2:
            return 0.0
        return 60 * (len(self._times) - 1) / max(time.monotonic() - self._times[0], 1e-3)

    @property
    def seconds_left(self) -> float | None:
        """Estimated time until the end in seconds; None if it is not known yet."""
        return 60 * self.left / self.per_minute if self.per_minute else None
