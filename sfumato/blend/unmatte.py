"""Remove what a cutout's soft edge still contains of the background it was cut from or laid on."""

from __future__ import annotations

import numpy as np

from sfumato.arrays import checked, same_size
from sfumato.blend.foreground import foreground
from sfumato.images import extended

__all__ = ["unmatted"]

# Pixels with at least this alpha show the object alone.
_SOLID = 0.98

# The edge counts as mixed with a color if almost no pixel is brighter or darker than a mixture can be (_NONE), but many
# would be if the edge had the colors from inside (_MANY).
_NONE, _MANY, _ROUNDING = 0.005, 0.1, 2.5 / 255

# Transparent pixels hold the rest of a photo if they vary by at least _VARIED. The object is cut out of that photo if
# its edge differs from the inside _UNUSUAL times as much as colors do over the same distance farther inside.
_VARIED, _UNUSUAL = 4 / 255, 2.0


@checked("image", masks=["alpha"])
def unmatted(image: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """Remove the background from a cutout's soft edge, if there is any.

    A picture with alpha should hold the colors of the object alone. Many programs store others: multiplied by alpha,
    and so mixed with black; mixed with the white or green of a former background; or as they were in the photo that
    the object was cut from. This function compares the edge with a continuation of the colors inside. An edge that
    matches it stays exactly as it is. An edge that looks more like a mixture with one color, or with what the
    transparent pixels hide, loses that background.

    Parameters
    ----------
    image : ndarray (H, W, 3)
        RGB in [0, 1], as stored in a file.
    alpha : ndarray (H, W)
        Opacity in [0, 1].

    Returns
    -------
    ndarray (H, W, 3)
        Float32 RGB in [0, 1].

    Raises
    ------
    RegionError
        If alpha is not of the image's size.

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
        # Colors that a program multiplied by alpha may contain another background. Division makes them less exact.
        again = _mixed_with(own, inside, share, _ROUNDING / share)
        own = own if again is None else _freed(own, again, share)
    colors[soft] = own
    return colors


def _mixed_with(
    seen: np.ndarray, inside: np.ndarray, share: np.ndarray, rounding: np.ndarray | float
) -> np.ndarray | None:
    """Return the color that the edge's colors (n, 3) are mixed with, or None. Tries black and white first."""
    # The lower alpha is, the less it matters that the object's color may differ from the color inside.
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
    """Tell whether the edge's colors (n, 3) are mixed with the colors that the transparent pixels still hold."""
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
    """Tell whether an edge looks more like a mixture of the inside and a background than like one of them.

    An edge in the background's color alone is a shadow, a glow or an outline.
    """
    left = _apart(seen, share * inside + (1 - share) * background, share)
    return left < min(_apart(seen, inside, share), _apart(seen, background, share))


def _freed(seen: np.ndarray, background: np.ndarray, share: np.ndarray) -> np.ndarray:
    """Remove a background from colors (n, 3)."""
    return np.asarray(((seen - (1 - share) * background) / share).clip(0, 1))


def _apart(one: np.ndarray, other: np.ndarray, share: np.ndarray) -> float:
    """Return the distance of colors (n, 3), weighted most where object and background are equally visible."""
    weight = share * (1 - share)
    return float((weight * np.abs(one - other)).mean(-1).sum() / weight.sum())


def _impossible(parts: np.ndarray, share: np.ndarray, rounding: np.ndarray | float) -> float:
    """Return the share of pixels that cannot be a color multiplied by alpha."""
    return float(((parts < -rounding) | (parts > share + rounding)).any(-1).mean())
