"""Oklab, a perceptually uniform color space, and blending in it."""

from __future__ import annotations

import numpy as np

from sfumato.arrays import checked, same_size
from sfumato.color.yiq import into_range
from sfumato.errors import RecipeError

__all__ = ["oklab_to_rgb", "rgb_to_oklab", "strengthen"]

# From linear sRGB to the responses of the eye's three receptors, and from their cube roots to lightness and two
# opponent hues (Ottosson 2020).
_CONES = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
_OPPONENTS = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)
_TO = _CONES.T.astype(np.float32), _OPPONENTS.T.astype(np.float32)
_BACK = np.linalg.inv(_OPPONENTS).T.astype(np.float32), np.linalg.inv(_CONES).T.astype(np.float32)


@checked(colors=["image"])
def rgb_to_oklab(image: np.ndarray) -> np.ndarray:
    """Convert sRGB to Oklab.

    Parameters
    ----------
    image : ndarray (..., 3)
        RGB in [0, 1].

    Returns
    -------
    ndarray (..., 3)
        Lightness in [0, 1], then green to red and blue to yellow, each in about [-0.3, 0.3].

    References
    ----------
    B. Ottosson, "A perceptual color space for image processing", 2020.

    Examples
    --------
    >>> rgb_to_oklab(np.array([1.0, 0.0, 0.0])).round(3)
    array([0.628, 0.225, 0.126])
    """
    size = np.abs(image)
    linear = np.where(size <= 0.04045, size / 12.92, ((size + 0.055) / 1.055) ** 2.4)
    lab: np.ndarray = np.cbrt(np.copysign(linear, image) @ _TO[0]) @ _TO[1]
    return lab


@checked(colors=["image"])
def oklab_to_rgb(image: np.ndarray) -> np.ndarray:
    """Convert Oklab back to sRGB, without clipping.

    Examples
    --------
    >>> rgb = np.random.default_rng(0).random((2, 2, 3), np.float32)
    >>> bool(np.allclose(oklab_to_rgb(rgb_to_oklab(rgb)), rgb, atol=1e-5))
    True
    """
    linear = (image @ _BACK[0]) ** 3 @ _BACK[1]
    size = np.abs(linear)
    rgb: np.ndarray = np.copysign(np.where(size <= 0.0031308, size * 12.92, 1.055 * size ** (1 / 2.4) - 0.055), linear)
    return rgb


@checked("photo", "styled", unclipped=["styled"])
def strengthen(photo: np.ndarray, styled: np.ndarray, strength: float) -> np.ndarray:
    """Blend a styled picture with its photo, in steps that look even.

    The blend is done in Oklab. There the distance to the photo (mean CIEDE2000) grows most evenly with the strength,
    and a blend from yellow to blue passes through gray. In CIELAB it passes through mauve, and in linear light the
    first steps are too large. Each pixel is blended independently.

    Parameters
    ----------
    photo, styled : ndarray of float32, shape (H, W, 3)
        RGB in [0, 1].
    strength : float
        0 gives exactly the photo, 1 exactly the styled picture.

    Returns
    -------
    ndarray of float32, shape (H, W, 3)
        RGB in [0, 1]. Pixels that are equal in both pictures stay exactly the same.

    Raises
    ------
    RecipeError
        If the strength is not from 0 to 1.
    ImageError
        If the pictures differ in size.

    Examples
    --------
    >>> black, white = np.zeros((1, 1, 3), np.float32), np.ones((1, 1, 3), np.float32)
    >>> strengthen(black, white, 0.5).round(2).ravel()
    array([0.39, 0.39, 0.39], dtype=float32)
    """
    if not 0 <= strength <= 1:
        raise RecipeError(f"the strength must be from 0 to 1, got {strength:g}")
    same_size(photo=photo, styled=styled)
    if strength == 1:
        return styled.copy()
    result = photo.copy()
    moved = (photo != styled).any(-1)
    if strength > 0 and moved.any():
        near, far = rgb_to_oklab(photo[moved]), rgb_to_oklab(styled[moved])
        result[moved] = into_range(oklab_to_rgb(near + np.float32(strength) * (far - near)))
    return result
