"""Changes of a photo that nothing in it explains: stray hues and halos."""

from __future__ import annotations

from collections.abc import Mapping

import cv2
import numpy as np

from sfumato.arrays import checked, same_size
from sfumato.color import rgb_to_oklab

__all__ = ["halo", "stray_hue"]

# Side of the squares that are averaged for hues, as a fraction of the longer side: stains are larger than noise.
_SQUARE = 1 / 88

# Longer side at which halos are measured, in pixels, and the distances from a strong edge that they are looked for at.
_SIDE, _NEAR = 352, (2, 12)

# Difference of lightness between neighbors, of Oklab, from which an edge is strong.
_STRONG = 0.12

# Widths of the neighborhood of a color, in lightness and along both axes of hue, the number of neighbors that predict
# a change, and the most of a label's positions that they may be.
_WIDTHS, _NEIGHBORS, _PART = (0.05, 0.02, 0.02), 25, 1 / 3

# Standard deviation of the noise that sets equal colors apart, in those widths.
_JITTER = 1e-4

# Minimum of a mask where a position belongs to a label alone, and the minimum number of such positions.
_WHOLLY, _LEAST = 0.95, 60


@checked("picture", "photo", labels=["labels"], unclipped=["picture", "photo"])
def stray_hue(picture: np.ndarray, photo: np.ndarray, labels: Mapping[str, np.ndarray] | None = None) -> float:
    """Measure the hues of a picture that neither what a photo shows there nor its color explains.

    A sky that turns from blue to orange as a whole has none; one with a pink spot in the middle of the same blue has.

    Parameters
    ----------
    picture : ndarray (H, W, 3)
        sRGB in [0, 1], made from the photo.
    photo : ndarray (H, W, 3)
        sRGB in [0, 1].
    labels : mapping of str to ndarray (H, W), optional
        What the photo shows, as masks in [0, 1]; all the same when left out.

    Returns
    -------
    float
        Root mean square distance of a and b of Oklab, times 100, from what places of the same label and of like color
        have on average: below 0.5 for a function of color, about 2 for stains that are seen at once.

    Raises
    ------
    InputError
        If the sizes differ.

    Notes
    -----
    Means of squares, 88 along the longer side, are predicted by their 25 nearest neighbors in the photo's colors, the
    square itself among them; the few that a photo has make 0.2 to 0.4 of it even where nothing changed.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> photo = np.repeat(np.repeat(rng.random((22, 22, 3), np.float32), 8, 0), 8, 1)
    >>> stained = photo.copy()
    >>> stained[40:100, 40:100] *= np.float32([1, 0.7, 0.7])
    >>> stray_hue(photo * np.float32([0.5, 0.5, 0.3]), photo) < stray_hue(stained, photo)
    True
    """
    same_size(photo=photo, picture=picture, labels=labels)
    side = max(1, round(_SQUARE * max(photo.shape[:2])))
    residual, _ = _unexplained(picture, photo, labels, 1 / side)
    return float(100 * np.sqrt((residual[:, 1:] ** 2).sum(1).mean())) if len(residual) else 0.0


@checked("picture", "photo", labels=["labels"], unclipped=["picture", "photo"])
def halo(picture: np.ndarray, photo: np.ndarray, labels: Mapping[str, np.ndarray] | None = None) -> float:
    """Measure how much lighter or darker a picture is beside a photo's strong edges than its colors explain.

    Parameters
    ----------
    picture : ndarray (H, W, 3)
        sRGB in [0, 1], made from the photo.
    photo : ndarray (H, W, 3)
        sRGB in [0, 1].
    labels : mapping of str to ndarray (H, W), optional
        What the photo shows, as masks in [0, 1]; all the same when left out.

    Returns
    -------
    float
        Root mean square, times 100, of what is left of lightness of Oklab once the mean of places of the same label and
        of like color is taken away, 2 to 12 pixels from strong edges at a longer side of 352; 0 without such edges.

    Raises
    ------
    InputError
        If the sizes differ.

    Examples
    --------
    >>> photo = np.full((64, 64, 3), 0.8, np.float32)
    >>> photo[:, :32] = 0.2
    >>> glow = photo.copy()
    >>> glow[:, 34:40] = 1
    >>> halo(photo / 2, photo) < 0.1 < halo(glow, photo)
    True
    """
    same_size(photo=photo, picture=picture, labels=labels)
    scale = min(1.0, _SIDE / max(photo.shape[:2]))
    residual, where = _unexplained(picture, photo, labels, scale)
    light = np.ascontiguousarray(_reduced(rgb_to_oklab(photo).astype(np.float32), scale)[..., 0])
    edges = np.hypot(cv2.Sobel(light, cv2.CV_32F, 1, 0, scale=1 / 8), cv2.Sobel(light, cv2.CV_32F, 0, 1, scale=1 / 8))
    away = cv2.distanceTransform((edges < _STRONG / 2).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    near = ((away >= _NEAR[0]) & (away <= _NEAR[1]))[where]
    return float(100 * np.sqrt((residual[near, 0] ** 2).mean())) if near.any() else 0.0


def _unexplained(
    picture: np.ndarray, photo: np.ndarray, labels: Mapping[str, np.ndarray] | None, scale: float
) -> tuple[np.ndarray, tuple[np.ndarray, np.ndarray]]:
    """Return what is left of colors (n, 3) of Oklab once those of like color in the photo predict them, and where."""
    from scipy.spatial import cKDTree

    own, made = (_reduced(rgb_to_oklab(each).astype(np.float32), scale) for each in (photo, picture))
    masks = [np.ones(photo.shape[:2], np.float32)] if labels is None else list(labels.values())
    left, rows, columns = [np.zeros((0, 3))], [np.zeros(0, int)], [np.zeros(0, int)]
    for mask in masks:
        there = np.nonzero(_reduced(mask.astype(np.float32), scale) >= _WHOLLY)
        if len(there[0]) < _LEAST:
            continue
        colors, result = own[there] / np.array(_WIDTHS), made[there].astype(np.float64)
        # Equal colors, as in flat pictures, would make the search for neighbors slow.
        colors += np.random.default_rng(0).normal(0, _JITTER, colors.shape)
        count = min(_NEIGHBORS, int(_PART * len(colors)))
        _, near = cKDTree(colors).query(colors, k=count)
        left.append(result - result[near].mean(1))
        rows.append(there[0])
        columns.append(there[1])
    return np.concatenate(left), (np.concatenate(rows), np.concatenate(columns))


def _reduced(image: np.ndarray, scale: float) -> np.ndarray:
    """Return an image at a smaller size, of which every position is a mean."""
    height, width = (max(1, round(side * scale)) for side in image.shape[:2])
    return cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)
