"""Regions whose edges follow the photo."""

from __future__ import annotations

import contextlib
import importlib.util
import io
import math

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from sfumato.arrays import checked, same_size
from sfumato.compute import apart, pymatting
from sfumato.errors import RegionError
from sfumato.images.boxes import bounding_box, padded, slices
from sfumato.regions.morphology import grow, shrink

__all__ = ["guided", "matte", "refine", "stretch"]

_ROWS = 256  # rows that are filtered at a time
_EPS = 1e-4  # contrast below 0.01 is no edge
_SHARP = 8.0  # an edge narrower than this, in pixels, says where it is
_LARGEST_SOLVED = 1_000_000  # pixels


@checked("photo", masks=["region"])
def refine(region: ArrayLike, *, photo: NDArray[np.float32], width: float | None = None) -> NDArray[np.float32]:
    """Let a region's edges follow the photo's.

    A guided filter makes the mask a linear function of the photo's color within small windows, so that
    it steps where the photo steps; done twice, the second time with windows half as wide. What is nearly
    0 or nearly 1 becomes exactly so.

    The filter also moves edges that were right to begin with, by a pixel or so. How far it looks is
    therefore taken from the mask: soft edges say that it does not know. A mask whose edges rise within
    8 pixels is left as it is. A sharp mask that is wrong, such as a polygon by hand, needs a width.

    Parameters
    ----------
    region : array_like
        Mask (H, W) in [0, 1].
    photo : ndarray
        sRGB in [0, 1], float32 (H, W, 3).
    width : float, optional
        How far to look for the photo's edge to either side of the mask's, in pixels; what is up to half
        as far away is found. Less than 1 changes nothing. By default a quarter of the width of the
        mask's own edges, at most a sixteenth of the shorter side.

    Returns
    -------
    ndarray
        float32 (H, W) in [0, 1].

    Raises
    ------
    RegionError
        If the region is not of the photo's shape, or the width is not finite or negative.

    References
    ----------
    He, Sun and Tang, "Guided image filtering", TPAMI 35(6), 2013.

    Examples
    --------
    >>> photo = np.zeros((40, 60, 3), np.float32)
    >>> photo[:, 32:] = 0.8, 0.6, 0.2
    >>> mask = np.tile(np.arange(60) >= 28, (40, 1))
    >>> refine(mask, photo=photo, width=14)[20, 27:35].round(1)
    array([0., 0., 0., 0., 0., 1., 1., 1.], dtype=float32)
    """
    mask = np.array(region, np.float32)
    same_size(photo=photo, region=mask)
    reach = _reach(mask) if width is None else _length("refine", width)
    for radius in (int(reach), int(reach / 2)):
        if radius >= 1:
            mask = stretch(guided(photo, mask, radius), 0.2)
    return mask


@checked("photo", masks=["region"])
def matte(region: ArrayLike, *, photo: NDArray[np.float32], width: float | None = None) -> NDArray[np.float32]:
    """Find how much of each pixel along a region's edge belongs to it: hair, fur, leaves, motion blur.

    Within a strip along the edge, alpha is solved for by closed-form matting, from the colors on both
    sides and nothing else: what the mask says there is forgotten, so where both sides look alike, a good
    mask may lose. What lies outside the strip becomes 0 or 1. A strip whose box has more than a million
    pixels is solved at a million, and enlarged with the guided filter.

    Parameters
    ----------
    region : array_like
        Mask (H, W); its edge is where it crosses 0.5.
    photo : ndarray
        sRGB in [0, 1], float32 (H, W, 3).
    width : float, optional
        How far the strip reaches to either side, in pixels; loose hair beyond it is lost. By default
        2 % of the shorter side.

    Returns
    -------
    ndarray
        float32 (H, W) in [0, 1].

    Raises
    ------
    RegionError
        If the region is not of the photo's shape, the width is not finite or negative, the strip leaves
        nothing inside or outside of it, or PyMatting is not installed.

    References
    ----------
    Levin, Lischinski and Weiss, "A closed-form solution to natural image matting", TPAMI 30(2), 2008.

    Examples
    --------
    A pixel of mixed color belongs to the region by its share:

    >>> photo = np.zeros((20, 21, 3), np.float32)
    >>> photo[:, 10], photo[:, 11:] = 0.25, 1
    >>> mask = np.tile(np.arange(21) >= 9, (20, 1))
    >>> matte(mask, photo=photo, width=4)[10, 8:13].round(2)  # doctest: +SKIP
    array([0.  , 0.  , 0.25, 1.  , 1.  ], dtype=float32)
    """
    mask = np.array(region, np.float32)
    same_size(photo=photo, region=mask)
    reach = min(mask.shape) / 50 if width is None else _length("matte", width)
    if importlib.util.find_spec("pymatting") is None:
        raise RegionError('matte needs PyMatting; install it with: pip install "sfumato[matting]"')
    inside, outside = shrink(mask >= 0.5, reach) > 0, grow(mask >= 0.5, reach) == 0
    unknown = ~(inside | outside)
    if not unknown.any():
        return inside.astype(np.float32)
    around = bounding_box(unknown)
    assert around is not None
    step = max(1.0, math.sqrt((around[2] - around[0] - 1) * (around[3] - around[1] - 1) / _LARGEST_SOLVED))
    # What is known on both sides must be in the box, and survive being reduced.
    box = slices(padded(around, math.ceil(4 * step), mask.shape))
    height, width_ = mask[box].shape
    size = max(1, round(width_ / step)), max(1, round(height / step))
    trimap = np.full(size[::-1], 0.5)
    for value, known in ((0, outside), (1, inside)):
        sure = cv2.resize(known[box].astype(np.float32), size, interpolation=cv2.INTER_AREA) > 0.999
        if not sure.any():
            side = "in" if value else "out"
            raise RegionError(f"matte finds nothing {side}side, {reach:g} px from the region's edge; give less width")
        trimap[sure] = value
    small = cv2.resize(photo[box], size, interpolation=cv2.INTER_AREA).astype(np.float64)
    alpha = apart(lambda: _solved(np.clip(small, 0, 1), trimap))
    if step > 1:
        enlarged = np.asarray(cv2.resize(alpha, (width_, height), interpolation=cv2.INTER_LINEAR), np.float32)
        alpha = np.clip(guided(photo[box], enlarged, math.ceil(step)), 0, 1)
    result = inside.astype(np.float32)
    result[box][unknown[box]] = alpha[unknown[box]]
    return result


def _solved(image: NDArray[np.float64], trimap: NDArray[np.float64]) -> NDArray[np.float32]:
    """Solve for alpha (H, W) where the trimap is 0.5."""
    matting = pymatting()
    with contextlib.redirect_stdout(io.StringIO()):  # PyMatting prints what it tries
        alpha = matting.estimate_alpha_cf(
            image,
            trimap,
            # A smaller epsilon, as in the paper, is lost in rounding where the photo is gray.
            laplacian_kwargs={"epsilon": 1e-6},
            # By itself it would ask for 4 GB, and begin with a shift that often fails.
            preconditioner=lambda matrix: matting.ichol(
                matrix, shifts=(1e-4, 1e-3, 0.01, 0.1, 1), max_nnz=8 * matrix.nnz
            ),
            cg_kwargs={"rtol": 1e-6},
        )
    return np.asarray(alpha, np.float32)


def guided(photo: NDArray[np.float32], mask: NDArray[np.float32], radius: int) -> NDArray[np.float32]:
    """Filter a mask guided by a photo, in bands of rows so that memory stays small.

    Parameters
    ----------
    photo : ndarray
        sRGB in [0, 1], float32 (H, W, 3).
    mask : ndarray
        float32 (H, W).
    radius : int
        Of the square windows, in pixels: they are 2 * radius + 1 wide.

    Returns
    -------
    ndarray
        float32 (H, W); values may lie a little beyond those of the mask.

    References
    ----------
    He, Sun and Tang, "Guided image filtering", TPAMI 35(6), 2013, with eps = 1e-4.

    Examples
    --------
    >>> photo = np.zeros((9, 12, 3), np.float32)
    >>> photo[:, 6:] = 1
    >>> guided(photo, np.tile(np.linspace(0, 1, 12, dtype=np.float32), (9, 1)), 3)[4, 4:8].round(1)
    array([0.3, 0.3, 0.7, 0.7], dtype=float32)
    """
    height = photo.shape[0]
    radius = min(radius, max(photo.shape[:2]))
    result = np.empty_like(mask)
    for top in range(0, height, _ROWS):
        # A pixel depends on two windows in a row, so on 2 * radius pixels around it.
        first, last = max(0, top - 2 * radius), min(height, top + _ROWS + 2 * radius)
        # Bytes, because OpenCV's filter fails silently at a small eps on a guide in [0, 1].
        guide = cv2.convertScaleAbs(photo[first:last], alpha=255)
        band = cv2.ximgproc.guidedFilter(guide, mask[first:last], radius, _EPS * 255**2)
        result[top : top + _ROWS] = band[top - first :][:_ROWS]
    return result


def stretch(mask: NDArray[np.float32], margin: float) -> NDArray[np.float32]:
    """Stretch a mask, in place, so that `margin` becomes 0 and 1 - `margin` becomes 1.

    Parameters
    ----------
    mask : ndarray
        float32 (H, W); it is changed, and returned.
    margin : float
        Less than 0.5.

    Examples
    --------
    >>> stretch(np.float32([0.125, 0.375, 0.5, 1]), 0.25)
    array([0.  , 0.25, 0.5 , 1.  ], dtype=float32)
    """
    mask -= margin
    mask /= 1 - 2 * margin
    return np.clip(mask, 0, 1, out=mask)


def _length(name: str, width: float) -> float:
    """Check a width that was given."""
    if not 0 <= width < math.inf:
        raise RegionError(f"{name} needs a finite width of 0 or more, got {width:g}")
    return width


def _reach(mask: NDArray[np.float32]) -> float:
    """Return a quarter of the width over which the mask's edges rise, or 0 if they are sharp.

    Along a ramp of width w, m (1 - m) sums to w / 6 and the gradient to 1.
    """
    gradient = np.hypot(np.diff(mask[:-1], axis=1), np.diff(mask[:, :-1], axis=0))
    core = mask[:-1, :-1]
    # Where a mask is flat it is not an edge but a strength, so it does not count.
    rise = 6 * float((core * (1 - core))[gradient > 0].sum()) / max(float(gradient.sum()), 1e-9)
    return min(rise / 4, min(mask.shape) / 16) if rise >= _SHARP else 0.0
