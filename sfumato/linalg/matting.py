"""The matting Laplacian, which tells how far a picture is from being locally affine in a photo's colors."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator
from itertools import combinations
from typing import Any, TypeAlias

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from sfumato.arrays import checked
from sfumato.errors import InputError

__all__ = ["affinity_energy", "matting_laplacian"]

Sparse: TypeAlias = Any  # scipy.sparse.csr_array, which has no types

_WINDOWS = 40_000  # processed at a time


@checked(values=["image"])
def matting_laplacian(image: np.ndarray, *, epsilon: float = 1e-7, radius: int = 1) -> Sparse:
    """Return the matrix M whose form ``xᵀ M x`` measures how far x is from being locally affine in the colors.

    Parameters
    ----------
    image : ndarray (H, W, C) or (H, W)
        The photo, in [0, 1].
    epsilon : float
        Penalty on the slope of the affine functions; above 0. The larger it is, the more the form also measures
        differences between pixels of almost the same color.
    radius : int
        Radius of the square windows in pixels: they are 2 * radius + 1 wide. Only windows within the picture count.

    Returns
    -------
    csr_array (H * W, H * W)
        Float64, symmetric and positive semidefinite; its rows sum to 0. Pixels are numbered row by row. If the picture
        is smaller than a window, all entries are 0.

    Notes
    -----
    Levin, Lischinski and Weiss, "A closed-form solution to natural image matting", TPAMI 30(2), 2008, eq. 12: over the
    windows k around both i and j, the sum of ::

        δ_ij - (1 + (I_i - μ_k)ᵀ (Σ_k + ε / n · 1)⁻¹ (I_j - μ_k)) / n,   n = (2 radius + 1)²

    The matrix has up to (4 radius + 1)² entries per row. With radius 1 it takes 0.3 GB per megapixel, and about 1 GB
    per megapixel during its construction.

    Examples
    --------
    An affine function of a gray ramp has no energy, its square has some:

    >>> ramp = np.linspace(0, 1, 12).reshape(3, 4, 1)
    >>> matrix = matting_laplacian(ramp)
    >>> matrix.shape, round(affinity_energy(3 * ramp - 1, matrix), 6)
    ((12, 12), 0.0)
    >>> round(affinity_energy(ramp**2, matrix), 6) > 0
    True
    """
    from scipy import sparse

    height, width = image.shape[:2]
    count = height * width
    # One plane for each offset to a later pixel: entry p links pixel p with pixel p + offset.
    links: defaultdict[int, np.ndarray] = defaultdict(lambda: np.zeros((height, width)))
    for offset, place, affinity in _affinities(image.reshape(height, width, -1), epsilon, 2 * radius + 1):
        links[offset][place] += affinity
    if not links:
        return sparse.csr_array((count, count))
    diagonals = [links[offset].ravel()[: count - offset] for offset in links]
    upper = sparse.diags_array(diagonals, offsets=list(links), shape=(count, count), format="csr")
    both = upper + upper.T
    # The affinities of a pixel within a window sum to 1, so the diagonal follows from those to other pixels.
    return (sparse.diags_array(both.sum(1)) - both).tocsr()


@checked(values=["picture"])
def affinity_energy(picture: np.ndarray, laplacian: Sparse) -> float:
    """Measure how far a picture's colors are from being locally affine in a photo's.

    Parameters
    ----------
    picture : ndarray (H, W, C)
        RGB in [0, 1].
    laplacian : csr_array (H * W, H * W)
        Matting Laplacian of the photo; see `matting_laplacian`.

    Returns
    -------
    float
        ``Σ_c V_cᵀ M V_c / (H W)``; 0 for the photo itself, up to the small penalty of epsilon.

    Raises
    ------
    InputError
        If the picture does not have the Laplacian's number of pixels.

    Notes
    -----
    Luan et al., "Deep photo style transfer", CVPR 2017, eq. 2, divided by the number of pixels, so that sizes
    can be compared.

    Examples
    --------
    >>> photo = np.random.default_rng(0).random((8, 9, 3))
    >>> laplacian = matting_laplacian(photo)
    >>> affinity_energy(0.5 * photo[..., ::-1] + 0.2, laplacian) < 1e-6 < 0.1 < affinity_energy(photo**3, laplacian)
    True
    """
    if math.prod(picture.shape[:2]) != laplacian.shape[0]:
        raise InputError(f"the picture has the shape {picture.shape}; the Laplacian is of {laplacian.shape[0]} pixels")
    values = picture.reshape(laplacian.shape[0], -1).astype(float)
    return float((values * (laplacian @ values)).sum() / len(values))


def _affinities(image: np.ndarray, epsilon: float, side: int) -> Iterator[tuple[int, tuple[slice, slice], np.ndarray]]:
    """Yield, for each pair of places in a window, their offset, the slice that the first covers, and the affinities."""
    height, width, channels = image.shape
    if height < side or width < side:
        return
    columns = width - side + 1
    strip = max(1, _WINDOWS // columns)
    corners = list(np.ndindex(side, side))
    number = len(corners)
    for top in range(0, height - side + 1, strip):
        rows = image[top : top + strip + side - 1].astype(float)
        colors = sliding_window_view(rows, (side, side), axis=(0, 1)).reshape(-1, columns, channels, number)
        colors = colors - colors.mean(-1, keepdims=True)
        spread = (colors @ colors.swapaxes(-1, -2) + epsilon * np.eye(channels)) / number
        white = np.linalg.solve(np.linalg.cholesky(spread), colors)
        planes = np.ascontiguousarray(white.transpose(3, 2, 0, 1))
        for ((y, x), own), ((v, u), other) in combinations(zip(corners, planes, strict=True), 2):
            place = np.s_[top + y : top + y + own.shape[1], x : x + columns]
            yield (v - y) * width + u - x, place, (1 + (own * other).sum(0)) / number
