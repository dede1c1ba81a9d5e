"""Style pictures: those that come with the studio, painted by code, and those of a session."""

from __future__ import annotations

import filecmp
import secrets
import shutil
import threading
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sfumato import images
from sfumato.color.oklab import oklab_to_rgb, rgb_to_oklab
from sfumato.errors import InputError, RecipeError
from sfumato.studio.document import Choice, GalleryStyle
from sfumato.studio.session import Session
from sfumato.studio.sessions import home
from sfumato.studio.uploads import safe_name, unique_name

__all__ = ["BUILTIN", "FIRST", "add", "builtin_file", "file_of", "known", "names_in", "remove"]

_WIDTH, _HEIGHT = 640, 512

# Seed of the painting, turn of its hues in degrees, and its saturation.
_PAINTED: dict[str, tuple[int, float, float]] = {
    "evening.png": (3, 0.0, 1.0),
    "night.png": (7, 165.0, 0.9),
    "meadow.png": (11, 70.0, 0.9),
    "charcoal.png": (5, 0.0, 0.0),
}

_LOCK = threading.Lock()

#: The styles that come with the studio.
BUILTIN: tuple[GalleryStyle, ...] = tuple(
    GalleryStyle(id=f"builtin-{Path(name).stem}", name=name, builtin=True, width=_WIDTH, height=_HEIGHT)
    for name in _PAINTED
)

#: The style that a new layer begins with.
FIRST = BUILTIN[0].id


def known(session: Session) -> tuple[GalleryStyle, ...]:
    """Return the styles that a session can use, its own first."""
    return (*session.document.styles, *BUILTIN)


def builtin_file(name: str) -> Path:
    """Return the file of a style that comes with the studio, painted when it is first used."""
    place = home() / "gallery" / name
    with _LOCK:
        if not place.is_file():
            place.parent.mkdir(parents=True, exist_ok=True)
            images.save(images.from_array(_painted(*_PAINTED[name])), place, overwrite=True)
    return place


def names_in(session: Session) -> set[str]:
    """Return the names that a new file of a session cannot have."""
    return {path.name for path in session.files.iterdir()} | set(_PAINTED)


def file_of(session: Session, style: str) -> Path:
    """Return the file of a style, in the folder of the session's files.

    Raises
    ------
    RecipeError
        If the session has no such style.
    """
    for each in known(session):
        if each.id == style:
            place = session.files / each.name
            if each.builtin and not place.is_file():
                shutil.copyfile(builtin_file(each.name), place)
            return place
    raise RecipeError(f"there is no style {style!r}; choose one of the gallery")


def add(session: Session, file: Path, name: str) -> GalleryStyle:
    """Add a style picture from a file, which is moved; the same picture is not added twice.

    Raises
    ------
    ImageError
        If it is no picture.
    """
    picture = images.load(file)
    for style in session.document.styles:
        if filecmp.cmp(file, session.files / style.name, shallow=False):
            session.change(styles=(style, *(other for other in session.document.styles if other is not style)))
            return style
    # A style that was removed comes back with a result that it made, under its old name.
    taken = names_in(session) | {path.name for path in session.results.glob("*/work/*")}
    unique = unique_name(safe_name(name, picture.format, "style"), taken)
    file.replace(session.files / unique)
    style = GalleryStyle(id=secrets.token_hex(4), name=unique, width=picture.width, height=picture.height)
    session.change(styles=(style, *session.document.styles))
    return style


def remove(session: Session, style: str) -> None:
    """Remove a style of the session, from its layers as well.

    Raises
    ------
    InputError
        If it comes with the studio.
    """
    document = session.document
    file = file_of(session, style)
    if any(each.id == style for each in BUILTIN):
        raise InputError(f"the style {file.name} comes with the studio and stays")

    def without(choices: tuple[Choice, ...]) -> tuple[Choice, ...]:
        return tuple(choice for choice in choices if choice.image != style)

    layers = tuple(layer.model_copy(update={"styles": without(layer.styles)}) for layer in document.layers)
    panel = document.panel
    if panel.reference is not None and panel.reference.style == style:
        panel = panel.model_copy(update={"reference": None})
    if panel.object is not None and panel.object.style == style:
        panel = panel.model_copy(update={"object": None})
    styles = tuple(each for each in document.styles if each.id != style)
    session.change(layers=layers, styles=styles, panel=panel)


def _painted(seed: int, turn: float, saturation: float) -> NDArray[np.float32]:
    """Paint a style in other colors."""
    from sfumato.demo.painting import paint  # which imports PyTorch

    painting = paint(_WIDTH, _HEIGHT, seed=seed)
    lab = rgb_to_oklab(painting)
    angle = np.deg2rad(turn)
    a, b = lab[..., 1] * saturation, lab[..., 2] * saturation
    turned = np.dstack([lab[..., 0], a * np.cos(angle) - b * np.sin(angle), a * np.sin(angle) + b * np.cos(angle)])
    return np.asarray(oklab_to_rgb(turned).clip(0, 1), np.float32)
