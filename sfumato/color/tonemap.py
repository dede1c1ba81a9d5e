"""The colors of a picture in those of another, as a smooth function of color alone."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sfumato.arrays import checked, same_size
from sfumato.color.oklab import rgb_to_oklab
from sfumato.color.transfer import match_histogram
from sfumato.errors import RegionError

__all__ = ["ToneMap"]

# Distance of neighboring nodes of the table in lightness, in units of Oklab.
_TONE = 0.02

# The same along both axes of hue: a fraction of the standard deviation of the photo's hues, so that clouds of nearly
# one gray take different ones, and its limits. Below them, noise would be told apart.
_HUE, _FINEST, _COARSEST = 0.25, 0.002, 0.008

# Maximum number of nodes along an axis of hue: a few saturated pixels must not make a large table of a gray photo.
_MOST_NODES = 100

# Standard deviation of the kernel that smooths the table, in nodes, and the wider ones that extend it, with ever less
# weight, to colors that the photo does not have.
_KERNEL, _WIDER, _FAINT = 1.5, (1, 3, 9, 27), 1e-4

# Nodes beyond the photo's colors, on each side.
_MARGIN = 4

# How much of the chroma that is lost in a mean of hues is given back, and by which factor at most.
_VIVID, _MOST_VIVID = 0.8, 2.5

# Maximum number of pixels that a table is made from, and the minimum weight of those.
_PIXELS, _LEAST = 60_000, 0.05


class ToneMap:
    """A smooth map from the colors of a photo to those of a reference.

    Equal colors become equal, and similar ones similar, wherever they are: there is no noise, no stain and no halo that
    the photo does not have. The price is that the colors that come out are near those of the reference, not equal.

    Parameters
    ----------
    photo : ndarray (h, w, 3)
        RGB in [0, 1], without noise in its hues, which the map would take for colors.
    reference : ndarray (H, W, 3)
        RGB in [0, 1].
    photo_mask : ndarray (h, w), optional
        Weights of the photo's pixels in [0, 1]; all equal by default.
    reference_mask : ndarray (H, W), optional
        Weights of the reference's pixels in [0, 1]; all equal by default.

    Raises
    ------
    RegionError
        If a mask selects nothing.
    InputError
        If a mask is not of its picture's size.

    Notes
    -----
    `match_histogram` says what becomes of each pixel of the photo. A table of Oklab takes the mean of that around each
    color, weighted by a Gaussian kernel: the mean change of lightness, and the mean hue itself, so that a gray
    reference leaves no hue. A mean of different hues is grayer than they are; most of that chroma is given back. Colors
    that the photo does not have take what the nearest ones take.

    Examples
    --------
    >>> ramp = np.linspace(0, 1, 64, dtype=np.float32)[None, :, None] * np.ones((8, 1, 3), np.float32)
    >>> dusk = ramp * np.float32([0.6, 0.2, 0.3])
    >>> dark, light = ToneMap(ramp, dusk)(rgb_to_oklab(ramp))[0, [8, 56]]
    >>> bool(dark[0] < light[0] < 0.6), bool(light[1] > 0.05)
    (True, True)
    """

    @checked("photo", "reference", masks=["photo_mask", "reference_mask"])
    def __init__(
        self,
        photo: np.ndarray,
        reference: np.ndarray,
        photo_mask: np.ndarray | None = None,
        reference_mask: np.ndarray | None = None,
    ) -> None:
        same_size(photo=photo, photo_mask=photo_mask)
        same_size(reference=reference, reference_mask=reference_mask)
        ours, weights = _sampled(photo, photo_mask, "photo")
        theirs, others = _sampled(reference, reference_mask, "reference")
        matched = match_histogram(ours, theirs, source_mask=weights, reference_mask=others)
        before, after = (rgb_to_oklab(colors)[0].astype(np.float64) for colors in (ours, matched))
        self._steps = _steps(before[:, 1:], weights[0])
        self._low = before.min(0) - _MARGIN * self._steps
        chroma = np.linalg.norm(after[:, 1:], axis=1)
        values = np.column_stack([after[:, 0] - before[:, 0], after[:, 1:], chroma])
        self._table = _tabulated((before - self._low) / self._steps, weights[0], values)

    def __call__(self, colors: np.ndarray) -> NDArray[np.float64]:
        """Return what becomes of colors (..., 3), both in Oklab."""
        from scipy.ndimage import map_coordinates

        given = np.asarray(colors, np.float64).reshape(-1, 3)
        at = ((given - self._low) / self._steps).T
        tone, *hues = (map_coordinates(plane, at, order=1, mode="nearest") for plane in self._table)
        return np.stack([given[:, 0] + tone, *hues], -1).reshape(np.shape(colors))


def _sampled(picture: np.ndarray, mask: np.ndarray | None, name: str) -> tuple[np.ndarray, np.ndarray]:
    """Return colors (1, n, 3) and weights (1, n) of a limited number of a picture's pixels, evenly spread."""
    weights = np.ones(picture.shape[:2], np.float32) if mask is None else mask
    if not weights.any():
        raise RegionError(f"the mask of the {name} selects nothing, so there are no colors to match; choose another")
    chosen = np.flatnonzero(weights >= min(_LEAST, float(weights.max())))
    # Evenly, but not at a whole number of pixels, which may be a picture's columns.
    chosen = chosen[np.linspace(0, len(chosen) - 1, min(len(chosen), _PIXELS)).astype(int)]
    return picture.reshape(1, -1, 3)[:, chosen], weights.reshape(1, -1)[:, chosen]


def _steps(hues: np.ndarray, weights: np.ndarray) -> NDArray[np.float64]:
    """Return the distances of neighboring nodes for a photo of these hues, (n, 2)."""
    off = hues - np.average(hues, axis=0, weights=weights)
    spread = np.sqrt(np.average((off**2).sum(1), weights=weights))
    step = max(float(np.clip(_HUE * spread, _FINEST, _COARSEST)), float(np.ptp(hues, axis=0).max()) / _MOST_NODES)
    return np.array([_TONE, step, step])


def _tabulated(places: np.ndarray, weights: np.ndarray, values: np.ndarray) -> NDArray[np.float64]:
    """Return the mean change of lightness and hue around each node, (3, n, n, n), of values (n, 4) at places (n, 3)."""
    from scipy.ndimage import gaussian_filter

    shape = tuple(int(extent) + 2 + _MARGIN for extent in places.max(0))
    first = np.floor(places).astype(int)
    planes = np.zeros((5, *shape))
    for corner in np.ndindex(2, 2, 2):
        near = np.abs(1 - np.array(corner) - (places - first)).prod(1) * weights
        node = np.ravel_multi_index(tuple((first + corner).T), shape)
        for plane, value in zip(planes, (*values.T, 1.0), strict=True):
            plane += np.bincount(node, near * value, minlength=plane.size).reshape(shape)
    sums = np.zeros_like(planes)
    for number, wider in enumerate(_WIDER):
        for plane, total in zip(planes, sums, strict=True):
            total += _FAINT**number * gaussian_filter(plane, wider * _KERNEL, mode="constant")
    means: NDArray[np.float64] = sums[:4] / np.maximum(sums[4], np.finfo(float).tiny)
    grayer = means[3] / np.maximum(np.linalg.norm(means[1:3], axis=0), 1e-6)
    means[1:3] *= np.clip(1 + _VIVID * (grayer - 1), 1, _MOST_VIVID)
    # Means of changes may cross each other where the photo has few tones: what is lighter must not become darker.
    own = _TONE * np.arange(shape[0])[:, None, None]
    tones = own + means[0]
    rising, falling = np.maximum.accumulate(tones), np.minimum.accumulate(tones[::-1])[::-1]
    means[0] = (rising + falling) / 2 - own
    return means[:3]
