"""Style pictures."""

from __future__ import annotations

import asyncio

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import FileResponse, JSONResponse, Response

from sfumato import images
from sfumato.studio import gallery
from sfumato.studio.routes.common import Here, answer, picture
from sfumato.studio.screen import scaled_jpeg
from sfumato.studio.session import Session
from sfumato.studio.uploads import received

__all__ = ["router"]

router = APIRouter(prefix="/s/{id}/styles")

_THUMB = 320  # longer side in pixels


@router.post("")
async def add_style(session: Here, request: Request) -> Response:
    """Take the body as a style."""
    name = request.headers.get("x-name", "style")
    async with received(request, session.folder) as place:

        def taken() -> JSONResponse:
            with session.working():
                gallery.add(session, place, name)
            return answer(session)

        return await asyncio.to_thread(taken)


@router.delete("/{sid}")
def remove_style(session: Here, sid: str) -> JSONResponse:
    """Remove a style."""
    _found(session, sid)
    with session.working():
        gallery.remove(session, sid)
    return answer(session)


@router.get("/{sid}/thumb.jpg")
def thumb(session: Here, sid: str) -> Response:
    """Return a small copy."""
    _found(session, sid)
    with session.working():
        return picture(scaled_jpeg(images.load(gallery.file_of(session, sid)), _THUMB), "image/jpeg", lasting=True)


@router.get("/{sid}/full")
def full(session: Here, sid: str) -> Response:
    """Return the style's own bytes."""
    _found(session, sid)
    place = gallery.file_of(session, sid)
    if not place.is_file():
        raise FileNotFoundError(place)
    return FileResponse(place, filename=place.name)


def _found(session: Session, sid: str) -> None:
    if all(style.id != sid for style in gallery.known(session)):
        raise HTTPException(404, f"there is no style {sid!r} any more")
