"""Measures of a painting's strokes: how bold they are, and how smooth the paint is."""

from __future__ import annotations

import math

import cv2
import numpy as np

from sfumato.images.resizing import shrunk, shrunk_by

__all__ = ["painterly", "smoothness"]


def painterly(painting: np.ndarray, opacity: np.ndarray | None = None) -> float:
    """Estimate how bold the strokes of a painting are.

    Parameters
    ----------
    painting : ndarray (H, W, 3)
        RGB in [0, 1].
    opacity : ndarray (H, W), optional
        Alpha of the painting, in [0, 1]. Only pixels of at least half opacity count; all do when left out.

    Returns
    -------
    float
        From 1, as smooth as a photo, to 10. It measures the contrast of strokes in the smoother parts: the lower
        quartile of the local standard deviation of L*, at scales from 1 to 5 pixels of 700, is ``(value + 1) / 2``.

    Examples
    --------
    >>> painterly(np.full((64, 64, 3), 0.5))
    1.0
    """
    from skimage.color import rgb2lab

    scale = min(1.0, 700 / max(painting.shape[:2]))
    small = shrunk_by(np.asarray(painting, np.float32), scale)
    lightness = rgb2lab(small)[..., 0].astype(np.float32)
    strokes = cv2.GaussianBlur(lightness, (0, 0), 1) - cv2.GaussianBlur(lightness, (0, 0), 5)
    contrast = np.sqrt(cv2.GaussianBlur(strokes**2, (0, 0), 10))
    if opacity is not None:
        contrast = contrast[_seen(shrunk(opacity, *contrast.shape))]
    return float(np.clip(2 * np.quantile(contrast, 0.25) - 1, 1, 10))


def smoothness(painting: np.ndarray, opacity: np.ndarray | None = None) -> float:
    """Return how smooth a painting (H, W, 3) is: 0 for visible grain or strokes, 1 for blended paint.

    It depends on the median of the squared gradient (Luan et al. 2018 §3.3). `opacity` is as for `painterly`.

    Examples
    --------
    >>> round(smoothness(np.full((8, 8, 3), 0.5)), 3)
    1.0
    """
    down, right = np.diff(painting, axis=0)[:, :-1], np.diff(painting, axis=1)[:-1]
    squares = (down**2 + right**2).sum(-1)
    if opacity is not None:
        squares = squares[_seen(opacity[:-1, :-1])]
    gradient = float(np.median(squares))
    return 1 / (1 + math.exp(min(1e4 * gradient - 25, 50)))


def _seen(opacity: np.ndarray) -> np.ndarray:
    """Tell where a painting is visible: at half opacity or more, or at its maximum if that is less."""
    return np.asarray(opacity >= min(0.5, float(opacity.max())))
