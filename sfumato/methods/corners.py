"""The corners of a flat surface in a picture: check and order them, or find them from a region."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import cv2
import numpy as np

from sfumato import regions
from sfumato.errors import RegionError, warn
from sfumato.images import Picture
from sfumato.methods.finders import finders_of
from sfumato.recipe import Recipe

__all__ = ["check_corners", "fit_corners", "upright_size", "with_corners"]

# Minimum length of a side in pixels: a shorter one has no room for a stroke.
_MIN_SIDE = 16

# Minimum overlap (intersection over union) of a region and the quadrilateral that replaces it.
_MIN_OVERLAP = 0.85

# Maximum number of pixels of an upright surface for each that the photo has of it. A road whose far edge is a tenth of
# the near one comes near it; beyond that, more pixels would only show the horizon, which has hardly any itself.
_MOST_PIXELS = 4

# Number of samples along each side of a surface where its resolution is measured.
_SAMPLES = 64


def check_corners(values: Sequence[float], shape: tuple[int, int]) -> np.ndarray:
    """Check the four corners of a surface, and order them from the upper left one.

    Parameters
    ----------
    values : sequence of eight numbers
        x and y of each corner, in pixels, in order around the surface. Corners may lie outside the picture, by as much
        as its size; what is inside is restyled.
    shape : (int, int)
        Height and width of the picture.

    Returns
    -------
    ndarray (4, 2)
        Upper left, upper right, lower right, lower left, as they appear in the picture.

    Raises
    ------
    RegionError
        If the corners cross or form a dent, are too close together, or lie too far outside.

    Examples
    --------
    >>> check_corners([90, 10, 95, 80, 12, 70, 10, 20], (100, 100)).tolist()
    [[10.0, 20.0], [90.0, 10.0], [95.0, 80.0], [12.0, 70.0]]
    """
    if len(values) != 8:
        raise RegionError(f"a surface has four corners, x and y of each: eight numbers, got {len(values)}")
    corners = np.array(values, float).reshape(4, 2)
    written = ", ".join(f"{x:g} {y:g}" for x, y in corners)
    height, width = shape
    limits = np.array([width, height])
    if (corners < -limits).any() or (corners > 2 * limits).any():
        raise RegionError(f"the corners {written} lie far outside the picture, {width} x {height} pixels")
    edges = np.roll(corners, -1, axis=0) - corners
    following = np.roll(edges, -1, axis=0)
    turns = edges[:, 0] * following[:, 1] - edges[:, 1] * following[:, 0]
    if np.hypot(*edges.T).min() < _MIN_SIDE:
        raise RegionError(f"the corners {written} are too close together; a side needs {_MIN_SIDE} pixels or more")
    if not ((turns > 0).all() or (turns < 0).all()):
        raise RegionError(f"the corners {written} cross or form a dent; give them in order around the surface")
    if (turns < 0).all():
        corners = corners[::-1]
    if abs(cv2.contourArea(corners.astype(np.float32))) < _MIN_SIDE**2:
        raise RegionError(f"the corners {written} enclose next to nothing; give a larger surface")
    return np.roll(corners, -int(corners.sum(1).argmin()), axis=0)


def fit_corners(mask: np.ndarray) -> np.ndarray | None:
    """Find the four corners of a region, if it is a quadrilateral.

    Parameters
    ----------
    mask : ndarray (H, W)
        In [0, 1].

    Returns
    -------
    ndarray (4, 2) or None
        x and y, in order around the region; None if a quadrilateral fits less than 85 % of it.

    Raises
    ------
    RegionError
        If the mask is empty.

    Examples
    --------
    >>> mask = np.zeros((60, 90), np.float32)
    >>> mask[10:50, 20:80] = 1
    >>> sorted(fit_corners(mask).tolist())
    [[20.0, 10.0], [20.0, 50.0], [80.0, 10.0], [80.0, 50.0]]
    """
    hard = (mask > 0.5).astype(np.uint8)
    outlines, _ = cv2.findContours(hard, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    if not outlines:
        raise RegionError("the region is empty, so it has no corners")
    hull = cv2.convexHull(max(outlines, key=cv2.contourArea))
    length = cv2.arcLength(hull, True)
    for tolerance in np.linspace(0.005, 0.15, 60):
        found = cv2.approxPolyDP(hull, tolerance * length, True)[:, 0]
        if len(found) == 4:
            drawn = np.asarray(cv2.fillConvexPoly(np.zeros_like(hard), found, 1), np.uint8)
            if (drawn & hard).sum() >= _MIN_OVERLAP * (drawn | hard).sum():
                return _outward(found.astype(float))
            break
    return None


def upright_size(corners: np.ndarray, shape: tuple[int, int]) -> tuple[int, int]:
    """Return height and width of the rectangle that shows a surface upright, from what the photo resolves of it.

    In the mean over the pixels that the photo shows of the surface, a square pixel of the rectangle is neither enlarged
    nor stretched when it is laid back. The mean is that of logarithms: to enlarge twofold is as wrong as to shrink
    to half. The true aspect ratio of the surface is not used: strokes that are round on a floor seen at 10 degrees
    look like streaks in the photo.

    Parameters
    ----------
    corners : ndarray (4, 2)
        x and y, in order around the surface.
    shape : (int, int)
        Height and width of the photo in pixels. What lies outside does not count, unless all does.

    Returns
    -------
    (int, int)
        At least 16 each, and together at most 4 pixels for each pixel of the surface in the photo.

    Examples
    --------
    >>> upright_size(np.array([[0, 0], [40, 0], [40, 30], [0, 30]]), (60, 80))
    (30, 40)

    A floor: most pixels lie near, where the photo shows more rows of it than its 30 on average.

    >>> upright_size(np.array([[20, 0], [40, 0], [60, 30], [0, 30]]), (60, 80))
    (45, 40)
    """
    places, weights = _sampled(corners)
    seen = ((places > 0) & (places < np.array(shape[::-1]))).all(-1)
    if seen.any():
        weights = weights * seen
    unit = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float32)
    matrix = cv2.getPerspectiveTransform(corners.astype(np.float32), unit)
    x, y, depth = np.moveaxis(np.c_[places, np.ones(len(places))] @ matrix.T, -1, 0)
    # Gradients of the position on the surface, across and down, in the photo.
    across = (matrix[0, :2] - (x / depth)[:, None] * matrix[2, :2]) / depth[:, None]
    down = (matrix[1, :2] - (y / depth)[:, None] * matrix[2, :2]) / depth[:, None]
    area = 1 / np.abs(across[:, 0] * down[:, 1] - across[:, 1] * down[:, 0])
    # A step across the surface is as long as one down it where the gradients are to each other as down is to across.
    aspect = np.hypot(*down.T) / np.hypot(*across.T)
    pixels, wide = (math.exp(np.average(np.log(values), weights=weights)) for values in (area, aspect))
    pixels = min(pixels, _MOST_PIXELS * cv2.contourArea(corners.astype(np.float32)))
    return max(_MIN_SIDE, round(math.sqrt(pixels / wide))), max(_MIN_SIDE, round(math.sqrt(pixels * wide)))


def _sampled(corners: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return points (n, 2) all over a quadrilateral, and the area (n,) that each stands for."""
    middles = (np.arange(_SAMPLES) + 0.5) / _SAMPLES
    s, t = (part.reshape(-1, 1) for part in np.meshgrid(middles, middles))
    a, b, c, d = np.asarray(corners, float)
    across, down = (1 - t) * (b - a) + t * (c - d), (1 - s) * (d - a) + s * (c - b)
    return a + s * (b - a) + t * down, np.abs(across[:, 0] * down[:, 1] - across[:, 1] * down[:, 0])


def _outward(corners: np.ndarray) -> np.ndarray:
    """Move corners from the centers of pixels to their outer borders."""
    middle = corners.mean(axis=0)
    moved: np.ndarray = corners + (corners > middle)
    return moved


def with_corners(
    recipe: Recipe,
    photo: Picture,
    folder: Path | None = None,
    *,
    fetch: Callable[[Iterable[str]], None] = lambda names: None,
) -> Recipe:
    """Replace the region of a recipe by its corners; keep a region that is not a quadrilateral.

    Parameters
    ----------
    recipe : Recipe
        A recipe with one layer.
    photo : Picture
        Photo that contains the region.
    folder : Path, optional
        Where to look for mask files, before the current folder.
    fetch : callable
        Fetches the network files that find the region, by name.

    Returns
    -------
    Recipe
        With corners, or, after a warning, unchanged.

    Raises
    ------
    RegionError
        If the region selects nothing, or cannot be understood.
    """
    layer = recipe.layers[0]
    fetch(sorted(regions.models_needed(layer.region, folder, **finders_of(recipe))))
    mask = regions.evaluate(layer.region, photo.rgb(), folder, **finders_of(recipe))
    corners = fit_corners(np.asarray(mask))
    if corners is None:
        warn(f"region {layer.region!r} has no four corners; it is restyled as it lies")
        return recipe
    layers = (layer.model_copy(update={"region": "all"}), *recipe.layers[1:])
    found = tuple(float(value) for value in corners.ravel())
    return recipe.model_copy(update={"corners": found, "layers": layers})
