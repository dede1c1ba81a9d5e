"""As many threads as pay: chosen by what is measured while the steps of a run are taken."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from sfumato.compute.load import Load

__all__ = ["Pace", "Threads"]

# Steps with another number of threads before it is judged; the first of them also prepares kernels for it.
_TRIAL = 3

# Steps after a trial in vain until the next; doubled each time.
_WAIT, _LONGEST_WAIT = 8, 64

# Maximum ratio of times per step at which the other number counts as faster.
_FASTER = 0.97


@dataclass
class Threads:
    """Decides on a number of threads, given how long steps take and how many processors other programs leave free.

    The threads of a step wait for the slowest of them, so that a step on two processors of which another program takes
    one may last several times as long as on one. What is free only says when to try; what is kept is what was faster.

    Parameters
    ----------
    most : int
        Maximum number, at least 1.
    count : int
        Number to begin with.

    Examples
    --------
    >>> threads = Threads(most=2, count=2)
    >>> for _ in range(4):  # another program has one of two processors, and a step takes three times as long with two
    ...     threads.took(3.0 if threads.count == 2 else 1.8, free=1.1)
    >>> threads.count
    1
    """

    most: int
    count: int
    _before: int = field(default=0, init=False)  # number of threads before a trial; 0 if there is none
    _times: dict[int, list[float]] = field(default_factory=dict, init=False)
    _tried: int = field(default=0, init=False)
    _quiet: int = field(default=0, init=False)
    _wait: int = field(default=_WAIT, init=False)

    def took(self, seconds: float, free: float | None) -> None:
        """Note the time of a step with `count` threads, and choose the number for the next.

        `free` is the average number of processors that other programs left free; None if that is not known.
        """
        times = self._times.setdefault(self.count, [])
        times.append(seconds)
        del times[:-_TRIAL]
        if self._before:
            if len(times) == _TRIAL:
                self._judge()
            return
        self._quiet -= 1
        if free is None:
            return
        wanted = min(self.most, max(1, int(free + 0.5)))
        if wanted != self._tried:
            self._quiet, self._wait = 0, _WAIT
        if wanted != self.count and self._quiet <= 0:
            self._tried, self._before, self.count = wanted, self.count, wanted
            self._times[wanted] = []

    def anew(self) -> None:
        """Forget how long steps took, since those that follow are others."""
        self._times.clear()
        if self._before:
            self.count, self._before = self._before, 0
        self._quiet, self._wait, self._tried = 0, _WAIT, 0

    def _judge(self) -> None:
        """End a trial."""
        before, tried = self._times.get(self._before, []), self._times[self.count]
        if before and min(tried) > _FASTER * min(before):
            self.count, self._quiet = self._before, self._wait
            self._wait = min(2 * self._wait, _LONGEST_WAIT)
        self._before = 0


class Pace:
    """The number of threads of PyTorch for the steps of a run; between them, it is what it was.

    A number that was set before, such as by ``OMP_NUM_THREADS`` or `torch.set_num_threads`, is never exceeded.

    Examples
    --------
    >>> import torch
    >>> pace = Pace()
    >>> with pace.step():
    ...     torch.get_num_threads() <= pace.threads.most
    True
    """

    def __init__(self) -> None:
        import torch

        most = torch.get_num_threads()
        self._load = Load()
        free = self._load.free() if most > 1 else None
        self.threads = Threads(most, most if free is None else min(most, max(1, int(free + 0.5))))

    @contextmanager
    def level(self) -> Iterator[None]:
        """Prepare steps that take another time than those before."""
        self.threads.anew()
        with self._limited():
            yield

    @contextmanager
    def _limited(self) -> Iterator[None]:
        import torch

        before = torch.get_num_threads()
        torch.set_num_threads(min(before, self.threads.count))
        try:
            yield
        finally:
            torch.set_num_threads(before)

    @contextmanager
    def step(self) -> Iterator[None]:
        """Take a step, and choose the number of threads for the next."""
        began = time.perf_counter()
        with self._limited():
            yield
        if self.threads.most > 1:
            self.threads.took(time.perf_counter() - began, self._load.free())
