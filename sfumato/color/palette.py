"""An object in the colors of a painting: from the paint that is as light, in the object's own order of tones."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from sfumato.arrays import checked, same_size
from sfumato.color.oklab import oklab_to_rgb, rgb_to_oklab

__all__ = ["Palette"]

# Longer side at which colors are gathered, in pixels: strokes are colors there, canvas and brush hairs are not.
_SIDE = 160

# Nodes along each axis of the table of colors, and the width over which neighboring ones are smoothed.
_NODES, _SMOOTH = 25, 1.0

# Fractions of the pixels that are taken for the darkest and the lightest: single specks do not count.
_DARK, _LIGHT = 0.02, 0.98

# Minimum range of tones, as a fraction of the object's or the painting's, whichever is smaller.
_RANGE = 0.7

# How much further than the painting's range an object may go at the ends, as a fraction of what is left there.
_BEYOND = 0.3

# Minimum number of positions of the painting to choose from, and how much of each has to be allowed.
_LEAST, _WHOLLY = 16, 0.9


class Palette:
    """The colors that an object takes from a painting.

    Parameters
    ----------
    painting : ndarray (H, W, 3)
        RGB in [0, 1].
    picture : ndarray (h, w, 3)
        The object and its surroundings, RGB in [0, 1].
    mask : ndarray (h, w)
        Where the object is, in [0, 1].
    allowed : ndarray (H, W), optional
        Part of the painting to choose from, in [0, 1]; all by default, and if there is hardly any.
    part : float
        Fraction of the painting that a tone is compared with.
    hue : float
        How much hue counts beside lightness as paint is chosen: with 0 a gray object takes any hue that the painting
        has at its lightness, with 1 the grayest.

    Raises
    ------
    InputError
        If a mask is not of its picture's size.

    Notes
    -----
    Lightness (of Oklab) is moved and compressed so that the object's fits into the painting's; its order stays. Each
    tone takes the mean hue of the nearest part of the painting. A table of all colors does that for pictures of any
    size.

    Examples
    --------
    >>> painting = np.zeros((32, 32, 3), np.float32)
    >>> painting[:16, :, 2], painting[16:, :, :2] = 0.5, 0.9  # dark blue and light yellow
    >>> gray = np.linspace(0, 1, 32, dtype=np.float32)[None, :, None] * np.ones((32, 1, 3), np.float32)
    >>> palette = Palette(painting, gray, np.ones((32, 32), np.float32))
    >>> dark, light = palette.recolored(gray)[0, [4, -4]]
    >>> bool(dark[2] > dark[0]), bool(light[0] > light[2])
    (True, True)
    """

    @checked("painting", "picture", masks=["mask", "allowed"], unclipped=["painting", "picture"])
    def __init__(
        self,
        painting: np.ndarray,
        picture: np.ndarray,
        mask: np.ndarray,
        allowed: np.ndarray | None = None,
        *,
        part: float = 0.01,
        hue: float = 0.2,
    ) -> None:
        same_size(picture=picture, mask=mask)
        small = _small(painting)
        self._free: NDArray[np.bool_] = np.ones(small.shape[:2], bool)
        if allowed is not None:
            same_size(painting=painting, allowed=allowed)
            free = _small(allowed) > _WHOLLY
            self._free = free if free.sum() >= _LEAST else self._free
        self._paint = rgb_to_oklab(small)[self._free]
        self._scale = np.array([1.0, hue, hue])
        self._count = min(len(self._paint), max(8, round(part * len(self._paint))))
        inside = _small(mask)
        self._object = rgb_to_oklab(_small(picture))[inside >= min(0.5, float(inside.max()))]
        self._ends = _range(self._object[:, 0], self._paint[:, 0])
        self._table = self._tabulated()

    def recolored(self, image: np.ndarray) -> np.ndarray:
        """Return a picture (h, w, 3) in the colors of the painting, RGB in [0, 1]."""
        from scipy.ndimage import map_coordinates

        at = np.moveaxis(np.clip(image, 0, 1), -1, 0) * (_NODES - 1)
        planes = [map_coordinates(plane, at, order=1, mode="nearest") for plane in self._table]
        found: np.ndarray = np.clip(oklab_to_rgb(np.stack(planes, -1)), 0, 1).astype(np.float32)
        return found

    def used(self, height: int, width: int) -> np.ndarray:
        """Return how much of the object's tones each place of the painting has, in [0, 1], (height, width)."""
        votes = np.bincount(self._nearest(self._toned(self._object)).ravel(), minlength=len(self._paint))
        counted = np.zeros(self._free.shape, np.float32)
        counted[self._free] = votes
        smooth = cv2.GaussianBlur(counted, (0, 0), 1) * self._free
        found: np.ndarray = cv2.resize(smooth / smooth.max(), (width, height), interpolation=cv2.INTER_LINEAR)
        return found

    def _tabulated(self) -> np.ndarray:
        """Return what becomes of each node of a grid over RGB, in Oklab, (3, n, n, n)."""
        from scipy.ndimage import gaussian_filter

        steps = np.linspace(0, 1, _NODES, dtype=np.float32)
        nodes = np.stack(np.meshgrid(steps, steps, steps, indexing="ij"), -1)
        toned = self._toned(rgb_to_oklab(nodes).reshape(-1, 3))
        hues = self._paint[self._nearest(toned)][..., 1:].mean(1)
        planes = np.concatenate([toned[:, :1], hues], 1).T.reshape(3, _NODES, _NODES, _NODES)
        return np.stack([planes[0], *(gaussian_filter(plane, _SMOOTH) for plane in planes[1:])])

    def _nearest(self, colors: np.ndarray) -> np.ndarray:
        """Return the indices (n, k) of the nearest paint for colors (n, 3) of Oklab."""
        from scipy.spatial import cKDTree

        _, found = cKDTree(self._paint * self._scale).query(colors * self._scale, k=self._count)
        return np.asarray(found).reshape(len(colors), -1)

    def _toned(self, colors: np.ndarray) -> np.ndarray:
        """Return colors (n, 3) of Oklab with their lightness moved into the painting's range."""
        (low, high), (dark, light) = self._ends
        gain = (light - dark) / max(high - low, 1e-3)
        found = colors.astype(np.float64)
        least, most = np.quantile(self._paint[:, 0], [_DARK, _LIGHT])
        tones = dark + min(gain, 1.0) * (found[:, 0] - low)
        found[:, 0] = np.clip(tones, least * (1 - _BEYOND), 1 - (1 - most) * (1 - _BEYOND))
        return found


def _range(tones: np.ndarray, paint: np.ndarray) -> tuple[tuple[float, float], tuple[float, float]]:
    """Return the range of an object's tones, and the one that they are moved to, inside that of the paint."""
    low, high = np.quantile(tones, [_DARK, _LIGHT])
    least, most = np.quantile(paint, [_DARK, _LIGHT])
    dark, light = max(low, least), min(high, most)
    span = min(high - low, most - least)
    if light - dark < _RANGE * span:
        middle = np.clip((dark + light) / 2, least + span / 2, most - span / 2)
        dark, light = middle - span / 2, middle + span / 2
    return (float(low), float(high)), (float(dark), float(light))


def _small(image: np.ndarray) -> np.ndarray:
    """Return a picture or a mask at the size at which colors are gathered."""
    scale = min(1.0, _SIDE / max(image.shape[:2]))
    height, width = (max(1, round(side * scale)) for side in image.shape[:2])
    return cv2.resize(image.astype(np.float32), (width, height), interpolation=cv2.INTER_AREA)
