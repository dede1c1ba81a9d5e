"""Find an object from strokes that somebody painted: green on what to keep, red on what to drop."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from sfumato import images
from sfumato.arrays import checked, same_size
from sfumato.errors import RegionError, warn
from sfumato.images import Picture
from sfumato.images.resizing import at_most
from sfumato.regions.files import located
from sfumato.regions.grabcut import grabcut
from sfumato.regions.pointing.walker import walked
from sfumato.regions.sizes import check_aspect, check_stored

__all__ = ["scribble", "strokes"]

Mask = NDArray[np.float32]

_COPY = 192  # longer side of the copy that strokes spread over
_LIKELY = 0.35  # probability from which a pixel may be the object, for GrabCut to decide
_COLORED = 60  # how much brighter, of 255, the color of a stroke is than the others


@checked("photo", masks=["keep", "drop"])
def scribble(keep: Mask, *, photo: NDArray[np.float32], drop: Mask | None = None) -> Mask:
    """Find the object that strokes mark.

    A random walk spreads the strokes over what looks like them, and GrabCut decides by the colors of both sides where
    the walk is not sure. Without strokes on what to drop, the border of the picture is taken for them.

    Parameters
    ----------
    keep : ndarray, shape (H, W)
        Mask of the strokes on the object, above 0.5.
    photo : ndarray of float32, shape (H, W, 3)
        sRGB in [0, 1].
    drop : ndarray, shape (H, W), optional
        Mask of the strokes on what is not the object.

    Returns
    -------
    ndarray of float32, shape (H, W)
        Mask in [0, 1]; 1 on strokes of `keep` and 0 on those of `drop`.

    Raises
    ------
    RegionError
        If there is no stroke on the object, or a mask is not of the photo's size.

    References
    ----------
    Grady, "Random walks for image segmentation", TPAMI 28(11), 2006; Rother, Kolmogorov and Blake, "GrabCut", ACM
    Transactions on Graphics 23(3), 2004.

    Examples
    --------
    >>> photo = np.full((60, 80, 3), 0.8, np.float32)
    >>> photo[20:40, 30:50] = 0.9, 0.1, 0.1
    >>> keep, drop = np.zeros((2, 60, 80), np.float32)
    >>> keep[30, 35:45] = drop[5, 5:70] = 1
    >>> mask = scribble(keep, photo=photo, drop=drop)
    >>> float(mask[22, 32]), float(mask[50, 70])
    (1.0, 0.0)
    """
    photo = np.asarray(photo, np.float32)
    drop = np.zeros_like(keep) if drop is None else drop
    same_size(photo=photo, keep=keep, drop=drop)
    outside = drop > 0.5
    inside = (keep > 0.5) & ~outside
    if not inside.any():
        raise RegionError("there is no stroke on what to keep; paint one in green")
    if not outside.any():
        outside[[0, -1]], outside[:, [0, -1]] = True, True
        outside &= ~inside
    small = np.asarray(at_most(photo, _COPY), np.float32)
    size = small.shape[1], small.shape[0]
    # A thin stroke marks every pixel that it touches.
    thin = [cv2.resize(part.astype(np.float32), size, interpolation=cv2.INTER_AREA) > 0 for part in (inside, outside)]
    spread = walked(small, thin[0].astype(np.float32), (thin[1] & ~thin[0]).astype(np.float32))
    likely = cv2.resize(spread, photo.shape[1::-1], interpolation=cv2.INTER_LINEAR) > _LIKELY
    return grabcut(likely & ~outside, photo=photo, keep=inside, drop=outside)


def strokes(path: str | Path, photo: NDArray[np.float32], *, folder: str | Path | None = None) -> Mask:
    """Find the object that a picture of strokes marks: green to keep, red to drop.

    Parameters
    ----------
    path : str or Path
        The picture: strokes of pure colors on anything that is neither green nor red, or on nothing (alpha). If it has
        another size than the photo, but its aspect ratio, it is resized.
    photo : ndarray of float32, shape (H, W, 3)
        sRGB in [0, 1].
    folder : str or Path, optional
        Folder in which the file is looked up first, before the current folder.

    Returns
    -------
    ndarray of float32, shape (H, W)
        As `scribble` returns it.

    Raises
    ------
    RegionError
        If there is no such file, its aspect ratio is not the photo's, or it has no green stroke.
    ImageError
        If the file is not a picture that can be read.

    Warns
    -----
    SfumatoWarning
        If the picture was resized.

    Examples
    --------
    >>> strokes("strokes.png", photo)  # doctest: +SKIP
    """
    file = located(path, folder, "picture of strokes")
    shape = photo.shape[0], photo.shape[1]
    check_stored(file, shape, "picture of strokes", "photo")
    green, red = _colored(images.load(file))
    if not green.any():
        raise RegionError(f"{str(path)!r} has no green stroke; paint green on what to keep, and red on what to drop")
    if green.shape != shape:
        sizes = check_aspect(path, (green.shape[1], green.shape[0]), shape, "picture of strokes", "photo")
        warn(f"{sizes}: resized to fit")
        green, red = _resized(green, shape), _resized(red, shape)
    return scribble(green, photo=photo, drop=red)


def _colored(picture: Picture) -> tuple[Mask, Mask]:
    """Return masks of what is green and of what is red in a picture."""
    colors = picture.rgb() * 255
    seen = np.ones(picture.shape, bool)
    if picture.alpha is not None:
        seen = picture.alpha > np.iinfo(picture.alpha.dtype).max / 2
    red, green, blue = (colors[..., channel] for channel in range(3))
    both = (green - np.maximum(red, blue) > _COLORED) & seen, (red - np.maximum(green, blue) > _COLORED) & seen
    return both[0].astype(np.float32), both[1].astype(np.float32)


def _resized(part: Mask, shape: tuple[int, int]) -> Mask:
    return np.asarray(cv2.resize(part, shape[::-1], interpolation=cv2.INTER_NEAREST), np.float32)
