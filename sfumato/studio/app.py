"""The application: sessions, routes, the queue, and what guards them."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from importlib import import_module
from importlib.resources import files as resources
from itertools import count
from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.staticfiles import StaticFiles

from sfumato.errors import ModelError, OutputError, SfumatoError
from sfumato.regions import Finders
from sfumato.studio import things
from sfumato.studio.job import Job
from sfumato.studio.queue import Queue
from sfumato.studio.routes import jobs, layers, panels, photos, results, sessions, styles
from sfumato.studio.security import Guard
from sfumato.studio.session import plain
from sfumato.studio.sessions import Sessions, home

__all__ = ["STATIC", "create"]

#: The folder of the page.
STATIC = Path(str(resources("sfumato.studio") / "static"))

_LOG = logging.getLogger("sfumato.studio")

_HOUR, _OFTEN = 3600, 10  # seconds

# The framework reports nothing to anyone, whatever the environment says.
_SILENT = {"tracing": False, "metrics": False, "logs": False, "operation_spans": False, "auto_configure": False}


def create(
    *, host: str = "127.0.0.1", token: str | None = None, folder: Path | None = None, finders: Finders | None = None
) -> Guard:
    """Make the application.

    Parameters
    ----------
    host : str
        Where it will listen.
    token : str, optional
        Token that a browser has to send.
    folder : Path, optional
        Where sessions are kept.
    finders : Finders, optional
        Networks that look for things, in sessions that choose none.

    Returns
    -------
    ASGI application

    Examples
    --------
    >>> import tempfile
    >>> create(folder=Path(tempfile.mkdtemp())).host
    '127.0.0.1'
    """
    found, queue = Sessions(folder or home(), finders or {}), Queue(_carry_out)

    @contextlib.asynccontextmanager
    async def life(app: FastAPI) -> AsyncIterator[None]:
        queue.start()
        tending = asyncio.create_task(_tend(found))
        warming = asyncio.create_task(asyncio.to_thread(import_module, "sfumato.studio.painting"))
        try:
            yield
        finally:
            tending.cancel()
            warming.cancel()
            await asyncio.to_thread(found.save)
            await asyncio.to_thread(queue.close)
            await asyncio.to_thread(things.finish)

    app = FastAPI(
        title="sfumato studio",
        lifespan=life,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        telemetry=_SILENT,  # type: ignore[arg-type]
    )
    app.state.sessions, app.state.queue, app.state.token = found, queue, token
    for routes in (sessions, photos, layers, styles, panels, jobs, results):
        app.include_router(routes.router)
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    app.add_exception_handler(SfumatoError, _refused)
    app.add_exception_handler(OSError, _refused)
    app.add_exception_handler(HTTPException, _refused)
    app.add_exception_handler(RequestValidationError, _refused)
    return Guard(app, host=host, token=token)


def _carry_out(job: Job) -> None:
    """Carry out a job. PyTorch, which takes seconds to import, comes with it, while the page is served already."""
    from sfumato.studio.painting import carry_out

    carry_out(job)


async def _tend(sessions: Sessions) -> None:
    """Save what is only in memory often, and remove old sessions now and then."""
    for number in count():
        try:
            await asyncio.to_thread(sessions.save if number % round(_HOUR / _OFTEN) else sessions.clean)
        except Exception:  # whatever it is, later strokes should be saved
            _LOG.exception("sessions could not be saved")
        await asyncio.sleep(_OFTEN)


async def _refused(request: Request, error: Exception) -> JSONResponse:
    """Answer with one line: what is wrong, and what to do."""
    if isinstance(error, HTTPException):
        return JSONResponse({"error": str(error.detail)}, error.status_code)
    if isinstance(error, RequestValidationError):
        first = error.errors()[0]
        message = f"{first['loc'][-1]}: {first['msg'][:1].lower()}{first['msg'][1:]}, got {str(first['input'])[:50]!r}"
        return JSONResponse({"error": message}, 400)
    if isinstance(error, FileNotFoundError):
        return JSONResponse({"error": "the file is not there any more; reload the page"}, 404)
    if isinstance(error, OSError):
        reason = (error.strerror or str(error)).lower()
        return JSONResponse({"error": f"the session's files cannot be read or written: {reason}"}, 507)
    status = 503 if isinstance(error, ModelError) else 507 if isinstance(error, OutputError) else 400
    return JSONResponse({"error": plain(request.app.state.sessions.folder, str(error))}, status)
