"""Pixels that are mixtures of two colors: the colors around them, and how much of each they are."""

from __future__ import annotations

import cv2
import numpy as np

from sfumato.arrays import checked, same_size

__all__ = ["colors_near", "share_of"]

# The photo is reduced until the reach is this many pixels: means over large windows need no more.
_CELLS = 8.0

# Windows grow by _WIDER; a wider one counts where narrower ones hold next to nothing.
_WIDER, _LESS = 2.0, 1 / 16

# Less than this, gathered over all windows, is nothing but rounding.
_NONE = 1e-6

# Standard deviation of colors where a photo looks flat.
_FLAT = 0.03

# OpenCV samples no more rows at once.
_AT_A_TIME = 32_000


@checked("photo", masks=["known"])
def colors_near(
    photo: np.ndarray, known: np.ndarray, places: tuple[np.ndarray, ...], reach: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return the mean color of the known pixels near some places, and how much those colors vary.

    Parameters
    ----------
    photo : ndarray (H, W, 3)
        RGB in [0, 1].
    known : ndarray (H, W)
        Which pixels count, and how much.
    places : (rows, columns)
        Indices of n pixels.
    reach : float
        Distance in pixels at which there must be known pixels; those that are nearer count for more.

    Returns
    -------
    mean : ndarray (n, 3)
        Float32 RGB; black where no known pixel is near.
    variance : ndarray (n,)
        Mean squared distance from that color; 1 where no known pixel is near.

    Raises
    ------
    InputError
        If `known` is not of the photo's size.

    Examples
    --------
    >>> photo = np.zeros((1, 9, 3), np.float32)
    >>> photo[:, :3] = 0.8, 0.4, 0.2
    >>> known = np.float32([[1, 1, 1, 0, 0, 0, 0, 0, 0]])
    >>> colors_near(photo, known, (np.array([0]), np.array([4])), 4)[0].round(2)
    array([[0.8, 0.4, 0.2]], dtype=float32)
    """
    same_size(photo=photo, known=known)
    height, width = known.shape
    scale = min(1.0, _CELLS / reach)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    # OpenCV takes no more than four channels.
    weight = known.astype(np.float32)
    values = np.empty((height, width, 4), np.float32)
    values[..., :3], values[..., 3] = photo, np.einsum("ijc,ijc->ij", photo, photo)
    values *= weight[..., None]
    total, count = (
        _gathered(cv2.resize(each, size, interpolation=cv2.INTER_AREA), reach * scale) for each in (values, weight)
    )
    found = _sampled(total / np.maximum(count, 1e-12)[..., None], places, (height, width))
    mean = found[:, :3]
    there = _sampled(count[..., None], places, (height, width))[:, 0] > _NONE
    return mean, np.where(there, (found[:, 3] - (mean**2).sum(-1)).clip(0), 1)


def share_of(
    colors: np.ndarray,
    one: tuple[np.ndarray, np.ndarray],
    other: tuple[np.ndarray, np.ndarray],
    guess: np.ndarray,
    spread: np.ndarray | float,
) -> np.ndarray:
    """Return how much of each mixture is the one of two colors rather than the other.

    Parameters
    ----------
    colors : ndarray (n, 3)
        The mixtures.
    one, other : (mean, variance)
        Colors (n, 3) and their variance (n,), as from `colors_near`.
    guess : ndarray (n,)
        What the share is thought to be, in [0, 1].
    spread : ndarray (n,) or float
        Standard deviation of the guess.

    Returns
    -------
    ndarray (n,)
        The share of `one`, in [0, 1]. Where both have the same color, or vary more than they differ, it is the guess.

    Notes
    -----
    With the colors fixed, the most probable share (MAP) of Chuang, Curless, Salesin and Szeliski, "A Bayesian approach
    to digital matting", CVPR 2001, eq. 9, but with a guess::

        a = argmin |C - a P - (1 - a) K|² / (a² σ_P² + (1 - a)² σ_K² + 0.03²) + (a - guess)² / spread²

    The variance is that of the share before, three times over.

    Examples
    --------
    >>> black, white = (np.zeros((1, 3)), np.zeros(1)), (np.ones((1, 3)), np.zeros(1))
    >>> share_of(np.full((1, 3), 0.25), white, black, np.array([0.5]), 0.3).round(2)
    array([0.25])
    """
    step = one[0] - other[0]
    along, length = ((colors - other[0]) * step).sum(-1), (step**2).sum(-1)
    trust = 1 / np.maximum(spread, 1e-3) ** 2
    share = guess
    for _ in range(3):
        noise = share**2 * one[1] + (1 - share) ** 2 * other[1] + _FLAT**2
        share = ((along / noise + guess * trust) / (length / noise + trust)).clip(0, 1)
    return share


def _gathered(values: np.ndarray, reach: float) -> np.ndarray:
    """Add up values over windows that grow up to a reach."""
    total, trust, sigma = np.zeros_like(values), 1.0, 1.0
    while True:
        total += trust * cv2.GaussianBlur(values, (0, 0), sigma, borderType=cv2.BORDER_REPLICATE)
        if 2 * sigma >= reach:
            return total
        sigma, trust = sigma * _WIDER, trust * _LESS


def _sampled(field: np.ndarray, places: tuple[np.ndarray, ...], shape: tuple[int, int]) -> np.ndarray:
    """Interpolate a reduced field (h, w, C) at pixels of a picture of a shape (H, W)."""
    height, width = field.shape[:2]
    found = np.empty((len(places[0]), field.shape[2]), np.float32)
    for start in range(0, len(found), _AT_A_TIME):
        part = slice(start, start + _AT_A_TIME)
        y, x = (
            ((place[part] + 0.5) * small / large - 0.5).astype(np.float32)[:, None]
            for place, small, large in zip(places, (height, width), shape, strict=True)
        )
        seen = cv2.remap(field, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        found[part] = seen.reshape(-1, field.shape[2])
    return found
