"""A first look at the screen's size: strokes by the fast method, objects pasted, colors of a reference."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from sfumato import images, methods
from sfumato.errors import RecipeError
from sfumato.images import Picture
from sfumato.images.resizing import resized
from sfumato.methods.fast import NETWORKS
from sfumato.recipe import Recipe
from sfumato.studio import gallery
from sfumato.studio.job import Job
from sfumato.studio.pasting import object_of
from sfumato.studio.photo import screen_of
from sfumato.studio.plan import grouped, visible_layers
from sfumato.studio.recipes import layer_values, recipe_of
from sfumato.studio.screen import jpeg
from sfumato.studio.session import Session

__all__ = ["look"]

# Longer side of a look, in pixels: about a second on one core.
_LONGEST = 768

# A plain transfer of colors, which takes no time, in place of the network.
_AT_ONCE = {"transfer": "linear", "semantic": "none", "realism": "grid"}

_Fetch = Callable[[Iterable[str]], None]
_Run = tuple[Recipe, dict[str, images.Given]]


def look(job: Job, fetch: _Fetch) -> None:
    """Show quickly what a painting would be like; nothing is kept.

    Raises
    ------
    SfumatoError
        If something is missing, or cannot be used.
    """
    session = job.session
    with session.lock:
        small = screen_of(session).copy(_LONGEST)
        mode = session.document.panel.mode
        if mode == "paste":
            picture, runs = _pasted(session, small), []
        else:
            picture, runs = small, [_toned(session)] if mode == "photo" else _painted(session, small)
    for recipe, pictures in runs:
        if recipe.method == "fast":
            fetch(sorted(NETWORKS))
        if job.stop.is_set():
            return
        run = methods.steps(recipe, picture, pictures=pictures, folder=session.files)
        for step in run:
            job.advance(step)
        picture = run.result().picture
    job.show(jpeg(picture.rgb()))


def _painted(session: Session, small: Picture) -> list[_Run]:
    """Return the runs for layers, each on the picture of the one before."""
    factor = max(small.shape) / max(screen_of(session).full)
    corners = session.document.panel.corners
    more = {"corners": tuple(value * factor for value in corners)} if corners and _on_surface(session) else {}
    runs: list[_Run] = []
    for group in grouped(visible_layers(session)):
        quick = group[0].layer.method != "photo"
        pictures: dict[str, images.Given] = {}
        listed = []
        for layer, _, mask in group:
            name = f"<{layer.id}>"
            pictures[name] = resized(mask, *small.shape).clip(0, 1)
            styles = tuple(choice.model_copy(update={"scale": 1.0, "layers": None}) for choice in layer.styles)
            feather = None if layer.feather is None else layer.feather * factor
            quick_layer = layer.model_copy(update={"styles": styles, "feather": feather})
            listed.append(layer_values(session, quick_layer, name))
        method, options = ("fast", {}) if quick else ("photo", _AT_ONCE)
        runs.append((recipe_of(session, method, listed[::-1], **options, **more), pictures))
    return runs


def _toned(session: Session) -> _Run:
    """Return a run that gives the photo the colors of the reference."""
    reference = session.document.panel.reference
    if reference is None:
        raise RecipeError("there is no reference yet; choose the photo whose look to take")
    name = gallery.file_of(session, reference.style).name
    layers = [{"region": "all", "styles": [{"image": name}]}]
    return recipe_of(session, "photo", layers, **_AT_ONCE), {}


def _pasted(session: Session, small: Picture) -> Picture:
    """Return the painting with the object on it."""
    found = object_of(session)
    factor = max(small.shape) / max(screen_of(session).full)
    return methods.paste(
        gallery.file_of(session, found.style),
        small,
        region=found.region,
        at=(found.x * factor, found.y * factor),
        scale=found.scale,
        rotate=found.angle,
        **session.finders,
        folder=session.files,
    ).picture


def _on_surface(session: Session) -> bool:
    return session.document.panel.mode == "surface"
