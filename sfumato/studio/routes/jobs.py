"""Jobs: begun, cancelled, and the pictures of their progress."""

from __future__ import annotations

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import JSONResponse, Response

from sfumato.errors import InputError
from sfumato.studio.routes.common import Here, Mapping, answer, picture

__all__ = ["router"]

router = APIRouter(prefix="/s/{id}")


@router.post("/job")
def begin(session: Here, request: Request, values: Mapping) -> JSONResponse:
    """Queue a painting or a quick look."""
    kind = values.get("kind")
    if kind not in ("paint", "look"):
        raise InputError(f"kind should be 'paint' or 'look', got {kind!r}")
    if session.document.photo is None:
        raise InputError("there is no photo yet; drop one on the page")
    request.app.state.queue.add(session, kind)
    return answer(session, 202)


@router.delete("/job")
def cancel(session: Here, request: Request) -> JSONResponse:
    """Cancel the job; the best picture so far is kept."""
    request.app.state.queue.cancel(session)
    return answer(session)


@router.get("/preview/{number}.jpg")
def preview(session: Here, number: int) -> Response:
    """Return a picture of the progress."""
    found = session.previews.get(number)
    if found is None:
        raise HTTPException(410, f"preview {number} is gone; there are newer ones")
    return picture(found, "image/jpeg", lasting=True)
