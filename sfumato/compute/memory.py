"""Memory that the optimizer frees and asks for again at every step."""

from __future__ import annotations

import ctypes
import sys

__all__ = ["keep_pages"]

# Of glibc's malloc.h.
_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3


def keep_pages() -> None:
    """Let this process keep freed memory for its next step, where the C library is glibc; elsewhere do nothing.

    By default glibc gives every large block back to the kernel when it is freed, and the kernel clears each page of
    the next one anew: about a tenth of a step. It changes the whole process, so the command line calls it, and the
    library does not.

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
