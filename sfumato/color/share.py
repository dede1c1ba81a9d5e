"""The share of a style that suits a region: the places of a style picture whose colors the region has."""

from __future__ import annotations

import cv2
import numpy as np

from sfumato.arrays import checked, same_size
from sfumato.color.oklab import rgb_to_oklab
from sfumato.errors import RegionError

__all__ = ["matching_share"]

# Tolerance of the colors' moments, relative to the style's own spread. Where the style hardly has the region's colors,
# it is raised by this factor until enough of the style is left.
_TOLERANCE, _RAISED = 0.05, 4.0

# Maximum weight of a place relative to the mean, and the minimum fraction of all weight that is below it. A small part
# of a style does not have enough strokes to learn from.
_LARGEST, _KEPT = 8.0, 0.5

# Most Newton steps; five are usual.
_STEPS = 50


@checked("style", "picture", masks=["style_mask", "mask"])
def matching_share(
    style: np.ndarray,
    picture: np.ndarray,
    *,
    style_mask: np.ndarray | None = None,
    mask: np.ndarray | None = None,
) -> np.ndarray:
    """Weigh the places of a style picture so that its colors are those of a region.

    Of all weights that give the style's colors the mean and the covariance of the region's, these are the ones nearest
    to equal weights, by relative entropy. A region that already has the style's colors takes all of it.

    Parameters
    ----------
    style : ndarray (h, w, 3)
        RGB in [0, 1].
    picture : ndarray (H, W, 3)
        RGB in [0, 1], already in the range of the style's colors.
    style_mask : ndarray (h, w), optional
        Part of the style that may be used; by default all.
    mask : ndarray (H, W), optional
        The region of the picture; by default all.

    Returns
    -------
    ndarray of float32, shape (h, w)
        Weights of 0 and more, with a mean of 1 over the style, or over its mask. None is above 16.

    Raises
    ------
    RegionError
        If a mask selects nothing, or is not of its picture's size.

    Notes
    -----
    The weights are ``exp(θ·φ)``, where φ are the Oklab coordinates of a color and their products. The θ that maximizes
    the concave dual is found by Newton's method, with a quadratic penalty for tolerance (maximum entropy with inexact
    constraints, as in Dudík, Phillips and Schapire, "Maximum entropy density estimation with generalized
    regularization", JMLR 8, 2007).

    Examples
    --------
    >>> style = np.zeros((8, 8, 3)); style[:, 4:] = (1, 1, 0)
    >>> share = matching_share(style, np.full((4, 4, 3), (0.9, 0.9, 0.1)))
    >>> bool(share[:, 6:].min() > 4 * share[:, :2].max())
    True
    """
    same_size(style=style, style_mask=style_mask)
    same_size(picture=picture, mask=mask)
    colors, areas = _colors(style, style_mask, "style")
    wanted, amounts = _colors(picture, mask, "picture")
    mean = areas @ colors
    spread = np.sqrt(areas @ (colors - mean) ** 2) + 1e-3
    features, target = _products((colors - mean) / spread), amounts @ _products((wanted - mean) / spread)
    mean = areas @ features
    spread = np.sqrt(areas @ (features - mean) ** 2) + 1e-6
    features, target = (features - mean) / spread, (target - mean) / spread
    inside, tolerance = areas > 0, _TOLERANCE
    density = _tilted(features[inside], areas[inside], target, tolerance)
    while areas[inside] @ np.minimum(density, _LARGEST) < _KEPT:
        tolerance *= _RAISED
        density = _tilted(features[inside], areas[inside], target, tolerance)
    area, share = areas.astype(np.float32), np.zeros(len(areas), np.float32)
    share[inside] = np.minimum(density, _LARGEST)
    # Weights of neighbors become alike, since strokes are learned from whole neighborhoods.
    total, around = (
        cv2.GaussianBlur(values.reshape(style.shape[:2]), (0, 0), max(style.shape) / 200)
        for values in (area * share, area)
    )
    found = np.divide(total, around, out=np.zeros_like(total), where=around > 0)
    return found / np.float32(areas @ found.ravel())


def _colors(image: np.ndarray, mask: np.ndarray | None, name: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the colors (n, 3) in Oklab, and their weights (n,) in a region, which sum to 1."""
    weights = np.ones(image.shape[:2]) if mask is None else mask.astype(np.float64)
    total = weights.sum()
    if not total > 0:
        raise RegionError(f"the mask of the {name} selects nothing, so it has no colors; choose another")
    return rgb_to_oklab(image).reshape(-1, 3).astype(np.float64), weights.ravel() / total


def _products(colors: np.ndarray) -> np.ndarray:
    """Return colors (n, 3) with the products of each two coordinates, (n, 9)."""
    first, second = np.triu_indices(3)
    return np.concatenate([colors, colors[:, first] * colors[:, second]], axis=1)


def _tilted(features: np.ndarray, areas: np.ndarray, target: np.ndarray, tolerance: float) -> np.ndarray:
    """Return the density (n,) relative to `areas` (n,) that gives features (n, k) nearly the mean `target` (k,)."""
    tilt = np.zeros_like(target)

    def dual(tilt: np.ndarray) -> tuple[float, np.ndarray]:
        exponent = features @ tilt
        largest = exponent.max()
        density = np.exp(exponent - largest)
        total = areas @ density
        return largest + np.log(total) - tilt @ target + tolerance / 2 * tilt @ tilt, density / total

    value, density = dual(tilt)
    for _ in range(_STEPS):
        weights = areas * density
        mean = weights @ features
        gradient = mean - target + tolerance * tilt
        centered = features - mean
        curvature = (centered * weights[:, None]).T @ centered + tolerance * np.eye(len(tilt))
        step = np.linalg.solve(curvature, gradient)
        length = 1.0
        before = value
        while True:
            value, density = dual(tilt - length * step)
            if value <= before - 1e-4 * length * gradient @ step or length < 1e-6:
                break
            length /= 2
        tilt = tilt - length * step
        if before - value < 1e-9:
            break
    return density
