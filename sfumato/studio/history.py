"""Undo and redo of a layer's region and of its painted mask."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from sfumato.images import Box
from sfumato.images.boxes import slices

__all__ = ["Change", "History", "Patch"]

_MOST = 100  # number of changes that can be undone


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
    """A layer before a change: its region and its mask's name, and the part of the mask that was painted over."""

    region: str
    mask: str | None
    patch: Patch | None = None


@dataclass
class History:
    """The changes of a layer, the latest last; `undone` can be done again."""

    done: list[Change] = field(default_factory=list)
    undone: list[Change] = field(default_factory=list)

    def add(self, change: Change) -> None:
        """Remember what was there before a change."""
        self.done = [*self.done, change][-_MOST:]
        self.undone = []
