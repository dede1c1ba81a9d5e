"""The colors of a cutout whose soft edge holds something of what it was cut out of, or was laid on."""

from __future__ import annotations

import numpy as np

from sfumato.arrays import checked, same_size
from sfumato.blend.foreground import foreground
from sfumato.images import extended

__all__ = ["unmatted"]

# With so much alpha, a pixel shows the object alone.
_SOLID = 0.98

# The edge is mixed with a color if next to no pixel is brighter or darker than such a mixture can be, and with the
# colors from inside as they are, so many would be.
_NONE, _MANY, _ROUNDING = 0.005, 0.1, 2.5 / 255

# What transparent pixels hide is the rest of a photo if it varies at least so much, and the object is cut out of it if
# its edge differs from what is inside so many times as much as colors do over the same distance farther in.
_VARIED, _UNUSUAL = 4 / 255, 2.0


@checked("image", masks=["alpha"])
def unmatted(image: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """Take the background out of the soft edge of a cutout, if there is any in it.

    Colors with alpha should be those of the object alone. Many programs leave others: multiplied by alpha, and so
    mixed with black; mixed with the white or the green that they were before; or as in the photo that the object was
    in. In the object's own colors, the edge goes on from what is inside. So the edge is compared with that: what goes
    on stays as it is, to the bit. What looks more like a mixture with one color, or with what the transparent pixels
    hide, is freed of it.

    Parameters
    ----------
    image : ndarray (H, W, 3)
        RGB in [0, 1], as a file holds it.
    alpha : ndarray (H, W)
        Opacity in [0, 1].

    Returns
    -------
    ndarray (H, W, 3)
        Float32 RGB in [0, 1].

    Examples
    --------
    A red edge that was multiplied by alpha:

    >>> alpha = np.float32([[1, 1, 1, 0.75, 0.5, 0.25, 0, 0]])
    >>> image = alpha[..., None] * np.float32([1, 0.2, 0])
    >>> unmatted(image, alpha)[0, 4].round(3)
    array([1. , 0.2, 0. ], dtype=float32)
    """
    same_size(image=image, alpha=alpha)
    colors = image.astype(np.float32)
    solid = alpha >= _SOLID
    soft = (alpha > 0) & ~solid
    if not soft.any() or not solid.any():
        return colors
    seen, inside, share = colors[soft], extended(colors, solid)[soft], alpha[soft][:, None].astype(np.float32)
    mixed = _mixed_with(seen, inside, share, _ROUNDING)
    if mixed is None:
        return foreground(colors, alpha) if _is_cut_out(seen, inside, share, colors, alpha) else colors
    own = _freed(seen, mixed, share)
    if not mixed.any():
        # A program may multiply by alpha what was mixed with a background before; divided by it, it is less exact.
        again = _mixed_with(own, inside, share, _ROUNDING / share)
        own = own if again is None else _freed(own, again, share)
    colors[soft] = own
    return colors


def _mixed_with(
    seen: np.ndarray, inside: np.ndarray, share: np.ndarray, rounding: np.ndarray | float
) -> np.ndarray | None:
    """Return the one color that the edge's colors (n, 3) are mixed with, if there is one: black, white or any other."""
    # The less alpha, the less it matters that the object's color is not that inside.
    trust = (1 - share) / (share + rounding) ** 2
    other = np.sum(trust * (seen - share * inside), 0) / np.sum(trust * (1 - share))
    for background in (np.zeros(3, np.float32), np.ones(3, np.float32), other.clip(0, 1)):
        of_it = (1 - share) * background
        none = _impossible(seen - of_it, share, rounding) <= _NONE
        many = _impossible(inside - of_it, share, rounding) >= _MANY
        if none and many and _explains(background, seen, inside, share):
            return background
    return None


def _is_cut_out(seen: np.ndarray, inside: np.ndarray, share: np.ndarray, colors: np.ndarray, alpha: np.ndarray) -> bool:
    """Tell whether the edge's colors (n, 3) are mixed with what the transparent pixels of a picture still hold."""
    import cv2

    solid, clear = alpha >= _SOLID, alpha <= 0
    soft = (alpha > 0) & ~solid
    outwards = cv2.distanceTransform((~solid).astype(np.uint8), cv2.DIST_L2, 5)
    inwards = cv2.distanceTransform(solid.astype(np.uint8), cv2.DIST_L2, 5)
    deep = inwards > 2 * outwards[soft].mean()
    if not (clear.any() and deep.any()):
        return False
    ring = solid & ~deep
    usual = float(np.abs(colors[ring] - extended(colors, deep)[ring]).mean())
    hidden = extended(colors, clear)[soft]
    return bool(
        hidden.std(0).max() >= _VARIED
        and _apart(seen, inside, share) > _UNUSUAL * usual
        and _explains(hidden, seen, inside, share)
    )


def _explains(background: np.ndarray, seen: np.ndarray, inside: np.ndarray, share: np.ndarray) -> bool:
    """Tell whether an edge looks more like a mixture of the colors inside with a background than like either.

    Pixels that are of the background's color are a shadow, a glow or an outline.
    """
    left = _apart(seen, share * inside + (1 - share) * background, share)
    return left < min(_apart(seen, inside, share), _apart(seen, background, share))


def _freed(seen: np.ndarray, background: np.ndarray, share: np.ndarray) -> np.ndarray:
    """Take a background out of colors (n, 3)."""
    return np.asarray(((seen - (1 - share) * background) / share).clip(0, 1))


def _apart(one: np.ndarray, other: np.ndarray, share: np.ndarray) -> float:
    """Return how far colors (n, 3) lie apart, most of all where both object and background would show."""
    weight = share * (1 - share)
    return float((weight * np.abs(one - other)).mean(-1).sum() / weight.sum())


def _impossible(parts: np.ndarray, share: np.ndarray, rounding: np.ndarray | float) -> float:
    """Return how many of what should be colors times alpha cannot be, as a share."""
    return float(((parts < -rounding) | (parts > share + rounding)).any(-1).mean())
