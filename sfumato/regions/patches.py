"""Patches of a label map: what lies in none goes to the nearest one."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from sfumato.errors import RegionError, warn
from sfumato.regions.numbers import PATCH

__all__ = ["first", "settled"]

_MOST_LOOSE = 0.5  # of the picture


def settled(path: str | Path, index: NDArray[np.int_], rgb: np.ndarray, names: list[str]) -> NDArray[np.int_]:
    """Give what is in no patch of a label to the nearest one, or refuse if that is most of it."""
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
    """Tell which pixels are in a connected patch of one label that holds a square of `PATCH` pixels."""
    kernel = np.ones((PATCH, PATCH), np.uint8)
    inside = np.zeros(index.shape, bool)
    for number in set(np.unique(index)) - {-1}:
        mask = (index == number).astype(np.uint8)
        _, parts = cv2.connectedComponents(mask, connectivity=8)
        core = cv2.erode(mask, kernel, borderType=cv2.BORDER_CONSTANT, borderValue=0)
        inside |= np.isin(parts, np.unique(parts[core > 0]))
    return inside


def first(where: NDArray[np.bool_]) -> str:
    """Name the first place, from the top."""
    row, column = np.unravel_index(int(where.argmax()), where.shape)
    return f"first at x {column}, y {row}"
