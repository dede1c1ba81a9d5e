"""Isolation of libraries that change the caller's number of threads."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

__all__ = ["apart"]

Result = TypeVar("Result")


def apart(work: Callable[[], Result]) -> Result:
    """Call a function in a thread of its own, so that its changes to OpenMP's settings end with it.

    Numba sets OpenMP's number of threads to the number of processors when it is first used. The setting belongs to the
    calling thread, and PyTorch, which shares the library, would use it as well: several threads where one was requested
    make a run five to ten times slower on a busy machine.

    Parameters
    ----------
    work : callable
        Function without arguments.

    Returns
    -------
    object
        Result of `work`; its exceptions are raised here.

    Examples
    --------
    >>> apart(lambda: 1 + 1)
    2
    """
    with ThreadPoolExecutor(1, "sfumato-apart") as pool:
        return pool.submit(work).result()
