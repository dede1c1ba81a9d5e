"""Sparse linear systems over the pixels of a region: set them up and solve them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np

from sfumato.arrays import as_float_values, checked, same_size
from sfumato.errors import InputError

__all__ = ["laplacian", "solve"]

Sparse: TypeAlias = Any  # scipy.sparse.csr_array, which has no types
Solver: TypeAlias = Callable[[np.ndarray], np.ndarray]

_DIRECT = 1000  # maximum number of unknowns for a direct solver
_AGGREGATE = 3  # side of the squares of pixels that become one pixel on the next coarser grid


@checked(masks=["region"], values=["conductance", "values"])
def laplacian(region: np.ndarray, conductance: np.ndarray, values: np.ndarray) -> tuple[Sparse, np.ndarray]:
    """Set up the sums over neighbors of w_pq (x_p - x_q) for the pixels p of a region.

    Parameters
    ----------
    region : ndarray (H, W)
        Mask of the unknowns, where it is above 0. They are numbered row by row.
    conductance : ndarray (H, W)
        Neighbors p and q, above, below, left and right, are linked with weight w_pq = conductance_p + conductance_q.
        There are no links across the picture's border.
    values : ndarray (H, W, C) or (H, W)
        The known values outside the region.

    Returns
    -------
    matrix : sparse array (n, n)
        Symmetric.
    known : ndarray (n, C)
        The sums are ``matrix @ x - known``.

    Raises
    ------
    InputError
        If the arrays differ in size.

    Examples
    --------
    >>> matrix, known = laplacian(np.array([[False, True, True]]), np.full((1, 3), 0.5), np.full((1, 3, 1), 7.0))
    >>> matrix.toarray(), known.ravel()
    (array([[ 2., -1.],
           [-1.,  1.]]), array([7., 0.]))
    """
    from scipy import sparse

    same_size(region=region, conductance=conductance, values=values)
    # With a frame around it, every pixel has four neighbors, at the same offsets in the flat array.
    framed = np.pad(region > 0, 1)
    stride = framed.shape[1]
    pixels = np.flatnonzero(framed)
    count = pixels.size
    number = np.full(framed.size, -1, np.int32)
    number[pixels] = np.arange(count, dtype=np.int32)
    near = pixels[:, None] + np.array([-stride, -1, 1, stride])
    own = np.pad(conductance.astype(float), 1, constant_values=np.nan).ravel()
    weights = np.nan_to_num(own[pixels, None] + own[near])
    column = number[near]
    free = column >= 0
    ends = np.concatenate([[0], np.cumsum(free.sum(1))])
    links = sparse.csr_array((weights[free], column[free], ends), shape=(count, count))
    matrix = (sparse.diags_array(weights.sum(1)) - links).tocsr()
    rim = np.flatnonzero(~free.all(1))
    outer = np.pad(values.astype(float).reshape(*region.shape, -1), ((1, 1), (1, 1), (0, 0))).reshape(framed.size, -1)
    known = np.zeros((count, outer.shape[1]))
    known[rim] = np.einsum("pn,pnc->pc", np.where(free, 0, weights)[rim], outer[near[rim]])
    return matrix, known


@checked(masks=["region"])
def solve(matrix: Sparse, known: np.ndarray, region: np.ndarray, *, tolerance: float = 1e-6) -> np.ndarray:
    """Solve a symmetric positive definite system over the pixels of a region.

    Parameters
    ----------
    matrix : sparse array (n, n)
        Matrix of `laplacian`, for example, if each part of the region has a link to a pixel outside it.
    known : ndarray (n, C)
        Right-hand sides.
    region : ndarray (H, W)
        Mask of the n unknowns, where it is above 0.
    tolerance : float
        Largest norm of the residual, relative to the right-hand side.

    Returns
    -------
    ndarray (n, C)
        The solutions.

    Raises
    ------
    InputError
        If the numbers of unknowns in `matrix`, `known` and `region` differ.

    Notes
    -----
    Conjugate gradients, preconditioned by a multigrid cycle with smoothed aggregation (Vanek, Mandel and Brezina,
    "Algebraic multigrid by smoothed aggregation", Computing 56, 1996) over squares of 3×3 pixels. This takes
    about ten iterations at any size; conjugate gradients alone would take about a thousand.

    Examples
    --------
    >>> region = np.array([[False, True, True, True, False]])
    >>> matrix, known = laplacian(region, np.full((1, 5), 0.5), np.array([[[0.0], [9], [9], [9], [4]]]))
    >>> solve(matrix, known, region).ravel().round(3)
    array([1., 2., 3.])
    """
    from scipy.sparse.linalg import LinearOperator, cg

    known = as_float_values(known, "the right-hand side", "(n, C)")
    rows, columns = np.nonzero(region)
    if not len(rows) == len(known) == matrix.shape[0]:
        raise InputError(
            f"the region has {len(rows)} pixels, the right-hand side {len(known)} rows and the matrix "
            f"{matrix.shape[0]}; give the same number in all three"
        )
    preconditioner = LinearOperator(matrix.shape, _cycle(matrix, rows, columns))
    return np.stack([cg(matrix, side, rtol=tolerance, M=preconditioner)[0] for side in known.T], axis=1)


def _cycle(matrix: Sparse, rows: np.ndarray, columns: np.ndarray) -> Solver:
    """Return a multigrid V-cycle, which approximates the inverse of the matrix."""
    from scipy import sparse
    from scipy.sparse.linalg import splu

    if len(rows) <= _DIRECT:
        direct: Solver = splu(matrix.tocsc()).solve
        return direct
    diagonal = matrix.diagonal()
    # The largest step with which no component can grow, for any matrix: for a Laplacian, two thirds.
    step = 4 / 3 / (abs(matrix).sum(1) / diagonal).max() / diagonal
    keys, group = np.unique((rows // _AGGREGATE).astype(np.int64) << 32 | columns // _AGGREGATE, return_inverse=True)
    members = sparse.csr_array((np.ones(len(rows)), group, np.arange(len(rows) + 1)), shape=(len(rows), len(keys)))
    finer = (members - sparse.diags_array(step) @ (matrix @ members)).tocsr()
    coarser = finer.T.tocsr()
    below = _cycle((coarser @ (matrix @ finer)).tocsr(), keys >> 32, keys & 0xFFFFFFFF)

    def cycle(residual: np.ndarray) -> np.ndarray:
        residual = residual.ravel()
        x = step * residual
        x = x + finer @ below(coarser @ (residual - matrix @ x))
        result: np.ndarray = x + step * (residual - matrix @ x)
        return result

    return cycle
