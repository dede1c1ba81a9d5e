"""Mean and covariance of colors, and the linear map that matches them."""

from __future__ import annotations

import numpy as np

__all__ = ["above_noise", "linear_map", "moments", "stretching"]

# Standard deviation below which variation counts as noise, which must not be stretched into colors.
_NOISE = 2 / 255


def moments(colors: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the mean (3,) and covariance (3, 3) of colors (n, 3), with weights (n,) that sum to 1."""
    mean = weights @ colors
    centered = colors - mean
    return mean, (centered * weights[:, None]).T @ centered


def above_noise(spread: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Raise spreads to that of noise, but not above the wanted ones, so that equal spreads stay equal."""
    raised: np.ndarray = np.maximum(np.maximum(spread, np.minimum(wanted, _NOISE)), 1e-6)
    return raised


def linear_map(colors: np.ndarray, weights: np.ndarray, others: np.ndarray, other_weights: np.ndarray) -> np.ndarray:
    """Map colors (n, 3) with the Monge-Kantorovich map, without clipping.

    The mapped colors, by their weights (n,), have the mean and covariance of `others` (m, 3), by theirs (m,).
    """
    mean, covariance = moments(colors, weights)
    other_mean, other_covariance = moments(others, other_weights)
    moved: np.ndarray = (colors - mean) @ stretching(covariance, other_covariance) + other_mean
    return moved


def stretching(covariance: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Return the symmetric matrix (3, 3) that stretches colors of one covariance to another with least displacement."""
    values, axes = np.linalg.eigh(covariance)
    along = np.einsum("ij,ik,kj->j", axes, wanted, axes)
    spread = above_noise(*(np.sqrt(np.maximum(variances, 0)) for variances in (values, along)))
    root, inverse = (axes * spread) @ axes.T, (axes / spread) @ axes.T
    values, axes = np.linalg.eigh(root @ wanted @ root)
    middle = (axes * np.sqrt(np.maximum(values, 0))) @ axes.T
    stretch: np.ndarray = inverse @ middle @ inverse
    return stretch
