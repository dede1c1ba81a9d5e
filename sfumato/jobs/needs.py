"""The network files that a recipe needs."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from sfumato import models
from sfumato.recipe import Recipe

__all__ = ["fetch", "needed"]


def needed(recipe: Recipe, folder: Path | None = None) -> set[str]:
    """Name the network files that a recipe needs.

    Parameters
    ----------
    recipe : Recipe
        Recipe to carry out.
    folder : Path, optional
        Where to look for the recipe's files, before the current folder.

    Examples
    --------
    >>> sorted(needed(Recipe.from_options(style="a.jpg", region="subject")))
    ['u2netp', 'vgg19']
    """
    from sfumato.methods.run import METHODS

    return METHODS[recipe.method].needs(recipe, folder)


def fetch(names: Iterable[str]) -> None:
    """Fetch the network files that are missing.

    Raises
    ------
    ModelError
        If one cannot be fetched.
    """
    for name in names:
        models.path(name)
