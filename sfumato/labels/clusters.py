"""Labels without a segmenter: two pictures are divided together, so that each part of one has a match in the other."""

from __future__ import annotations

import math
from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from sfumato.arrays import checked, same_size
from sfumato.color import rgb_to_oklab
from sfumato.errors import RegionError
from sfumato.labels.fit import LEAST_SHARE, Array, assigned, in_both, tightest
from sfumato.labels.masks import normalize
from sfumato.regions.dense_crf import dense_crf
from sfumato.regions.segmenters import enlarge

__all__ = ["paired_clusters"]

# Longer sides of the grid that is clustered, and of the copy in which edges are found.
_CELLS, _COPY = 64, 192

# Principal axes that are kept of each layer of features.
_AXES = 12

# Weights of place and color; features have the weight 1.
_PLACE, _COLOR = 0.5, 0.5

# Width of the softmax that makes probabilities, as a share of the typical squared distance to a center.
_SOFTNESS = 0.5

# Minimum spread of colors in Oklab. A picture that varies less is flat: stretching it would make colors of noise.
_LEAST_SPREAD = 0.02

Labels = dict[str, NDArray[np.float32]]


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
    """Divide two pictures into soft parts that have the same names in both.

    The cells of a coarse grid over each picture are clustered together, by what a network sees there, by place and by
    color. Corresponding parts of two photos seldom have the same color: think of day and night. Each cluster
    therefore has one center for features and place, and one center for color in each picture. Color holds a part
    together; features and place say what it corresponds to. Features and colors are taken relative to the picture's
    mean. A cluster that covers less than 4 % of either picture is dropped and its cells go to the others, so that
    every part is in both pictures. A dense CRF on a small copy and a guided filter then align the parts with the
    pictures' edges.

    Without features, only place says what corresponds: the height, and with half the weight the distance from the
    vertical center line. The sky may then be divided into several parts.

    Parameters
    ----------
    photo : ndarray of float32, shape (H, W, 3)
        sRGB in [0, 1].
    reference : ndarray of float32, shape (h, w, 3)
        sRGB in [0, 1].
    features_photo : sequence of ndarray, each (channels, rows, columns)
        What each layer of a network sees in the photo. "relu4_1" and "relu5_1" of VGG-19 work well, on a copy with a
        longer side of about 512 pixels. All layers have the same weight, whatever their size.
    features_reference : sequence of ndarray, each (channels, rows, columns)
        The same layers for the reference.
    count : int
        Number of parts to look for. Fewer are found if the pictures have fewer in common.
    opacity_reference : ndarray of float32, shape (h, w), optional
        Opacity of the reference, in [0, 1]; by default, all of it is opaque. Only what is visible decides how the
        reference is divided; the rest is assigned to the parts found.

    Returns
    -------
    labels_photo : dict of str to ndarray
        Masks "part 1", "part 2" and so on, the largest first: float32 (H, W) that sum to 1. Uniform pictures are one
        part. The same arguments give the same parts.
    labels_reference : dict of str to ndarray
        The same of the reference, (h, w), by the same names.

    Raises
    ------
    RegionError
        If `count` is less than 1, if the features are not a list of layers, if the two pictures have features of
        different layers, or if `opacity_reference` is not of the reference's size.

    References
    ----------
    Arthur and Vassilvitskii, "k-means++: the advantages of careful seeding", SODA 2007, for the
    start. Centers that are shared in some columns and separate in others are an addition.

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
    fit = in_both(counted, tightest(counted, shared, count), shared)
    order = np.argsort(-np.sum(fit.shares, axis=0), kind="stable")
    masks = []
    for picture, grid, distances in zip(pictures, grids, assigned(cells, fit.centers).distances, strict=True):
        masks.append([enlarge(each, picture) for each in _sharp(picture, _soft(distances[:, order], grid))])
    # A part scattered over single cells may have vanished.
    shares = [
        [np.average(mask, weights=opacity) for mask in side] for side, opacity in zip(masks, opacities, strict=True)
    ]
    kept = [n for n, pair in enumerate(zip(*shares, strict=True)) if min(pair) >= LEAST_SHARE / 2]
    if not kept:
        parts, same = ({"part 1": np.ones(picture.shape[:2], np.float32)} for picture in pictures)
    else:
        parts, same = (normalize({f"part {n}": side[k] for n, k in enumerate(kept, 1)}) for side in masks)
    return parts, same


def _grid(picture: NDArray[np.float32], side: int) -> tuple[int, int]:
    """Return the number of rows and columns of a grid with `side` cells along the picture's longer side."""
    height, width = picture.shape[:2]
    scale = min(1.0, side / max(height, width))
    return max(1, round(height * scale)), max(1, round(width * scale))


def _places(grid: tuple[int, int]) -> Array:
    """Return each cell's height, with a spread of 1, and its distance from the center line, with half that spread."""
    rows, columns = np.mgrid[: grid[0], : grid[1]]
    height = (rows.ravel() + 0.5) / grid[0] - 0.5
    aside = np.abs((columns.ravel() + 0.5) / grid[1] - 0.5)
    return np.stack([height, aside], 1) * math.sqrt(12)


def _shown(opacity: NDArray[np.float32] | None, grid: tuple[int, int]) -> NDArray[np.bool_]:
    """Tell which cells (n,) of a picture are visible; the most opaque ones always are."""
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
    """Return each layer's principal components for each cell, (n, axes), in the photo and in the reference."""
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


def _soft(distances: Array, grid: tuple[int, int]) -> NDArray[np.float32]:
    """Turn squared distances (n, k) into probabilities (k, rows, columns), by a softmax of typical width."""
    nearest = distances.min(1, keepdims=True)
    odds = np.exp((nearest - distances) / max(_SOFTNESS * float(np.median(nearest)), 1e-9))
    return np.asarray(odds / odds.sum(1, keepdims=True), np.float32).T.reshape(-1, *grid)


def _sharp(picture: NDArray[np.float32], soft: NDArray[np.float32]) -> NDArray[np.float32]:
    """Align probabilities with the edges of a small copy, because deep features also see an object around it."""
    copy = cv2.resize(picture, _grid(picture, _COPY)[::-1], interpolation=cv2.INTER_AREA)
    given = np.stack([cv2.resize(each, copy.shape[1::-1]) for each in soft])
    reach = max(max(given.shape[1:]) / 500, 0.04)  # the CRF takes no sigma below 0.1 pixels
    guide = np.asarray(copy, np.float32)
    return dense_crf(
        guide, given, spatial_weight=1, spatial_sigma=3 * reach, bilateral_weight=3, bilateral_sigma=60 * reach
    )
