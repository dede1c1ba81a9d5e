"""Undo and redo of a layer's region and of its painted mask."""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import count

import numpy as np
from numpy.typing import NDArray

from sfumato.images import Box
from sfumato.images.boxes import slices

__all__ = ["MOST_BYTES", "Change", "History", "Patch", "trim"]

#: Bytes that the changes of all layers of a session may take.
MOST_BYTES = 128 << 20

_MOST = 100  # number of changes of a layer that can be undone

_NUMBERS = count()


@dataclass(frozen=True)
class Patch:
    """A rectangle of a mask, compressed."""

    box: Box
    packed: bytes = field(repr=False)

    @classmethod
    def of(cls, mask: NDArray[np.uint8], box: Box) -> Patch:
        """Keep a rectangle of a mask."""
        return cls(box, zlib.compress(np.ascontiguousarray(mask[slices(box)]).tobytes(), 1))

    def put(self, mask: NDArray[np.uint8]) -> None:
        """Put the rectangle back."""
        top, left, bottom, right = self.box
        values = np.frombuffer(zlib.decompress(self.packed), np.uint8)
        mask[slices(self.box)] = values.reshape(bottom - top, right - left)


@dataclass(frozen=True)
class Change:
    """A layer before a change: its region, and the part of its mask that was painted over; `number` grows with time."""

    region: str
    patch: Patch | None = None
    number: int = field(default_factory=lambda: next(_NUMBERS))

    @property
    def size(self) -> int:
        """Bytes that it takes, nearly."""
        return len(self.region) + (0 if self.patch is None else len(self.patch.packed))


@dataclass
class History:
    """The changes of a layer, the latest last; `undone` can be done again."""

    done: list[Change] = field(default_factory=list)
    undone: list[Change] = field(default_factory=list)

    def add(self, change: Change) -> None:
        """Remember what was there before a change."""
        self.done = [*self.done, change][-_MOST:]
        self.undone = []


def trim(histories: Iterable[History]) -> None:
    """Forget the oldest changes of several layers, until the rest takes no more than `MOST_BYTES`; the latest stays."""
    lists = [changes for history in histories for changes in (history.done, history.undone)]
    size = sum(change.size for changes in lists for change in changes)
    while size > MOST_BYTES and sum(map(len, lists)) > 1:
        oldest = min(filter(None, lists), key=lambda changes: changes[0].number)
        size -= oldest.pop(0).size
