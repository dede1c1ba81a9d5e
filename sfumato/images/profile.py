"""Color profiles: from a picture's own code values to sRGB, and back.

Pillow's ImageCms (Little CMS) does the conversions. Its color modes have 8 bits, so finer values are interpolated
linearly between the conversions of neighboring 8-bit codes. This is continuous, so that smooth ramps stay smooth, with
an error of little more than half an 8-bit code.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO
from itertools import product
from typing import Any, Literal

import numpy as np
from PIL import Image, ImageCms

__all__ = ["Space", "describes", "from_srgb", "problem", "to_srgb"]

Space = Literal["gray", "rgb", "cmyk"]

_MODES = {"GRAY": "L", "RGB": "RGB", "CMYK": "CMYK"}
_SPACES: dict[str, tuple[Space, ...]] = {"L": ("gray",), "RGB": ("rgb", "gray"), "CMYK": ("cmyk",)}


@dataclass(frozen=True)
class _Conversion:
    mode: str
    forward: ImageCms.ImageCmsTransform
    backward: ImageCms.ImageCmsTransform | None
    is_srgb: bool


@lru_cache(maxsize=16)
def _conversion(icc: bytes) -> _Conversion:
    """Build the transforms of a profile; ValueError if it cannot be used."""
    try:
        own = ImageCms.ImageCmsProfile(BytesIO(icc))
        mode = _MODES[own.profile.xcolor_space.strip()]
        srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
        options: dict[str, Any] = {
            "renderingIntent": ImageCms.Intent.RELATIVE_COLORIMETRIC,
            "flags": ImageCms.Flags.BLACKPOINTCOMPENSATION,
        }
        forward = ImageCms.buildTransform(own, srgb, mode, "RGB", **options)
        backward = None
        if mode != "L":
            backward = ImageCms.buildTransform(srgb, own, "RGB", mode, **options)
    except KeyError as error:
        raise ValueError(f"it is for {str(error.args[0]).strip()} values") from error
    except (OSError, ImageCms.PyCMSError) as error:
        raise ValueError("it is damaged, or of a kind that is not supported") from error
    return _Conversion(mode, forward, backward, _changes_nothing(forward, mode))


def _changes_nothing(forward: ImageCms.ImageCmsTransform, mode: str) -> bool:
    """Tell whether a conversion to sRGB moves no color of a lattice by more than one code."""
    if mode == "CMYK":
        return False
    steps = np.arange(0, 256, 15, dtype=np.uint8)
    axes = [steps] * (1 if mode == "L" else 3)
    lattice = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(1, -1, len(axes))
    return bool(np.abs(_apply(forward, lattice, mode) - lattice).max() <= 1)


def _apply(transform: ImageCms.ImageCmsTransform, codes: np.ndarray, mode: str) -> np.ndarray:
    """Convert 8-bit codes (h, w, C); the result is float32, still in 8-bit codes."""
    height, width = codes.shape[:2]
    image = Image.frombytes(mode, (width, height), np.ascontiguousarray(codes).tobytes())
    return np.asarray(transform.apply(image), dtype=np.float32)


def _interpolated(transform: ImageCms.ImageCmsTransform, values: np.ndarray, mode: str) -> np.ndarray:
    """Convert values (h, w, C) that lie between 8-bit codes."""
    low = np.floor(values)
    rest = values - low
    if not rest.any():
        return _apply(transform, low.astype(np.uint8), mode)
    out = np.float32(0)
    for corner in product((0, 1), repeat=values.shape[-1]):
        weight = np.where(corner, rest, 1 - rest).prod(axis=-1, keepdims=True)
        out = out + weight * _apply(transform, np.minimum(low + corner, 255).astype(np.uint8), mode)
    return np.asarray(np.minimum(out, 255), dtype=np.float32)


def _usable(icc: bytes | None, space: Space) -> _Conversion | None:
    """Return the conversion to use, or None if the values are taken as sRGB (or plain CMYK)."""
    if icc is None or problem(icc, space) is not None:
        return None
    conversion = _conversion(icc)
    return None if conversion.is_srgb else conversion


def describes(icc: bytes | None, space: Space) -> bool:
    """Tell whether a profile can be read and fits pixels of a kind.

    Parameters
    ----------
    icc : bytes or None
        The profile.
    space : {"gray", "rgb", "cmyk"}
        Kind of the pixels. An RGB profile also fits gray pixels (equal channels).

    Returns
    -------
    bool

    Examples
    --------
    >>> describes(b"nonsense", "rgb")
    False
    """
    return icc is not None and problem(icc, space) is None


def problem(icc: bytes, space: Space) -> str | None:
    """Return why a profile cannot be used for pixels of a kind.

    Parameters
    ----------
    icc : bytes
        The profile.
    space : {"gray", "rgb", "cmyk"}
        Kind of the pixels.

    Returns
    -------
    str or None
        The reason, or None if the profile can be used.

    Examples
    --------
    >>> problem(b"nonsense", "rgb")
    'it is damaged, or of a kind that is not supported'
    """
    try:
        mode = _conversion(icc).mode
    except ValueError as error:
        return str(error)
    return None if space in _SPACES[mode] else f"it is for {_SPACES[mode][0]} values"


def to_srgb(pixels: np.ndarray, space: Space, icc: bytes | None) -> np.ndarray:
    """Convert code values to sRGB.

    The intent is relative colorimetric with black point compensation. Colors outside sRGB are clipped to it. Without a
    usable profile, gray and RGB are taken as sRGB, and CMYK is converted like in Pillow: (1 - c) (1 - k).

    Parameters
    ----------
    pixels : ndarray (h, w, C), uint8 or uint16
        Code values.
    space : {"gray", "rgb", "cmyk"}
        Kind of the pixels.
    icc : bytes or None
        ICC profile of the pixels.

    Returns
    -------
    ndarray (h, w, 3), float32
        sRGB in [0, 1].

    Examples
    --------
    >>> to_srgb(np.array([[[0, 51, 255]]], np.uint8), "rgb", None).tolist()
    [[[0.0, 0.20000000298023224, 1.0]]]
    """
    conversion = _usable(icc, space)
    values = pixels.astype(np.float32)
    if conversion is None:
        values /= np.iinfo(pixels.dtype).max
        if space == "cmyk":
            return (1 - values[..., :3]) * (1 - values[..., 3:])
        return np.repeat(values, 3, axis=-1) if space == "gray" else values
    values /= np.iinfo(pixels.dtype).max // 255
    if space == "gray" and conversion.mode == "RGB":
        values = np.repeat(values, 3, axis=-1)
    return _interpolated(conversion.forward, values, conversion.mode) / 255


def from_srgb(rgb: np.ndarray, space: Space, icc: bytes | None, dtype: np.dtype[Any]) -> np.ndarray:
    """Convert sRGB to code values, not rounded: the inverse of `to_srgb`.

    Parameters
    ----------
    rgb : ndarray (h, w, 3)
        sRGB in [0, 1]; values outside are clipped.
    space : {"rgb", "cmyk"}
        Kind of the code values.
    icc : bytes or None
        ICC profile of the pixels.
    dtype : numpy dtype
        uint8 or uint16, which sets the range of the code values.

    Returns
    -------
    ndarray (h, w, C), float32
        Code values in [0, 255] or [0, 65535].

    Raises
    ------
    ValueError
        If `space` is "gray": gray pixels cannot represent colors.

    Examples
    --------
    >>> from_srgb(np.array([[[0, 0.2, 1]]]), "rgb", None, np.dtype(np.uint8)).tolist()
    [[[0.0, 51.0, 255.0]]]
    """
    if space == "gray":
        raise ValueError("a gray picture cannot hold colors; call in_color() first")
    rgb = np.clip(np.asarray(rgb, dtype=np.float32), 0, 1)
    limit = np.iinfo(dtype).max
    conversion = _usable(icc, space)
    if conversion is None:
        if space == "cmyk":
            rgb = np.concatenate([1 - rgb, np.zeros_like(rgb[..., :1])], axis=-1)
        return np.asarray(rgb * limit, dtype=np.float32)
    assert conversion.backward is not None  # only gray profiles lack a way back
    return _interpolated(conversion.backward, rgb * 255, "RGB") * (limit // 255)
