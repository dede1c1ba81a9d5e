"""How much of a scene shows through an object in front of it."""

from __future__ import annotations

import cv2
import numpy as np

from sfumato.arrays import checked, same_size
from sfumato.color import rgb_to_oklab
from sfumato.metrics.weights import weights

__all__ = ["show_through"]

# Side of the squares whose lightness is compared, in pixels: strokes and grain are finer.
_SIDE = 8

# Minimum fraction of a square that the mask covers; if there are hardly any such squares, smaller ones are taken.
_COVERED, _ENOUGH = 0.8, 12


@checked("picture", "pasted", "painting", masks=["mask"], unclipped=["picture"])
def show_through(picture: np.ndarray, pasted: np.ndarray, painting: np.ndarray, mask: np.ndarray) -> float:
    """Measure how much of a painting shows through an object that was painted in front of it.

    Parameters
    ----------
    picture : ndarray (H, W, 3)
        The painted object in the painting, sRGB in [0, 1].
    pasted : ndarray (H, W, 3)
        The object as it was pasted.
    painting : ndarray (H, W, 3)
        The painting without the object.
    mask : ndarray (H, W)
        Where the object is, in [0, 1].

    Returns
    -------
    float
        0 for an opaque object, whatever its colors; 1 where the painting shows as if there were no object.

    Raises
    ------
    InputError
        If the pictures differ in size, or the mask selects nothing.

    Notes
    -----
    The lightness (Oklab) of the picture, in squares of 8 pixels inside the mask, is explained by those of paste and
    painting, by least squares; the value is the size of the painting's coefficient. Its difference between two pictures
    of one object agrees with 36 blind verdicts at a rank correlation of 0.51; that of `structure` has 0.37 and that of
    `noise` 0.09 (docs/harmonize.md).

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> painting, pasted = (rng.random((8, 8, 3)).repeat(8, 0).repeat(8, 1) for _ in range(2))
    >>> mask = np.ones((64, 64))
    >>> round(show_through(pasted, pasted, painting, mask), 3)
    0.0
    >>> 0.2 < show_through(0.7 * pasted + 0.3 * painting, pasted, painting, mask) < 0.4
    True
    """
    same_size(picture=picture, pasted=pasted, painting=painting)
    inside = weights(picture, mask, "picture")
    planes = [np.ascontiguousarray(rgb_to_oklab(each)[..., 0], np.float64) for each in (picture, pasted, painting)]
    side = _SIDE
    while side > 1 and (_pooled(inside, side) >= _COVERED).sum() < _ENOUGH:
        side //= 2
    covered = _pooled(inside, side)
    counted = covered >= min(_COVERED, float(covered.max()))
    found, own, behind = (_pooled(plane, side)[counted] for plane in planes)
    sources = np.stack([own - own.mean(), behind - behind.mean()], 1)
    return float(abs(np.linalg.lstsq(sources, found, rcond=None)[0][1]))


def _pooled(plane: np.ndarray, side: int) -> np.ndarray:
    """Return the means (h, w) of squares; what is left at the borders is dropped."""
    height, width = (max(1, length // side) for length in plane.shape)
    whole = plane[: height * side, : width * side]
    found: np.ndarray = cv2.resize(whole, (width, height), interpolation=cv2.INTER_AREA)
    return found
