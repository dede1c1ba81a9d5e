"""From a session to recipes: which layers are painted together, and in which files their pictures are."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from sfumato import images, regions
from sfumato.errors import InputError, RecipeError
from sfumato.recipe import Recipe
from sfumato.regions.expression import Chain
from sfumato.regions.renaming import files_in
from sfumato.studio import gallery
from sfumato.studio.document import StudioLayer
from sfumato.studio.layers import seen
from sfumato.studio.masks import full_mask, write_masks
from sfumato.studio.photo import screen_of
from sfumato.studio.recipes import RECIPES, layer_values, recipe_of
from sfumato.studio.session import Session
from sfumato.studio.uploads import unique_name

__all__ = ["Plan", "Stage", "Visible", "grouped", "hand_over", "planned", "visible_layers"]

# Endings of formats that keep all bytes; a result of other formats is written as PNG.
_KEPT = (".png", ".tif", ".tiff", ".webp")

# Overlap of two layers, as a share of the smaller, from which the upper one is cut out of the lower one.
_OVERLAP = 0.005

_VISIBLE = 1 / 512


class Visible(NamedTuple):
    """A layer that shows: the region that is left to it, as text and as a mask of the screen's size."""

    layer: StudioLayer
    region: str
    mask: np.ndarray


@dataclass(frozen=True)
class Stage:
    """One run: a recipe, the picture it is for, and the file it makes, all in one folder."""

    recipe: Recipe
    photo: str
    output: str


@dataclass(frozen=True)
class Plan:
    """The runs that make a picture, after the commands of what was done already, if anything.

    `ready` is the picture that was made already, which is the result if there is nothing to run.
    """

    stages: Sequence[Stage]
    done: Sequence[str] = ()
    ready: str = ""


def planned(session: Session, folder: Path) -> Plan:
    """Plan a picture, and put all files that it takes into a folder, so that later changes do not matter.

    Layers that are painted in the same way are painted together; others one after the other, from the bottom, each on
    the picture that the one before made. Their regions are those of the photo.

    Raises
    ------
    SfumatoError
        If something is missing, or cannot be used.
    """
    document = session.document
    assert document.photo is not None
    if document.panel.mode == "photo":
        return Plan([_photo_stage(session, folder)])
    layers = visible_layers(session)
    hand_over(session, folder, [each.layer for each in layers])
    groups = grouped(layers)
    stages: list[Stage] = []
    photo = document.photo.name
    for number, group in enumerate(groups, start=1):
        listed = [
            layer_values(session, each.layer, _as_file(session, folder, each, number) if stages else each.region)
            for each in group
        ]
        recipe = recipe_of(session, RECIPES[group[0].layer.method], listed[::-1])
        step = f"-step{number}" if number < len(groups) else ""
        output = _output_name(session, recipe, folder, step)
        stages.append(Stage(recipe, photo, output))
        photo = output
    return Plan(stages)


def grouped(layers: Sequence[Visible]) -> list[list[Visible]]:
    """Return the layers that are painted together; a layer that changes a photo is always by itself."""
    return [
        list(group)
        for _, group in groupby(
            layers, lambda each: each.layer.id if each.layer.method == "photo" else each.layer.method
        )
    ]


def visible_layers(session: Session) -> list[Visible]:
    """Return the layers that show, bottom first. Where layers of one method overlap, the upper one shows.

    Raises
    ------
    InputError
        If no layer is switched on, one has no style, a region cannot be used, or a surface has no corners.
    """
    screen, panel = screen_of(session), session.document.panel
    if panel.mode == "surface" and panel.corners is None:
        raise RecipeError("the surface has no corners yet; drag its four corners, or choose another panel")
    layers = [layer for layer in session.document.layers if layer.on]
    if not layers:
        raise InputError("no layer is switched on; switch one on, or add one")
    found: list[Visible] = []
    for layer in layers:
        if not layer.styles:
            raise InputError(f"the layer {layer.name!r} has no style; choose one in the gallery")
        state = seen(session, screen, layer)
        if state.shown is None:
            raise InputError(f"the layer {layer.name!r}: {state.error}")
        mask, above = state.shown, []
        if not (mask > _VISIBLE).any():
            raise InputError(f"the layer {layer.name!r} selects nothing; click on something, or paint")
        for upper in (each for each in found if each.layer.method == layer.method):
            whole = seen(session, screen, upper.layer).shown
            assert whole is not None
            both = (np.minimum(whole, state.shown) > 0.5).sum()
            if both > _OVERLAP * min((whole > 0.5).sum(), (state.shown > 0.5).sum()):
                above.append(upper.layer.region)
                mask = np.minimum(mask, 1 - whole)
        if not (mask > _VISIBLE).any():
            session.note([f"the layer {layer.name!r} is hidden by the layers above it"])
            continue
        found.append(Visible(layer, _without(session, layer.region, above), mask))
    return found[::-1]


def hand_over(session: Session, folder: Path, layers: Sequence[StudioLayer], *styles: str) -> None:
    """Put the photo, styles and masks into a folder, as links where the file system has them."""
    document = session.document
    assert document.photo is not None
    write_masks(session)
    places = [session.files / document.photo.name]
    chosen = {choice.image for layer in layers for choice in layer.styles} | set(styles)
    places += [gallery.file_of(session, style) for style in sorted(chosen)]
    for place in dict.fromkeys(places):
        try:
            os.link(place, folder / place.name)
        except FileExistsError:
            continue
        except OSError:
            shutil.copy2(place, folder / place.name)
    for layer in layers:
        for name in files_in(layer.region, session.files):
            if (session.files / name).is_file() and not (folder / name).exists():
                shutil.copy2(session.files / name, folder / name)  # no link: the original is painted on


def _output_name(session: Session, recipe: Recipe, folder: Path, step: str = "") -> str:
    """Return a name for a result that nothing in a folder has; its format keeps all bytes."""
    assert session.document.photo is not None
    photo = Path(session.document.photo.name)
    suffix = photo.suffix if photo.suffix.lower() in _KEPT else ".png"
    name = f"{photo.stem}-{Path(recipe.layers[0].styles[0].image).stem}{step}{suffix}"
    return unique_name(name, [place.name for place in folder.iterdir()])


def _photo_stage(session: Session, folder: Path) -> Stage:
    document = session.document
    reference = document.panel.reference
    if reference is None:
        raise RecipeError("there is no reference yet; choose the photo whose look to take")
    layer = next((layer for layer in document.layers if layer.on), None)
    chosen: dict[str, Any] = {}
    if layer is not None:
        layer = layer.model_copy(update={"styles": ()})
        chosen = {name: getattr(layer, name) for name in ("region", "strength", "blend", "edge")}
    hand_over(session, folder, [] if layer is None else [layer], reference.style)
    image = gallery.file_of(session, reference.style).name
    options = reference.model_dump(exclude={"style"})
    recipe = recipe_of(session, "photo", [{**chosen, "styles": [{"image": image}]}], **options)
    assert document.photo is not None
    return Stage(recipe, document.photo.name, _output_name(session, recipe, folder))


def _without(session: Session, region: str, above: Sequence[str]) -> str:
    if not above:
        return region
    parse = regions.parse
    return str(Chain(parse(region, session.files), tuple(("-", parse(each, session.files)) for each in above)))


def _as_file(session: Session, folder: Path, each: Visible, number: int) -> str:
    """Write a region that looks at the photo to a mask, since the picture it is for is painted already."""
    if not regions.needs_photo(each.region, session.files):
        return each.region
    name = f"stage{number}-{each.layer.id}.png"
    mask = full_mask(session, each.layer.model_copy(update={"region": each.region, "mask": None}))
    images.save(images.from_array(mask), folder / name, overwrite=True)
    return f'"{name}"'
