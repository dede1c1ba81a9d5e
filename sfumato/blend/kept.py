"""Free the edge of a region from the mixture of both sides that a photo shows there."""

from __future__ import annotations

import math
from typing import NamedTuple

import cv2
import numpy as np

from sfumato.arrays import checked, same_size
from sfumato.blend.alpha import distance
from sfumato.color.mixture import colors_near, share_of
from sfumato.images.boxes import bounding_box, padded, slices

__all__ = ["Sides", "sides"]

# Maximum distance of an edge's pixels to both of its sides, as a fraction of the shorter side, and in pixels at least.
# Over the same distance again, the estimate fades out.
_NEAR, _NEAR_PIXELS = 0.015, 4.0

# Width of what lies next to the band, as a fraction of that distance, and how much its colors count.
_BESIDE, _DOUBTFUL = 0.25, 0.01

# Standard deviation of the given alpha.
_ALPHA = 0.3


class Sides(NamedTuple):
    """Both sides of a region's edge, as `sides` finds them.

    Attributes
    ----------
    painted : ndarray (H, W, 3)
        The photo without what is outside the region, float32 RGB in [0, 1].
    kept : ndarray (H, W, 3)
        The photo without what is inside the region.
    alpha : ndarray (H, W)
        Alpha, moved to the photo's edge where there is a clear one.
    """

    painted: np.ndarray
    kept: np.ndarray
    alpha: np.ndarray


@checked("photo", masks=["alpha"])
def sides(photo: np.ndarray, alpha: np.ndarray, *, near: float | None = None) -> Sides:
    """Tell both sides of a region's edge apart, where the pixels of a photo are mixtures of the two.

    Parameters
    ----------
    photo : ndarray (H, W, 3)
        RGB in [0, 1].
    alpha : ndarray (H, W)
        How much of each pixel belongs to the region, in [0, 1].
    near : float, optional
        Distance in pixels up to which a pixel with a partial alpha must have pixels of 0 and of 1, to be part of an
        edge; up to twice that distance, it is so by degrees. Gradients and wide feathers are no edges, and nothing
        changes there. By default 1.5 % of the shorter side, and at least 4 pixels.

    Returns
    -------
    Sides
        Both sides and alpha. Where alpha is 0 or 1, they are the photo and the given alpha.

    Raises
    ------
    InputError
        If alpha is not of the photo's size.

    Notes
    -----
    Each side has the mean color and the variance of its pixels nearby: those with an alpha of 1 (P), and those with an
    alpha of 0 (K). The photo's alpha a is the most probable one between them (`sfumato.color.mixture.share_of`), if the
    given alpha is right to 0.3.

    Where both sides have the same colors, a is the given alpha. The sides are ``photo + (1 - a) (P - K)`` and
    ``photo - a (P - K)``: together, weighted by a, they are the photo itself, so that no texture is lost.

    Examples
    --------
    Red in front of green; the pixel in the middle is half of each, and alpha is one pixel off:

    >>> photo = np.zeros((1, 9, 3), np.float32)
    >>> photo[:, :4, 0], photo[:, 5:, 1], photo[:, 4] = 1, 1, (0.5, 0.5, 0)
    >>> alpha = np.float32([[1, 1, 0.75, 0.5, 0.25, 0, 0, 0, 0]])
    >>> found = sides(photo, alpha)
    >>> found.alpha[0, 2:6].round(1)
    array([1. , 1. , 0.5, 0. ], dtype=float32)
    >>> found.kept[0, 4].round(1)
    array([0., 1., 0.], dtype=float32)
    """
    same_size(photo=photo, alpha=alpha)
    found = Sides(*(np.array(each, np.float32) for each in (photo, photo, alpha)))
    around = bounding_box((alpha > 0) & (alpha < 1))
    if around is None:
        return found
    near = max(_NEAR_PIXELS, _NEAR * min(alpha.shape)) if near is None else near
    box = slices(padded(around, math.ceil(2 * near), alpha.shape))
    photo, alpha = photo[box], alpha[box]
    kept, painted = alpha <= 0, alpha >= 1
    share = (2 - np.maximum(distance(kept), distance(painted)) / near).clip(0, 1)
    # Nothing jumps where the band ends.
    share *= 1 - (2 * alpha - 1) ** 16
    places = np.nonzero(share > 0)
    if not places[0].size:
        return found
    colors, guess, share = photo[places], alpha[places], share[places]
    inner, outer = (colors_near(photo, _trusted(known, near), places, 2 * near) for known in (painted, kept))
    own = share_of(colors, inner, outer, guess, _ALPHA)
    step, own_ = share[:, None] * (inner[0] - outer[0]), own[:, None]
    found.painted[box][places] = (colors + (1 - own_) * step).clip(0, 1)
    found.kept[box][places] = (colors - own_ * step).clip(0, 1)
    found.alpha[box][places] = guess + share * (own - guess)
    return found


def _trusted(known: np.ndarray, near: float) -> np.ndarray:
    """Return how much the colors of known pixels count: next to the band they may be mixtures as well."""
    side = 2 * round(_BESIDE * near) + 1
    deep = cv2.erode(known.astype(np.uint8), np.ones((side, side), np.uint8))
    return np.where(deep > 0, 1, _DOUBTFUL * known)
