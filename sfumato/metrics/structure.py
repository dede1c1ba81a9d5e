"""How much of a photo's structure a restyled picture keeps."""

from __future__ import annotations

import cv2
import numpy as np

from sfumato.arrays import checked, same_size
from sfumato.color import luminance
from sfumato.metrics.weights import weights

__all__ = ["structure"]

_SIGMA, _SIZE = 1.5, 11  # the window of Wang et al. 2004, in pixels
_RANGE = 4  # range of gradients, in units of their root mean square; about 1 % of a photo's gradients are larger
_LEAST = 1 / 255  # one 8-bit level per pixel; weaker gradients are not structure, and are not amplified


@checked("picture", "original", masks=["mask"], unclipped=["picture", "original"])
def structure(picture: np.ndarray, original: np.ndarray, mask: np.ndarray | None = None) -> float:
    """Measure how much of the original's structure a picture keeps.

    Parameters
    ----------
    picture, original : ndarray (H, W, 3)
        sRGB in [0, 1].
    mask : ndarray (H, W), optional
        Weights of the pixels, in [0, 1]; by default all are equal.

    Returns
    -------
    float
        In [-1, 1]: 1 if all edges are in place, in proportion to their old strength. Unrelated pictures give 0.1 to
        0.25.

    Raises
    ------
    InputError
        If the pictures differ in size, the mask is of another size, or it selects nothing.

    Notes
    -----
    This is the structural similarity of x and y, the gradient magnitudes of both pictures (Sobel, of the luminance Y of
    YIQ), each divided by its root mean square over the mask. A style may therefore strengthen or weaken edges, and
    turn light into dark, as long as it does so everywhere. With mean μ, variance σ² and covariance σ_xy in a Gaussian
    window of 1.5 pixels, weighted by the mask, ::

        (2 μ_x μ_y + c) (2 σ_xy + d) / ((μ_x² + μ_y² + c) (σ_x² + σ_y² + d)),  c = (0.01 R)², d = (0.03 R)²

    is averaged over the mask. R, the range of values in Wang et al., is 4: with the largest gradient as R, a single
    sharp edge would make all others look alike. Both factors are kept, because the local mean of edges is structure
    too: texture painted into a sky lowers the value, and so does a meadow painted flat. Where the original has nothing
    but noise, the noise is its structure.

    References
    ----------
    Wang et al., "Image quality assessment: from error visibility to structural similarity", IEEE TIP 13(4), 2004,
    eq. 13. Chen, Yang and Xie, "Gradient-based structural similarity for image quality assessment", ICIP 2006.

    Examples
    --------
    >>> photo = np.random.default_rng(0).random((32, 32, 3))
    >>> round(structure(photo, photo), 6), round(structure(0.9 - photo / 2, photo), 6)
    (1.0, 1.0)
    """
    same_size(original=original, picture=picture)
    weight = weights(original, mask, "original").astype(np.float64)
    x, y = (_edges(image, weight) for image in (picture, original))
    return float(np.average(_similarity(x, y, weight), weights=weight))


def _edges(image: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Return the strength of edges relative to its root mean square in the region, (H, W)."""
    gray = luminance(image).astype(np.float64)
    steep = np.hypot(*(cv2.Sobel(gray, -1, 1 - y, y, scale=1 / 8, borderType=cv2.BORDER_REPLICATE) for y in (0, 1)))
    usual = np.sqrt(np.average(steep**2, weights=weight))
    return np.asarray(steep / max(float(usual), _LEAST))


def _similarity(x: np.ndarray, y: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Return the structural similarity around each pixel, (H, W)."""

    def mean(values: np.ndarray) -> np.ndarray:
        return np.asarray(cv2.GaussianBlur(values * weight, (_SIZE, _SIZE), _SIGMA, borderType=cv2.BORDER_REFLECT))

    # Avoid a division by 0 where the window lies outside the region; the weight is 0 there.
    total = np.maximum(mean(np.ones_like(weight)), 1e-12)
    mean_x, mean_y, xx, yy, xy = (mean(values) / total for values in (x, y, x * x, y * y, x * y))
    least, least_spread = (0.01 * _RANGE) ** 2, (0.03 * _RANGE) ** 2
    alike = (2 * mean_x * mean_y + least) / (mean_x**2 + mean_y**2 + least)
    covariance, spread = xy - mean_x * mean_y, xx - mean_x**2 + yy - mean_y**2
    return np.asarray(alike * (2 * covariance + least_spread) / (spread + least_spread))
