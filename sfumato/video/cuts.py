"""Cuts: where one shot ends and another begins."""

from __future__ import annotations

import numpy as np

from sfumato.images.resizing import resized_per_side

__all__ = ["is_cut", "thumbnail"]

# Height and width of thumbnails, and the mean difference of their luma from which there is a cut. Within shots of a
# moving camera the difference is at most 22, at hard cuts 52 to 84.
_SIDES = 36, 64
_CUT = 40.0


def thumbnail(luma: np.ndarray) -> np.ndarray:
    """Shrink a frame to the size at which frames are compared.

    Parameters
    ----------
    luma : ndarray of uint8, shape (H, W)
        Luma of the frame.

    Returns
    -------
    ndarray of float32, shape (36, 64)
        In [0, 255].

    Examples
    --------
    >>> thumbnail(np.full((72, 128), 7, np.uint8))[0, 0]
    np.float32(7.0)
    """
    return resized_per_side(luma.astype(np.float32), *_SIDES)


def is_cut(before: np.ndarray, now: np.ndarray) -> bool:
    """Tell whether a new shot begins between two frames.

    Parameters
    ----------
    before, now : ndarray of float32, shape (36, 64)
        Thumbnails of consecutive frames.

    Returns
    -------
    bool
        True for hard cuts: the mean absolute difference is above 40 of 255. Slow fades are no cuts.

    Examples
    --------
    >>> dark, light = np.zeros((36, 64), np.float32), np.full((36, 64), 90, np.float32)
    >>> is_cut(dark, dark + 20), is_cut(dark, light)
    (False, True)
    """
    return float(np.abs(now - before).mean()) > _CUT
