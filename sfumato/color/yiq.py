"""Separate luminance from hue, and match one picture's luminance to another's."""

from __future__ import annotations

import numpy as np

from sfumato.arrays import checked, same_size

__all__ = ["into_range", "keep_colors", "luminance", "match_luminance", "rgb_to_yiq", "yiq_to_rgb"]

# NTSC luma and chroma, FCC 1953.
_YIQ = np.array([[0.299, 0.587, 0.114], [0.595716, -0.274453, -0.321263], [0.211456, -0.522591, 0.311135]], np.float32)
_RGB = np.linalg.inv(_YIQ.astype(np.float64)).astype(np.float32)


@checked(colors=["image"])
def rgb_to_yiq(image: np.ndarray) -> np.ndarray:
    """Convert RGB to YIQ.

    Parameters
    ----------
    image : ndarray (..., 3)
        RGB in [0, 1].

    Returns
    -------
    ndarray (..., 3)
        Y in [0, 1]; I and Q about in [-0.6, 0.6].

    Examples
    --------
    >>> rgb_to_yiq(np.ones((1, 1, 3), np.float32)).round(3).ravel() + 0.0
    array([1., 0., 0.], dtype=float32)
    """
    return image @ _YIQ.T


@checked(colors=["image"])
def yiq_to_rgb(image: np.ndarray) -> np.ndarray:
    """Convert YIQ back to RGB, without clipping.

    Examples
    --------
    >>> rgb = np.random.default_rng(0).random((2, 2, 3), np.float32)
    >>> bool(np.allclose(yiq_to_rgb(rgb_to_yiq(rgb)), rgb, atol=1e-5))
    True
    """
    return image @ _RGB.T


@checked(colors=["image"])
def luminance(image: np.ndarray) -> np.ndarray:
    """Return the luminance: Y of YIQ.

    Parameters
    ----------
    image : ndarray (..., 3)
        RGB in [0, 1].

    Returns
    -------
    ndarray (...)
        Y in [0, 1].

    Examples
    --------
    >>> round(float(luminance(np.array([0.0, 1.0, 0.0], np.float32))), 3)
    0.587
    """
    y: np.ndarray = image @ _YIQ[0]
    return y


@checked(colors=["image"])
def into_range(image: np.ndarray) -> np.ndarray:
    """Change colors that cannot be shown so that they lie in [0, 1].

    A color with a channel below 0 is desaturated, at constant luminance, until no channel is below 0: clipping would
    turn deep shadows red or blue. A channel above 1 is clipped: desaturating would turn bright colors white.

    Parameters
    ----------
    image : ndarray (..., 3)
        RGB, any values.

    Returns
    -------
    ndarray (..., 3)
        RGB in [0, 1]. Colors that already lie there stay the same, up to rounding.

    Examples
    --------
    >>> into_range(np.array([[-0.2, 0.3, 0.3], [1.4, 1.2, 0.4]])).round(2)
    array([[0.  , 0.21, 0.21],
           [1.  , 1.  , 0.4 ]])
    """
    y = luminance(image)[..., None]
    chroma = image - y
    y = np.maximum(y, 0)
    depth = np.maximum(-chroma.min(-1, keepdims=True), np.finfo(np.float32).tiny)
    shown: np.ndarray = y + chroma * np.where(depth > y, y / depth, 1)
    return shown.clip(0, 1)


@checked("styled", "photo", unclipped=["styled"])
def keep_colors(styled: np.ndarray, photo: np.ndarray) -> np.ndarray:
    """Take the luminance of one picture and the colors of another.

    Parameters
    ----------
    styled, photo : ndarray (H, W, 3)
        RGB in [0, 1].

    Returns
    -------
    ndarray (H, W, 3)
        Y of `styled`, and I and Q of `photo`, desaturated where they do not fit into [0, 1] with that Y.

    Raises
    ------
    ImageError
        If the pictures differ in size.

    Notes
    -----
    Exploring Style Transfer §3.5, Gatys et al. 2016 (Preserving color). Clipping would shift the hue, so the chroma
    is scaled instead.

    Examples
    --------
    >>> photo = np.full((1, 1, 3), [0.8, 0.4, 0.2], np.float32)
    >>> styled = np.full((1, 1, 3), 0.5, np.float32)
    >>> result = keep_colors(styled, photo)
    >>> bool(np.isclose(luminance(result), 0.5))
    True
    """
    same_size(photo=photo, styled=styled)
    y = luminance(styled)[..., None]
    chroma = photo - luminance(photo)[..., None]
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        room = np.where(chroma > 0, (1 - y) / chroma, np.where(chroma < 0, -y / chroma, np.inf))
    kept: np.ndarray = y + chroma * np.minimum(room.min(-1, keepdims=True), 1)
    return kept.astype(np.float32)


@checked("style", "photo", masks=["mask", "style_mask"])
def match_luminance(
    style: np.ndarray, photo: np.ndarray, mask: np.ndarray, *, style_mask: np.ndarray | None = None
) -> np.ndarray:
    """Return the style's luminance in gray, with the mean and standard deviation of the photo's region.

    Parameters
    ----------
    style : ndarray (h, w, 3)
        RGB in [0, 1].
    photo : ndarray (H, W, 3)
        RGB in [0, 1].
    mask : ndarray (H, W)
        The region; its sum must not be 0.
    style_mask : ndarray (h, w), optional
        Weights of the style's pixels, by default all equal. The whole style is mapped either way.

    Returns
    -------
    ndarray (h, w, 3)
        Three equal channels in [0, 1].

    Raises
    ------
    RegionError
        If a mask is not of its picture's size.

    Notes
    -----
    Gatys et al. 2016 (Preserving color) eq. 10: ``(σ_photo / σ_style) (L - μ_style) + μ_photo``.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> style, photo = rng.random((8, 8, 3)), 0.25 + rng.random((8, 8, 3)) / 2
    >>> gray = match_luminance(style, photo, np.ones((8, 8)))
    >>> bool(np.isclose(gray.mean(), luminance(photo).mean()))
    True
    """
    same_size(photo=photo, mask=mask)
    same_size(style=style, style_mask=style_mask)
    own, other = luminance(style), luminance(photo)
    weights = mask / mask.sum()
    mean = (other * weights).sum()
    spread = np.sqrt(((other - mean) ** 2 * weights).sum())
    shares = np.ones_like(own) if style_mask is None else style_mask
    own_mean = np.average(own, weights=shares)
    own_spread = np.sqrt(np.average((own - own_mean) ** 2, weights=shares))
    gray = (own - own_mean) * (spread / max(float(own_spread), 1e-6)) + mean
    return np.repeat(gray[..., None], 3, axis=-1).clip(0, 1).astype(np.float32)
