"""Make regions wider, narrower or softer.

Soft masks stay soft: growing and shrinking are gray-scale dilation and erosion with a flat disk [1]_, so every level of
the mask moves by the same distance. Pixels beyond the border never count: a region that touches the border neither
shrinks away from it nor fades toward it.

.. [1] S. R. Sternberg, "Grayscale morphology", Computer Vision, Graphics, and Image Processing
   35(3), 1986.
"""

import math

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from sfumato.arrays import checked
from sfumato.errors import RegionError

__all__ = ["feather", "grow", "shrink"]

# A wider Gaussian is computed on a reduced copy, which looks the same and takes bounded time.
_WIDEST_SIGMA = 32.0


@checked(masks=["region"])
def grow(region: ArrayLike, amount: float) -> NDArray[np.float32]:
    """Widen a region on all sides. A negative amount narrows it.

    Each pixel gets the maximum of all values within the distance `amount`, between pixel centers.

    Parameters
    ----------
    region : array_like
        Mask (H, W) in [0, 1].
    amount : float
        Distance in pixels; less than 1 changes nothing.

    Returns
    -------
    ndarray
        float32 (H, W).

    Raises
    ------
    RegionError
        If the region is not a two-dimensional array, or the amount is not finite.

    Examples
    --------
    >>> grow([[0, 0, 0.5, 0, 0, 0, 0.8]], 1)
    array([[0. , 0.5, 0.5, 0.5, 0. , 0.8, 0.8]], dtype=float32)
    """
    return _move(_plane("grow", region, amount), amount)


@checked(masks=["region"])
def shrink(region: ArrayLike, amount: float) -> NDArray[np.float32]:
    """Narrow a region on all sides. A negative amount widens it.

    Each pixel gets the minimum of all values within the distance `amount`, between pixel centers.

    Parameters
    ----------
    region : array_like
        Mask (H, W) in [0, 1].
    amount : float
        Distance in pixels; less than 1 changes nothing.

    Returns
    -------
    ndarray
        float32 (H, W).

    Raises
    ------
    RegionError
        If the region is not a two-dimensional array, or the amount is not finite.

    Examples
    --------
    >>> shrink([[1, 1, 1, 0.5, 0.5, 0.5, 0]], 1)
    array([[1. , 1. , 0.5, 0.5, 0.5, 0. , 0. ]], dtype=float32)
    """
    return _move(_plane("shrink", region, amount), -amount)


@checked(masks=["region"])
def feather(region: ArrayLike, amount: float) -> NDArray[np.float32]:
    """Soften a region's edges with a Gaussian.

    A sharp straight edge becomes a ramp from 2 % to 98 % over `amount` pixels, half to each side: the Gaussian's
    standard deviation is a quarter of the amount. Values at the picture's border are repeated beyond it.

    Parameters
    ----------
    region : array_like
        Mask (H, W) in [0, 1].
    amount : float
        Width of the ramp in pixels. 0 changes nothing. Amounts above the picture's longer side act as the longer side.
        Amounts above 128 are computed on a reduced copy.

    Returns
    -------
    ndarray
        float32 (H, W).

    Raises
    ------
    RegionError
        If the region is not a two-dimensional array, or the amount is negative or not finite.

    Examples
    --------
    >>> feather([[0, 0, 0, 0, 1, 1, 1, 1]], 4).round(2)
    array([[0.  , 0.  , 0.06, 0.3 , 0.7 , 0.94, 1.  , 1.  ]], dtype=float32)
    """
    mask = _plane("feather", region, amount)
    if amount < 0:
        raise RegionError(f"feather needs an amount of 0 or more, got {amount:g}")
    sigma = min(amount, max(mask.shape)) / 4
    if sigma == 0:
        return mask
    step = math.ceil(sigma / _WIDEST_SIGMA)
    small = _reduced(mask, step) if step > 1 else mask
    # OpenCV's default window is narrower than four standard deviations if sigma is small.
    window = 2 * math.ceil(4 * sigma / step) + 1
    soft = cv2.GaussianBlur(small, (window, window), sigma / step, borderType=cv2.BORDER_REPLICATE)
    if step > 1:
        height, width = mask.shape
        soft = cv2.resize(soft, None, fx=step, fy=step, interpolation=cv2.INTER_LINEAR)
        soft = soft[step : step + height, step : step + width]
    return np.clip(soft, 0, 1).astype(np.float32)


def _plane(name: str, region: ArrayLike, amount: float) -> NDArray[np.float32]:
    """Check the arguments of the function `name`, and return the region as a new array."""
    mask = np.array(region, np.float32)
    if mask.ndim != 2 or mask.size == 0:
        raise RegionError(f"{name} needs a mask of shape (H, W), got shape {mask.shape}")
    if not math.isfinite(amount):
        raise RegionError(f"{name} needs a finite amount, got {amount}")
    return mask


def _move(mask: NDArray[np.float32], amount: float) -> NDArray[np.float32]:
    """Move every level of the mask outward by the amount, or inward if it is negative."""
    return _dilate(mask, amount) if amount >= 0 else -_dilate(-mask, -amount)


def _reduced(mask: NDArray[np.float32], step: int) -> NDArray[np.float32]:
    """Average blocks of step x step pixels, with a frame of blocks that repeat the border."""
    height, width = mask.shape
    framed = cv2.copyMakeBorder(mask, step, step + -height % step, step, step + -width % step, cv2.BORDER_REPLICATE)
    size = framed.shape[1] // step, framed.shape[0] // step
    return np.asarray(cv2.resize(framed, size, interpolation=cv2.INTER_AREA))


def _dilate(mask: NDArray[np.float32], radius: float) -> NDArray[np.float32]:
    """Return the maximum within the radius of each pixel, in time proportional to the radius.

    The disk is a stack of chords. The maximum along a chord is the maximum of two windows of 2^k pixels at its ends.
    (cv2.dilate takes time proportional to the disk's area.)
    """
    height, width = mask.shape
    if radius >= math.hypot(height, width):
        return np.full_like(mask, mask.max())
    reach = int(radius)
    window: NDArray[np.float32] = np.pad(mask, ((0, 0), (reach, reach)), constant_values=-math.inf)
    length = 1  # window[y, x] is the maximum of this many values, starting at x
    largest = mask.copy()
    for dy in range(reach, -1, -1):
        half = int(math.sqrt(radius * radius - dy * dy))
        while 2 * length <= 2 * half + 1:
            window = np.maximum(window[:, :-length], window[:, length:])
            length *= 2
        start, end = reach - half, reach + half + 1 - length
        chord = np.maximum(window[:, start : start + width], window[:, end : end + width])
        if dy < height:
            np.maximum(largest[dy:], chord[: height - dy], out=largest[dy:])
            np.maximum(largest[: height - dy], chord[dy:], out=largest[: height - dy])
    return largest
