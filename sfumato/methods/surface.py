"""A flat surface inside a picture, such as a screen or a wall: seen upright, and put back.

Partial Style Transfer §3.1.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np

from sfumato import blend
from sfumato.errors import RegionError
from sfumato.images import Picture
from sfumato.methods.problem import Problem

__all__ = ["SurfaceProblem", "check_corners", "fit_corners", "rectified", "upright_size"]

# Pixels: a side below it has no room for a stroke.
_LEAST_SIDE = 16

# Samples along each side of an output pixel where a picture is shrunk; more than that is hardly seen.
_MOST_SAMPLES = 4

_ROUNDING = 1e-5

# Of a region, how well a quadrilateral has to fit it to stand for it.
_FITS = 0.85


@dataclass(frozen=True)
class SurfaceProblem(Problem):
    """A problem that is worked on upright: `crop` is the surface's box in the photo, all else belongs to the rectangle.

    `upright` (h, w, 3) is the surface seen upright, `corners` (4, 2) are its corners in the photo: upper left, upper
    right, lower right, lower left, as x and y in pixels.
    """

    upright: np.ndarray = field(repr=False, default_factory=lambda: np.zeros((0, 0, 3), np.float32))
    corners: np.ndarray = field(repr=False, default_factory=lambda: np.zeros((4, 2)))

    def own(self) -> np.ndarray:
        """Return the surface upright, at its own resolution, float32 (h, w, 3)."""
        return self.upright

    def finished_size(self) -> tuple[int, int]:
        """Return height and width of the surface as it is when finished."""
        share = self.scale * self.finest
        height, width = self.upright.shape[:2]
        return max(1, round(height * share)), max(1, round(width * share))

    def blended(self, styled: np.ndarray) -> tuple[Picture, np.ndarray]:
        """Put a styled rectangle, of any size, back on its surface; return also the alpha (h, w) that it took."""
        shown, upright_alpha = self.shown(styled)
        top, left, bottom, right = self.crop
        size = bottom - top, right - left
        there = _homography(self.corners - (left, top), shown.shape[:2])
        back = np.linalg.inv(there)
        full = _warped(shown, back, size).clip(0, 1)
        # Where there is nothing of the rectangle, nothing shows; its edge is smoothed inside the surface.
        covered = _warped(np.ones(shown.shape[:2], np.float32), back, size, outside=0.0)
        edge = blend.feather((covered > 0.999).astype(np.float32), self.parts[0].feather, "inside")
        alpha = edge * _warped(upright_alpha, back, size).clip(0, 1)
        alpha[alpha > 1 - _ROUNDING] = 1
        return blend.compose(self.photo, full, alpha, self.crop), alpha


def check_corners(values: Sequence[float], shape: tuple[int, int]) -> np.ndarray:
    """Check the four corners of a surface, and begin with the upper left one.

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
        Upper left, upper right, lower right, lower left: those that lie so in the picture.

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
    if np.hypot(*edges.T).min() < _LEAST_SIDE:
        raise RegionError(f"the corners {written} are too close together; a side needs {_LEAST_SIDE} pixels or more")
    if not ((turns > 0).all() or (turns < 0).all()):
        raise RegionError(f"the corners {written} cross or form a dent; give them in order around the surface")
    if (turns < 0).all():
        corners = corners[::-1]
    if abs(cv2.contourArea(corners.astype(np.float32))) < _LEAST_SIDE**2:
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
        raise RegionError("the region is empty, so it has no corners; look at it with: sfumato regions")
    hull = cv2.convexHull(max(outlines, key=cv2.contourArea))
    length = cv2.arcLength(hull, True)
    for tolerance in np.linspace(0.005, 0.15, 60):
        found = cv2.approxPolyDP(hull, tolerance * length, True)[:, 0]
        if len(found) == 4:
            drawn = np.asarray(cv2.fillConvexPoly(np.zeros_like(hard), found, 1), np.uint8)
            if (drawn & hard).sum() >= _FITS * (drawn | hard).sum():
                return _outward(found.astype(float))
            break
    return None


def upright_size(corners: np.ndarray) -> tuple[int, int]:
    """Return height and width of the rectangle that a surface is seen as: its longer edges.

    Examples
    --------
    >>> upright_size(np.array([[0, 0], [40, 0], [50, 30], [0, 30]]))
    (32, 50)
    """
    lengths = np.hypot(*(np.roll(corners, -1, axis=0) - corners).T)
    return math.ceil(max(lengths[1], lengths[3])), math.ceil(max(lengths[0], lengths[2]))


def rectified(image: np.ndarray, corners: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """See a surface upright.

    Parameters
    ----------
    image : ndarray (H, W, 3)
        RGB in [0, 1].
    corners : ndarray (4, 2)
        As `check_corners` returns them, in pixels of the image. What lies outside the image repeats its border.
    size : (int, int)
        Height and width of the rectangle.

    Returns
    -------
    ndarray (h, w, 3)
        Float32 RGB in [0, 1].
    """
    return _warped(image, _homography(corners, size), size).clip(0, 1)


def _outward(corners: np.ndarray) -> np.ndarray:
    """Move corners from the centers of pixels to their outer borders."""
    middle = corners.mean(axis=0)
    moved: np.ndarray = corners + (corners > middle)
    return moved


def _homography(corners: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Return the map from the picture to a rectangle, between borders of pixels."""
    height, width = size
    target = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    return np.asarray(cv2.getPerspectiveTransform(corners.astype(np.float32), target), float)


def _warped(
    image: np.ndarray, matrix: np.ndarray, size: tuple[int, int], *, outside: float | None = None
) -> np.ndarray:
    """Resample an image once by a homography, with several samples a pixel where it shrinks."""
    height, width = size
    samples = _samples(matrix, image.shape[:2], size)
    # The homography is between borders of pixels, OpenCV's between their centers.
    center = np.array([[1, 0, 0.5], [0, 1, 0.5], [0, 0, 1]])
    fine = np.linalg.inv(center) @ np.diag([samples, samples, 1.0]) @ matrix @ center
    warped = cv2.warpPerspective(
        image,
        fine,
        (width * samples, height * samples),
        flags=cv2.INTER_CUBIC if outside is None else cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE if outside is None else cv2.BORDER_CONSTANT,
        borderValue=0,
    )
    if samples > 1:
        warped = cv2.resize(warped, (width, height), interpolation=cv2.INTER_AREA)
    return np.asarray(warped, np.float32)


def _samples(matrix: np.ndarray, shape: tuple[int, int], size: tuple[int, int]) -> int:
    """Return how many samples a side of an output pixel needs where the image shrinks most."""
    height, width = size
    back = np.linalg.inv(matrix)
    xs, ys = np.meshgrid(np.linspace(0, width, 9), np.linspace(0, height, 9))
    points = np.stack([xs.ravel(), ys.ravel()], axis=1)

    def mapped(points: np.ndarray) -> np.ndarray:
        homogeneous = np.c_[points, np.ones(len(points))] @ back.T
        return np.asarray(homogeneous[:, :2] / homogeneous[:, 2:])

    here = mapped(points)
    inside = ((here >= 0) & (here <= (shape[1], shape[0]))).all(1)
    steps = [np.hypot(*(mapped(points + step) - here).T)[inside] for step in ((1, 0), (0, 1))]
    most = max((float(step.max()) for step in steps if step.size), default=1.0)
    return int(np.clip(math.ceil(most - 0.1), 1, _MOST_SAMPLES))
