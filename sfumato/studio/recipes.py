"""Recipes of layers, with the settings of their session."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sfumato.recipe import METHODS, Layer, Recipe
from sfumato.studio import gallery
from sfumato.studio.document import StudioLayer
from sfumato.studio.session import Session

__all__ = ["RECIPES", "layer_values", "recipe_of"]

#: The methods of recipes by those of layers.
RECIPES = {"optimized": "localized", "fast": "fast", "photo": "photo"}

_OF_LAYER = [name for name in Layer.model_fields if name not in ("region", "styles")]


def layer_values(session: Session, layer: StudioLayer, region: str) -> dict[str, Any]:
    """Return a layer as a recipe has it, with another region."""
    styles = [
        {
            **choice.model_dump(exclude={"image"}, exclude_none=True),
            "image": gallery.file_of(session, choice.image).name,
        }
        for choice in layer.styles
    ]
    values = {name: getattr(layer, name) for name in _OF_LAYER if getattr(layer, name) is not None}
    return {**values, "region": region, "styles": styles}


def recipe_of(session: Session, method: str, layers: Sequence[Mapping[str, Any]], **more: Any) -> Recipe:
    """Return the recipe of layers that are painted together, top first, with the settings of the session.

    Raises
    ------
    RecipeError
        If the method cannot paint them.
    """
    settings, panel = session.document.settings, session.document.panel
    fields = METHODS[method].model_fields
    given: dict[str, Any] = {"version": 1, "method": method, "preset": settings.preset, **session.finders}
    if settings.size is not None:
        given["size"] = settings.size
    if "seed" in fields:
        given["seed"] = settings.seed
    if panel.mode == "surface":
        given["corners"] = panel.corners
    given |= {name: value for name, value in settings.options.items() if name in fields}
    return Recipe.from_mapping({**given, "layers": list(layers), **more})
