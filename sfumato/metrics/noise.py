"""How much noisier a picture is than another."""

from __future__ import annotations

import math

import cv2
import numpy as np

from sfumato.arrays import checked
from sfumato.errors import InputError
from sfumato.metrics.weights import weights

__all__ = ["noise"]

_OPERATOR = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32)
_GAIN = 6  # root of the sum of its squares: what it makes of white noise of deviation 1
_KEPT = 0.9  # share of the pixels that counts; the rest are edges
_GAUSSIAN = 0.789313  # deviation of a Gaussian of deviation 1 within the quantile that keeps 90 % of it


@checked("picture", "reference", masks=["mask", "reference_mask"], unclipped=["picture", "reference"])
def noise(
    picture: np.ndarray,
    reference: np.ndarray,
    mask: np.ndarray | None = None,
    reference_mask: np.ndarray | None = None,
) -> float:
    """Measure how much noisier a picture is than a reference.

    Parameters
    ----------
    picture : ndarray (H, W, 3)
        sRGB in [0, 1].
    reference : ndarray (h, w, 3)
        sRGB in [0, 1]: the photo, or the painting, whose grain is as wanted.
    mask, reference_mask : ndarray (H, W) and (h, w), optional
        Which parts count, in [0, 1]; all when left out. A pixel counts by the least value of the square of 3×3 around
        it, which must lie in the picture.

    Returns
    -------
    float
        In units of L* of CIELAB: the standard deviation of white noise that would look as grainy as the picture, less
        the same for the reference. Above 0, the picture is noisier; below, smoother.

    Raises
    ------
    InputError
        If a mask is not of its picture's size, or holds no square of 3×3 pixels.

    Notes
    -----
    L* is convolved with the difference of two Laplacians, which sees neither shades nor straight edges along the axes.
    Of what is left, the tenth that is strongest is left out for other edges; the root mean square of the rest is
    divided by what white noise of deviation 1 gives.

    References
    ----------
    Immerkær, "Fast noise variance estimation", CVIU 64(2), 1996, whose mean of absolute values edges would rule.

    Examples
    --------
    >>> gray = np.full((64, 64, 3), 0.5)
    >>> grain = np.random.default_rng(0).normal(0, 0.02, (64, 64, 1))  # L* rises by 100 a unit
    >>> round(noise(gray + grain, gray)), round(noise(gray, gray + grain))
    (2, -2)
    """
    return _deviation(picture, mask, "picture") - _deviation(reference, reference_mask, "reference")


def _deviation(image: np.ndarray, mask: np.ndarray | None, name: str) -> float:
    """Return the standard deviation of the white noise in a region."""
    from skimage.color import rgb2lab

    # Beyond the border, nothing is in the mask.
    weight = cv2.erode(
        weights(image, mask, name).astype(np.float32),
        np.ones((3, 3), np.uint8),
        borderType=cv2.BORDER_CONSTANT,
        borderValue=0,
    )
    counted = weight > 0
    if not counted.any():
        raise InputError(
            f"what is measured of the {name} holds no square of 3×3 pixels; choose a larger mask or picture"
        )
    left = cv2.filter2D(rgb2lab(image)[..., 0].astype(np.float32), -1, _OPERATOR)
    squares, weight = left[counted].astype(np.float64) ** 2, weight[counted].astype(np.float64)
    order = np.argsort(squares)
    squares, weight = squares[order], weight[order]
    # What of each pixel lies below the limit.
    below = np.diff(np.minimum(np.cumsum(weight), _KEPT * weight.sum()), prepend=0)
    return math.sqrt(float(np.average(squares, weights=below))) / (_GAIN * _GAUSSIAN)
