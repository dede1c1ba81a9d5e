"""The files that a recipe names: where they are, and their paths relative to another folder."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from sfumato.errors import ImageError
from sfumato.recipe import Layer, Recipe, Style
from sfumato.regions.files import find, in_memory
from sfumato.regions.renaming import files_in, with_files

__all__ = ["files_of", "place_of", "seen_from"]


def place_of(name: str, folder: Path | None = None) -> Path:
    """Return where a file of a recipe is.

    Parameters
    ----------
    name : str
        Name in the recipe.
    folder : Path, optional
        Where to look for it, before the current folder.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    ImageError
        If there is no such file; the message names the folders that were searched.

    Examples
    --------
    >>> place_of("none.png", Path("recipes"))
    Traceback (most recent call last):
    ...
    sfumato.errors.ImageError: none.png: no such file; looked in recipes and the current folder
    """
    found = find(name, folder)
    if found is not None:
        return found
    with suppress(OSError, ValueError):  # too long for a name
        if Path(name).exists():
            return Path(name)  # a folder or a device, which the reader refuses
    if in_memory(name):
        raise ImageError(f"{name} was given as a picture in memory, and no file holds it; give it again")
    elsewhere = folder is not None and folder.absolute() != Path.cwd() and not Path(name).is_absolute()
    places = f"; looked in {folder} and the current folder" if elsewhere else ""
    raise ImageError(f"{name}: no such file{places}")


def files_of(recipe: Recipe, folder: Path | None = None) -> list[Path]:
    """List the existing files that a recipe reads.

    Parameters
    ----------
    recipe : Recipe
        A recipe.
    folder : Path, optional
        Where to look for files, before the current folder.

    Returns
    -------
    list of Path
        Style pictures, networks, mask files and label maps.
    """
    names: list[str] = [value for field in recipe.files() if (value := getattr(recipe, field))]
    for layer in recipe.layers:
        names += files_in(layer.region, folder)
        for style in layer.styles:
            names.append(style.image)
            if style.mask is not None and not style.is_network:
                names += files_in(style.mask, folder)
    return [place for name in names if (place := find(name, folder)) is not None]


def seen_from(recipe: Recipe, target: Path, folder: Path | None = None) -> Recipe:
    """Return a recipe whose paths are relative to a folder.

    Parameters
    ----------
    recipe : Recipe
        Names files relative to `folder` or to the current folder.
    target : Path
        The folder that the names should be relative to: where the recipe, or the picture that carries it, is saved.
    folder : Path, optional
        Where to look for files, before the current folder.

    Returns
    -------
    Recipe
        Absolute names, and names of missing files, stay as they are.
    """

    def rename(name: str) -> str:
        place = None if Path(name).is_absolute() else find(name, folder)
        if place is None:
            return name
        seen = os.path.relpath(place.absolute(), target.absolute())
        return name if os.path.normpath(name) == seen else seen

    updates = {name: rename(value) for name in recipe.files() if (value := getattr(recipe, name)) is not None}
    layers = tuple(_layer(layer, rename, folder) for layer in recipe.layers)
    return recipe.model_copy(update={**updates, "layers": layers})


def _layer(layer: Layer, rename: Callable[[str], str], folder: Path | None) -> Layer:
    styles = tuple(_style(style, rename, folder) for style in layer.styles)
    return layer.model_copy(update={"region": with_files(layer.region, rename, folder), "styles": styles})


def _style(style: Style, rename: Callable[[str], str], folder: Path | None) -> Style:
    updates = {"image": rename(style.image)}
    if style.mask is not None and not style.is_network:
        updates["mask"] = with_files(style.mask, rename, folder)
    return style.model_copy(update=updates)
