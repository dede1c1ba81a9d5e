"""Seams that run where photo and styled picture agree, by a Markov random field over the pixels of a region's edge."""

from __future__ import annotations

import numpy as np

from sfumato.arrays import checked, same_size
from sfumato.blend.alpha import Edge, distance, reach, soft_edge
from sfumato.linalg.multigrid import laplacian, solve

__all__ = ["mrf", "smooth"]

# Mask values below the first count as outside, above the second as inside: networks' masks seldom reach 0 and 1.
_OUTSIDE, _INSIDE = 0.1, 0.9

# Step size. With the unary cost alone, 50 steps lead from 1/2 to the feathered alpha, and more steps to a hard edge.
_STEP = 0.01


@checked("photo", "styled", masks=["mask"], unclipped=["styled"])
def mrf(
    photo: np.ndarray,
    styled: np.ndarray,
    mask: np.ndarray,
    width: float,
    edge: Edge = "center",
    *,
    pairwise: float = 0.25,
    iterations: int = 50,
) -> np.ndarray:
    """Find the alpha of a seam by gradient descent on the energy of a continuous Markov random field.

    Parameters
    ----------
    photo, styled : ndarray (H, W, 3)
        RGB in [0, 1].
    mask : ndarray (H, W)
        Values in [0, 1].
    width : float
        Width in pixels of the band around the mask's edge, as for `soft_edge`.
    edge : {"inside", "center", "outside"}
        Where the band lies.
    pairwise : float
        Weight of the differences between the pictures. With 0 only distances count, as in `soft_edge`.
    iterations : int
        Number of descent steps. More steps make the seam harder: the energy is lowest when every alpha is 0 or 1.

    Returns
    -------
    ndarray (H, W)
        Float32 in [0, 1]. Outside the band it equals the result of `soft_edge`, exactly 0 or 1.

    Raises
    ------
    InputError
        If the pictures and the mask differ in size.

    Notes
    -----
    Localized Style Transfer §3.4. Over the pixels p of the band and their neighbors q, the sum of ::

        U(p) = (1 - a_p) f_p + a_p (1 - f_p)
        B(p, q) = [a_p (1 - a_q) + (1 - a_p) a_q] (D_p + D_q) · pairwise / 2,   D = |photo - styled|² / its mean

    is minimized by projected gradient descent. f, the feathered mask, replaces the distance to the certain outside as a
    share of the distances to both sides (eq. 4), with rounded ends. B is the paper's sum of four terms, of which the
    two with equal labels vanish. D compares colors rather than intensities, and is relative, because the paper gives
    no weights for U and B. It does not give the start and the step size either: here, every alpha starts undecided, at
    1/2, and steps are short enough that the energy never rises. On a photo of a car, long runs ended within 4 % of the
    lowest possible energy (a minimum cut). Descent is local, however: if the mask's edge lies within a broad stripe of
    strong difference, the seam stays there, while the seam of `smooth` leaves it.

    The band is where the feathered mask is neither 0 nor 1 and the mask falls quickly from 0.9 to 0.1: both values
    occur within half of `width` of the pixel (within all of it, for a band inside or outside). Slower transitions are
    not edges and stay as soft as they are. In between, the result is mixed with the feathered mask.

    Examples
    --------
    >>> photo, styled = np.zeros((1, 12, 3)), np.ones((1, 12, 3))
    >>> styled[:, 3:5] = 0.01  # where the two agree best, to the left of the mask's edge
    >>> mask = np.zeros((1, 12), np.float32)
    >>> mask[:, 6:] = 1
    >>> soft_edge(mask, 8)[0].round(1)
    array([0. , 0. , 0. , 0.1, 0.2, 0.4, 0.6, 0.8, 0.9, 1. , 1. , 1. ],
          dtype=float32)
    >>> mrf(photo, styled, mask, 8, pairwise=2)[0].round(1)
    array([0. , 0. , 0. , 0. , 0.3, 0.9, 1. , 1. , 1. , 1. , 1. , 1. ],
          dtype=float32)
    """
    same_size(photo=photo, styled=styled, mask=mask)
    alpha, edges = _band(mask, width, edge)
    band = edges > 0
    if not band.any():
        return alpha
    matrix, known = laplacian(band, pairwise / 2 * _difference(photo, styled, band), alpha[..., None])
    weight = matrix.diagonal()
    share = alpha[band].astype(float)
    step = np.minimum(_STEP, 0.5 / np.maximum(weight, 1e-9))
    a = np.full(share.shape, 0.5)
    for _ in range(iterations):
        neighbors = weight * a - matrix @ a + known[:, 0]
        gradient = (1 - 2 * share) + weight - 2 * neighbors
        a = (a - step * gradient).clip(0, 1)
    alpha[band] += edges[band] * (a - share)
    return alpha


@checked("photo", "styled", masks=["mask"], unclipped=["styled"])
def smooth(
    photo: np.ndarray,
    styled: np.ndarray,
    mask: np.ndarray,
    width: float,
    edge: Edge = "center",
    *,
    pairwise: float = 0.06,
) -> np.ndarray:
    """Find the alpha of a seam that changes where the change is least visible.

    Parameters
    ----------
    photo, styled : ndarray (H, W, 3)
        RGB in [0, 1].
    mask : ndarray (H, W)
        Values in [0, 1].
    width : float
        Width in pixels of the band around the mask's edge, as for `soft_edge`.
    edge : {"inside", "center", "outside"}
        Where the band lies.
    pairwise : float
        Weight of the differences between the pictures. With 0 only distances count, as in `soft_edge`.

    Returns
    -------
    ndarray (H, W)
        Float32 in [0, 1]. Outside the band it equals the result of `soft_edge`, exactly 0 or 1.

    Raises
    ------
    InputError
        If the pictures and the mask differ in size.

    Notes
    -----
    The energy of `mrf` with squares, so that it is convex and its minimum is the solution of a linear system::

        U(p) = (1 - a_p)² f_p + a_p² (1 - f_p) = (a_p - f_p)² + f_p (1 - f_p)
        B(p, q) = (a_p - a_q)² (D_p + D_q) · pairwise width² / 2

    If every a is 0 or 1, the two energies are the same except for the weight of B. The energy of `mrf` adds a (1 - a)
    for each a, which makes the seam hard. B is the square of what the seam adds to the picture's gradient:
    ∇(photo + a (styled - photo)) contains (styled - photo) ∇a. (Random walks with priors: Grady, CVPR 2005.)

    Examples
    --------
    >>> photo, styled = np.zeros((1, 12, 3)), np.ones((1, 12, 3))
    >>> styled[:, 4:6] = 0.01  # where the two agree best
    >>> mask = np.zeros((1, 12), np.float32)
    >>> mask[:, 6:] = 1
    >>> smooth(photo, styled, mask, 8)[0].round(1)
    array([0. , 0. , 0. , 0.1, 0.1, 0.6, 0.7, 0.8, 0.9, 0.9, 1. , 1. ],
          dtype=float32)
    """
    from scipy import sparse

    same_size(photo=photo, styled=styled, mask=mask)
    alpha, edges = _band(mask, width, edge)
    band = edges > 0
    if not band.any():
        return alpha
    stiffness = pairwise * width**2 / 2 * _difference(photo, styled, band)
    matrix, known = laplacian(band, stiffness, alpha[..., None])
    unary = sparse.eye_array(matrix.shape[0])
    share = alpha[band].astype(float)
    a = solve((matrix + unary).tocsr(), known + share[:, None], band)[:, 0].clip(0, 1)
    alpha[band] += edges[band] * (a - share)
    return alpha


def _band(mask: np.ndarray, width: float, edge: Edge) -> tuple[np.ndarray, np.ndarray]:
    """Return the feathered mask, and how much each pixel in its ramps belongs to an edge, from 0 to 1."""
    alpha = soft_edge(mask, width, edge).clip(0, 1)
    depth = reach(width, edge)
    limit = max(depth, 2 * round(width / 2) - depth)
    farther = np.maximum(distance(mask >= _INSIDE), distance(mask <= _OUTSIDE))
    share = (2 - farther / max(limit, 1)).clip(0, 1)
    return alpha, np.where((limit > 0) & (alpha > 0) & (alpha < 1), share, 0)


def _difference(photo: np.ndarray, styled: np.ndarray, band: np.ndarray) -> np.ndarray:
    """Return the squared difference of colors, divided by its mean over the band."""
    squared: np.ndarray = np.square(photo - styled, dtype=float).sum(-1)
    return squared / (squared[band].mean() or 1.0)
