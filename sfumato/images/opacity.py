"""Visible colors of pictures with transparent parts."""

from __future__ import annotations

import numpy as np

from sfumato.errors import ImageError
from sfumato.images.picture import Picture

__all__ = ["extended", "visible"]

# Minimum opacity, relative to the most opaque pixel; the colors of less opaque pixels are leftovers.
_SOLID = 0.5


def visible(picture: Picture) -> tuple[np.ndarray, np.ndarray | None]:
    """Return a picture's colors, with hidden ones replaced, and its opacity.

    Parameters
    ----------
    picture : Picture
        Any picture.

    Returns
    -------
    colors : ndarray (H, W, 3), float32
        sRGB in [0, 1]. Pixels of less than half the maximum opacity have the color of the nearest other pixel, so that
        a network or an average sees no foreign colors beside the visible part.
    opacity : ndarray (H, W), float32, or None
        Opacity in [0, 1]; None for an opaque picture.

    Raises
    ------
    ImageError
        If the picture is transparent everywhere.

    Examples
    --------
    >>> pixels = np.array([[[255, 51, 0], [0, 0, 0]]], np.uint8)
    >>> colors, opacity = visible(Picture(pixels, alpha=np.array([[255, 0]], np.uint8)))
    >>> colors[0, 1], opacity[0]
    (array([1. , 0.2, 0. ], dtype=float32), array([1., 0.], dtype=float32))
    """
    colors = picture.rgb()
    if picture.alpha is None or picture.alpha.min() == np.iinfo(picture.alpha.dtype).max:
        return colors, None
    if not picture.alpha.any():
        name = picture.path or "the picture"
        raise ImageError(f"{name}: transparent everywhere, so there is nothing to see in it; choose another")
    opacity = picture.alpha / np.float32(np.iinfo(picture.alpha.dtype).max)
    return extended(colors, opacity >= _SOLID * opacity.max()), opacity


def extended(colors: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Give each unknown pixel the color of the nearest known pixel.

    Parameters
    ----------
    colors : ndarray (H, W, n)
        Colors of any kind.
    known : ndarray of bool, shape (H, W)
        Where colors are known, at least at one pixel.

    Returns
    -------
    ndarray (H, W, n)

    Examples
    --------
    >>> extended(np.array([[[5], [0], [0], [7]]]), np.array([[True, False, False, True]])).ravel().tolist()
    [5, 5, 7, 7]
    """
    import cv2

    if known.all():
        return colors
    gaps = (~known).astype(np.uint8)
    _, nearest = cv2.distanceTransformWithLabels(gaps, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL)
    places = np.zeros(nearest.max() + 1, np.intp)
    places[nearest[known]] = np.flatnonzero(known)
    found: np.ndarray = colors.reshape(-1, colors.shape[-1])[places[nearest]]
    return found
