"""Separate an object's colors from the background that shows through its soft edge."""

from __future__ import annotations

import cv2
import numpy as np

from sfumato.arrays import checked, same_size
from sfumato.images.boxes import bounding_box, padded, slices

__all__ = ["foreground"]

# Margin in pixels of the box around the soft pixels, which must contain known pixels on both sides of the edge.
_MARGIN = 8

# Longer side of the coarsest grid, in which colors from the whole picture mix.
_COARSEST = 4

_ITERATIONS = 4

# The paper's ε_r, the weight of the smoothness between neighbors where alpha is flat. Its ω is 1.
_FLAT = 1e-5

_NEIGHBORS = ((-1, 0), (1, 0), (0, -1), (0, 1))


@checked("image", masks=["alpha"])
def foreground(image: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """Estimate an object's own colors, without the background that is mixed into its soft edge.

    Parameters
    ----------
    image : ndarray (H, W, 3)
        RGB in [0, 1].
    alpha : ndarray (H, W)
        How much of each pixel is the object, in [0, 1].

    Returns
    -------
    ndarray (H, W, 3)
        Float32 RGB in [0, 1]. Where alpha is 1, these are the image's colors. Where alpha is 0, the object is not
        visible and the colors have no meaning.

    Raises
    ------
    RegionError
        If alpha is not of the image's size.

    Notes
    -----
    Germer, Uelwer, Conrad and Harmeling, "Fast multi-level foreground estimation", ICPR 2020: from a coarse grid to
    the finest, sweeps solve the 2×2 system of eq. 4 for each pixel in turn. They find the foreground F and the
    background B of image = alpha F + (1 - alpha) B that minimize ::

        Σ_p (alpha F + (1 - alpha) B - image)² + Σ_pq (1e-5 + |alpha_p - alpha_q|) ((F_p - F_q)² + (B_p - B_q)²)

    Differences from the paper: coarse grids are averages, not every nth pixel; F is the image where alpha is 1, and B
    where alpha is 0; the sweeps visit only pixels at soft edges, first one color of a checkerboard, then the other.

    Examples
    --------
    Red in front of green; the pixel in the middle is half of each:

    >>> image = np.zeros((1, 9, 3), np.float32)
    >>> image[:, :4, 0], image[:, 5:, 1], image[:, 4] = 1, 1, (0.5, 0.5, 0)
    >>> alpha = np.float32([[1, 1, 1, 1, 0.5, 0, 0, 0, 0]])
    >>> foreground(image, alpha)[0, 4].round(1)
    array([1., 0., 0.], dtype=float32)
    """
    same_size(image=image, alpha=alpha)
    colors = image.astype(np.float32)
    around = bounding_box((alpha > 0) & (alpha < 1))
    if around is None:
        return colors
    box = slices(padded(around, _MARGIN, alpha.shape))
    colors[box] = _estimated(colors[box], alpha[box].astype(np.float32))
    return colors


def _estimated(image: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """Estimate foreground colors on grids that double in size, up to the size of the image."""
    sizes = [alpha.shape]
    while max(sizes[-1]) > _COARSEST:
        sizes.append(((sizes[-1][0] + 1) // 2, (sizes[-1][1] + 1) // 2))
    both = np.empty((*sizes[-1], 6), np.float32)
    both[..., :3], both[..., 3:] = _mean(image, alpha), _mean(image, 1 - alpha)
    for height, width in reversed(sizes):
        size = width, height
        both = cv2.resize(both, size, interpolation=cv2.INTER_LINEAR)
        _sweep(both, *(cv2.resize(values, size, interpolation=cv2.INTER_AREA) for values in (image, alpha)))
    found: np.ndarray = np.where(alpha[..., None] >= 1, image, both[..., :3])
    return found


def _mean(image: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Return the image's weighted mean color."""
    total = np.einsum("ijc,ij->c", image, weight, dtype=float)
    return np.asarray(total / max(float(weight.sum(dtype=float)), 1e-9))


def _sweep(both: np.ndarray, image: np.ndarray, alpha: np.ndarray) -> None:
    """Improve foreground and background (h, w, 6) in place, where alpha is soft and in the pixels next to it."""
    height, width = alpha.shape
    pure, empty = alpha >= 1, alpha <= 0
    both[pure, :3], both[empty, 3:] = image[pure], image[empty]
    values, colors, shares = both.reshape(-1, 6), image.reshape(-1, 3), alpha.reshape(-1, 1)
    near = cv2.dilate((~(pure | empty)).astype(np.uint8), np.ones((3, 3), np.uint8))
    rows, columns = np.nonzero(near)
    halves = []
    for parity in (0, 1):
        chosen = (rows + columns) % 2 == parity
        row, column = rows[chosen], columns[chosen]
        here = row * width + column
        # At the border, a pixel is its own neighbor.
        others = [
            (row + down).clip(0, height - 1) * width + (column + right).clip(0, width - 1) for down, right in _NEIGHBORS
        ]
        share = shares[here]
        weights = np.stack([_FLAT + abs(share - shares[other]) for other in others])
        total = weights.sum(axis=0)
        # Where only the foreground or only the background is visible, it explains the whole residual.
        gain = np.where((share > 0) & (share < 1), 1 / (total + share**2 + (1 - share) ** 2), 1)
        halves.append((here, others, share, weights / total, gain))
    for _ in range(_ITERATIONS):
        for here, others, share, weights, gain in halves:
            new = np.zeros((len(here), 6), np.float32)
            for weight, other in zip(weights, others, strict=True):
                new += weight * values[other]
            rest = gain * (colors[here] - share * new[:, :3] - (1 - share) * new[:, 3:])
            new[:, :3] += share * rest
            new[:, 3:] += (1 - share) * rest
            values[here] = new.clip(0, 1)
