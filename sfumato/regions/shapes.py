"""Regions drawn from numbers: rectangle, ellipse, polygon, and two gradients.

The pixel in row i and column j is the square from (x, y) = (j, i) to (j + 1, i + 1), so the picture extends from (0, 0)
to (width, height). A shape is exactly 1 inside and exactly 0 outside; at its edge it is the share of the pixel that it
covers. Shapes may extend beyond the picture, where they are cut off.
"""

import math

import numpy as np
from numpy.typing import NDArray

from sfumato.errors import RegionError

__all__ = ["ellipse", "linear", "polygon", "radial", "rect"]

# Shapes other than rectangles are cut into strips, this many per row of pixels, whose ends are rounded to 1 / _PARTS of
# a pixel. Integers make inside and outside exact.
_STRIPS = 32
_PARTS = 256
_LARGEST = 1e9


def rect(left: float, top: float, right: float, bottom: float, *, shape: tuple[int, int]) -> NDArray[np.float32]:
    """Draw an upright rectangle.

    Parameters
    ----------
    left, top, right, bottom : float
        Its sides, in pixels from the picture's left and upper borders.
    shape : (int, int)
        Height and width of the picture, in pixels.

    Returns
    -------
    ndarray
        float32 (H, W): the share of each pixel that lies in the rectangle, exactly.

    Raises
    ------
    RegionError
        If a number is NaN or beyond 1e9, or the rectangle has no area.

    Examples
    --------
    >>> rect(0.5, 1, 3, 2, shape=(3, 4))
    array([[0. , 0. , 0. , 0. ],
           [0.5, 1. , 1. , 0. ],
           [0. , 0. , 0. , 0. ]], dtype=float32)
    """
    _check("rect", left, top, right, bottom)
    if left >= right:
        raise RegionError(f"rect needs left < right, got {left:g} and {right:g}")
    if top >= bottom:
        raise RegionError(f"rect needs top < bottom, got {top:g} and {bottom:g}")
    rows, columns = np.arange(shape[0])[:, None], np.arange(shape[1])
    tall = np.clip(np.minimum(rows + 1, bottom) - np.maximum(rows, top), 0, 1)
    wide = np.clip(np.minimum(columns + 1, right) - np.maximum(columns, left), 0, 1)
    return np.asarray(tall * wide, np.float32)


def ellipse(cx: float, cy: float, rx: float, ry: float, *, shape: tuple[int, int]) -> NDArray[np.float32]:
    """Draw an upright ellipse.

    Parameters
    ----------
    cx, cy : float
        Its center, in pixels.
    rx, ry : float
        Half its width and half its height, in pixels.
    shape : (int, int)
        Height and width of the picture, in pixels.

    Returns
    -------
    ndarray
        float32 (H, W): the share of each pixel that lies in the ellipse, to about 1/32.

    Raises
    ------
    RegionError
        If a number is NaN or beyond 1e9, or a radius is not above 0.

    Examples
    --------
    >>> round(float(ellipse(5, 5, 2, 4, shape=(10, 10)).sum()), 1)  # the area, pi * 2 * 4
    25.1
    """
    _check("ellipse", cx, cy, rx, ry)
    if rx <= 0 or ry <= 0:
        raise RegionError(f"ellipse needs radii above 0, got {rx:g} and {ry:g}")
    height, width = shape
    ends = np.zeros((height, width + 2), np.int32)
    strips = np.arange(height * _STRIPS)
    with np.errstate(over="ignore"):
        across = ((strips + 0.5) / _STRIPS - cy) / ry
    strips, across = strips[abs(across) < 1], across[abs(across) < 1]
    half = rx * np.sqrt(1 - across**2)
    _add_ends(ends, strips, cx - half, 1)
    _add_ends(ends, strips, cx + half, -1)
    return _coverage(ends)


def polygon(*coordinates: float, shape: tuple[int, int]) -> NDArray[np.float32]:
    """Draw a polygon, convex or not, given its corners in order.

    Parameters
    ----------
    *coordinates : float
        x1, y1, x2, y2, x3, y3 and so on, in pixels; the last corner joins the first.
    shape : (int, int)
        Height and width of the picture, in pixels.

    Returns
    -------
    ndarray
        float32 (H, W): the share of each pixel that lies in the polygon, to about 1/32. If the outline crosses itself,
        every place that it runs around is inside.

    Raises
    ------
    RegionError
        If a number is NaN or beyond 1e9, if there are fewer than three corners, if the last one has no y, or if all
        corners lie on one line.

    Examples
    --------
    >>> polygon(0, 0, 4, 0, 0, 4, shape=(4, 4)).round(1)
    array([[1. , 1. , 1. , 0.5],
           [1. , 1. , 0.5, 0. ],
           [1. , 0.5, 0. , 0. ],
           [0.5, 0. , 0. , 0. ]], dtype=float32)
    """
    _check("polygon", *coordinates)
    if len(coordinates) < 6 or len(coordinates) % 2:
        count = len(coordinates)
        raise RegionError(f"polygon needs x and y for three corners or more, got {count} numbers")
    corners = np.reshape(np.asarray(coordinates, np.float64), (-1, 2))
    if np.linalg.matrix_rank(corners - corners[0]) < 2:
        raise RegionError("polygon has no area: its corners lie on one line")
    height, width = shape
    ends = np.zeros((height, width + 2), np.int32)
    for (x1, y1), (x2, y2) in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        ys = np.clip(sorted((y1, y2)), 0, height)
        strips = np.arange(*np.ceil(ys * _STRIPS - 0.5).astype(int))
        if strips.size:
            x = x1 + ((strips + 0.5) / _STRIPS - y1) * ((x2 - x1) / (y2 - y1))
            _add_ends(ends, strips, x, 1 if y1 < y2 else -1)
    return _coverage(ends)


def linear(x0: float, y0: float, x1: float, y1: float, *, shape: tuple[int, int]) -> NDArray[np.float32]:
    """Draw a straight ramp that is 0 up to the first point, and 1 from the second point on.

    Parameters
    ----------
    x0, y0 : float
        Where the ramp starts, in pixels.
    x1, y1 : float
        Where it ends, in pixels. Values are constant perpendicular to the ramp.
    shape : (int, int)
        Height and width of the picture, in pixels.

    Returns
    -------
    ndarray
        float32 (H, W): the ramp's value at the center of each pixel.

    Raises
    ------
    RegionError
        If a number is NaN or beyond 1e9, or both points are the same.

    Examples
    --------
    >>> linear(1, 0, 3, 0, shape=(1, 4))
    array([[0.  , 0.25, 0.75, 1.  ]], dtype=float32)
    """
    _check("linear", x0, y0, x1, y1)
    length = math.hypot(x1 - x0, y1 - y0)
    if length == 0:
        raise RegionError(f"linear needs two different points, got ({x0:g}, {y0:g}) twice")
    y, x = _middles(shape)
    with np.errstate(over="ignore"):
        ramp = ((x - x0) * ((x1 - x0) / length) + (y - y0) * ((y1 - y0) / length)) / length
    return np.clip(ramp, 0, 1).astype(np.float32)


def radial(cx: float, cy: float, inner: float, outer: float, *, shape: tuple[int, int]) -> NDArray[np.float32]:
    """Draw a round ramp that is 1 within the inner radius and falls to 0 at the outer radius.

    Parameters
    ----------
    cx, cy : float
        The center, in pixels.
    inner, outer : float
        The radii, in pixels; the outer one must be larger. Use `ellipse` for a sharp disk.
    shape : (int, int)
        Height and width of the picture, in pixels.

    Returns
    -------
    ndarray
        float32 (H, W): the ramp's value at the center of each pixel.

    Raises
    ------
    RegionError
        If a number is NaN or beyond 1e9, or not 0 <= inner < outer.

    Examples
    --------
    >>> radial(0.5, 0.5, 1, 3, shape=(1, 5))
    array([[1. , 1. , 0.5, 0. , 0. ]], dtype=float32)
    """
    _check("radial", cx, cy, inner, outer)
    if not 0 <= inner < outer:
        raise RegionError(f"radial needs 0 <= inner < outer, got {inner:g} and {outer:g}")
    y, x = _middles(shape)
    with np.errstate(over="ignore"):
        ramp = (outer - np.hypot(x - cx, y - cy)) / (outer - inner)
    return np.clip(ramp, 0, 1).astype(np.float32)


def _check(name: str, *numbers: float) -> None:
    """Refuse numbers that are NaN, infinite, or so large that rounding errors reach a pixel."""
    for number in numbers:
        if not abs(number) <= _LARGEST:
            raise RegionError(f"{name} needs numbers of at most {_LARGEST:g}, got {number:g}")


def _middles(shape: tuple[int, int]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the y of the pixel centers as a column, and their x as a row."""
    y, x = (np.arange(count, dtype=np.float64) + 0.5 for count in shape)
    return y[:, None], x


def _add_ends(ends: NDArray[np.int32], strips: NDArray[np.int_], x: NDArray[np.float64], sign: int) -> None:
    """Mark where each strip begins (sign 1) or ends (sign -1); `_coverage` sums the marks."""
    parts = np.rint(np.clip(x, 0, ends.shape[1] - 2) * _PARTS).astype(np.int64)
    column, part = np.divmod(parts, _PARTS)
    np.add.at(ends, (strips // _STRIPS, column), sign * (_PARTS - part))
    np.add.at(ends, (strips // _STRIPS, column + 1), sign * part)


def _coverage(ends: NDArray[np.int32]) -> NDArray[np.float32]:
    """Sum the marks of strips from left to right. The direction of the outline does not matter."""
    full = _STRIPS * _PARTS
    sums = np.abs(np.cumsum(ends[:, :-2], axis=1, dtype=np.int32))
    return (np.minimum(sums, full) / full).astype(np.float32)
