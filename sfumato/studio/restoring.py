"""Settings out of a picture that sfumato made, from the recipe inside it."""

from __future__ import annotations

import filecmp
import secrets
from pathlib import Path, PureWindowsPath
from typing import Any

from sfumato.errors import RecipeError
from sfumato.recipe import Recipe
from sfumato.regions.renaming import with_files
from sfumato.studio import gallery, results
from sfumato.studio.changes import updated
from sfumato.studio.document import Panel, Settings, StudioLayer, is_published
from sfumato.studio.photo import take
from sfumato.studio.session import Session

__all__ = ["restore_recipe"]

_METHODS = {"localized": "optimized", "naive": "optimized", "fast": "fast", "photo": "photo"}

# What the document has fields of its own for.
_ELSEWHERE = {
    "version",
    "method",
    "preset",
    "layers",
    "size",
    "seed",
    "segmenter",
    "clicker",
    "text_segmenter",
    "corners",
    "labels",
    "reference_labels",
}


def restore_recipe(session: Session, text: str, picture: Path, name: str) -> None:
    """Take over the settings of a recipe, and the picture that carried it as the photo if there is none.

    A picture of this session's history gives back everything. Of another, styles and masks are found by their names.

    Parameters
    ----------
    session : Session
        Session that takes them over.
    text : str
        The recipe.
    picture : Path
        The picture that carried it.
    name : str
        The picture's name.

    Raises
    ------
    RecipeError
        If the recipe cannot be used here.
    ImageError
        If the picture cannot be the photo.
    """
    is_first = session.document.photo is None
    for result in [] if is_first else session.document.results:
        made = results.work_folder(session, result) / result.name
        if made.is_file() and filecmp.cmp(picture, made, shallow=False):
            results.restore(session, result)
            return
    recipe = Recipe.from_toml(text)
    if recipe.method not in _METHODS:
        raise RecipeError(
            f"the picture was made by the method {recipe.method}, whose settings cannot be taken over; choose the"
            " object and the painting in the panel"
        )
    names = {style.name: style.id for style in gallery.known(session)}
    layers, lacking = [], set()
    for number, layer in enumerate(recipe.layers):
        styles = []
        for style in layer.styles:
            known = names.get(Path(style.image).name)
            if known is None:
                lacking.add(Path(style.image).name)
            else:
                mask = None if style.mask is None else _here(session, style.mask)
                styles.append({**style.model_dump(exclude={"image"}), "style": known, "mask": mask})
        values = {**layer.model_dump(exclude={"styles"}), "styles": styles, "method": _METHODS[recipe.method]}
        values["region"] = _here(session, layer.region)
        values |= {"id": secrets.token_hex(4), "name": f"Layer {len(recipe.layers) - number}"}
        layers.append(StudioLayer.model_validate(values))
    panel = Panel() if recipe.corners is None else Panel(mode="surface", corners=recipe.corners)
    notes = [f"the style {name} is not here; add it to the gallery and choose it" for name in sorted(lacking)]
    settings = _settings(recipe)
    if is_first:
        take(session, picture, name)
    session.painted.clear()
    session.change(layers=tuple(layers), settings=settings, panel=panel)
    session.note(notes)


def _here(session: Session, region: str) -> str:
    """Return a region with the names of its files, without their folders."""
    return with_files(region, lambda name: PureWindowsPath(name).name, session.files)


def _settings(recipe: Recipe) -> Settings:
    """Return the settings of a recipe; what its preset sets is left to the preset."""
    plain = type(recipe).model_validate({"preset": recipe.preset, "layers": recipe.layers})
    options: dict[str, Any] = {}
    for name in type(recipe).model_fields:
        value = getattr(recipe, name)
        if name not in _ELSEWHERE and value != getattr(plain, name) and value is not None:
            options[name] = ",".join(map(str, value)) if isinstance(value, tuple) else value
    segmenter = recipe.segmenter if is_published(recipe.segmenter) else "auto"
    found: dict[str, Any] = {"preset": recipe.preset, "segmenter": segmenter, "options": options}
    if recipe.size != plain.size:
        found["size"] = recipe.size
    if "seed" in type(recipe).model_fields:
        found["seed"] = recipe.seed  # type: ignore[attr-defined]
    return updated(Settings(), found)
