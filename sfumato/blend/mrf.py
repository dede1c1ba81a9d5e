"""Seams that run where photo and styled picture agree: a Markov random field over the pixels of a region's edge."""

from __future__ import annotations

import numpy as np

from sfumato.arrays import checked, same_size
from sfumato.blend.alpha import Edge, distance, reach, soft_edge
from sfumato.linalg.multigrid import laplacian, solve

__all__ = ["mrf", "smooth"]

# Masks of networks seldom reach 0 and 1; beyond these they are as good as there.
_OUTSIDE, _INSIDE = 0.1, 0.9

# With the unary cost alone, 50 such steps lead from 1/2 to the feathered alpha, and more of them to a hard edge.
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
    """Find the alpha of a seam by descent on the energy of a continuous Markov random field.

    Parameters
    ----------
    photo, styled : ndarray (H, W, 3)
        RGB in [0, 1].
    mask : ndarray (H, W)
        Values in [0, 1].
    width : float
        Of the band around the mask's edge, in pixels, as for `soft_edge`.
    edge : {"inside", "center", "outside"}
        Where the band lies.
    pairwise : float
        Weight of the differences between the pictures; 0 leaves the distances alone, which is `soft_edge`.
    iterations : int
        More of them make the seam harder: the energy is least where every alpha is 0 or 1.

    Returns
    -------
    ndarray (H, W)
        Float32 in [0, 1]. Outside the band it is `soft_edge`'s: exactly 0 and 1 where that is.

    Notes
    -----
    Localized Style Transfer §3.4. Over the pixels p of the band and their neighbors q, the sum of ::

        U(p) = (1 - a_p) f_p + a_p (1 - f_p)
        B(p, q) = [a_p (1 - a_q) + (1 - a_p) a_q] (D_p + D_q) · pairwise / 2,   D = |photo - styled|² / its mean

    is brought down by projected gradient descent. f, the feathered mask, stands for the distance to the sure outside
    as a share of the distances to both sides (eq. 4; with rounded ends). B is the paper's sum of four, of which the
    two with equal labels vanish; D is that of colors rather than intensity, and relative, as the paper weighs U and B
    by nothing it tells. Nor does it tell the start and the steps: here all is undecided at first, a = 1/2, and no step
    is so long that the energy could rise. On a photo of a car, long runs ended within 4 % of the least energy there is
    (a minimum cut). Descent is local, though: where the mask's edge lies amid a broad stripe of strong difference, the
    seam stays there; that of `smooth` leaves it.

    The band is where the feathered mask is neither 0 nor 1 and the mask falls from 0.9 to 0.1 fast: both are found
    within half of `width` of the pixel. Slower falls are no edges, and stay as soft as they are; in between, the result
    is mixed with the feathered mask. (Twice that for a band inside or outside.)

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
    """Find the alpha of a seam that changes where it shows least.

    Parameters
    ----------
    photo, styled : ndarray (H, W, 3)
        RGB in [0, 1].
    mask : ndarray (H, W)
        Values in [0, 1].
    width : float
        Of the band around the mask's edge, in pixels, as for `soft_edge`.
    edge : {"inside", "center", "outside"}
        Where the band lies.
    pairwise : float
        Weight of the differences between the pictures; 0 leaves the distances alone, which is `soft_edge`.

    Returns
    -------
    ndarray (H, W)
        Float32 in [0, 1]. Outside the band it is `soft_edge`'s: exactly 0 and 1 where that is.

    Notes
    -----
    The energy of `mrf` with squares, so that it is convex and has one answer, the solution of a linear system::

        U(p) = (1 - a_p)² f_p + a_p² (1 - f_p) = (a_p - f_p)² + f_p (1 - f_p)
        B(p, q) = (a_p - a_q)² (D_p + D_q) · pairwise width² / 2

    Where every a is 0 or 1 the two energies are the same but for the weight of B. That of `mrf` adds a (1 - a) for each
    a, which is what makes it hard. B is what the seam adds to the picture's gradient, squared:
    ∇(photo + a (styled - photo)) has the part (styled - photo) ∇a. (Random walks with priors: Grady, CVPR 2005.)

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
    """Return the feathered mask, and from 0 to 1 how much of an edge each pixel of its ramps is at."""
    alpha = soft_edge(mask, width, edge).clip(0, 1)
    depth = reach(width, edge)
    limit = max(depth, 2 * round(width / 2) - depth)
    farther = np.maximum(distance(mask >= _INSIDE), distance(mask <= _OUTSIDE))
    share = (2 - farther / max(limit, 1)).clip(0, 1)
    return alpha, np.where((limit > 0) & (alpha > 0) & (alpha < 1), share, 0)


def _difference(photo: np.ndarray, styled: np.ndarray, band: np.ndarray) -> np.ndarray:
    """Return the squared difference of colors, 1 on the band's average."""
    squared: np.ndarray = np.square(photo - styled, dtype=float).sum(-1)
    return squared / (squared[band].mean() or 1.0)
