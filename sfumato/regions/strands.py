"""Hair, fur and other strands along the edge of a region."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from sfumato.arrays import checked, same_size
from sfumato.color.mixture import colors_near, share_of
from sfumato.images.boxes import bounding_box, padded, slices
from sfumato.regions.refine import stretch

__all__ = ["strands"]

# Half the width of the strip, as a fraction of the shorter side, and in pixels at least.
_REACH, _PIXELS = 0.02, 4.0

# Maximum mean square of what mixtures leave unexplained, as a fraction of that of the colors' difference; at twice as
# much, the mask is left alone. Hair and fur left 0.01 at most; wood, glass and legs of insects more than 0.1.
_MISFIT = 0.03

_SPREAD = 0.3  # standard deviation of the mask at its edge, the middle of the strip

_HAZE = 0.05  # shares up to this become 0, and those from 1 minus this become 1


@checked("photo", masks=["mask"])
def strands(mask: NDArray[np.float32], photo: NDArray[np.float32]) -> NDArray[np.float32]:
    """Follow single strands of hair or fur along a mask's edge, where the photo tells them from the background.

    Within a strip along the edge, 2 % of the shorter side to each side of it, a pixel between the colors inside and
    those outside is taken for a mixture of the two. The mask stays as it is where both sides look alike or vary more
    than they differ, and where there are other colors than theirs, as at a rim, a shadow or a pattern. `matte` follows
    any structure, at a cost.

    Parameters
    ----------
    mask : ndarray of float32, shape (H, W)
        Mask in [0, 1], whose edge is right to about 2 % of the shorter side.
    photo : ndarray of float32, shape (H, W, 3)
        sRGB in [0, 1].

    Returns
    -------
    ndarray of float32, shape (H, W)
        Mask in [0, 1].

    Raises
    ------
    InputError
        If the mask is not of the photo's size.

    Notes
    -----
    The share of the inner color is that of `sfumato.color.mixture.share_of`. The mask is the guess, which is the less
    certain the nearer the edge is.

    Examples
    --------
    A strand that reaches beyond the mask:

    >>> photo = np.ones((30, 40, 3), np.float32)
    >>> photo[:, :20] = photo[15, :22] = 0.1
    >>> mask = np.tile(np.float32(np.arange(40) < 20), (30, 1))
    >>> strands(mask, photo)[[10, 15], 21].round(1)
    array([0., 1.], dtype=float32)
    """
    same_size(photo=photo, mask=mask)
    reach = max(_PIXELS, _REACH * min(mask.shape))
    found = mask.astype(np.float32)
    inside = mask >= 0.5
    edge = cv2.morphologyEx(inside.astype(np.uint8), cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8))
    around = bounding_box(edge)
    if around is None:
        return found
    box = slices(padded(around, math.ceil(2 * reach), mask.shape))
    photo, mask, inside = photo[box], found[box], inside[box]
    depth = np.where(inside, _depth(inside), _depth(~inside)) - 0.5
    spread = _SPREAD * (1 - (depth / reach).clip(0, 1) ** 2)
    places, deep = np.nonzero(spread > 0), depth >= reach
    inner, outer = (colors_near(photo, known, places, 2 * reach) for known in (deep & inside, deep & ~inside))
    guess, step = mask[places], inner[0] - outer[0]
    share = share_of(photo[places], inner, outer, guess, spread[places])
    # What is a third color cannot be such a mixture, nor can what is around it.
    rest = _averaged((photo[places] - outer[0] - share[:, None] * step) ** 2, places, mask.shape, reach)
    fit = (2 - rest / (_MISFIT * np.maximum(_averaged(step**2, places, mask.shape, reach), 1e-6))).clip(0, 1)
    # What is nearly all of one side is all of it: else the other would leave a haze.
    mask[places] = guess + fit * (stretch(share, _HAZE) - guess)
    return found


def _averaged(
    values: NDArray[np.float32], places: tuple[NDArray[np.intp], ...], shape: tuple[int, ...], reach: float
) -> NDArray[np.float32]:
    """Average the sums of values (n, C) at some pixels over windows around them."""
    plane = np.zeros(shape, np.float32)
    plane[places] = values.sum(-1)
    return np.asarray(cv2.blur(plane, (2 * round(reach) + 1,) * 2, borderType=cv2.BORDER_CONSTANT)[places])


def _depth(selected: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Return the distance of selected pixels to the others."""
    return np.asarray(cv2.distanceTransform(selected.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE), np.float32)
