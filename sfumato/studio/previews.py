"""The latest pictures of a session's progress, in memory."""

from __future__ import annotations

import threading

__all__ = ["Previews"]

_KEPT = 4  # pictures that a page may still ask for


class Previews:
    """The latest pictures of a session's progress, numbered through; they are never written to disk."""

    def __init__(self) -> None:
        self.latest = 0
        self._kept: dict[int, bytes] = {}
        self._lock = threading.Lock()

    def add(self, picture: bytes) -> int:
        """Keep a picture in place of the oldest, and return its number."""
        with self._lock:
            self.latest += 1
            self._kept[self.latest] = picture
            self._kept.pop(self.latest - _KEPT, None)
            return self.latest

    def get(self, number: int) -> bytes | None:
        """Return a picture; None if it is there no more, or not yet."""
        with self._lock:
            return self._kept.get(number)
