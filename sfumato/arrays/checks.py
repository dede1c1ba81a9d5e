"""Check the arguments of functions on arrays."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Collection, Mapping
from typing import ParamSpec, TypeVar

import numpy as np

from sfumato.arrays.convert import as_float_image, as_float_mask, as_float_values
from sfumato.errors import ImageError, RegionError

__all__ = ["checked", "same_size"]

P = ParamSpec("P")
R = TypeVar("R")


def checked(
    *images: str,
    masks: Collection[str] = (),
    labels: Collection[str] = (),
    unclipped: Collection[str] = (),
    values: Collection[str] = (),
    colors: Collection[str] = (),
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Return a decorator that checks a function's arguments and converts them to floats.

    Parameters
    ----------
    *images : str
        Arguments that are pictures; see `as_float_image`. Double precision is kept, here and below.
    masks : collection of str
        Arguments that are masks or None; see `as_float_mask`.
    labels : collection of str
        Arguments that are dicts of masks, all of one size.
    unclipped : collection of str
        Those of `images` that may leave [0, 1], because they are not clipped yet.
    values : collection of str
        Arguments of shape (H, W) or (H, W, C) on any scale; see `as_float_values`.
    colors : collection of str
        Arguments of shape (..., 3) on any scale.

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
            for name, value in found.items():
                if name in images:
                    found[name] = as_float_image(value, _named(name), unclipped=name in unclipped, dtype=None)
                elif name in masks and value is not None:
                    found[name] = as_float_mask(value, _named(name), dtype=None)
                elif name in labels and value is not None:
                    found[name] = {
                        label: as_float_mask(mask, _of_label(label), dtype=None) for label, mask in value.items()
                    }
                    same_size(**{name: found[name]})
                elif name in values:
                    found[name] = as_float_values(value, _named(name), "(H, W)", "(H, W, C)")
                elif name in colors:
                    found[name] = as_float_values(value, _named(name), "(..., 3)")
            return function(*given.args, **given.kwargs)

        return checking

    return decorate


def same_size(**arrays: np.ndarray | Mapping[str, np.ndarray] | None) -> None:
    """Refuse arrays that differ from the first one in height or width.

    Parameters
    ----------
    **arrays : ndarray (H, W, ...), mapping of str to ndarray, or None
        Pictures and masks by name. A mapping holds masks by label; None is skipped.

    Raises
    ------
    RegionError
        If the one of another size is a mask.
    ImageError
        If it is a picture.

    Examples
    --------
    >>> same_size(photo=np.zeros((4, 5, 3)), mask=np.zeros((2, 3)))
    Traceback (most recent call last):
    ...
    sfumato.errors.RegionError: the mask has the shape (2, 3); give one of the photo's size, (4, 5)
    """
    found: dict[str, np.ndarray] = {}
    for name, given in arrays.items():
        if isinstance(given, Mapping):
            found |= {_of_label(label): mask for label, mask in given.items()}
        elif given is not None:
            found[_named(name)] = given
    names = list(found)
    for name in names[1:]:
        size, array = found[names[0]].shape[:2], found[name]
        if array.shape[:2] != size:
            error = RegionError if array.ndim == 2 else ImageError
            raise error(f"{name} has the shape {array.shape}; give one of {names[0]}'s size, {size}")


def _named(argument: str) -> str:
    return f"the {argument.replace('_', ' ')}"


def _of_label(label: str) -> str:
    return f"the mask of label {label!r}"
