"""Libraries that set the number of threads of whoever calls them, kept apart."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

__all__ = ["apart"]

Result = TypeVar("Result")


def apart(work: Callable[[], Result]) -> Result:
    """Call a function in a thread of its own, so that what it does to OpenMP's settings ends with it.

    Numba sets OpenMP's number of threads to the number of processors when it is first used. The setting belongs to the
    calling thread, and PyTorch, which shares the library, would follow it from then on: several threads where one was
    asked for make a run five to ten times slower on a busy machine.

    Parameters
    ----------
    work : callable
        Takes nothing.

    Returns
    -------
    object
        What `work` returns; what it raises is raised here.

    Examples
    --------
    >>> apart(lambda: 1 + 1)
    2
    """
    with ThreadPoolExecutor(1, "sfumato-apart") as pool:
        return pool.submit(work).result()
