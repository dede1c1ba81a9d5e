"""Labels without a segmenter: two pictures divided together, so that each part of one has its like in the other."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from sfumato.arrays import checked, same_size
from sfumato.color import rgb_to_oklab
from sfumato.errors import RegionError
from sfumato.labels.masks import normalize
from sfumato.regions.dense_crf import dense_crf
from sfumato.regions.segmenters import enlarge

__all__ = ["paired_clusters"]

_CELLS, _COPY = 64, 192  # longer sides of the grid that is clustered, and of the copy on which edges are found
_AXES = 12  # principal axes kept of each layer of features
_PLACE, _COLOR = 0.5, 0.5  # weights beside that of features, which is 1
_SHARE = 0.04  # a part smaller than this in either picture is given up
_STARTS, _ROUNDS = 8, 20
_SOFTNESS = 0.5  # of the typical squared distance to a center
_LEAST_SPREAD = 0.02  # in Oklab: what varies less is flat, and must not be stretched to colors
_PULL = 0.01  # share of a picture at which a cluster's colors are half the picture's own, half those of both

Array = NDArray[np.float64]
Labels = dict[str, NDArray[np.float32]]


class _Fit(NamedTuple):
    """How two pictures' cells (n, d) fall to k clusters; the photo's part of each list comes first.

    Centers (k, d) have the same first columns in both pictures; distances (n, k) are squared; shares (k,) sum to 1.
    """

    centers: list[Array]
    distances: list[Array]
    shares: list[Array]

    @property
    def cost(self) -> float:
        """Mean squared distance to the nearest center, of both pictures."""
        return float(sum(each.min(1).mean() for each in self.distances))


@checked("photo", "reference", masks=["opacity_reference"])
def paired_clusters(
    photo: NDArray[np.float32],
    reference: NDArray[np.float32],
    features_photo: Sequence[NDArray[np.float32]] = (),
    features_reference: Sequence[NDArray[np.float32]] = (),
    *,
    count: int = 5,
    opacity_reference: NDArray[np.float32] | None = None,
) -> tuple[Labels, Labels]:
    """Divide two pictures into soft parts that go by the same names.

    Cells of a coarse grid over both pictures are clustered together, by what a network sees there, by place and by
    color. What corresponds in two photos is seldom of one color: think of day and night. So each cluster has one
    center for features and place, and a center for color in each picture: colors hold a part together, the others
    tell what it corresponds to. Features and colors count relative to the picture's mean. A cluster that has less
    than 4 % of either picture is given up and its cells go to the others, so that each part is in both. Then a dense
    CRF on a small copy and a guided filter let the parts follow the pictures' edges.

    Without features only the place tells what corresponds: height, and half as much the distance from the vertical
    middle line. So the sky may come in several parts.

    Parameters
    ----------
    photo : ndarray of float32, shape (H, W, 3)
        sRGB in [0, 1].
    reference : ndarray of float32, shape (h, w, 3)
        sRGB in [0, 1].
    features_photo : sequence of ndarray, each (channels, rows, columns)
        What each layer of a network sees in the photo; of VGG-19, "relu4_1" and "relu5_1" at a longer side of about
        512 pixels do well. All layers count alike, whatever their size.
    features_reference : sequence of ndarray, each (channels, rows, columns)
        The same layers for the reference.
    count : int
        How many parts to look for; fewer are found if the pictures have fewer in common.
    opacity_reference : ndarray of float32, shape (h, w), optional
        In [0, 1]: the reference is divided by what is seen of it, and the rest goes along. All of it when left out.

    Returns
    -------
    labels_photo, labels_reference : dict of str to ndarray
        "part 1", "part 2" and so on, the larger first: float32 (H, W) and (h, w) that sum to 1. Both have the same
        names, and the same arguments give the same parts. Pictures with nothing to tell apart are one part.

    Raises
    ------
    RegionError
        If `count` is less than 1, or the features are no list of layers or not of the same ones in both pictures.

    References
    ----------
    Arthur and Vassilvitskii, "k-means++: the advantages of careful seeding", SODA 2007, for the start. Centers that
    are common in some columns and each picture's own in others are an addition.

    Examples
    --------
    >>> day, night = np.full((2, 40, 40, 3), 0.1, np.float32)
    >>> day[:30], night[:20] = (0.5, 0.7, 1), (0.2, 0.2, 0.3)  # sky
    >>> by_day, by_night = paired_clusters(day, night, count=2)
    >>> by_day["part 1"][:, 20].sum(), by_night["part 1"][:, 20].sum()
    (np.float32(30.0), np.float32(20.0))
    """
    same_size(reference=reference, opacity_reference=opacity_reference)
    if count < 1:
        raise RegionError(f"the number of parts must be 1 or more, got {count}")
    for layer in (*features_photo, *features_reference):
        if layer.ndim != 3:
            raise RegionError(f"features must be a list of arrays (channels, rows, columns), got shape {layer.shape}")
    ours, theirs = ([len(layer) for layer in layers] for layers in (features_photo, features_reference))
    if ours != theirs:
        raise RegionError(f"features have {ours} channels in the photo, {theirs} in the reference: use the same layers")
    pictures = photo, reference
    grids = [_grid(picture, _CELLS) for picture in pictures]
    opacities = None, opacity_reference
    shown = [_shown(opacity, grid) for opacity, grid in zip(opacities, grids, strict=True)]
    colors = [_colors(picture, grid, there) for picture, grid, there in zip(pictures, grids, shown, strict=True)]
    places = [_PLACE * _places(grid) for grid in grids]
    seen = _seen(features_photo, features_reference, grids)
    common = [np.hstack(parts) for parts in zip(places, *seen, strict=True)]
    cells = [np.hstack([part, _COLOR * color]) for part, color in zip(common, colors, strict=True)]
    shared = common[0].shape[1]
    counted = [each[there] for each, there in zip(cells, shown, strict=True)]
    fit = _in_both(counted, _tightest(counted, shared, count), shared)
    order = np.argsort(-np.sum(fit.shares, axis=0), kind="stable")
    masks = []
    for picture, grid, distances in zip(pictures, grids, _assigned(cells, fit.centers).distances, strict=True):
        masks.append([enlarge(each, picture) for each in _sharp(picture, _soft(distances[:, order], grid))])
    # What is scattered over single cells may be gone by now.
    shares = [
        [np.average(mask, weights=opacity) for mask in side] for side, opacity in zip(masks, opacities, strict=True)
    ]
    kept = [n for n, pair in enumerate(zip(*shares, strict=True)) if min(pair) >= _SHARE / 2]
    if not kept:
        parts, same = ({"part 1": np.ones(picture.shape[:2], np.float32)} for picture in pictures)
    else:
        parts, same = (normalize({f"part {n}": side[k] for n, k in enumerate(kept, 1)}) for side in masks)
    return parts, same


def _grid(picture: NDArray[np.float32], side: int) -> tuple[int, int]:
    """Return rows and columns of a grid over a picture that has `side` cells along the longer side."""
    height, width = picture.shape[:2]
    scale = min(1.0, side / max(height, width))
    return max(1, round(height * scale)), max(1, round(width * scale))


def _places(grid: tuple[int, int]) -> Array:
    """Return each cell's height in the picture, of spread 1, and its distance from the middle line, of half of it."""
    rows, columns = np.mgrid[: grid[0], : grid[1]]
    height = (rows.ravel() + 0.5) / grid[0] - 0.5
    aside = np.abs((columns.ravel() + 0.5) / grid[1] - 0.5)
    return np.stack([height, aside], 1) * math.sqrt(12)


def _shown(opacity: NDArray[np.float32] | None, grid: tuple[int, int]) -> NDArray[np.bool_]:
    """Tell which cells (n,) of a picture are seen, at least as far as the most opaque one."""
    if opacity is None:
        return np.ones(grid[0] * grid[1], bool)
    small = cv2.resize(opacity, grid[::-1], interpolation=cv2.INTER_AREA).ravel()
    return np.asarray(small >= min(0.5, small.max()))


def _colors(picture: NDArray[np.float32], grid: tuple[int, int], shown: NDArray[np.bool_]) -> Array:
    """Return each cell's color (n, 3) in Oklab, relative to the mean of those shown, with a spread of 1."""
    small = cv2.resize(picture, grid[::-1], interpolation=cv2.INTER_AREA)
    lab = rgb_to_oklab(small.reshape(-1, 3).astype(np.float64))
    lab -= lab[shown].mean(0)
    spread = math.sqrt((lab[shown] ** 2).sum(1).mean())
    return np.asarray(lab / max(spread, _LEAST_SPREAD))


def _seen(
    photo: Sequence[NDArray[np.float32]], reference: Sequence[NDArray[np.float32]], grids: list[tuple[int, int]]
) -> list[list[Array]]:
    """Return for each layer the main axes for each cell, (n, axes) of the photo and of the reference."""
    layers = []
    for pair in zip(photo, reference, strict=True):
        sides = [layer.reshape(len(layer), -1).T.astype(np.float64) for layer in pair]
        sides = [side / np.maximum(np.linalg.norm(side, axis=1, keepdims=True), 1e-6) for side in sides]
        sides = [side - side.mean(0) for side in sides]
        covariance = sum(side.T @ side / len(side) for side in sides)
        axes = np.linalg.eigh(covariance)[1][:, : -_AXES - 1 : -1]
        maps = [(side @ axes).T.reshape(-1, *layer.shape[1:]) for side, layer in zip(sides, pair, strict=True)]
        cells = [
            np.stack([cv2.resize(plane, grid[::-1]).ravel() for plane in each], 1)
            for each, grid in zip(maps, grids, strict=True)
        ]
        spread = np.sqrt(np.mean([(each**2).sum(1).mean() for each in cells]))
        layers.append([each / max(spread, 1e-6) / np.sqrt(len(photo)) for each in cells])
    return layers


def _tightest(cells: list[Array], shared: int, count: int) -> _Fit:
    """Cluster the cells of both pictures from several starts, and return the outcome of the least cost."""
    rng = np.random.default_rng(0)
    points = np.concatenate([each[:, :shared] for each in cells])
    weights = np.concatenate([np.full(len(each), 1 / len(each)) for each in cells])
    fits = []
    for _ in range(_STARTS):
        chosen: list[int] = []
        odds, far = weights, np.full(len(points), np.inf)
        while len(chosen) < count and odds.any():
            chosen.append(int(rng.choice(len(points), p=odds / odds.sum())))
            far = np.minimum(far, ((points - points[chosen[-1]]) ** 2).sum(1))
            odds = weights * far
        fits.append(_settled(cells, [points[chosen]] * 2, shared))
    return min(fits, key=lambda fit: fit.cost)


def _in_both(cells: list[Array], fit: _Fit, shared: int) -> _Fit:
    """Give up clusters that either picture hardly has, one at a time."""
    while len(least := np.minimum(*fit.shares)) > 1 and least.min() < _SHARE:
        fit = _settled(cells, [np.delete(each, least.argmin(), 0) for each in fit.centers], shared)
    return fit


def _settled(cells: list[Array], centers: list[Array], shared: int) -> _Fit:
    """Move centers to the mean of their cells until they stay; at first they may have but the shared columns."""
    for _ in range(_ROUNDS):
        fit = _assigned(cells, centers)
        members = [distances.argmin(1) == np.arange(len(centers[0]))[:, None] for distances in fit.distances]
        sums = [member @ each / len(each) for member, each in zip(members, cells, strict=True)]
        weights = [share[:, None] for share in fit.shares]
        mean = sum(sums) / np.maximum(sum(weights), 1e-9)
        moved = [(total + _PULL * mean) / (weight + _PULL) for total, weight in zip(sums, weights, strict=True)]
        for center in moved:
            center[:, :shared] = mean[:, :shared]
        if all(map(np.array_equal, moved, centers)):
            break
        centers = moved
    return _assigned(cells, centers)


def _assigned(cells: list[Array], centers: list[Array]) -> _Fit:
    """Measure how far each cell is from each center, in the columns that the centers have."""
    distances, shares = [], []
    for each, center in zip(cells, centers, strict=True):
        part = each[:, : center.shape[1]]
        squares = (part**2).sum(1)[:, None] - 2 * part @ center.T + (center**2).sum(1)
        distances.append(np.maximum(squares, 0))
        shares.append(np.bincount(squares.argmin(1), minlength=len(center)) / len(each))
    return _Fit(centers, distances, shares)


def _soft(distances: Array, grid: tuple[int, int]) -> NDArray[np.float32]:
    """Turn squared distances (n, k) to probabilities (k, rows, columns): a softmax as wide as is typical."""
    nearest = distances.min(1, keepdims=True)
    odds = np.exp((nearest - distances) / max(_SOFTNESS * float(np.median(nearest)), 1e-9))
    return np.asarray(odds / odds.sum(1, keepdims=True), np.float32).T.reshape(-1, *grid)


def _sharp(picture: NDArray[np.float32], soft: NDArray[np.float32]) -> NDArray[np.float32]:
    """Let probabilities follow a small copy's edges: what deep features see of an object, they see around it too."""
    copy = cv2.resize(picture, _grid(picture, _COPY)[::-1], interpolation=cv2.INTER_AREA)
    given = np.stack([cv2.resize(each, copy.shape[1::-1]) for each in soft])
    reach = max(max(given.shape[1:]) / 500, 0.04)  # the field knows no sigmas under 0.1 pixels
    guide = np.asarray(copy, np.float32)
    return dense_crf(
        guide, given, spatial_weight=1, spatial_sigma=3 * reach, bilateral_weight=3, bilateral_sigma=60 * reach
    )
