"""Boxes in a picture: (top, left, bottom, right) in pixels, half-open."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sfumato.images.picture import Box

__all__ = ["bounding_box", "padded", "slices", "union"]


def bounding_box(mask: np.ndarray) -> Box | None:
    """Return the smallest box around all values other than 0, or None if there are none.

    Examples
    --------
    >>> bounding_box(np.array([[0, 0, 0], [0, 1, 1]]))
    (1, 1, 2, 3)
    """
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    if not rows.size:
        return None
    return int(rows[0]), int(columns[0]), int(rows[-1]) + 1, int(columns[-1]) + 1


def padded(box: Box, margin: int, shape: tuple[int, int]) -> Box:
    """Return a box widened by a margin on all sides, but not beyond a picture of a shape (H, W).

    Examples
    --------
    >>> padded((2, 5, 8, 9), 3, (10, 20))
    (0, 2, 10, 12)
    """
    top, left, bottom, right = box
    return (
        max(top - margin, 0),
        max(left - margin, 0),
        min(bottom + margin, shape[0]),
        min(right + margin, shape[1]),
    )


def union(boxes: Sequence[Box]) -> Box:
    """Return the smallest box around all boxes.

    Examples
    --------
    >>> union([(0, 4, 2, 6), (1, 1, 5, 2)])
    (0, 1, 5, 6)
    """
    tops, lefts, bottoms, rights = zip(*boxes, strict=True)
    return min(tops), min(lefts), max(bottoms), max(rights)


def slices(box: Box) -> tuple[slice, slice]:
    """Return the slices of rows and columns of a box.

    Examples
    --------
    >>> np.eye(3)[slices((0, 1, 2, 3))]
    array([[0., 0.],
           [1., 0.]])
    """
    top, left, bottom, right = box
    return slice(top, bottom), slice(left, right)
