"""One picture's colors given to another.

All three functions take a source, whose colors change, and a reference, whose colors it takes; either may have a soft
mask, and then only what is inside counts, by the mask's weight. The map that is found is applied to the whole source.
To keep a photo's colors, match the style (the source) to the photo's region (the reference) before optimizing.
"""

from __future__ import annotations

import numpy as np

from sfumato.arrays import checked, same_size
from sfumato.color.oklab import oklab_to_rgb, rgb_to_oklab
from sfumato.color.yiq import into_range
from sfumato.errors import RegionError

__all__ = ["match_histogram", "match_linear", "reinhard"]

# Standard deviation below which a source's variation is noise, which must not be stretched to colors.
_NOISE = 2 / 255

# Turns of the color axes. After 20, the distance left along any direction is about half a level of 255.
_TURNS = 20


@checked("source", "reference", masks=["source_mask", "reference_mask"])
def match_linear(
    source: np.ndarray,
    reference: np.ndarray,
    *,
    source_mask: np.ndarray | None = None,
    reference_mask: np.ndarray | None = None,
) -> np.ndarray:
    """Give a picture the mean and the covariance of another's colors.

    Many linear maps do; they differ by a rotation, which would turn hues. This one, of Monge and Kantorovich, moves
    colors the least: a symmetric matrix, which stretches along its own axes and turns nothing.

    Parameters
    ----------
    source : ndarray (h, w, 3)
        RGB in [0, 1], whose colors change.
    reference : ndarray (H, W, 3)
        RGB in [0, 1], whose colors it takes.
    source_mask : ndarray (h, w), optional
        Weights of the source's pixels; all alike if not given. The whole source is mapped either way.
    reference_mask : ndarray (H, W), optional
        Weights of the reference's pixels; all alike if not given.

    Returns
    -------
    ndarray of float32, shape (h, w, 3)
        RGB in [0, 1]. Mean and covariance are the reference's but for colors that cannot be shown, which are
        brought in by `into_range`, and for directions in which the source varies by noise only, less than 2/255:
        those are stretched no more than if it were 2/255. A gray source takes on the hues that go with the
        reference's lightness; a reference of one color makes the source that color.

    Raises
    ------
    RegionError
        If a mask selects nothing.

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
    return into_range(_linear(colors, weights, others, other_weights)).astype(np.float32).reshape(source.shape)


@checked("source", "reference", masks=["source_mask", "reference_mask"])
def match_histogram(
    source: np.ndarray,
    reference: np.ndarray,
    *,
    source_mask: np.ndarray | None = None,
    reference_mask: np.ndarray | None = None,
) -> np.ndarray:
    """Give a picture the whole distribution of another's colors.

    Histograms matched channel by channel make colors that neither picture has. Here they are matched along three
    axes, which are turned at random and matched again, 20 times; the red, green and blue axes come last, so each
    channel's histogram is the reference's. It starts from `match_linear`, which keeps related hues together. The
    turns are the same in every run.

    Parameters
    ----------
    source : ndarray (h, w, 3)
        RGB in [0, 1], whose colors change.
    reference : ndarray (H, W, 3)
        RGB in [0, 1], whose colors it takes.
    source_mask : ndarray (h, w), optional
        Weights of the source's pixels; all alike if not given. The whole source is mapped either way.
    reference_mask : ndarray (H, W), optional
        Weights of the reference's pixels; all alike if not given.

    Returns
    -------
    ndarray of float32, shape (h, w, 3)
        RGB in the range of the reference's. Equal colors stay equal. Where the reference's colors form groups, soft
        transitions of the source become hard ones: `match_linear` is the smoother choice. Between two values of the
        reference the map is a straight line, so few flat colors give colors between them too.

    Raises
    ------
    RegionError
        If a mask selects nothing.

    References
    ----------
    Pitié, Kokaram and Dahyot, "Automated colour grading using colour distribution transfer", CVIU 107, 2007,
    algorithm 1. Departs from it by the start, and by exact sorted values in place of bins.

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
    moved = _linear(colors, weights, others, other_weights)
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
    """Give a picture the mean and spread of another's lightness and of its two opponent hues.

    Parameters
    ----------
    source : ndarray (h, w, 3)
        RGB in [0, 1], whose colors change.
    reference : ndarray (H, W, 3)
        RGB in [0, 1], whose colors it takes.
    source_mask : ndarray (h, w), optional
        Weights of the source's pixels; all alike if not given. The whole source is mapped either way.
    reference_mask : ndarray (H, W), optional
        Weights of the reference's pixels; all alike if not given.

    Returns
    -------
    ndarray of float32, shape (h, w, 3)
        RGB in [0, 1]; colors that cannot be shown are brought in by `into_range`.

    Raises
    ------
    RegionError
        If a mask selects nothing.

    References
    ----------
    Reinhard et al., "Color transfer between images", IEEE CG&A 21(5), 2001, eq. 10-11. Departs from it by the space:
    Oklab, built like their lαβ from opponent hues of the eye's receptors, but with cube roots for logarithms, which
    black has not.

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
    mean, covariance = _moments(colors, weights)
    other_mean, other_covariance = _moments(rgb_to_oklab(others), other_weights)
    spread, other_spread = np.sqrt(np.diag(covariance)), np.sqrt(np.diag(other_covariance))
    moved = (colors - mean) * (other_spread / _above_noise(spread, other_spread)) + other_mean
    return into_range(oklab_to_rgb(moved)).astype(np.float32).reshape(source.shape)


def _colors(image: np.ndarray, mask: np.ndarray | None, name: str) -> tuple[np.ndarray, np.ndarray]:
    """Return colors (n, 3) and weights (n,) that sum to 1, in double precision."""
    same_size(**{name: image, f"{name}_mask": mask})
    weights = np.ones(image.shape[:2]) if mask is None else mask.astype(np.float64)
    total = weights.sum()
    if not total > 0:
        raise RegionError(f"the mask of the {name} selects nothing, so there are no colors to match; choose another")
    return image.reshape(-1, 3).astype(np.float64), weights.ravel() / total


def _moments(colors: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    mean = weights @ colors
    centered = colors - mean
    return mean, (centered * weights[:, None]).T @ centered


def _above_noise(spread: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Raise spreads to that of noise, but not above the wanted ones, so that what is alike stays as it is."""
    raised: np.ndarray = np.maximum(np.maximum(spread, np.minimum(wanted, _NOISE)), 1e-6)
    return raised


def _linear(colors: np.ndarray, weights: np.ndarray, others: np.ndarray, other_weights: np.ndarray) -> np.ndarray:
    """Map colors (n, 3) by the Monge-Kantorovich map, not clipped."""
    mean, covariance = _moments(colors, weights)
    other_mean, other_covariance = _moments(others, other_weights)
    values, axes = np.linalg.eigh(covariance)
    wanted = np.einsum("ij,ik,kj->j", axes, other_covariance, axes)
    spread = _above_noise(*(np.sqrt(np.maximum(variances, 0)) for variances in (values, wanted)))
    root, inverse = (axes * spread) @ axes.T, (axes / spread) @ axes.T
    values, axes = np.linalg.eigh(root @ other_covariance @ root)
    middle = (axes * np.sqrt(np.maximum(values, 0))) @ axes.T
    moved: np.ndarray = (colors - mean) @ (inverse @ middle @ inverse) + other_mean
    return moved


def _distinct(colors: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return colors without repetition, to 16 bits, their weights, and where each pixel's color is among them.

    Repeated colors would be torn apart by sorting, which shows as noise.
    """
    keys = np.rint(colors * 65535).astype(np.int64) @ np.array([1 << 32, 1 << 16, 1])
    _, first, places = np.unique(keys, return_index=True, return_inverse=True)
    return colors[first], np.bincount(places, weights), places


def _sorted_to(values: np.ndarray, weights: np.ndarray, wanted: np.ndarray, wanted_weights: np.ndarray) -> np.ndarray:
    """Give each value the wanted one of the same rank, by weight; equal values keep their order, turn after turn."""
    order, other_order = np.argsort(values, stable=True), np.argsort(wanted)
    ranks, other_ranks = (np.cumsum(w) - w / 2 for w in (weights[order], wanted_weights[other_order]))
    found = np.empty_like(values)
    found[order] = np.interp(ranks, other_ranks, wanted[other_order])
    return found
