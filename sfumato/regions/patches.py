"""Patches of a label map. Pixels outside all patches get the label of the nearest one."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from sfumato.errors import RegionError, warn
from sfumato.regions.numbers import PATCH

__all__ = ["first", "settled"]

_MOST_LOOSE = 0.5  # maximum share of pixels in no patch


def settled(path: str | Path, index: NDArray[np.int_], rgb: np.ndarray, names: list[str]) -> NDArray[np.int_]:
    """Give pixels in no patch the label of the nearest patch, and warn; refuse a map in which they are the majority.

    Parameters
    ----------
    path : path
        The label map's file, for messages.
    index : ndarray of int (H, W)
        Each pixel's label by number, or -1 if it has no label's color.
    rgb : ndarray (H, W, 3)
        The map's colors, 0 to 255.
    names : list of str
        Names of the labels by number.
    """
    from scipy import ndimage

    loose = ~_in_patches(index)
    count = np.count_nonzero(loose)
    found = f"label map {str(path)!r}: {count} of {index.size} pixels ({100 * count / index.size:.3g} %)"
    values, counts = np.unique(np.rint(rgb[loose]).astype(int), axis=0, return_counts=True)
    color = tuple(values[counts.argmax()].tolist())
    example = f"most often {color}, {counts.max()} times, {first(loose & (np.rint(rgb) == color).all(axis=-1))}"
    if count > _MOST_LOOSE * index.size:
        raise RegionError(
            f"{found} are in no patch of a label's color, {example}: paint it in the colors {', '.join(names)}"
        )
    rows, columns = ndimage.distance_transform_edt(loose, return_distances=False, return_indices=True)
    lost = [repr(names[number]) for number in sorted(set(index[loose]) - set(index[~loose]) - {-1})]
    only = f"; {', '.join(lost)} occurred only there" if lost else ""
    found += f" are in no patch of a label's color and went to the nearest one, {example}{only}"
    warn(found)
    settled: NDArray[np.int_] = index[rows, columns]
    return settled


def _in_patches(index: NDArray[np.int_]) -> NDArray[np.bool_]:
    """Tell which pixels are in a connected patch of one label with room for a square of `PATCH` x `PATCH` pixels."""
    kernel = np.ones((PATCH, PATCH), np.uint8)
    inside = np.zeros(index.shape, bool)
    for number in set(np.unique(index)) - {-1}:
        mask = (index == number).astype(np.uint8)
        _, parts = cv2.connectedComponents(mask, connectivity=8)
        core = cv2.erode(mask, kernel, borderType=cv2.BORDER_CONSTANT, borderValue=0)
        inside |= np.isin(parts, np.unique(parts[core > 0]))
    return inside


def first(where: NDArray[np.bool_]) -> str:
    """Return a phrase for the topmost selected pixel.

    Examples
    --------
    >>> first(np.array([[False, False], [False, True]]))
    'first at x 1, y 1'
    """
    row, column = np.unravel_index(int(where.argmax()), where.shape)
    return f"first at x {column}, y {row}"
