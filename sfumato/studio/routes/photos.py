"""The photo: taken in, shown, and what is in it."""

from __future__ import annotations

import asyncio
from pathlib import Path

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import FileResponse, JSONResponse, Response

from sfumato import images
from sfumato.studio import restoring, things
from sfumato.studio.changes import updated
from sfumato.studio.photo import SCREEN, remove, take
from sfumato.studio.routes.common import Here, Mapping, answer, picture
from sfumato.studio.session import Session
from sfumato.studio.uploads import received

__all__ = ["router"]

router = APIRouter(prefix="/s/{id}")


@router.put("/photo")
async def take_photo(session: Here, request: Request, settings: bool = False) -> Response:
    """Take the body as the photo; with `settings`, a picture made by sfumato gives its settings back instead."""
    name = request.headers.get("x-name", "photo")
    async with received(request, session.folder) as place:
        return await asyncio.to_thread(_taken, session, place, name, settings)


@router.delete("/photo")
def remove_photo(session: Here) -> JSONResponse:
    """Start over: take the photo and the layers away."""
    if session.job is not None and session.job.active and session.job.kind == "paint":
        raise HTTPException(409, "a picture is being painted; cancel it first, or wait until it is done")
    with session.working():
        remove(session)
    return answer(session)


@router.get("/photo/screen.jpg")
def screen(session: Here) -> Response:
    """Return the photo at the size of the screen, upright."""
    return picture(_file(session, session.folder / SCREEN).read_bytes(), "image/jpeg", lasting=True)


@router.get("/photo/original")
def original(session: Here) -> Response:
    """Return the photo's own bytes."""
    photo = session.document.photo
    if photo is None:
        raise HTTPException(404, "there is no photo yet; drop one on the page")
    return FileResponse(session.files / photo.name, filename=photo.name)


@router.get("/idmap.png")
def id_map(session: Here) -> Response:
    """Return the ID map of the things in the photo."""
    return picture(_file(session, session.folder / things.MAP).read_bytes(), "image/png", lasting=True)


@router.post("/labels")
def find_things(session: Here) -> JSONResponse:
    """Look for things again, and fetch the network files for that."""
    if session.document.photo is None:
        raise HTTPException(409, "there is no photo yet; drop one on the page")
    things.start(session, fetch=True)
    return answer(session, 202)


@router.patch("/settings")
def change_settings(session: Here, changes: Mapping) -> JSONResponse:
    """Change settings that all layers share."""
    with session.working():
        before = session.document.settings
        session.change(settings=updated(before, changes))
        if before.segmenter != session.document.settings.segmenter and session.screen is not None:
            session.screen.memory.clear()
    if session.document.photo is not None and before.segmenter != session.document.settings.segmenter:
        things.start(session)
    return answer(session)


def _taken(session: Session, place: Path, name: str, settings: bool) -> JSONResponse:
    with session.working():
        recipe = images.read_recipe(place) if settings else None
        if recipe is not None:
            restoring.restore_recipe(session, recipe, place, name)
        else:
            take(session, place, name)
    things.start_if_new(session)
    return answer(session)


def _file(session: Session, place: Path) -> Path:
    """Return a file of the session that may not be there yet."""
    if session.document.photo is None or not place.is_file():
        raise HTTPException(404, "it is not there yet")
    return place
