"""Results of a session: the files of each, the command that makes it again, and its settings given back."""

from __future__ import annotations

import filecmp
import io
import shlex
import shutil
import tempfile
import zipfile
from itertools import pairwise
from pathlib import Path

from sfumato import files
from sfumato.studio.document import Document, ResultInfo
from sfumato.studio.gallery import BUILTIN
from sfumato.studio.masks import files_named, write_masks
from sfumato.studio.photo import take
from sfumato.studio.session import Session

__all__ = [
    "COMMAND",
    "SCREEN",
    "SNAPSHOT",
    "WORK",
    "bundle",
    "keep_document",
    "remove",
    "restore",
    "work_folder",
]

#: Names in a result's folder: its files, its copy for the screen, the document at the time, and the command.
WORK, SCREEN, SNAPSHOT, COMMAND = "work", "screen.jpg", "document.json", "command.txt"

# Masks that the document names, and the picture did not take: those of layers that did not show.
_MORE = "more"


def work_folder(session: Session, result: ResultInfo) -> Path:
    """Return the folder with everything that a result took, and the picture itself."""
    return session.results / result.id / WORK


def keep_document(session: Session, folder: Path) -> None:
    """Keep the document in the folder of a result, with all masks that it names."""
    files.write(folder / SNAPSHOT, session.document.model_dump_json(by_alias=True).encode())
    write_masks(session)
    for name in files_named(session.document):
        if (session.files / name).is_file() and not (folder / WORK / name).exists():
            (folder / _MORE).mkdir(exist_ok=True)
            shutil.copy2(session.files / name, folder / _MORE / name)


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
    """Give back the layers, settings and panel that a result was made with, and its photo if that is another one now.

    Styles that were removed since come back.
    """
    before = Document.model_validate_json((session.results / result.id / SNAPSHOT).read_text("utf-8"))
    work, photo = work_folder(session, result), session.document.photo
    assert before.photo is not None
    if photo is None or not filecmp.cmp(session.files / photo.name, work / before.photo.name, shallow=False):
        with tempfile.TemporaryDirectory(prefix=".incoming-", dir=session.folder) as place:
            take(session, Path(shutil.copy2(work / before.photo.name, place)), before.photo.name)
    now = session.document
    here = {style.id for style in (*now.styles, *BUILTIN)}
    lost = [style for style in before.styles if style.id not in here and (work / style.name).is_file()]
    places = (folder / name for name in files_named(before) for folder in (work, work.with_name(_MORE)))
    masks = {place.name: place for place in places if place.is_file()}
    layers = []
    for layer in before.layers:
        known = here | {style.id for style in lost}
        mask = layer.mask if layer.mask in masks else None
        styles = tuple(choice for choice in layer.styles if choice.image in known)
        layers.append(layer.model_copy(update={"styles": styles, "mask": mask}))
    for source in (*masks.values(), *(work / style.name for style in lost)):
        shutil.copy2(source, session.files / source.name)
    session.painted.clear()
    kept = {"layers": tuple(layers), "styles": (*lost, *now.styles), "settings": before.settings, "panel": before.panel}
    session.replace(now.model_copy(update=kept))
