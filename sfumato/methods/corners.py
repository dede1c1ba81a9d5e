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
from sfumato.recipe import Recipe

__all__ = ["check_corners", "fit_corners", "upright_size", "with_corners"]

# Minimum length of a side in pixels: a shorter one has no room for a stroke.
_MIN_SIDE = 16

# Minimum overlap (intersection over union) of a region and the quadrilateral that replaces it.
_MIN_OVERLAP = 0.85


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


def upright_size(corners: np.ndarray) -> tuple[int, int]:
    """Return height and width of the rectangle that shows a surface upright, from its longer edges.

    Examples
    --------
    >>> upright_size(np.array([[0, 0], [40, 0], [50, 30], [0, 30]]))
    (32, 50)
    """
    lengths = np.hypot(*(np.roll(corners, -1, axis=0) - corners).T)
    return math.ceil(max(lengths[1], lengths[3])), math.ceil(max(lengths[0], lengths[2]))


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
    fetch(sorted(regions.models_needed(layer.region, folder, segmenter=recipe.segmenter)))
    mask = regions.evaluate(layer.region, photo.rgb(), folder, segmenter=recipe.segmenter)
    corners = fit_corners(np.asarray(mask))
    if corners is None:
        warn(f"region {layer.region!r} has no four corners; it is restyled as it lies")
        return recipe
    layers = (layer.model_copy(update={"region": "all"}), *recipe.layers[1:])
    found = tuple(float(value) for value in corners.ravel())
    return recipe.model_copy(update={"corners": found, "layers": layers})
