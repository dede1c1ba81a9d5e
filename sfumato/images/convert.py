"""Conversion of arrays and Pillow images to pictures."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike
from PIL import Image, ImageOps

from sfumato.errors import ImageError
from sfumato.images.picture import Numbers, Picture

__all__ = ["from_array", "from_pil"]


def from_array(array: ArrayLike) -> Picture:
    """Convert an array to a picture; the array is copied.

    Parameters
    ----------
    array : array_like (H, W) or (H, W, 1..4)
        uint8, uint16, bool, or float in [0, 1] (rounded to 8 bits). One channel is gray and three
        are RGB; two and four carry alpha last.

    Returns
    -------
    Picture

    Raises
    ------
    ImageError
        If the shape or the dtype is not supported, the array is empty, or a float is not in [0, 1].

    Examples
    --------
    >>> picture = from_array(np.full((2, 3, 4), 0.2))
    >>> picture.space, picture.pixels[0, 0].tolist(), picture.alpha[0, 0].item()
    ('rgb', [51, 51, 51], 51)
    """
    values = np.asarray(array)
    if values.ndim == 2:
        values = values[..., None]
    if values.ndim != 3 or values.shape[2] not in (1, 2, 3, 4) or 0 in values.shape:
        raise ImageError(f"an array of shape {np.shape(array)} is no picture; give (H, W) or (H, W, 1 to 4)")
    values = values.astype(values.dtype.newbyteorder("="), copy=False)
    if values.dtype == bool:
        values = values * np.uint8(255)
    elif np.issubdtype(values.dtype, np.floating):
        low, high = values.min(), values.max()
        if not (low >= 0 and high <= 1):
            raise ImageError(
                f"a float array must lie in [0, 1], and this one goes from {low:g} to {high:g}; "
                "scale it, or convert it to uint8"
            )
        values = np.rint(values * 255).astype(np.uint8)
    elif values.dtype not in (np.uint8, np.uint16):
        raise ImageError(f"an array of type {values.dtype} is no picture; use uint8, uint16, bool or float")
    colors = 3 if values.shape[2] >= 3 else 1
    return Picture(
        pixels=values[..., :colors].copy(),
        alpha=values[..., colors].copy() if values.shape[2] > colors else None,
        space="rgb" if colors == 3 else "gray",
    )


def from_pil(image: Image.Image) -> Picture:
    """Convert a Pillow image to a picture, upright, with its profile.

    Parameters
    ----------
    image : PIL.Image.Image
        Image. Palettes become RGB; 16-bit gray is kept.

    Returns
    -------
    Picture

    Raises
    ------
    ImageError
        If the mode has floating-point or 32-bit values, which have no fixed white.

    Examples
    --------
    >>> picture = from_pil(Image.new("LA", (3, 2), (7, 9)))
    >>> picture.space, picture.shape, picture.alpha[0, 0].item()
    ('gray', (2, 3), 9)
    """
    image = ImageOps.exif_transpose(image)
    mode, numbers = image.mode, None
    if mode == "P":
        palette = np.array(image.getpalette("RGB"), np.uint8).reshape(-1, 3)
        numbers = Numbers(np.array(image).astype(int), palette)
    if mode in ("F", "I"):
        raise ImageError(f"a Pillow image of mode {mode} has no fixed white; convert it to L, RGB or I;16")
    if mode not in ("L", "LA", "RGB", "RGBA", "CMYK") and not mode.startswith("I;16"):
        seen = "transparency" in image.info or mode in ("PA", "La", "RGBa")
        image = image.convert("L" if mode == "1" else "RGBA" if seen else "RGB")
    values = np.asarray(image)
    icc = image.info.get("icc_profile") or None
    if mode == "CMYK":
        return Picture(values.copy(), space="cmyk", icc=icc)
    found = from_array(values.astype(np.uint16) if mode.startswith("I;16") else values)
    return replace(found, icc=icc, numbers=numbers)
