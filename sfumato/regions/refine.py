"""Align a region's edges with the photo's."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from sfumato.arrays import checked, same_size
from sfumato.errors import RegionError

__all__ = ["guided", "length", "refine", "stretch"]

_ROWS = 256  # rows that are filtered at a time
_EPS = 1e-4  # regularization of the filter; a contrast below 0.01 is not an edge
_SHARP = 8.0  # width in pixels; the place of a narrower edge counts as certain


@checked("photo", masks=["region"])
def refine(region: ArrayLike, *, photo: NDArray[np.float32], width: float | None = None) -> NDArray[np.float32]:
    """Align a region's edges with the photo's.

    A guided filter makes the mask a linear function of the photo's color within small windows, so that the mask has its
    edges where the photo has them. It is applied twice, the second time with windows half as wide. Values near 0 and 1
    become exactly 0 and 1.

    The filter also moves correct edges by about a pixel. Its default reach therefore depends on the mask, whose soft
    edges mean uncertainty. A mask whose edges are less than 8 pixels wide is not changed. A sharp mask that is wrong,
    such as a polygon drawn by hand, needs a width.

    Parameters
    ----------
    region : array_like
        Mask (H, W) in [0, 1].
    photo : ndarray
        sRGB in [0, 1], float32 (H, W, 3).
    width : float, optional
        Distance in pixels, to each side of the mask's edge, in which the filter looks for the photo's edge; it finds
        edges up to about half as far away. Less than 1 changes nothing. By default a quarter of the width of the mask's
        own edges, but at most a sixteenth of the shorter side.

    Returns
    -------
    ndarray
        float32 (H, W) in [0, 1].

    Raises
    ------
    RegionError
        If the region is not of the photo's size, or the width is negative or not finite.

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
    reach = _reach(mask) if width is None else length("refine", width)
    for radius in (int(reach), int(reach / 2)):
        if radius >= 1:
            mask = stretch(guided(photo, mask, radius), 0.2)
    return mask


def guided(photo: NDArray[np.float32], mask: NDArray[np.float32], radius: int) -> NDArray[np.float32]:
    """Filter a mask, or a picture, with a photo as the guide, in bands of rows to save memory.

    Parameters
    ----------
    photo : ndarray
        sRGB in [0, 1], float32 (H, W, 3).
    mask : ndarray
        float32 (H, W) or (H, W, 3).
    radius : int
        Radius of the square windows in pixels: they are 2 * radius + 1 wide.

    Returns
    -------
    ndarray
        Float32, of the mask's shape; values may slightly exceed its range.

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
        # A pixel depends on windows of windows, and so on 2 * radius pixels around it.
        first, last = max(0, top - 2 * radius), min(height, top + _ROWS + 2 * radius)
        # The guide is in bytes: OpenCV's filter fails silently with a small eps and a guide in [0, 1].
        guide = cv2.convertScaleAbs(photo[first:last], alpha=255)
        band = cv2.ximgproc.guidedFilter(guide, mask[first:last], radius, _EPS * 255**2)
        result[top : top + _ROWS] = band[top - first :][:_ROWS]
    return result


def stretch(mask: NDArray[np.float32], margin: float) -> NDArray[np.float32]:
    """Stretch a mask in place, so that `margin` becomes 0 and 1 - `margin` becomes 1.

    Parameters
    ----------
    mask : ndarray
        float32 (H, W). It is changed and returned.
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


def length(name: str, width: float) -> float:
    """Return a width given to the function `name`, or refuse it if it is negative or not finite.

    Examples
    --------
    >>> length("refine", 2.5)
    2.5
    """
    if not 0 <= width < math.inf:
        raise RegionError(f"{name} needs a finite width of 0 or more, got {width:g}")
    return width


def _reach(mask: NDArray[np.float32]) -> float:
    """Return a quarter of the width of the mask's edges, or 0 if they are sharp.

    Along a ramp of width w, m (1 - m) sums to w / 6 and the gradient to 1.
    """
    gradient = np.hypot(np.diff(mask[:-1], axis=1), np.diff(mask[:, :-1], axis=0))
    core = mask[:-1, :-1]
    # Flat areas of a mask are not edges, whatever their value, so they do not count.
    rise = 6 * float((core * (1 - core))[gradient > 0].sum()) / max(float(gradient.sum()), 1e-9)
    return min(rise / 4, min(mask.shape) / 16) if rise >= _SHARP else 0.0
