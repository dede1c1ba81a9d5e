"""Masks that spread from marked pixels, up to the photo's edges."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import NDArray

from sfumato.arrays import checked, same_size
from sfumato.errors import RegionError

if TYPE_CHECKING:
    from scipy import sparse

__all__ = ["Mask", "corrected", "walked"]

Mask = NDArray[np.float32]

# How steeply neighbors part with their distance in Lab, as fractions of its lightness, and the least that joins them.
_CONTRAST, _LEAST = 30.0, 1e-3

# How much the mask counts against the neighbors of a pixel, far from wrong clicks.
_HOLD = 1e-3

# Where a click is wrong, the mask hardly counts within this multiple of the click's distance to the mask's edge: a
# click far from the edge means a large mistake.
_NEAR = 3.0

_CLICK = 0.01  # radius of a click, as a fraction of the longer side


@checked("photo", masks=["keep", "drop", "prior"])
def walked(
    photo: NDArray[np.float32], keep: Mask, drop: Mask, *, prior: Mask | None = None, hold: Mask | float = 0.0
) -> Mask:
    """Spread two kinds of marks over a picture, by a random walk.

    The value of a pixel is the probability that a walk from there reaches a mark of `keep` before one of `drop`. Walks
    rarely cross the photo's edges.

    Parameters
    ----------
    photo : ndarray of float32, shape (H, W, 3)
        sRGB in [0, 1]. The time grows a little faster than the number of pixels: 0.1 s for 20 000.
    keep, drop : ndarray, shape (H, W)
        Masks of the marks, above 0.5.
    prior : ndarray, shape (H, W), optional
        A guess in [0, 1] of what the mask is.
    hold : float or ndarray, shape (H, W)
        How much the guess counts; neighbors of one color count 1.

    Returns
    -------
    ndarray of float32, shape (H, W)
        Mask in [0, 1].

    Raises
    ------
    RegionError
        If there is no mark at all.

    References
    ----------
    Grady, "Random walks for image segmentation", TPAMI 28(11), 2006; "Multilabel random walker image segmentation using
    prior models", CVPR 2005, for the guess.

    Examples
    --------
    >>> photo = np.zeros((20, 40, 3), np.float32)
    >>> photo[:, 20:] = 0.8
    >>> keep, drop = np.zeros((2, 20, 40), np.float32)
    >>> keep[10, 30] = drop[5, 5] = 1
    >>> walked(photo, keep, drop)[10, [8, 22, 35]].round(1)
    array([0., 1., 1.], dtype=float32)
    """
    from scipy import sparse
    from scipy.sparse.linalg import spsolve

    same_size(photo=photo, keep=keep, drop=drop)
    marked = ((keep > 0.5) | (drop > 0.5)).ravel()
    if not marked.any():
        raise RegionError("there is nothing to spread; mark what to keep or what to drop")
    values = (keep > 0.5).ravel().astype(np.float64)
    weight = np.broadcast_to(np.asarray(hold, np.float64), keep.shape).ravel()
    guess = np.zeros(keep.size) if prior is None else prior.ravel().astype(np.float64)
    # A trace of weight keeps the system regular where no mark can be reached.
    system = (_laplacian(photo) + sparse.diags_array(weight + 1e-9)).tocsr()
    rest, known = np.flatnonzero(~marked), np.flatnonzero(marked)
    if len(rest):
        rows = system[rest]
        right = (weight * guess)[rest] - rows[:, known] @ values[known]
        values[rest] = spsolve(rows[:, rest].tocsc(), right)
    return np.clip(values, 0, 1).reshape(keep.shape).astype(np.float32)


@checked("photo", masks=["mask"])
def corrected(
    mask: Mask,
    photo: NDArray[np.float32],
    points: Sequence[tuple[float, float]],
    drop: Sequence[tuple[float, float]] = (),
) -> Mask:
    """Correct a mask so that it holds some places and not others.

    The places are marks of a random walk that has the mask as its guess. Only parts change that hold a place where the
    mask was wrong.

    Parameters
    ----------
    mask : ndarray of float32, shape (H, W)
        Mask in [0, 1].
    photo : ndarray of float32, shape (H, W, 3)
        sRGB in [0, 1], of some ten thousand pixels.
    points, drop : sequence of (x, y)
        Places that belong to the region, and places that do not, in pixels.

    Returns
    -------
    ndarray of float32, shape (H, W)
        Mask in [0, 1].

    Examples
    --------
    >>> photo = np.zeros((20, 40, 3), np.float32)
    >>> photo[:, 20:] = 0.8
    >>> corrected(np.zeros((20, 40), np.float32), photo, [(30, 10)], [(5, 5)])[10, [12, 22, 35]].round(1)
    array([0., 1., 1.], dtype=float32)
    """
    same_size(photo=photo, mask=mask)
    height, width = mask.shape
    rows, columns = np.mgrid[:height, :width]
    marks = np.zeros((2, height, width), np.float32)
    hold, edge, wrong = np.full(mask.shape, _HOLD), _to_edge(mask > 0.5), np.zeros(mask.shape, bool)
    for value, places in enumerate((drop, points)):
        for x, y in places:
            column, row = min(int(x), width - 1), min(int(y), height - 1)
            away = np.hypot(columns - column, rows - row)
            disk = away <= max(1.0, _CLICK * max(height, width))
            marks[1 - value][disk], marks[value][disk] = 0, 1
            if (mask[row, column] > 0.5) != value:
                wrong[row, column] = True
                hold *= 1 - np.exp(-((away / (_NEAR * edge[row, column] + 2)) ** 2))
    if not wrong.any():
        return mask
    found = walked(photo, marks[1], marks[0], prior=mask, hold=hold.astype(np.float32))
    _, changes = cv2.connectedComponents(((found > 0.5) != (mask > 0.5)).astype(np.uint8), connectivity=4)
    near = np.isin(changes, np.unique(changes[wrong])) & (changes > 0)
    near = cv2.dilate(near.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    return np.where(near, found, mask)


def _to_edge(mask: NDArray[np.bool_]) -> Mask:
    """Return the distance of each pixel to the edge of a mask; very far if it has none."""
    inside, outside = (
        cv2.distanceTransform(part.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE) for part in (mask, ~mask)
    )
    return np.asarray(np.minimum(inside + outside, np.hypot(*mask.shape)), np.float32)


def _laplacian(photo: NDArray[np.float32]) -> sparse.csr_array:
    """Return the graph Laplacian of the pixels, joined to their four neighbors by how alike they are."""
    from scipy import sparse

    height, width = photo.shape[:2]
    lab = cv2.cvtColor(np.ascontiguousarray(photo, np.float32), cv2.COLOR_RGB2LAB).reshape(-1, 3) / 100
    places = np.arange(height * width).reshape(height, width)
    first = np.concatenate([places[:, :-1].ravel(), places[:-1].ravel()])
    second = np.concatenate([places[:, 1:].ravel(), places[1:].ravel()])
    weights = np.exp(-_CONTRAST * np.linalg.norm(lab[first] - lab[second], axis=1)) + _LEAST
    graph = sparse.coo_array((weights, (first, second)), shape=(places.size, places.size)).tocsr()
    graph = graph + graph.T
    return sparse.csr_array(sparse.diags_array(np.asarray(graph.sum(1)).ravel()) - graph)
