"""Sessions: made at the first visit, found by their address, watched through a socket."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import anyio
from fastapi import APIRouter, Request, WebSocket
from fastapi.responses import FileResponse, RedirectResponse, Response
from starlette.websockets import WebSocketDisconnect

from sfumato.studio import things
from sfumato.studio.routes.common import Here, answer
from sfumato.studio.security import TOKEN_COOKIE, cookie_name
from sfumato.studio.state import look_at, state

__all__ = ["router"]

router = APIRouter()

_COOKIE = "sfumato-session"

_YEAR = 365 * 86_400

# Least time between two messages, in seconds: progress comes many times a second.
_APART = 0.05


@router.get("/")
def begin(request: Request) -> Response:
    """Go on with the session of this browser, or begin one."""
    sessions = request.app.state.sessions
    kept = request.cookies.get(cookie_name(_COOKIE, request.headers["host"]), "")
    session = sessions.find(kept) or sessions.new()
    return _with_cookies(RedirectResponse(f"/s/{session.id}/", 303), request, session.id)


@router.get("/new")
def begin_anew(request: Request) -> Response:
    """Begin a session beside those that there are."""
    session = request.app.state.sessions.new()
    return _with_cookies(RedirectResponse(f"/s/{session.id}/", 303), request, session.id)


@router.get("/s/{id}/")
def page(session: Here, request: Request) -> Response:
    """Return the page."""
    from sfumato.studio.app import STATIC

    return _with_cookies(FileResponse(STATIC / "index.html", media_type="text/html"), request, session.id)


@router.get("/s/{id}/state")
def show(session: Here) -> Response:
    """Return the whole state."""
    things.start_if_new(session)
    return answer(session)


@router.websocket("/s/{id}/events")
async def events(socket: WebSocket, id: str) -> None:
    """Send the whole state now, and at each change."""
    session = await asyncio.to_thread(socket.app.state.sessions.find, id)
    await socket.accept()
    if session is None:
        await socket.close(4404, "there is no such session any more; open the studio anew")
        return
    await asyncio.to_thread(things.start_if_new, session)
    await asyncio.to_thread(look_at, session)
    loop, news = asyncio.get_running_loop(), asyncio.Event()
    news.set()

    async def send() -> None:
        with suppress(WebSocketDisconnect, RuntimeError):  # the page has gone while this was on its way
            while True:
                await news.wait()
                news.clear()
                await socket.send_json(state(session))
                await asyncio.sleep(_APART)

    with session.listening(lambda: loop.call_soon_threadsafe(news.set)):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(send)
            with suppress(WebSocketDisconnect):
                while True:
                    await socket.receive_text()  # nothing is expected; this notices when the page goes
            tasks.cancel_scope.cancel()


def _with_cookies(response: Response, request: Request, session: str) -> Response:
    """Remember the session, and the token, which is not needed in addresses from then on."""
    kept = {_COOKIE: session}
    if request.app.state.token is not None:
        kept[TOKEN_COOKIE] = request.app.state.token
    for name, value in kept.items():
        response.set_cookie(
            cookie_name(name, request.headers["host"]), value, max_age=_YEAR, httponly=True, samesite="strict"
        )
    return response
