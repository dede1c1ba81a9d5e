"""Arguments of the functions of the package, turned into a recipe and its run."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from PIL import Image

from sfumato import images
from sfumato.errors import RecipeError
from sfumato.images import Given
from sfumato.methods import Result, steps
from sfumato.methods.corners import with_corners
from sfumato.recipe import Recipe

__all__ = ["Region", "listed", "made"]

Region: TypeAlias = Given
"""A region expression, or the path of a mask, as text; or a mask: a Pillow image, an array, or a `Picture`."""


def made(
    photo: Given,
    style: Given | Sequence[Given] | Recipe,
    region: Region,
    maps: dict[str, Given | None],
    options: dict[str, Any],
    folder: str | Path | None,
    device: str,
    precision: str,
    *,
    upright: bool = False,
) -> Result:
    """Run a recipe, built from the options unless one is given; in it, names stand for pictures in memory."""
    pictures: dict[str, Given] = {}

    def named(name: str, given: Given) -> str:
        if isinstance(given, str | os.PathLike):
            return str(given)
        pictures[f"<{name}>"] = given
        return f"<{name}>"

    if isinstance(style, Recipe):
        beside = set(options) - {"method"} or any(each is not None for each in maps.values())
        if beside or not (isinstance(region, str) and region == "all"):
            raise RecipeError("a recipe contains all options; leave out the region and other options")
        recipe = style
        if options.get("method", recipe.method) != recipe.method:
            raise RecipeError(f"the recipe is for the method {recipe.method}; pass it to the function for that method")
    else:
        given = listed(style)
        names = [named(f"style {number}" if len(given) > 1 else "style", each) for number, each in enumerate(given, 1)]
        found = {name: named(name.replace("_", " "), each) for name, each in maps.items() if each is not None}
        recipe = Recipe.from_options(style=tuple(names), region=named("region", region), **options, **found)
    picture = images.as_picture(photo)
    if upright:
        with images.named(pictures):
            recipe = with_corners(recipe, picture, None if folder is None else Path(folder))
    run = steps(recipe, picture, pictures=pictures, folder=folder, device=device, precision=precision)
    for _ in run:
        pass
    return run.result()


def listed(given: Given | Sequence[Given]) -> list[Given]:
    """Return a single item, or several, as a list."""
    one = isinstance(given, str | os.PathLike | np.ndarray | images.Picture | Image.Image)
    return [given] if one else list(given)  # type: ignore[list-item, arg-type]
