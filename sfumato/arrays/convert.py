"""Convert pictures and masks to floats in [0, 1].

Unsigned integers of 8 and 16 bits are divided by their largest value, booleans become 1 and 0, and floats that lie in
[0, 1] stay as they are.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from sfumato.errors import ImageError, InputError, RegionError

__all__ = ["as_float_image", "as_float_mask", "as_float_values"]

# How far rounding may carry a value out of [0, 1].
_ROUNDING = 1e-4

# Largest value of an unclipped picture. Beyond it, the picture is on another scale, such as 0 to 255.
_UNCLIPPED = 10.0

# Pillow's modes whose arrays hold something else than gray or RGB values.
_CODED = frozenset({"P", "CMYK", "YCbCr", "LAB", "HSV"})


def as_float_image(
    image: Any,
    name: str = "the image",
    *,
    unclipped: bool = False,
    dtype: DTypeLike | None = np.float32,
) -> np.ndarray:
    """Check a picture and return it as RGB in [0, 1].

    Parameters
    ----------
    image : array_like (H, W, 3), (H, W, 1) or (H, W)
        uint8, uint16, bool, or float in [0, 1]; gray becomes RGB. A `Picture` or a Pillow image is accepted too. An
        alpha channel is refused, because hidden colors would count.
    name : str
        What an error calls the picture.
    unclipped : bool
        Allow floats outside [0, 1], as long as they cannot be on a scale of 0 to 255.
    dtype : dtype
        Type of the result. None keeps float64 and converts all else to float32.

    Returns
    -------
    ndarray (H, W, 3)
        The picture, of type `dtype`; `image` itself, not a copy, if nothing has to be converted.

    Raises
    ------
    ImageError
        If the array has another shape or type or is empty, or if a float is not finite or out of range.

    Examples
    --------
    >>> as_float_image(np.array([[0, 51, 255]], np.uint8))[0, 1]
    array([0.2, 0.2, 0.2], dtype=float32)
    """
    values = _array(image, name, ImageError)
    if values.ndim == 3 and values.shape[2] in (2, 4):
        raise ImageError(f"{name} has an alpha channel, shape {values.shape}; give its colors without it")
    if values.ndim not in (2, 3) or values.shape[2:] not in ((), (1,), (3,)) or values.size == 0:
        raise ImageError(f"{name} has the shape {values.shape}; give (H, W, 3), or (H, W) for gray")
    values = _scaled(values, name, dtype, _UNCLIPPED if unclipped else 0, ImageError)
    if values.shape[2:] != (3,):
        values = np.repeat(values.reshape(*values.shape[:2], 1), 3, axis=2)
    return values


def as_float_mask(mask: Any, name: str = "the mask", *, dtype: DTypeLike | None = np.float32) -> np.ndarray:
    """Check a mask and return it in [0, 1].

    Parameters
    ----------
    mask : array_like (H, W) or (H, W, 1)
        uint8, uint16, bool, float in [0, 1], or other integers that are all 0 or 1. In uint8 and uint16, the largest
        value of the type means 1; a mask of these types with nothing but zeros and ones is refused, because it would
        select almost nothing.
    name : str
        What an error calls the mask.
    dtype : dtype
        Type of the result. None keeps float64 and converts all else to float32.

    Returns
    -------
    ndarray (H, W)
        The mask, of type `dtype`; `mask` itself, not a copy, if nothing has to be converted.

    Raises
    ------
    RegionError
        If the array has another shape or type or is empty, or if a float is not finite or out of range.

    Examples
    --------
    >>> as_float_mask(np.array([[0, 51, 255]], np.uint8)), as_float_mask([[True, False]])
    (array([[0. , 0.2, 1. ]], dtype=float32), array([[1., 0.]], dtype=float32))
    """
    values = _array(mask, name, RegionError)
    if values.ndim == 3 and values.shape[2] == 1:
        values = values[..., 0]
    if values.ndim != 2 or values.size == 0:
        raise RegionError(f"{name} has the shape {values.shape}; give (H, W)")
    if values.dtype.kind == "u" and values.max() == 1:
        raise RegionError(f"{name} is of type {values.dtype} and has only zeros and ones; convert it to bool")
    return _scaled(values, name, dtype, 0, RegionError)


def as_float_values(values: Any, name: str, *shapes: str) -> np.ndarray:
    """Check an array of finite numbers that may lie outside [0, 1], such as a difference of pictures.

    Parameters
    ----------
    values : array_like
        uint8 and uint16 are scaled to [0, 1]; floats may have any finite values.
    name : str
        What an error calls the array.
    *shapes : str
        Shapes that are allowed, such as "(H, W)" or "(..., 3)". A letter stands for any length, and "..." for any
        number of axes.

    Returns
    -------
    ndarray
        Array of the same shape: float64 if the values are float64, else float32.

    Raises
    ------
    InputError
        If the array has another shape or type or is empty, or if a value is not finite.

    Examples
    --------
    >>> as_float_values(np.float32([[-2, 7]]), "the change", "(H, W)", "(H, W, C)")
    array([[-2.,  7.]], dtype=float32)
    """
    found = _array(values, name, InputError)
    if not any(_fits(found.shape, shape) for shape in shapes) or found.size == 0:
        raise InputError(f"{name} has the shape {found.shape}; give {' or '.join(shapes)}")
    return _scaled(found, name, None, np.inf, InputError)


def _fits(shape: tuple[int, ...], wanted: str) -> bool:
    """Tell whether a shape is like "(H, W)" or "(..., 3)"."""
    sides = wanted[1:-1].split(", ")
    if sides[0] == "...":
        sides = ["N"] * (len(shape) - len(sides) + 1) + sides[1:]
    return len(sides) == len(shape) and all(
        not side.isdecimal() or int(side) == length for side, length in zip(sides, shape, strict=True)
    )


def _array(given: Any, name: str, error: type[InputError]) -> np.ndarray:
    """Return what is given as an array; a `Picture`, and a Pillow image in a coded mode, as RGB."""
    if hasattr(given, "rgb"):
        given = given.rgb()
    if getattr(given, "mode", None) in _CODED:
        given = given.convert("RGB")
    try:
        return np.asarray(given)
    except ValueError:
        raise error(f"{name} is not an array: its rows differ in length") from None


def _scaled(
    values: np.ndarray, name: str, dtype: DTypeLike | None, beyond: float, error: type[InputError]
) -> np.ndarray:
    """Return values as floats, and refuse those that leave [0, 1] by more than `beyond`."""
    if dtype is None:
        dtype = np.float64 if values.dtype == np.float64 else np.float32
    kind, bits = values.dtype.kind, 8 * values.dtype.itemsize
    if kind == "u" and bits in (8, 16):
        scaled: np.ndarray = np.divide(values, 2**bits - 1, dtype=dtype)
        return scaled
    if kind not in "fbiu":
        raise error(f"{name} is of type {values.dtype}; give uint8, uint16, bool, or float in [0, 1]")
    if kind != "b":
        low, high = float(values.min()), float(values.max())
        if not (np.isfinite(low) and np.isfinite(high)):
            raise error(f"{name} has values that are not finite (NaN or infinite); replace them")
        if kind != "f" and not (low >= 0 and high <= 1) and beyond < np.inf:
            raise error(f"{name} is of type {values.dtype}, from {low:g} to {high:g}; convert it to uint8 or uint16")
        if not (low >= -beyond - _ROUNDING and high <= 1 + beyond + _ROUNDING):
            advice = "clip or scale it" if low < 0 or high <= 2 else f"divide it by {255 if high <= 255 else 65535}"
            raise error(f"{name} has values from {low:g} to {high:g}, and floats must lie in [0, 1]; {advice}")
    return values.astype(dtype, copy=False)
