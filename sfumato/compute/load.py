"""What other programs leave of the processors."""

from __future__ import annotations

import os
import time
from typing import Any, NamedTuple

import psutil

__all__ = ["Load"]

# Maximum age of a look to compare with, and minimum time between two looks, in seconds; the system counts in
# hundredths.
_OLD, _SHORT = 10.0, 0.1


class _Look(NamedTuple):
    at: float
    busy: float  # seconds of all processors that this process may use
    own: float  # seconds of this process


class Load:
    """Looks at how busy the processors are that this process may use.

    Examples
    --------
    >>> 0 <= Load().free() <= os.cpu_count()
    True
    """

    def __init__(self) -> None:
        self._allowed = _allowed()
        self._free: float | None = None

    def free(self) -> float | None:
        """Return how many processors other programs left free since the last look, on average; None if not known.

        The first look at a run compares with the import of this module, or, if that was long ago, waits a tenth of a
        second.
        """
        global _last
        now = _look(self._allowed)
        if now is None or _last is None:
            return None
        if now.at - _last.at > _OLD:
            time.sleep(_SHORT)
            _last, now = now, _look(self._allowed) or now
        elapsed = now.at - _last.at
        if elapsed < _SHORT:
            return self._free
        others = (now.busy - _last.busy - (now.own - _last.own)) / elapsed
        self._free = min(float(len(self._allowed)), max(0.0, len(self._allowed) - others))
        _last = now
        return self._free


def _allowed() -> frozenset[int]:
    """Return the numbers of the processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return frozenset(os.sched_getaffinity(0))
    return frozenset(range(os.cpu_count() or 1))


def _look(allowed: frozenset[int]) -> _Look | None:
    try:
        each = psutil.cpu_times(percpu=True)
        own = psutil.Process().cpu_times()
    except (OSError, psutil.Error):
        return None  # some containers hide them
    if max(allowed) >= len(each):
        return None
    busy = sum(_busy(times) for number, times in enumerate(each) if number in allowed)
    return _Look(time.monotonic(), busy, own.user + own.system)


def _busy(times: Any) -> float:
    """Return the seconds in which a processor was not idle; what another virtual machine took counts as well."""
    # Time for guests is part of that for programs.
    others = (getattr(times, name, 0.0) for name in ("idle", "iowait", "guest", "guest_nice"))
    return float(sum(times) - sum(others))


_last = _look(_allowed())
