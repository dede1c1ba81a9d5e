"""Results of a session: the files of each, the command that makes it again, and its settings given back."""

from __future__ import annotations

import io
import shlex
import shutil
import zipfile
from itertools import pairwise
from pathlib import Path

from sfumato import images
from sfumato.studio.document import Document, GalleryStyle, ResultInfo
from sfumato.studio.gallery import BUILTIN
from sfumato.studio.session import Session

__all__ = [
    "COMMAND",
    "SCREEN",
    "SNAPSHOT",
    "WORK",
    "bundle",
    "remove",
    "restore",
    "work_folder",
]

#: Names in a result's folder: its files, its copy for the screen, the document at the time, and the command.
WORK, SCREEN, SNAPSHOT, COMMAND = "work", "screen.jpg", "document.json", "command.txt"


def work_folder(session: Session, result: ResultInfo) -> Path:
    """Return the folder with everything that a result took, and the picture itself."""
    return session.results / result.id / WORK


def remove(session: Session, result: ResultInfo) -> None:
    """Remove a result and its files."""
    session.change(results=tuple(each for each in session.document.results if each.id != result.id))
    shutil.rmtree(session.results / result.id, ignore_errors=True)


def bundle(session: Session, result: ResultInfo) -> bytes:
    """Return a ZIP file of everything that the command needs, without the picture that it makes."""
    folder, out = work_folder(session, result), io.BytesIO()
    made = _made_by_command(session, result)
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as packed:
        for place in sorted(folder.iterdir()):
            if place.name not in made:
                packed.write(place, place.name)
        packed.writestr("command.txt", (session.results / result.id / COMMAND).read_text("utf-8") + "\n")
    return out.getvalue()


def _made_by_command(session: Session, result: ResultInfo) -> set[str]:
    """Return the names of the files that the command writes."""
    words = shlex.split((session.results / result.id / COMMAND).read_text("utf-8"), comments=True)
    return {name for flag, name in pairwise(words) if flag in ("-o", "--mask") and name}


def restore(session: Session, result: ResultInfo) -> None:
    """Give back the layers, settings and panel that a result was made with.

    Styles that were removed since come back. Masks come back if they are of the photo's size.
    """
    now = session.document
    before = Document.model_validate_json((session.results / result.id / SNAPSHOT).read_text("utf-8"))
    work = work_folder(session, result)
    here = {style.id for style in (*now.styles, *BUILTIN)}
    lost: list[GalleryStyle] = [style for style in before.styles if style.id not in here]
    for style in lost:
        if (work / style.name).is_file() and not (session.files / style.name).exists():
            shutil.copy2(work / style.name, session.files / style.name)
    lost = [style for style in lost if (session.files / style.name).is_file()]
    layers, notes = [], []
    for layer in before.layers:
        if layer.mask is not None and (work / layer.mask).is_file():
            assert now.photo is not None
            if images.load(work / layer.mask, min_side=1).shape == (now.photo.height, now.photo.width):
                (session.files / layer.mask).unlink(missing_ok=True)
                shutil.copy2(work / layer.mask, session.files / layer.mask)
            else:
                notes.append(f"the mask of the layer {layer.name!r} is of another photo and is left out")
                layer = layer.model_copy(update={"mask": None, "region": "all"})
        known = {*here, *(style.id for style in lost)}
        layers.append(layer.model_copy(update={"styles": tuple(c for c in layer.styles if c.image in known)}))
    session.painted.clear()
    session.replace(
        now.model_copy(
            update={
                "layers": tuple(layers),
                "styles": (*lost, *now.styles),
                "settings": before.settings,
                "panel": before.panel,
            }
        )
    )
    session.note(notes)
