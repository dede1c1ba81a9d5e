"""Pictures and masks that are given as arrays: checked, and brought to float32 in [0, 1].

Unsigned integers of 8 and 16 bits are scaled, true and false become 1 and 0, and floats are taken as they are if they
lie in [0, 1]. Public functions on arrays are `checked`, so that a picture gives the same result whatever its type.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Collection
from typing import Any, ParamSpec, TypeVar

import numpy as np
from numpy.typing import DTypeLike

from sfumato.errors import ImageError, InputError, RegionError

__all__ = ["as_float_image", "as_float_mask", "as_float_values", "checked"]

P = ParamSpec("P")
R = TypeVar("R")

# By how much rounding may carry a value out of [0, 1].
_ROUNDING = 1e-4

# Largest value of a picture before it is clipped; beyond it, a picture is on a scale of its own, such as 0 to 255.
_UNCLIPPED = 10.0

# Modes of Pillow whose arrays hold other values than gray, red, green and blue.
_CODED = frozenset({"P", "CMYK", "YCbCr", "LAB", "HSV"})


def as_float_image(
    image: Any,
    name: str = "the image",
    *,
    unclipped: bool = False,
    dtype: DTypeLike | None = np.float32,
) -> np.ndarray:
    """Check a picture, and return it as RGB in [0, 1].

    Parameters
    ----------
    image : array_like (H, W, 3), (H, W, 1) or (H, W)
        uint8, uint16, bool, or float in [0, 1]; gray becomes RGB. A `Picture` or a Pillow image will do as well. An
        alpha channel is refused: hidden colors would count.
    name : str
        What to call the picture in an error.
    unclipped : bool
        Allow floats that leave [0, 1] by less than a picture of 0 to 255 does.
    dtype : dtype
        Of the result; None keeps float64 and makes float32 of all else.

    Returns
    -------
    ndarray (H, W, 3)
        Of `dtype`; `image` itself, not a copy, where nothing is to be converted.

    Raises
    ------
    ImageError
        If the shape or the type is another one, the picture is empty, or a float is not finite or
        out of range.

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


def as_float_mask(
    mask: Any,
    name: str = "the mask",
    *,
    dtype: DTypeLike | None = np.float32,
) -> np.ndarray:
    """Check a mask, and return it in [0, 1].

    Parameters
    ----------
    mask : array_like (H, W) or (H, W, 1)
        uint8, uint16, bool, float in [0, 1], or whole numbers that are 0 or 1. Of uint8 and uint16, the largest value
        is 1; a mask of these types that only has zeros and ones is refused, as it would select next to nothing.
    name : str
        What to call the mask in an error.
    dtype : dtype
        Of the result; None keeps float64 and makes float32 of all else.

    Returns
    -------
    ndarray (H, W)
        Of `dtype`; `mask` itself, not a copy, where nothing is to be converted.

    Raises
    ------
    RegionError
        If the shape or the type is another one, the mask is empty, or a float is not finite or out
        of range.

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


def as_float_values(values: Any, name: str, *, axes: tuple[int, ...]) -> np.ndarray:
    """Check an array of finite numbers, such as a difference of pictures, which may leave [0, 1].

    Parameters
    ----------
    values : array_like (H, W) or (H, W, C)
        uint8 and uint16 are scaled; floats may have any values.
    name : str
        What to call it in an error.
    axes : tuple of int
        How many axes it may have.

    Returns
    -------
    ndarray
        Of the same shape; float64 if given so, else float32.

    Raises
    ------
    InputError
        If the shape or the type is another one, it is empty, or a value is not finite.

    Examples
    --------
    >>> as_float_values(np.float32([[-2, 7]]), "the change", axes=(2, 3))
    array([[-2.,  7.]], dtype=float32)
    """
    found = _array(values, name, InputError)
    if found.ndim not in axes or found.size == 0:
        wanted = " or ".join({1: "(N,)", 2: "(H, W)", 3: "(H, W, C)"}[count] for count in axes)
        raise InputError(f"{name} has the shape {found.shape}; give {wanted}")
    return _scaled(found, name, _precision(found), np.inf, InputError)


def checked(
    *images: str,
    masks: Collection[str] = (),
    labels: Collection[str] = (),
    unclipped: Collection[str] = (),
    values: Collection[str] = (),
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Return a decorator that checks arguments of a function, and brings them to floats.

    Parameters
    ----------
    *images : str
        Arguments that are pictures; see `as_float_image`. Those of double precision stay so.
    masks : collection of str
        Arguments that are masks, or None; see `as_float_mask`.
    labels : collection of str
        Arguments that are masks by name.
    unclipped : collection of str
        Of the pictures, those that may leave [0, 1], such as one that is not clipped yet.
    values : collection of str
        Arguments that are pictures of any number of channels and on any scale, of finite numbers.

    Examples
    --------
    >>> @checked("image", masks=["mask"])
    ... def mean(image, mask=None):
    ...     return float((image * (1 if mask is None else mask[..., None])).mean())
    >>> round(mean(np.full((2, 2), 51, np.uint8)), 6), round(mean(np.full((2, 2), 0.2)), 6)
    (0.2, 0.2)
    """

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        signature = inspect.signature(function)

        @functools.wraps(function)
        def checking(*args: P.args, **kwargs: P.kwargs) -> R:
            given = signature.bind(*args, **kwargs)
            found = given.arguments
            for name in found.keys() & {*images}:
                found[name] = as_float_image(found[name], _named(name), unclipped=name in unclipped, dtype=None)
            for name in found.keys() & {*masks}:
                if found[name] is not None:
                    found[name] = as_float_mask(found[name], _named(name), dtype=None)
            for name in found.keys() & {*labels}:
                found[name] = {
                    label: as_float_mask(mask, f"the mask of label {label!r}", dtype=None)
                    for label, mask in found[name].items()
                }
            for name in found.keys() & {*values}:
                found[name] = as_float_values(found[name], _named(name), axes=(2, 3))
            return function(*given.args, **given.kwargs)

        return checking

    return decorate


def _named(argument: str) -> str:
    return f"the {argument.replace('_', ' ')}"


def _array(given: Any, name: str, error: type[InputError]) -> np.ndarray:
    """Return what is given as an array: the colors of a `Picture`, and those of a Pillow image that codes them."""
    if hasattr(given, "rgb"):
        given = given.rgb()
    if getattr(given, "mode", None) in _CODED:
        given = given.convert("RGB")
    try:
        return np.asarray(given)
    except ValueError:
        raise error(f"{name} is no array: its rows differ in length") from None


def _precision(values: np.ndarray) -> DTypeLike:
    return np.float64 if values.dtype == np.float64 else np.float32


def _scaled(
    values: np.ndarray, name: str, dtype: DTypeLike | None, beyond: float, error: type[InputError]
) -> np.ndarray:
    """Return values as floats, which may leave [0, 1] by so much."""
    dtype = _precision(values) if dtype is None else dtype
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
