"""What is seen of a picture with transparent parts, for where colors count and not bytes."""

from __future__ import annotations

import numpy as np

from sfumato.errors import ImageError
from sfumato.images.picture import Picture

__all__ = ["visible"]

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
        raise ImageError(f"{picture.path or 'the picture'}: transparent everywhere, so there is nothing to see in it")
    import cv2

    opacity = picture.alpha / np.float32(np.iinfo(picture.alpha.dtype).max)
    solid = opacity >= _SOLID * opacity.max()
    if not solid.all():
        gaps = (~solid).astype(np.uint8)
        _, nearest = cv2.distanceTransformWithLabels(gaps, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL)
        places = np.zeros(nearest.max() + 1, np.intp)
        places[nearest[solid]] = np.flatnonzero(solid)
        colors = colors.reshape(-1, 3)[places[nearest]]
    return colors, opacity
