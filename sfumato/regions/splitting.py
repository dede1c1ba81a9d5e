"""Divide a mask that covers several things which touch: where it has a waist, and along the photo's edges."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from sfumato.arrays import checked, same_size
from sfumato.color import rgb_to_oklab
from sfumato.errors import RegionError
from sfumato.regions.segmenters.enlarge import enlarge

__all__ = ["JOINED", "SIDE", "divide", "reduced", "waists"]

Mask = NDArray[np.float32]

#: Longer side, in pixels, of the grid on which masks are divided.
SIDE = 256

#: What is joined by values above this is one part: within a thing, a mask may vary around 0.5.
JOINED = 0.3

# A waist is a neck of less than this share of the smaller part's width.
_NECK = 0.5

# Minimum radius of a part, in pixels of the grid, and as a share of the largest part's: legs and arms are narrower.
_LEAST, _LEAST_SHARE = 8.0, 0.4

_STEP = 0.5  # between the levels of depth, in pixels of the grid

# A difference of colors in Oklab at which a random walker hesitates, and how often it crosses any edge nevertheless.
_EDGE, _FLOOR = 0.05, 1e-6

_UNSURE = 0.6  # a pixel is uncertain if its most probable part has less
_DOUBT = 0.2  # maximum share of uncertain pixels


def reduced(array: NDArray[np.float32], shape: tuple[int, ...] | None = None) -> NDArray[np.float32]:
    """Return a map or photo at the size of the grid: a longer side of 256 pixels.

    Parameters
    ----------
    array : ndarray of float32, shape (h, w) or (h, w, C)
        What covers the whole photo.
    shape : tuple of int, optional
        Shape of the photo; by default, that of the array. Small maps have slightly different proportions.

    Returns
    -------
    ndarray of float32, shape (rows, columns) or (rows, columns, C)

    Examples
    --------
    >>> reduced(np.zeros((33, 65), np.float32), (600, 1280)).shape
    (120, 256)
    """
    height, width = (array.shape if shape is None else shape)[:2]
    scale = SIDE / max(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    smaller = size[0] < array.shape[1]
    found = cv2.resize(array, size, interpolation=cv2.INTER_AREA if smaller else cv2.INTER_LINEAR)
    return np.asarray(found, np.float32)


@checked(masks=["mask"])
def waists(mask: Mask) -> NDArray[np.int32]:
    """Find the cores of things that touch at a waist.

    The depth of a pixel is its distance from the outside. Where the part of a mask that is deeper than t falls into two
    pieces, t is half the width of the neck between them, and the largest depth of a piece its radius. It is a waist if
    the neck is less than half as wide as the thinner piece, and the thinner piece has at least 0.4 of the radius of the
    mask's thickest, and 8 pixels.

    Parameters
    ----------
    mask : ndarray of float32, shape (h, w)
        In [0, 1]; what is above 0.3 counts. Best with a longer side of 256 pixels.

    Returns
    -------
    ndarray of int32, shape (h, w)
        0, or the number of the core, from 1; all 0 if there is no waist.

    References
    ----------
    Vincent and Soille, "Watersheds in digital spaces", IEEE TPAMI 13(6), 1991, for the watershed of the distance
    transform. The ratio, instead of a number of pixels, is an addition.

    Examples
    --------
    >>> mask = np.zeros((60, 100), np.float32)
    >>> mask[10:50, 5:45] = mask[10:50, 55:95] = mask[25:35, 45:55] = 1
    >>> waists(mask)[30, [20, 50, 80]]
    array([1, 0, 2], dtype=int32)
    """
    hard = (mask > JOINED).astype(np.uint8)
    depth = cv2.distanceTransform(cv2.copyMakeBorder(hard, 1, 1, 1, 1, cv2.BORDER_CONSTANT), cv2.DIST_L2, 5)
    count, blobs = cv2.connectedComponents(hard)
    found = np.zeros(mask.shape, np.int32)
    number = 0
    for blob in range(1, count):
        inside = np.where(blobs == blob, depth[1:-1, 1:-1], 0)
        cores = _cores(inside, 0.0, max(_LEAST, _LEAST_SHARE * float(inside.max())))
        for core in cores if len(cores) > 1 else []:
            number += 1
            found[core] = number
    return found


def _cores(depth: Mask, level: float, least: float) -> list[NDArray[np.bool_]]:
    """Return the pieces of a blob that are joined by waists only; a blob without a waist is one piece."""
    whole = depth > level
    for now in np.arange(level + _STEP, float(depth.max()), _STEP):
        count, pieces = cv2.connectedComponents((depth > now).astype(np.uint8))
        radii = [float(depth[pieces == piece].max()) for piece in range(1, count)] if count > 2 else []
        apart = [piece for piece, radius in enumerate(radii, 1) if radius >= least and now < _NECK * radius]
        if len(apart) > 1:
            return [core for piece in apart for core in _cores(np.where(pieces == piece, depth, 0), float(now), least)]
    return [whole]


@checked("photo", masks=["mask"])
def divide(mask: Mask, photo: NDArray[np.float32], seeds: NDArray[np.int32]) -> list[Mask] | None:
    """Divide a mask between seeds, along the edges of the photo.

    Each pixel goes to the seed that a random walker from there would most probably meet first. It seldom crosses an
    edge of the photo, and never the mask's.

    Parameters
    ----------
    mask : ndarray of float32, shape (H, W)
        In [0, 1].
    photo : ndarray of float32, shape (H, W, 3)
        sRGB in [0, 1].
    seeds : ndarray of int, shape (h, w)
        Number of the seed, from 1, or 0; on the grid that `reduced` makes of the mask.

    Returns
    -------
    list of ndarray or None
        A soft mask, float32 (H, W), for each seed within the mask, in the order of their numbers; they sum to the mask.
        None if more than a fifth of the mask might as well belong to another seed.

    Raises
    ------
    RegionError
        If the seeds are not on the grid.

    References
    ----------
    Grady, "Random walks for image segmentation", IEEE TPAMI 28(11), 2006.

    Examples
    --------
    >>> photo = np.zeros((64, 64, 3), np.float32)
    >>> photo[:, 40:] = 1
    >>> seeds = np.zeros((256, 256), np.int32)
    >>> seeds[128, 20], seeds[128, 230] = 1, 2
    >>> first, second = divide(np.ones((64, 64), np.float32), photo, seeds)
    >>> first[32, [5, 38, 42, 60]]
    array([1., 1., 0., 0.], dtype=float32)
    """
    same_size(photo=photo, mask=mask)
    small = reduced(mask)
    if seeds.shape != small.shape:
        raise RegionError(f"the seeds have the shape {seeds.shape}; give {small.shape}, the grid of the mask")
    hard = small > JOINED
    numbers = [int(number) for number in np.unique(seeds[hard]) if number > 0]
    if len(numbers) < 2:
        return [mask]
    markers = np.full(small.shape, -1, np.int32)
    _, blobs = cv2.connectedComponents(hard.astype(np.uint8), connectivity=4)
    reached = hard & np.isin(blobs, np.unique(blobs[hard & (seeds > 0)]))
    markers[reached] = np.searchsorted([0, *numbers], np.where(np.isin(seeds, numbers), seeds, 0))[reached]
    colors = rgb_to_oklab(cv2.GaussianBlur(reduced(photo), (0, 0), 1)).astype(np.float64)
    shares = _walked(colors, markers)
    if np.mean(shares.max(0)[reached] < _UNSURE) > _DOUBT:
        return None
    nearest = _nearest(reached)
    everywhere = [share.ravel()[nearest] for share in shares]
    full = np.stack([enlarge(share, photo) for share in everywhere])
    if not full.any(0).all():  # values up to 0.2 become 0, which may be all of many
        full = np.where(full.any(0), full, [enlarge(share, photo, refine=False) for share in everywhere])
    return [np.asarray(mask * share, np.float32) for share in full / full.sum(0)]


def _walked(colors: NDArray[np.float64], markers: NDArray[np.int32]) -> Mask:
    """Return how probable it is for each pixel that a random walker from there meets each of the markers first.

    Markers are numbers from 1; it walks where they are 0, and does not enter where they are negative.
    """
    from scipy import sparse
    from scipy.sparse import linalg

    size = markers.size
    index = np.arange(size).reshape(markers.shape)
    pairs, weights = [], []
    for axis in (0, 1):
        one, other = (np.delete(index, end, axis).ravel() for end in (-1, 0))
        both = (markers.ravel()[one] >= 0) & (markers.ravel()[other] >= 0)
        pairs.append(np.stack([one, other])[:, both])
        distance = ((colors.reshape(size, -1)[one] - colors.reshape(size, -1)[other]) ** 2).sum(-1)
        weights.append(np.exp(-distance[both] / _EDGE**2) + _FLOOR)
    (first, second), weight = np.concatenate(pairs, axis=1), np.concatenate(weights)
    affinity = sparse.coo_array((weight, (first, second)), shape=(size, size))
    affinity = (affinity + affinity.T).tocsr()
    matrix = (sparse.diags_array(affinity.sum(0)) - affinity).tocsr()
    flat = markers.ravel()
    free, known = np.flatnonzero(flat == 0), np.flatnonzero(flat > 0)
    shares = np.zeros((int(flat.max()), size), np.float32)
    shares[flat[known] - 1, known] = 1
    if len(free):
        rows = matrix[free]
        solved = linalg.splu(rows[:, free].tocsc()).solve(-rows[:, known] @ shares[:, known].T.astype(np.float64))
        shares[:, free] = solved.T.clip(0, 1)
    return shares.reshape(-1, *markers.shape)


def _nearest(there: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return for each pixel the flat index of the nearest pixel that is there."""
    from scipy import ndimage

    rows, columns = ndimage.distance_transform_edt(~there, return_distances=False, return_indices=True)
    return np.asarray(np.ravel_multi_index((rows, columns), there.shape))
