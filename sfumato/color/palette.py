"""An object in the colors of a painting: from the paint that is as light, in the object's own order of tones."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from sfumato.arrays import checked, same_size
from sfumato.color.oklab import oklab_to_rgb, rgb_to_oklab
from sfumato.errors import RegionError

__all__ = ["Palette"]

# Longer side at which colors are gathered, in pixels: strokes are colors there, canvas and brush hairs are not.
_SIDE = 160

# Nodes along each axis of the table of colors, and the width over which neighboring ones are smoothed.
_NODES, _SMOOTH = 25, 1.0

# Fractions of the pixels that are taken for the darkest and the lightest: single specks do not count.
_DARK, _LIGHT = 0.02, 0.98

# Minimum range of tones, as a multiple of the object's and as a fraction of the painting's, whichever is smaller: a
# gray machine on an overcast day has less contrast than a painter gives it.
_MORE, _RANGE = 1.4, 0.8

# How much further than the painting's range an object may go at the ends, as a fraction of what is left there.
_BEYOND = 0.3

# Number of positions of the painting that there should be to choose from, and how much of each should be selected.
_LEAST, _WHOLLY = 16, 0.9

# Weight of the distance from the object's place, as a fraction of the painting's longer side, beside lightness: a gray
# object in a blue sky takes blue.
_NEAR = 0.1

# How much of the chroma that is lost in a mean of hues is given back, and by which factor at most.
_VIVID, _MOST_VIVID = 0.8, 2.5


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
    painting_mask : ndarray (H, W), optional
        Part of the painting to choose from, in [0, 1]; all by default.
    place : ndarray (H, W), optional
        Where the object is in the painting, in [0, 1]: paint near it is preferred.
    fraction : float
        Fraction of the painting that each tone takes its hue from.
    hue : float
        How much hue counts beside lightness as paint is chosen: with 0 a gray object takes any hue that the painting
        has at its lightness, with 1 the grayest.

    Raises
    ------
    InputError
        If a mask is not of its picture's size, or selects nothing of the painting.

    Notes
    -----
    Lightness (of Oklab) is moved and compressed so that the object's fits into the painting's; its order stays. Each
    tone takes the mean hue of the nearest paint, by lightness, hue and place. A table of all colors does that for
    pictures of any size.

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

    @checked("painting", "picture", masks=["mask", "painting_mask", "place"], unclipped=["painting", "picture"])
    def __init__(
        self,
        painting: np.ndarray,
        picture: np.ndarray,
        mask: np.ndarray,
        painting_mask: np.ndarray | None = None,
        place: np.ndarray | None = None,
        *,
        fraction: float = 0.01,
        hue: float = 0.3,
    ) -> None:
        from scipy.spatial import cKDTree

        same_size(picture=picture, mask=mask)
        same_size(painting=painting, painting_mask=painting_mask, place=place)
        small = _small(painting)
        self._free = _selected(painting_mask, small.shape[:2])
        self._paint = rgb_to_oklab(small)[self._free]
        self._away = _NEAR * _distances(place, small.shape[:2])[self._free]
        self._scale = np.array([1.0, hue, hue])
        self._count = min(len(self._paint), max(8, round(fraction * len(self._paint))))
        inside = _small(mask)
        self._object = rgb_to_oklab(_small(picture))[inside >= min(0.5, float(inside.max()))]
        self._ends = _range(self._object[:, 0], self._paint[:, 0])
        self._tree = cKDTree(np.column_stack([self._paint * self._scale, self._away]))
        self._table, self._used = self._tabulated(), self._counted()

    @checked("image", unclipped=["image"])
    def recolored(self, image: np.ndarray) -> np.ndarray:
        """Return a picture (h, w, 3) in the colors of the painting, RGB in [0, 1]."""
        from scipy.ndimage import map_coordinates

        at = np.moveaxis(np.clip(image, 0, 1), -1, 0) * (_NODES - 1)
        planes = [map_coordinates(plane, at, order=1, mode="nearest") for plane in self._table]
        found: np.ndarray = np.clip(oklab_to_rgb(np.stack(planes, -1)), 0, 1).astype(np.float32)
        return found

    def used(self, height: int, width: int) -> np.ndarray:
        """Return how much of the object's tones each place of the painting has, in [0, 1], (height, width)."""
        found: np.ndarray = cv2.resize(self._used, (width, height), interpolation=cv2.INTER_LINEAR)
        return found

    def _counted(self) -> np.ndarray:
        """Return how often each small place of the painting is among the nearest, as a fraction of the most."""
        votes = np.bincount(self._nearest(self._toned(self._object)).ravel(), minlength=len(self._paint))
        counted = np.zeros(self._free.shape, np.float32)
        counted[self._free] = votes
        smooth = cv2.GaussianBlur(counted, (0, 0), 1) * self._free
        found: np.ndarray = smooth / smooth.max()
        return found

    def _tabulated(self) -> np.ndarray:
        """Return what becomes of each node of a grid over RGB, in Oklab, (3, n, n, n)."""
        from scipy.ndimage import gaussian_filter

        steps = np.linspace(0, 1, _NODES, dtype=np.float32)
        nodes = np.stack(np.meshgrid(steps, steps, steps, indexing="ij"), -1)
        toned = self._toned(rgb_to_oklab(nodes).reshape(-1, 3))
        near = self._paint[self._nearest(toned)][..., 1:]
        hues = near.mean(1)
        # A mean of hues is grayer than any of them.
        grayer = np.linalg.norm(near, axis=-1).mean(1) / np.maximum(np.linalg.norm(hues, axis=-1), 1e-6)
        hues *= np.clip(1 + _VIVID * (grayer - 1), 1, _MOST_VIVID)[:, None]
        planes = np.concatenate([toned[:, :1], hues], 1).T.reshape(3, _NODES, _NODES, _NODES)
        return np.stack([planes[0], *(gaussian_filter(plane, _SMOOTH) for plane in planes[1:])])

    def _nearest(self, colors: np.ndarray) -> np.ndarray:
        """Return the indices (n, k) of the nearest paint for colors (n, 3) of Oklab."""
        wanted = np.column_stack([colors * self._scale, np.zeros(len(colors))])
        _, found = self._tree.query(wanted, k=self._count)
        return np.asarray(found).reshape(len(colors), -1)

    def _toned(self, colors: np.ndarray) -> np.ndarray:
        """Return colors (n, 3) of Oklab with their lightness moved into the painting's range."""
        (low, high), (dark, light) = self._ends
        gain = (light - dark) / max(high - low, 1e-3)
        found = colors.astype(np.float64)
        least, most = np.quantile(self._paint[:, 0], [_DARK, _LIGHT])
        tones = dark + gain * (found[:, 0] - low)
        found[:, 0] = np.clip(tones, least * (1 - _BEYOND), 1 - (1 - most) * (1 - _BEYOND))
        return found


def _selected(mask: np.ndarray | None, shape: tuple[int, int]) -> NDArray[np.bool_]:
    """Return the positions to choose from; where few are wholly selected, the best of the others."""
    if mask is None:
        return np.ones(shape, bool)
    small = _small(mask)
    if not small.any():
        raise RegionError("the mask of the painting selects nothing; give one that leaves some paint to choose from")
    enough = np.sort(small, axis=None)[-min(_LEAST, small.size)]
    found: NDArray[np.bool_] = (small >= min(_WHOLLY, float(enough))) & (small > 0)
    return found


def _distances(place: np.ndarray | None, shape: tuple[int, int]) -> np.ndarray:
    """Return the distance from a place, as a fraction of the longer side; 0 everywhere if there is no such place."""
    away = np.zeros(shape, np.uint8) if place is None else (_small(place) < 0.5).astype(np.uint8)
    if place is None or away.all():
        return np.zeros(shape, np.float32)
    found: np.ndarray = cv2.distanceTransform(away, cv2.DIST_L2, cv2.DIST_MASK_PRECISE) / max(shape)
    return found


def _range(tones: np.ndarray, paint: np.ndarray) -> tuple[tuple[float, float], tuple[float, float]]:
    """Return the range of an object's tones, and the one that they are moved to, inside that of the paint."""
    low, high = np.quantile(tones, [_DARK, _LIGHT])
    least, most = np.quantile(paint, [_DARK, _LIGHT])
    dark, light = max(low, least), min(high, most)
    span = min(_MORE * (high - low), _RANGE * (most - least))
    if light - dark < span:
        middle = np.clip((dark + light) / 2, least + span / 2, most - span / 2)
        dark, light = middle - span / 2, middle + span / 2
    return (float(low), float(high)), (float(dark), float(light))


def _small(image: np.ndarray) -> np.ndarray:
    """Return a picture or a mask at the size at which colors are gathered."""
    scale = min(1.0, _SIDE / max(image.shape[:2]))
    height, width = (max(1, round(side * scale)) for side in image.shape[:2])
    return cv2.resize(image.astype(np.float32), (width, height), interpolation=cv2.INTER_AREA)
