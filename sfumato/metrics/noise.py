"""How much noisier one picture is than another."""

from __future__ import annotations

import math

import cv2
import numpy as np

from sfumato.arrays import checked
from sfumato.errors import InputError
from sfumato.metrics.weights import weights

__all__ = ["noise"]

_OPERATOR = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32)
_GAIN = 6  # root of the sum of its squares: the deviation of its result for white noise of deviation 1
_KEPT = 0.9  # share of the pixels that count; the rest are taken for edges
_GAUSSIAN = 0.789313  # deviation of the central 90 % of a Gaussian of deviation 1


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
        sRGB in [0, 1]: the photo or painting whose grain is wanted.
    mask, reference_mask : ndarray (H, W) and (h, w), optional
        Weights in [0, 1]; by default all are equal. A pixel's weight is the minimum over the 3×3 square around it,
        which must lie within the picture.

    Returns
    -------
    float
        In units of L* of CIELAB: the standard deviation of white noise as grainy as the picture, minus that for the
        reference. Above 0, the picture is noisier; below, it is smoother.

    Raises
    ------
    InputError
        If a mask is not of its picture's size, or holds no square of 3×3 pixels.

    Notes
    -----
    L* is convolved with the difference of two Laplacians, which ignores shading and straight edges along the axes. The
    strongest tenth of the result is discarded, because it may be other edges. The root mean square of the rest is
    divided by its value for white noise of deviation 1.

    References
    ----------
    Immerkær, "Fast noise variance estimation", CVIU 64(2), 1996, whose mean of absolute values would be
    dominated by edges.

    Examples
    --------
    >>> gray = np.full((64, 64, 3), 0.5)
    >>> grain = np.random.default_rng(0).normal(0, 0.02, (64, 64, 1))  # L* rises by 100 a unit
    >>> round(noise(gray + grain, gray)), round(noise(gray, gray + grain))
    (2, -2)
    """
    return _deviation(picture, mask, "picture") - _deviation(reference, reference_mask, "reference")


def _deviation(image: np.ndarray, mask: np.ndarray | None, name: str) -> float:
    """Return the standard deviation of white noise as grainy as a region."""
    from skimage.color import rgb2lab

    # Pixels beyond the border are not in the mask.
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
    # The part of each pixel's weight that lies below the limit.
    below = np.diff(np.minimum(np.cumsum(weight), _KEPT * weight.sum()), prepend=0)
    return math.sqrt(float(np.average(squares, weights=below))) / (_GAIN * _GAUSSIAN)
