"""Results: pictures, recipes, commands, and their settings given back."""

from __future__ import annotations

from fastapi import APIRouter, HTTPException
from fastapi.responses import FileResponse, JSONResponse, PlainTextResponse, Response

from sfumato import images
from sfumato.studio import results, things
from sfumato.studio.document import ResultInfo
from sfumato.studio.routes.common import Here, answer, picture
from sfumato.studio.session import Session

__all__ = ["router"]

router = APIRouter(prefix="/s/{id}")


@router.get("/results/{rid}/picture")
def take(session: Here, rid: str) -> Response:
    """Return the picture."""
    found = _found(session, rid)
    return FileResponse(results.work_folder(session, found) / found.name, filename=found.name)


@router.get("/results/{rid}/screen.jpg")
def screen(session: Here, rid: str) -> Response:
    """Return the picture at the size of the screen."""
    found = _found(session, rid)
    return picture((session.results / found.id / results.SCREEN).read_bytes(), "image/jpeg", lasting=True)


@router.get("/results/{rid}/recipe.toml")
def recipe(session: Here, rid: str) -> Response:
    """Return the recipe that the picture carries."""
    found = _found(session, rid)
    text = images.read_recipe(results.work_folder(session, found) / found.name)
    head = {"content-disposition": 'attachment; filename="recipe.toml"'}
    return PlainTextResponse(text or "", headers=head, media_type="application/toml")


@router.get("/results/{rid}/command")
def command(session: Here, rid: str) -> Response:
    """Return the line that makes the same bytes, in the folder of the unpacked bundle."""
    found = _found(session, rid)
    return PlainTextResponse((session.results / found.id / results.COMMAND).read_text("utf-8"))


@router.get("/results/{rid}/bundle.zip")
def bundle(session: Here, rid: str) -> Response:
    """Return what the command needs: photo, styles, masks and recipe."""
    return _zip(session, _found(session, rid))


@router.get("/bundle.zip")
def latest_bundle(session: Here) -> Response:
    """Return what the command of the latest result needs."""
    if not session.document.results:
        raise HTTPException(404, "there is no result yet; paint one")
    return _zip(session, session.document.results[0])


@router.post("/results/{rid}/restore")
def restore(session: Here, rid: str) -> JSONResponse:
    """Give back the settings that the picture was made with."""
    found = _found(session, rid)
    with session.working():
        results.restore(session, found)
    things.start_if_new(session)
    return answer(session)


@router.delete("/results/{rid}")
def remove(session: Here, rid: str) -> JSONResponse:
    """Remove a result."""
    found = _found(session, rid)
    with session.working():
        results.remove(session, found)
    return answer(session)


def _found(session: Session, rid: str) -> ResultInfo:
    found = next((each for each in session.document.results if each.id == rid), None)
    if found is None:
        raise HTTPException(404, f"there is no result {rid!r} any more")
    return found


def _zip(session: Session, result: ResultInfo) -> Response:
    name = result.name.rpartition(".")[0]
    head = {"content-disposition": f'attachment; filename="{name.encode("ascii", "replace").decode()}.zip"'}
    return Response(results.bundle(session, result), media_type="application/zip", headers=head)
