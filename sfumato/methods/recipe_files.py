"""The files that a recipe names: where they are, and their paths relative to another folder."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Literal

from sfumato.errors import ImageError
from sfumato.feedforward import sfm
from sfumato.recipe import Layer, Recipe, Style
from sfumato.regions.files import find, in_memory, located
from sfumato.regions.renaming import files_in, with_files

__all__ = ["check_files", "files_of", "place_of", "seen_from"]


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
    return [place for name, _ in _named(recipe, folder) if (place := find(name, folder)) is not None]


def check_files(recipe: Recipe, folder: Path | None = None) -> None:
    """Check that all files that a recipe reads are there.

    Parameters
    ----------
    recipe : Recipe
        A recipe.
    folder : Path, optional
        Where to look for files, before the current folder.

    Raises
    ------
    ImageError
        If a style picture or a label map is missing.
    RegionError
        If a file that a region names is missing.
    ModelError
        If a trained network is missing.

    Examples
    --------
    >>> check_files(Recipe.from_options(style="none.png"))
    Traceback (most recent call last):
    ...
    sfumato.errors.ImageError: none.png: no such file
    """
    for name, kind in _named(recipe, folder):
        if kind == "picture":
            place_of(name, folder)
        elif kind == "region":
            located(name, folder, "mask file")
        elif find(name, folder) is None:
            sfm.read(name)  # which says what to do


def _named(recipe: Recipe, folder: Path | None) -> Iterator[tuple[str, Literal["picture", "region", "network"]]]:
    """Yield the files that a recipe names, and whether a region names them."""
    for field in recipe.files():
        if value := getattr(recipe, field):
            yield value, "picture"
    for layer in recipe.layers:
        yield from ((name, "region") for name in files_in(layer.region, folder))
        for style in layer.styles:
            yield style.image, "network" if style.is_network else "picture"
            if style.mask is not None and not style.is_network:
                yield from ((name, "region") for name in files_in(style.mask, folder))


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
