"""A stamp in the recipe of a finished picture, by which a later run can tell that it would make the same picture."""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache
from pathlib import Path

from sfumato.methods.recipe_files import files_of
from sfumato.recipe import Recipe

__all__ = ["digest", "stamp_of", "stamped"]

# A comment of TOML, so that recipes with a stamp are read like others.
_LINE = re.compile(r"# made from ([0-9a-f]{64})\n")


def digest(recipe: Recipe, photo: Path, folder: Path | None = None) -> str | None:
    """Return a hash of everything that determines a result: recipe, photo, and the files that the recipe names.

    Parameters
    ----------
    recipe : Recipe
        What to do.
    photo : Path
        File of the photo.
    folder : Path, optional
        Where to look for the recipe's files, before the current folder.

    Returns
    -------
    str or None
        Hexadecimal sha256; None if a file cannot be read.

    Examples
    --------
    >>> digest(Recipe.from_options(style="a.jpg"), Path("no-such-photo.jpg")) is None
    True
    """
    found = hashlib.sha256(recipe.to_toml().encode())
    try:
        for file in (photo, *files_of(recipe, folder)):
            if not file.is_file():
                return None
            state = file.stat()
            found.update(_content(file, state.st_mtime_ns, state.st_size))
    except OSError:
        return None
    return found.hexdigest()


@lru_cache(maxsize=256)
def _content(file: Path, changed: int, size: int) -> bytes:
    """Return the hash of a file; the styles of a batch are read once."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").digest()


def stamped(text: str, made_from: str | None) -> str:
    """Put a stamp before the text of a recipe.

    Examples
    --------
    >>> stamp_of(stamped("version = 1", 64 * "0")) == 64 * "0"
    True
    """
    return text if made_from is None else f"# made from {made_from}\n{text}"


def stamp_of(text: str | None) -> str | None:
    """Return the stamp of a recipe's text, or None if it has none.

    Examples
    --------
    >>> stamp_of("version = 1") is None
    True
    """
    found = _LINE.match(text or "")
    return found[1] if found else None
