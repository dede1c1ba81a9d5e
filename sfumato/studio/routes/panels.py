"""Panels: pasted objects, references and surfaces."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import JSONResponse, Response

from sfumato.errors import collecting, listening
from sfumato.studio import gallery
from sfumato.studio.changes import updated
from sfumato.studio.masks import check_files
from sfumato.studio.routes.common import Here, Mapping, answer, picture

__all__ = ["router"]

router = APIRouter(prefix="/s/{id}")


@router.patch("/panel")
def change_panel(session: Here, changes: Mapping) -> JSONResponse:
    """Change what the page is used for, and what belongs to it."""
    with session.working():
        panel = updated(session.document.panel, changes)
        for chosen in (panel.object, panel.reference):
            if chosen is not None:
                gallery.file_of(session, chosen.style)
        if panel.object is not None:
            check_files(session, panel.object.region)
        session.change(panel=panel)
    return answer(session)


@router.get("/panel/object.png")
def cutout(session: Here) -> Response:
    """Return the object cut out, with alpha, to be dragged."""
    from sfumato.studio.pasting import cutout_png

    with session.working():
        return picture(cutout_png(session), "image/png")


@router.post("/match")
def match(session: Here) -> JSONResponse:
    """Find the labels that the photo and the reference share."""
    from sfumato.studio import matching

    notes: list[str] = []
    with listening(lambda message: None), collecting(notes):
        found = matching.match(session)
    session.note(notes)
    return JSONResponse(found)


@router.get("/match/photo.png")
def match_photo(session: Here) -> Response:
    """Return the labels of the photo, as values."""
    from sfumato.studio import matching

    return picture(matching.drawn(session, "photo"), "image/png")


@router.get("/match/reference.png")
def match_reference(session: Here) -> Response:
    """Return the labels of the reference, as values."""
    from sfumato.studio import matching

    return picture(matching.drawn(session, "reference"), "image/png")
