"""Numbers of threads: what this process may use, a limit on it, and isolation of libraries that change it."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

__all__ = ["apart", "processors", "share"]

Result = TypeVar("Result")

_limit: int | None = None


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


def processors() -> int:
    """Return the number of processors that this process may use, or its limit.

    Examples
    --------
    >>> processors() > 0
    True
    """
    return _available() if _limit is None else _limit


def _available() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def share(among: int) -> None:
    """Limit the threads of PyTorch, OpenCV and ONNX Runtime in this process, which has to be a worker's own.

    Parameters
    ----------
    among : int
        Number of pictures that are painted on this machine at once; each gets the same share of the processors, at
        least one. Sessions of ONNX Runtime that were made before keep their threads.

    Examples
    --------
    >>> share(2)  # doctest: +SKIP
    """
    global _limit
    import cv2
    import torch

    _limit = max(1, _available() // among)
    torch.set_num_threads(_limit)
    cv2.setNumThreads(_limit)
