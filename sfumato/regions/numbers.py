"""Distinguish label maps that hold numbers from those in colors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from sfumato import images
from sfumato.images import Picture
from sfumato.regions.brightness import voc_colors

__all__ = ["PATCH", "nearest", "numbers_in"]

#: Side of a square that soft edges cannot fill: between black and white they have gray patches of up to 3 x 3 pixels.
PATCH = 4

_NEAR = 25.5  # maximum difference in a channel, a tenth of the range


def nearest(rgb: NDArray[np.float32], table: Mapping[str, Sequence[float]]) -> NDArray[np.int_]:
    """Find the nearest color of a table for each pixel, if no channel differs by a tenth of the range or more.

    Parameters
    ----------
    rgb : ndarray of float32, shape (..., 3)
        Colors from 0 to 255.
    table : mapping of str to (red, green, blue)
        Colors from 0 to 255.

    Returns
    -------
    ndarray of int, shape (...)
        Positions in the table, or -1 if no color is near.

    Examples
    --------
    >>> nearest(np.float32([[250, 9, 3], [99, 99, 99]]), {"sky": (0, 0, 255), "roof": (255, 0, 0)}).tolist()
    [1, -1]
    """
    index = np.full(rgb.shape[:-1], -1)
    best = np.full(rgb.shape[:-1], np.float32(_NEAR))
    for number, color in enumerate(table.values()):
        away = np.abs(rgb - np.asarray(color, np.float32)).max(axis=-1)
        closer = away < best
        index[closer], best[closer] = number, away[closer]
    return index


def numbers_in(picture: Picture, table: Mapping[str, Sequence[float]]) -> str:
    """Tell whether a picture's values are numbers of labels rather than the labels' colors.

    Parameters
    ----------
    picture : Picture
        A picture, as read from a file.
    table : mapping of str to (red, green, blue)
        The labels' colors, 0 to 255.

    Returns
    -------
    str
        The reason why they are numbers, or "" if they are not. There are three reasons: a gray picture has more values
        than labels that they could mean; the patches of a gray or palette picture have at least as many other colors as
        labels' colors; or they have any other color, in the palette of segmentation tools.

    Examples
    --------
    >>> numbers_in(Picture(np.zeros((20, 20, 3), np.uint8)), {"sky": (0, 0, 255)})
    ''
    """
    stored = images.numbers_of(picture)
    if stored is None:
        return ""
    used, first = np.unique(stored.values, return_index=True)
    if stored.palette is None:
        gray = picture.pixels.reshape(-1)[first] * np.float32(255 / np.iinfo(picture.pixels.dtype).max)
        shown, standard, what = gray[:, None].repeat(3, 1), False, "values of gray"
    else:
        shown, what = stored.palette[used].astype(np.float32), "colors of a palette"
        standard = np.array_equal(stored.palette[: used[-1] + 1], voc_colors(int(used[-1]) + 1))
    names = nearest(shown, table)
    if (names >= 0).all():
        labels = len(set(names.tolist()))
        alike = stored.palette is None and labels < len(used)
        return f"{len(used)} {what}, too alike for more than {labels} of the labels" if alike else ""
    # Soft edges have many other values, but not in patches.
    names = names[np.isin(used, _in_patches(stored.values))]
    others, labels = np.count_nonzero(names < 0), len(set(names[names >= 0].tolist()))
    if others and (standard or others >= labels):
        return f"{others} of {others + labels} {what} in no label's color"
    return ""


def _in_patches(values: NDArray[np.int_]) -> NDArray[np.float64]:
    """Return the values that fill a square of `PATCH` pixels somewhere."""
    square, exact = np.ones((PATCH, PATCH), np.uint8), values.astype(np.float64)
    least, most = (change(exact, square, anchor=(0, 0)) for change in (cv2.erode, cv2.dilate))
    inside = np.s_[: max(0, values.shape[0] - PATCH + 1), : max(0, values.shape[1] - PATCH + 1)]
    found: NDArray[np.float64] = np.unique(least[inside][least[inside] == most[inside]])
    return found
