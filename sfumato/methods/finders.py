"""The networks that a recipe chooses to look for things."""

from __future__ import annotations

from sfumato.recipe import Recipe
from sfumato.regions import Finders

__all__ = ["finders_of"]


def finders_of(recipe: Recipe) -> Finders:
    """Return the networks that find what the regions of a recipe mention.

    Examples
    --------
    >>> finders_of(Recipe.from_options(style="a.jpg", segmenter="deeplab"))["segmenter"]
    'deeplab'
    """
    return {"segmenter": recipe.segmenter, "clicker": recipe.clicker, "text_segmenter": recipe.text_segmenter}
