"""Pictures in all accepted forms: paths, Pillow images, arrays and pictures."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TypeAlias

import numpy as np
from PIL import Image

from sfumato.errors import ImageError
from sfumato.images import encode
from sfumato.images.convert import from_array, from_pil
from sfumato.images.load import NAMED, load
from sfumato.images.picture import Picture

__all__ = ["Given", "as_picture", "named", "to_pil"]

Given: TypeAlias = "str | os.PathLike[str] | Image.Image | np.ndarray | Picture"
"""A file's path, a Pillow image, an array as `from_array` takes it, or a `Picture`."""


def as_picture(given: Given) -> Picture:
    """Convert any accepted form of a picture to a `Picture`.

    Parameters
    ----------
    given : path, PIL.Image.Image, ndarray or Picture
        Arrays are uint8, uint16, bool, or float in [0, 1]; gray, RGB or RGBA.

    Returns
    -------
    Picture

    Raises
    ------
    ImageError
        If a file cannot be read, an array is not a picture, or the type is not supported.

    Examples
    --------
    >>> as_picture(Image.new("RGB", (30, 20))).shape, as_picture(np.zeros((20, 30))).space
    ((20, 30), 'gray')
    """
    match given:
        case Picture():
            return given
        case Image.Image():
            return from_pil(given)
        case np.ndarray():
            return from_array(given)
        case str() | os.PathLike():
            return load(given)
    raise ImageError(f"{type(given).__name__} is no picture; give a path, a Pillow image, an array or a Picture")


def to_pil(picture: Picture) -> Image.Image:
    """Return a picture as a Pillow image, with its profile.

    Parameters
    ----------
    picture : Picture
        Any picture. Pillow supports 16 bits only in gray: color and alpha are reduced to 8 bits.

    Returns
    -------
    PIL.Image.Image
        Image of mode L, LA, RGB, RGBA, CMYK or I;16.

    Examples
    --------
    >>> to_pil(from_array(np.zeros((20, 30, 4), np.uint16))).mode
    'RGBA'
    """
    if picture.pixels.dtype == np.uint16 and picture.space == "gray" and picture.alpha is None:
        image = Image.fromarray(np.ascontiguousarray(picture.pixels[..., 0]))
    else:
        image = encode.pillow(picture.in_8_bits())
    if picture.icc:
        image.info["icc_profile"] = picture.icc
    return image


@contextmanager
def named(pictures: Mapping[str, Given]) -> Iterator[None]:
    """Use pictures in memory under names within the block, wherever files are read: styles, masks, label maps.

    Parameters
    ----------
    pictures : mapping of str to path, PIL.Image.Image, ndarray or Picture
        Pictures by names that no file has, such as "<style>".

    Yields
    ------
    None
        Nothing; the names hold within the block.

    Examples
    --------
    >>> with named({"<style>": np.zeros((20, 30, 3))}):
    ...     load("<style>").shape
    (20, 30)
    """
    found = {name: as_picture(given) for name, given in pictures.items()}
    before = NAMED.set({**NAMED.get(), **found})
    try:
        yield
    finally:
        NAMED.reset(before)
