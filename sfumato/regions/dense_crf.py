"""A fully connected conditional random field: soft labels that follow the photo's colors.

Every pixel votes on the label of every other pixel. A vote weighs more the closer the two are and the more similar
their colors, so isolated wrong labels are outvoted and edges of labels move to edges of color. The sums over all pairs
are computed as two Gaussian filters, one of them on a permutohedral lattice.
"""

import math
from collections.abc import Callable
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from sfumato.errors import RegionError

__all__ = ["dense_crf"]

Photo: TypeAlias = NDArray[np.float32]  # (H, W, 3)
Stack: TypeAlias = NDArray[np.float32]  # (L, H, W)
Filter: TypeAlias = Callable[[Stack], Stack]

_RAREST = 1e-5  # minimum probability; votes could not raise a probability of 0


def dense_crf(
    photo: Photo,
    labels: Stack,
    *,
    iterations: int = 5,
    spatial_weight: float = 3.0,
    spatial_sigma: float = 3.0,
    bilateral_weight: float = 10.0,
    bilateral_sigma: float = 80.0,
    color_sigma: float = 0.05,
) -> Stack:
    """Align soft labels with the edges of the photo, by mean-field inference in a dense CRF.

    One step replaces the probability q of pixel i for label l by ::

        q_i(l)  ~  p_i(l) exp( sum over kernels of  w  sum_j  k_ij q_j(l) / sqrt(n_i n_j) ),   n_i = sum_j k_ij

    where p are the given probabilities, at least 1e-5, and the kernels are Gaussians of position (spatial) and of
    position and color (bilateral). The sums include j = i, as in the authors' program but not in their paper.

    The spatial filter is exact up to four sigmas; the bilateral filter has an error of about 4 % (root mean square).
    Where votes are nearly even, a few steps can turn this error into another label. With six labels it needs about
    330 MB of memory per megapixel, or 1.6 GB if sigmas are so small that no two pixels share a lattice point.

    Parameters
    ----------
    photo : ndarray of float32, shape (H, W, 3)
        sRGB in [0, 1], of any size from one pixel.
    labels : ndarray of float32, shape (L, H, W)
        Probabilities that sum to 1 over the labels.
    iterations : int
        Number of mean-field steps; 5 to 10 are usual.
    spatial_weight, bilateral_weight : float
        Weight w of each kernel; 0 omits the kernel.
    spatial_sigma, bilateral_sigma : float
        Standard deviation of each kernel over position, in pixels, at least 0.1. The defaults suit photos of about 500
        pixels.
    color_sigma : float
        Standard deviation of the bilateral kernel over color, in units of `photo`, at least 0.001.

    Returns
    -------
    ndarray of float32, shape (L, H, W)
        Probabilities that sum to 1 over the labels.

    Raises
    ------
    RegionError
        If the shapes are not those above, or a weight or sigma is too small or not finite.

    References
    ----------
    Krähenbühl and Koltun, "Efficient inference in fully connected CRFs with Gaussian edge potentials",
    NeurIPS 2011, algorithm 1. CRF-RNN (Zheng et al., ICCV 2015) takes the same steps.

    Examples
    --------
    A dark and a light half, with one wrong pixel in each:

    >>> photo = np.zeros((6, 8, 3), np.float32)
    >>> photo[:, 4:] = 1
    >>> light = 0.2 + 0.6 * photo[..., 0]
    >>> light[2, 1], light[3, 6] = 0.6, 0.4
    >>> dense_crf(photo, np.stack([1 - light, light]))[1, 2:4].round()
    array([[0., 0., 0., 0., 1., 1., 1., 1.],
           [0., 0., 0., 0., 1., 1., 1., 1.]], dtype=float32)
    """
    shape = photo.shape[:2]
    if photo.ndim != 3 or photo.shape[2] != 3 or photo.size == 0:
        raise RegionError(f"dense_crf needs a photo of shape (H, W, 3), got shape {photo.shape}")
    if labels.ndim != 3 or labels.shape[1:] != shape or labels.size == 0:
        raise RegionError(f"dense_crf needs labels of shape (L, {shape[0]}, {shape[1]}), got shape {labels.shape}")
    _check("spatial_weight", spatial_weight, 0)
    _check("spatial_sigma", spatial_sigma, 0.1)
    _check("bilateral_weight", bilateral_weight, 0)
    _check("bilateral_sigma", bilateral_sigma, 0.1)
    _check("color_sigma", color_sigma, 0.001)
    kernels: list[Filter] = []
    if spatial_weight:
        kernels.append(_normalized(_spatial(spatial_sigma, max(shape)), shape, spatial_weight))
    if bilateral_weight:
        kernels.append(_normalized(_bilateral(photo, bilateral_sigma, color_sigma), shape, bilateral_weight))
    given = np.log(np.maximum(labels, _RAREST, dtype=np.float32))
    result = _softmax(given.copy())
    for _ in range(iterations):
        result = _softmax(sum((kernel(result) for kernel in kernels), start=given.copy()))
    return result


def _check(name: str, number: float, least: float) -> None:
    if not least <= number < math.inf:
        raise RegionError(f"dense_crf needs a finite {name} of {least:g} or more, got {number:g}")


def _softmax(votes: Stack) -> Stack:
    """Turn logarithms into probabilities, in place."""
    votes -= votes.max(axis=0)
    np.exp(votes, out=votes)
    votes /= votes.sum(axis=0)
    return votes


def _normalized(kernel: Filter, shape: tuple[int, ...], weight: float) -> Filter:
    """Normalize a filter symmetrically, by the square root of its sums. This also cancels any constant factor."""
    scale = np.sqrt(np.float32(weight) / kernel(np.ones((1, *shape), np.float32)))
    return lambda stack: scale * kernel(scale * stack)


def _spatial(sigma: float, farthest: int) -> Filter:
    """Make the Gaussian filter over position; pixels beyond the border do not vote."""
    radius = min(math.ceil(4 * sigma), farthest)
    taps = cv2.getGaussianKernel(2 * radius + 1, sigma, cv2.CV_32F)
    return lambda stack: np.stack([cv2.sepFilter2D(p, -1, taps, taps, borderType=cv2.BORDER_CONSTANT) for p in stack])


def _bilateral(photo: Photo, sigma: float, color_sigma: float) -> Filter:
    """Make the Gaussian filter over position and color.

    A pixel distributes its values to the lattice points around it, the corners, in shares. The values at the corners
    are blurred along each axis, and the pixel collects them with the same shares. (Adams, Baek and Davis, "Fast
    high-dimensional filtering using the permutohedral lattice", Eurographics 2010.)
    """
    from scipy import sparse

    rows, columns = np.indices(photo.shape[:2], np.float32) / np.float32(sigma)
    shares, keys, steps = _corners(np.dstack((columns, rows, photo / np.float32(color_sigma))).reshape(-1, 5))
    known, corners = np.unique(keys, return_inverse=True)
    pixels, count = len(shares), len(known)
    collect = sparse.csr_array((shares.ravel(), corners.ravel(), np.arange(pixels + 1) * 6), shape=(pixels, count))
    blurs = []
    for step in steps:
        # Points that are not a corner of any pixel are not stored, and values that spread there are lost.
        found = np.minimum(np.searchsorted(known, known + step), count - 1)
        here = np.flatnonzero(known[found] == known + step)
        ahead = sparse.csr_array((np.full(here.size, 0.5, np.float32), (here, found[here])), shape=(count, count))
        blurs.append((sparse.eye_array(count, dtype=np.float32) + ahead + ahead.T).tocsr())

    def kernel(stack: Stack) -> Stack:
        values = collect.T @ np.ascontiguousarray(stack.reshape(len(stack), -1).T)
        for blur in blurs:
            values = blur @ values
        return np.ascontiguousarray((collect @ values).T).reshape(stack.shape)

    return kernel


def _corners(features: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.int64], NDArray[np.int64]]:
    """Return each pixel's shares in the six corners around it, the keys of the corners, and the steps between keys.

    The permutohedral lattice is the six-dimensional integer grid, projected along its main diagonal: points that differ
    by (1, 1, 1, 1, 1, 1) are the same, which leaves five dimensions for the features.
    """
    # Five axes perpendicular to each other and to the diagonal. With a length of sqrt(2/3), distributing, blurring and
    # collecting together have a standard deviation of 1.
    axes = np.array([[1] * k + [-k] + [0] * (5 - k) for k in range(1, 6)], float)
    points = features @ (axes * math.sqrt(2 / 3) / np.linalg.norm(axes, axis=1, keepdims=True)).astype(np.float32)

    # The first corner has the coordinates rounded down. A step along each axis in turn, starting with the axis of the
    # largest fraction, leads to the other corners; the sixth step leads back. A corner's share is the fraction of the
    # step to it minus the fraction of the step from it, plus 1 for the first corner.
    lowest = np.floor(points)
    fractions = points - lowest
    order = np.argsort(-fractions, axis=1)
    fractions = np.take_along_axis(fractions, order, axis=1)
    shares = np.roll(fractions, 1, axis=1) - fractions
    shares[:, 0] += 1

    # A point's key is a single integer. A step along axis i adds steps[i] to it. All six steps sum to 0, so equal
    # points have equal keys.
    extents = [int(np.ptp(lowest[:, i] - lowest[:, 5])) + 6 for i in range(4)]
    strides = np.cumprod([1, *extents], dtype=np.int64)
    steps = np.append(strides, -strides.sum())
    keys = np.column_stack((lowest.astype(np.int64) @ steps, steps[order[:, :5]]))
    return shares, np.cumsum(keys, axis=1), steps
