"""Transfer one picture's colors to another.

All three functions change the colors of a source to those of a reference. Either may have a soft mask, which weights
its pixels. The map that is found is applied to the whole source. To keep a photo's colors, match the style (the
source) to the photo's region (the reference) before optimizing.
"""

from __future__ import annotations

import numpy as np

from sfumato.arrays import checked, same_size
from sfumato.color.moments import above_noise, linear_map, moments
from sfumato.color.oklab import oklab_to_rgb, rgb_to_oklab
from sfumato.color.yiq import into_range
from sfumato.errors import RegionError

__all__ = ["match_histogram", "match_linear", "reinhard"]

# Number of rotations of the color axes. After 20, the distributions differ by about half a level of 255.
_TURNS = 20


@checked("source", "reference", masks=["source_mask", "reference_mask"])
def match_linear(
    source: np.ndarray,
    reference: np.ndarray,
    *,
    source_mask: np.ndarray | None = None,
    reference_mask: np.ndarray | None = None,
) -> np.ndarray:
    """Give a picture the mean and covariance of another picture's colors.

    Many linear maps do this; they differ by a rotation, which would shift hues. This one, the Monge-Kantorovich map,
    moves colors the least: its matrix is symmetric, so it stretches along its own axes and rotates nothing.

    Parameters
    ----------
    source : ndarray (h, w, 3)
        RGB in [0, 1]. Its colors change.
    reference : ndarray (H, W, 3)
        RGB in [0, 1]. The source takes on its colors.
    source_mask : ndarray (h, w), optional
        Weights of the source's pixels, by default all equal. The whole source is mapped either way.
    reference_mask : ndarray (H, W), optional
        Weights of the reference's pixels, by default all equal.

    Returns
    -------
    ndarray of float32, shape (h, w, 3)
        RGB in [0, 1], with the reference's mean and covariance, with two exceptions. Colors that cannot be shown are
        changed by `into_range`. Directions in which the source's standard deviation is below 2/255 are taken for
        noise, and stretched as if it were 2/255. A gray source takes on the hues that go with the reference's
        lightness. With a reference of one color, the source becomes that color.

    Raises
    ------
    RegionError
        If a mask selects nothing, or is not of its picture's size.

    References
    ----------
    Pitié and Kokaram, "The linear Monge-Kantorovitch linear colour mapping for example-based colour transfer",
    CVMP 2007, eq. 17: ``T = S^-½ (S^½ R S^½)^½ S^-½``. Gatys et al., "Preserving color in neural artistic style
    transfer", 2016, §3.1, of which this is another solution.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> style, photo = rng.random((8, 8, 3)), 0.3 + 0.4 * rng.random((9, 9, 3))
    >>> matched = match_linear(style, photo)
    >>> bool(np.allclose(matched.mean((0, 1)), photo.mean((0, 1)), atol=1e-3))
    True
    """
    colors, weights = _colors(source, source_mask, "source")
    others, other_weights = _colors(reference, reference_mask, "reference")
    return into_range(linear_map(colors, weights, others, other_weights)).astype(np.float32).reshape(source.shape)


@checked("source", "reference", masks=["source_mask", "reference_mask"])
def match_histogram(
    source: np.ndarray,
    reference: np.ndarray,
    *,
    source_mask: np.ndarray | None = None,
    reference_mask: np.ndarray | None = None,
) -> np.ndarray:
    """Give a picture the whole distribution of another picture's colors.

    Matching histograms channel by channel makes colors that neither picture has. Instead, this function starts from
    `match_linear`, which keeps related hues together, and then matches histograms along three axes that are rotated at
    random, 20 times. The red, green and blue axes come last, so that each channel's histogram is the reference's. The
    rotations are the same in every run.

    Parameters
    ----------
    source : ndarray (h, w, 3)
        RGB in [0, 1]. Its colors change.
    reference : ndarray (H, W, 3)
        RGB in [0, 1]. The source takes on its colors.
    source_mask : ndarray (h, w), optional
        Weights of the source's pixels, by default all equal. The whole source is mapped either way.
    reference_mask : ndarray (H, W), optional
        Weights of the reference's pixels, by default all equal.

    Returns
    -------
    ndarray of float32, shape (h, w, 3)
        RGB within the range of the reference's. Equal colors stay equal. If the reference's colors form groups, soft
        transitions in the source become hard; `match_linear` is the smoother choice. The map is linear between two
        values of the reference, so a reference of a few flat colors also gives colors between them.

    Raises
    ------
    RegionError
        If a mask selects nothing, or is not of its picture's size.

    References
    ----------
    Pitié, Kokaram and Dahyot, "Automated colour grading using colour distribution transfer", CVIU 107, 2007,
    algorithm 1. The start is different, and values are sorted exactly instead of in bins.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> style, photo = rng.random((8, 8, 3)), rng.random((8, 8, 3)) ** 2
    >>> matched = match_histogram(style, photo)
    >>> bool(np.allclose(np.sort(matched[..., 0].ravel()), np.sort(photo[..., 0].ravel()), atol=1e-6))
    True
    """
    colors, weights, places = _distinct(*_colors(source, source_mask, "source"))
    others, other_weights = _colors(reference, reference_mask, "reference")
    inside = other_weights > 0
    others, other_weights, _ = _distinct(others[inside], other_weights[inside])
    moved = linear_map(colors, weights, others, other_weights)
    rng = np.random.default_rng(0)
    for axes in (*(np.linalg.qr(rng.normal(size=(3, 3)))[0] for _ in range(_TURNS - 1)), np.eye(3)):
        pairs = zip((moved @ axes).T, (others @ axes).T, strict=True)
        moved = np.stack([_sorted_to(x, weights, y, other_weights) for x, y in pairs], -1) @ axes.T
    matched: np.ndarray = moved[places].astype(np.float32).reshape(source.shape)
    return matched


@checked("source", "reference", masks=["source_mask", "reference_mask"])
def reinhard(
    source: np.ndarray,
    reference: np.ndarray,
    *,
    source_mask: np.ndarray | None = None,
    reference_mask: np.ndarray | None = None,
) -> np.ndarray:
    """Give a picture the mean and standard deviation of another picture's lightness and two opponent hues.

    Parameters
    ----------
    source : ndarray (h, w, 3)
        RGB in [0, 1]. Its colors change.
    reference : ndarray (H, W, 3)
        RGB in [0, 1]. The source takes on its colors.
    source_mask : ndarray (h, w), optional
        Weights of the source's pixels, by default all equal. The whole source is mapped either way.
    reference_mask : ndarray (H, W), optional
        Weights of the reference's pixels, by default all equal.

    Returns
    -------
    ndarray of float32, shape (h, w, 3)
        RGB in [0, 1]. Colors that cannot be shown are changed by `into_range`.

    Raises
    ------
    RegionError
        If a mask selects nothing, or is not of its picture's size.

    References
    ----------
    Reinhard et al., "Color transfer between images", IEEE CG&A 21(5), 2001, eq. 10-11. The color space is
    Oklab instead of lαβ. Both are made of opponent hues of the eye's receptors, but Oklab uses cube roots where lαβ
    uses logarithms, which are infinite for black.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> photo, other = 0.3 + 0.4 * rng.random((8, 8, 3)), 0.4 + 0.2 * rng.random((9, 9, 3))
    >>> lightness = rgb_to_oklab(reinhard(photo, other))[..., 0]
    >>> bool(np.isclose(lightness.std(), rgb_to_oklab(other)[..., 0].std(), atol=1e-4))
    True
    """
    colors, weights = _colors(source, source_mask, "source")
    others, other_weights = _colors(reference, reference_mask, "reference")
    colors = rgb_to_oklab(colors)
    mean, covariance = moments(colors, weights)
    other_mean, other_covariance = moments(rgb_to_oklab(others), other_weights)
    spread, other_spread = np.sqrt(np.diag(covariance)), np.sqrt(np.diag(other_covariance))
    moved = (colors - mean) * (other_spread / above_noise(spread, other_spread)) + other_mean
    return into_range(oklab_to_rgb(moved)).astype(np.float32).reshape(source.shape)


def _colors(image: np.ndarray, mask: np.ndarray | None, name: str) -> tuple[np.ndarray, np.ndarray]:
    """Return colors (n, 3) and weights (n,) that sum to 1, in double precision."""
    same_size(**{name: image, f"{name}_mask": mask})
    weights = np.ones(image.shape[:2]) if mask is None else mask.astype(np.float64)
    total = weights.sum()
    if not total > 0:
        raise RegionError(f"the mask of the {name} selects nothing, so there are no colors to match; choose another")
    return image.reshape(-1, 3).astype(np.float64), weights.ravel() / total


def _distinct(colors: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the distinct colors, to 16 bits, their weights, and the index of each pixel's color among them.

    Sorting would give equal colors different values, which looks like noise.
    """
    keys = np.rint(colors * 65535).astype(np.int64) @ np.array([1 << 32, 1 << 16, 1])
    _, first, places = np.unique(keys, return_index=True, return_inverse=True)
    return colors[first], np.bincount(places, weights), places


def _sorted_to(values: np.ndarray, weights: np.ndarray, wanted: np.ndarray, wanted_weights: np.ndarray) -> np.ndarray:
    """Replace each value by the wanted value of the same weighted rank. Equal values keep their order."""
    order, other_order = np.argsort(values, stable=True), np.argsort(wanted)
    ranks, other_ranks = (np.cumsum(w) - w / 2 for w in (weights[order], wanted_weights[other_order]))
    found = np.empty_like(values)
    found[order] = np.interp(ranks, other_ranks, wanted[other_order])
    return found
