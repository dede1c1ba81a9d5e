"""The photo of a session: taken in, shown at the size of the screen."""

from __future__ import annotations

import secrets
from pathlib import Path

from sfumato import images
from sfumato.errors import InputError
from sfumato.studio import gallery
from sfumato.studio.document import NOTHING, Labels, Panel, PhotoInfo, StudioLayer
from sfumato.studio.screen import Screen, scaled_jpeg
from sfumato.studio.session import Session
from sfumato.studio.uploads import safe_name, unique_name

__all__ = ["SCREEN", "new_layer", "remove", "screen_of", "take"]

#: Name of the copy for the screen, in the session's folder.
SCREEN = "screen.jpg"


def take(session: Session, file: Path, name: str) -> None:
    """Take a file as the photo of a session; the file is moved, and its bytes are kept.

    Layers stay. Masks that were painted for a photo of another size are left out.

    Raises
    ------
    ImageError
        If it is no picture.
    """
    picture = images.load(file)
    document, before = session.document, session.document.photo
    taken = gallery.names_in(session) - ({before.name} if before else set())
    unique = unique_name(safe_name(name, picture.format, "photo"), taken)
    # The version of the labels grows with each photo, and stays when a photo is taken away.
    version = document.labels.version + 1
    screen = Screen.of(picture)
    info = PhotoInfo(
        name=unique,
        width=picture.width,
        height=picture.height,
        bits=8 * picture.pixels.itemsize,
        alpha=picture.alpha is not None,
        version=version,
        screen=(screen.image.shape[1], screen.image.shape[0]),
    )
    layers = document.layers or (new_layer(session),)
    if before is not None and (before.width, before.height) != (info.width, info.height):
        layers = tuple(_without_mask(layer) for layer in layers)
        session.painted.clear()
    file.replace(session.files / unique)
    session.screen = screen
    _forget_look(session)
    (session.folder / SCREEN).write_bytes(scaled_jpeg(picture))
    labels = Labels(version=version)
    session.change(photo=info, layers=layers, labels=labels, panel=document.panel.model_copy(update={"corners": None}))


def remove(session: Session) -> None:
    """Take the photo and all layers away; styles and results stay."""
    session.change(photo=None, layers=(), labels=Labels(version=session.document.labels.version), panel=Panel())
    session.screen = session.matched = None
    _forget_look(session)
    session.painted.clear()


def screen_of(session: Session) -> Screen:
    """Return the copy of the photo for the screen.

    Raises
    ------
    InputError
        If there is no photo.
    """
    photo = session.document.photo
    if photo is None:
        raise InputError("there is no photo yet; drop one on the page")
    if session.screen is None:
        session.screen = Screen.load(session.files / photo.name)
    return session.screen


def new_layer(session: Session, **values: object) -> StudioLayer:
    """Return a layer that is not in the document yet, in the first style of the gallery."""
    document = session.document
    number = len(document.layers) + 1
    return StudioLayer.model_validate(
        {
            "id": secrets.token_hex(4),
            "name": f"Layer {number}",
            "region": "all" if number == 1 else NOTHING,
            "styles": [{"style": gallery.known(session)[0].id}],
            **values,
        }
    )


def _forget_look(session: Session) -> None:
    """Stop the quick look, which shows another photo."""
    if session.job is not None and session.job.kind == "look":
        session.job.stop.set()
        session.job = None


def _without_mask(layer: StudioLayer) -> StudioLayer:
    if layer.mask is None:
        return layer
    return layer.model_copy(update={"region": "all", "mask": None})
