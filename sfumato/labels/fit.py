"""Cluster the cells of two pictures together: each cluster has cells in both, and its own colors in each."""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

__all__ = ["LEAST_SHARE", "Array", "Fit", "assigned", "in_both", "settled", "tightest"]

Array: TypeAlias = NDArray[np.float64]

#: Minimum share of either picture that a cluster must have; smaller ones are given up.
LEAST_SHARE = 0.04

_STARTS, _ROUNDS = 8, 20

# A cluster's colors are half its own and half the mean of both pictures if it has this share of the picture.
_PULL = 0.01


class Fit(NamedTuple):
    """How the cells of two pictures are divided into k clusters. In each list, the photo comes first.

    Parameters
    ----------
    centers : list of ndarray (k, d)
        Their first columns, the shared ones, are the same in both pictures.
    distances : list of ndarray (n, k)
        Squared distance of each cell to each center.
    shares : list of ndarray (k,)
        Share of the picture's cells that are in each cluster. They sum to 1.
    """

    centers: list[Array]
    distances: list[Array]
    shares: list[Array]

    @property
    def cost(self) -> float:
        """Mean squared distance to the nearest center, summed over both pictures."""
        return float(sum(each.min(1).mean() for each in self.distances))


def tightest(cells: list[Array], shared: int, count: int) -> Fit:
    """Cluster the cells of both pictures from several starts, and return the fit with the lowest cost.

    Parameters
    ----------
    cells : list of ndarray (n, d)
        Features of each cell of the photo, and of each cell of the reference.
    shared : int
        Number of leading columns in which a cluster has one center for both pictures.
    count : int
        Number of clusters; there are fewer if the cells have fewer different values.
    """
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
        fits.append(settled(cells, [points[chosen]] * 2, shared))
    return min(fits, key=lambda fit: fit.cost)


def in_both(cells: list[Array], fit: Fit, shared: int) -> Fit:
    """Remove clusters that are too small in either picture, one at a time.

    Parameters
    ----------
    cells, shared
        As for `tightest`.
    fit : Fit
        What `tightest` returned.
    """
    while len(least := np.minimum(*fit.shares)) > 1 and least.min() < LEAST_SHARE:
        fit = settled(cells, [np.delete(each, least.argmin(), 0) for each in fit.centers], shared)
    return fit


def settled(cells: list[Array], centers: list[Array], shared: int) -> Fit:
    """Move centers to the mean of their cells until they stay.

    Parameters
    ----------
    cells, shared
        As for `tightest`.
    centers : list of ndarray (k, d)
        Where the centers start, in each picture. They may have the shared columns only.
    """
    for _ in range(_ROUNDS):
        fit = assigned(cells, centers)
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
    return assigned(cells, centers)


def assigned(cells: list[Array], centers: list[Array]) -> Fit:
    """Assign each cell to its nearest center, by the columns that the centers have.

    Parameters
    ----------
    cells, centers
        As for `settled`.
    """
    distances, shares = [], []
    for each, center in zip(cells, centers, strict=True):
        part = each[:, : center.shape[1]]
        squares = (part**2).sum(1)[:, None] - 2 * part @ center.T + (center**2).sum(1)
        distances.append(np.maximum(squares, 0))
        shares.append(np.bincount(squares.argmin(1), minlength=len(center)) / len(each))
    return Fit(centers, distances, shares)
