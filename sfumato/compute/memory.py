"""Faster reuse of the memory that is freed in every step."""

from __future__ import annotations

import ctypes
import sys

__all__ = ["keep_pages"]

# Constants of glibc's malloc.h.
_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3


def keep_pages() -> None:
    """Let this process keep freed memory for the next step if the C library is glibc; do nothing otherwise.

    By default glibc returns every large block to the kernel, which clears the pages of the next one again: about a
    tenth of a step's time. This changes the whole process, so only the command line calls it, not the library.

    Examples
    --------
    >>> keep_pages()
    """
    if sys.platform != "linux":
        return
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):  # another C library, such as musl
        return
    mallopt(_MMAP_THRESHOLD, 1 << 30)
    mallopt(_TRIM_THRESHOLD, (1 << 31) - 1)
