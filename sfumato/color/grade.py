"""A picture in the mood of another that shows other things: a linear change of colors that stays moderate."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sfumato.arrays import checked, same_size
from sfumato.color.moments import moments, stretching
from sfumato.color.oklab import rgb_to_oklab
from sfumato.errors import InputError, RegionError

__all__ = ["Grade"]

# Quantiles of lightness that must stay between black and white.
_DARK, _LIGHT = 0.01, 0.99


class Grade:
    """A moderate map from the colors of a photo to those of a reference.

    It takes the reference's mean color, and its contrast and saturation only as far as a photo bears it. For pictures
    that do not show the same things, where a full match would make snow of grass.

    Parameters
    ----------
    photo : ndarray (h, w, 3)
        RGB in [0, 1].
    reference : ndarray (H, W, 3)
        RGB in [0, 1].
    photo_mask : ndarray (h, w), optional
        Weights of the photo's pixels in [0, 1]; all equal by default.
    reference_mask : ndarray (H, W), optional
        Weights of the reference's pixels in [0, 1]; all equal by default.
    most : float
        Maximum factor, at least 1, by which colors are stretched or compressed along any direction of Oklab.

    Raises
    ------
    RegionError
        If a mask selects nothing.
    InputError
        If a mask is not of its picture's size, or `most` is less than 1.

    Notes
    -----
    The map of least displacement between Gaussians (`match_linear`), in Oklab, with its eigenvalues limited. Lightness
    is compressed further where it would leave the range from black to white.

    Examples
    --------
    >>> gray = np.linspace(0.2, 0.8, 16, dtype=np.float32)[None, :, None] * np.ones((4, 1, 3), np.float32)
    >>> moved = Grade(gray, gray * np.float32([0.5, 0.4, 0.3]))(rgb_to_oklab(gray))
    >>> bool(moved[0, 8, 0] < rgb_to_oklab(gray)[0, 8, 0]), bool(moved[0, 8, 2] > 0)
    (True, True)
    """

    @checked("photo", "reference", masks=["photo_mask", "reference_mask"])
    def __init__(
        self,
        photo: np.ndarray,
        reference: np.ndarray,
        photo_mask: np.ndarray | None = None,
        reference_mask: np.ndarray | None = None,
        *,
        most: float = 1.5,
    ) -> None:
        same_size(photo=photo, photo_mask=photo_mask)
        same_size(reference=reference, reference_mask=reference_mask)
        if not most >= 1:
            raise InputError(f"colors are stretched by a factor of at least 1, got {most}")
        colors, weights = _weighted(photo, photo_mask, "photo")
        others, other_weights = _weighted(reference, reference_mask, "reference")
        self._mean, covariance = moments(colors, weights)
        self._wanted, wanted = moments(others, other_weights)
        factors, axes = np.linalg.eigh(stretching(covariance, wanted))
        self._matrix = (axes * np.clip(factors, 1 / most, most)) @ axes.T
        order = np.argsort(tones := self(colors)[:, 0])
        low, high = np.interp([_DARK, _LIGHT], np.cumsum(weights[order]), tones[order])
        middle = float(np.clip(self._wanted[0], 0, 1))
        room = min(1.0, middle / max(middle - low, 1e-6), (1 - middle) / max(high - middle, 1e-6))
        self._matrix[:, 0] *= room

    def __call__(self, colors: np.ndarray) -> NDArray[np.float64]:
        """Return what becomes of colors (..., 3), both in Oklab."""
        changed: NDArray[np.float64] = (colors - self._mean) @ self._matrix + self._wanted
        return changed


def _weighted(picture: np.ndarray, mask: np.ndarray | None, name: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the colors (n, 3) of a picture in Oklab, and weights (n,) that sum to 1."""
    weights = np.ones(picture.shape[:2]) if mask is None else mask.astype(np.float64)
    if not weights.any():
        raise RegionError(f"the mask of the {name} selects nothing, so there are no colors to match; choose another")
    return rgb_to_oklab(picture.reshape(-1, 3)).astype(np.float64), weights.ravel() / weights.sum()
