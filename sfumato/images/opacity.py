"""What is seen of a picture with transparent parts, for where colors count and not bytes."""

from __future__ import annotations

import numpy as np

from sfumato.errors import ImageError
from sfumato.images.picture import Picture

__all__ = ["extended", "visible"]

# Of the most opaque pixel: with less, a pixel's color is a leftover of whatever was there.
_SOLID = 0.5


def visible(picture: Picture) -> tuple[np.ndarray, np.ndarray | None]:
    """Return a picture's colors, without those that are hidden, and how opaque it is.

    Parameters
    ----------
    picture : Picture
        Any.

    Returns
    -------
    colors : ndarray (H, W, 3), float32
        sRGB in [0, 1]. Where the picture is less than half as opaque as it gets, the color of the nearest pixel that
        is more: what a network or an average sees beside the visible part then is nothing foreign to it.
    opacity : ndarray (H, W), float32, or None
        In [0, 1]; None for a picture that is opaque all over.

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
    """Give each pixel that is not known the color of the nearest that is.

    Parameters
    ----------
    colors : ndarray (H, W, n)
        Of any kind.
    known : ndarray of bool, shape (H, W)
        Where they mean something; somewhere, at least.

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
