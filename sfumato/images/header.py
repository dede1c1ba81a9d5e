"""Reading of the metadata of a picture file without decoding its pixels."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from sfumato.images import metadata
from sfumato.images.load import NAMED
from sfumato.images.opening import opened

__all__ = ["is_whole", "read_recipe", "stored_size"]

_END_OF_PNG = b"\0\0\0\0IEND\xaeB`\x82"
_STRIPS, _TILES = (273, 279), (324, 325)  # TIFF's tags for where the pixels are, and how many bytes they take


def read_recipe(path: str | os.PathLike[str]) -> str | None:
    """Read the text of the recipe that `save` stored in a picture file.

    Parameters
    ----------
    path : str or Path
        The file.

    Returns
    -------
    str or None
        None if the file contains no recipe.

    Raises
    ------
    ImageError
        If the file cannot be opened or is not a picture.

    Examples
    --------
    >>> read_recipe("no-such-file.png")
    Traceback (most recent call last):
    ...
    sfumato.errors.ImageError: no-such-file.png: no such file
    """
    with opened(Path(path)) as (_, image, _):
        return metadata.recipe_in(image)


def stored_size(path: str | os.PathLike[str]) -> tuple[int, int]:
    """Read the size of a picture as stored, which may be rotated by a quarter turn.

    Parameters
    ----------
    path : str or Path
        The file.

    Returns
    -------
    (int, int)
        Width and height in pixels.

    Raises
    ------
    ImageError
        If the file cannot be opened or is not a picture.

    Examples
    --------
    >>> stored_size("no-such-file.png")
    Traceback (most recent call last):
    ...
    sfumato.errors.ImageError: no-such-file.png: no such file
    """
    if (known := NAMED.get().get(str(path))) is not None:
        return known.width, known.height
    with opened(Path(path)) as (_, image, _):
        width, height = image.size
    return width, height


def is_whole(path: str | os.PathLike[str]) -> bool:
    """Tell whether a picture file reaches to its end, as one that was copied in part does not.

    Parameters
    ----------
    path : str or Path
        The file.

    Returns
    -------
    bool
        False if the end is missing. Other damage is found only when the pixels are decoded.

    Raises
    ------
    ImageError
        If the file cannot be opened or is not a picture.

    Examples
    --------
    >>> is_whole("no-such-file.png")
    Traceback (most recent call last):
    ...
    sfumato.errors.ImageError: no-such-file.png: no such file
    """
    with opened(Path(path)) as (_, image, _), Path(path).open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        if image.format == "TIFF":
            tags = getattr(image, "tag_v2", {})
            ends = (np.add(tags[start], tags[count]).max() for start, count in (_STRIPS, _TILES) if start in tags)
            return bool(size >= max(ends))
        if image.format == "WEBP":
            file.seek(4)
            return size >= 8 + int.from_bytes(file.read(4), "little")
        end = _END_OF_PNG if image.format == "PNG" else b"\xff\xd9"
        file.seek(-len(end), os.SEEK_END)
        return file.read() == end
