"""Reading of the metadata of a picture file without decoding its pixels."""

from __future__ import annotations

import os
from pathlib import Path

from sfumato.images import metadata
from sfumato.images.load import NAMED
from sfumato.images.opening import opened

__all__ = ["read_recipe", "stored_size"]


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
