"""What routes share: the session of an address, and bodies."""

from __future__ import annotations

import json
from typing import Annotated, Any

from fastapi import Depends, HTTPException, Request
from fastapi.responses import JSONResponse, Response

from sfumato.errors import InputError
from sfumato.studio.session import Session
from sfumato.studio.state import look_at, state
from sfumato.studio.unused import remove_unused

__all__ = ["Body", "Here", "Json", "Mapping", "answer", "picture"]


def _session(id: str, request: Request) -> Session:
    """Return the session of an address."""
    found: Session | None = request.app.state.sessions.find(id)
    if found is None:
        raise HTTPException(404, "there is no such session any more; open the studio anew")
    return found


async def _body(request: Request) -> bytes:
    return await request.body()


async def _json(request: Request) -> Any:
    content = await request.body()
    try:
        return json.loads(content) if content else {}
    except (ValueError, RecursionError):
        raise InputError("the command is not valid JSON") from None


async def _mapping(request: Request) -> dict[str, Any]:
    values = await _json(request)
    if not isinstance(values, dict):
        raise InputError(f"a command should be a JSON object, got {str(values)[:50]!r}")
    return values


Here = Annotated[Session, Depends(_session)]
"""The session that an address names."""

Body = Annotated[bytes, Depends(_body)]
"""The body, whose size is limited before it is read."""

Json = Annotated[Any, Depends(_json)]
"""The body as JSON values; an empty one is {}."""

Mapping = Annotated[dict[str, Any], Depends(_mapping)]
"""The body as a JSON object; an empty one is {}."""


def answer(session: Session, status: int = 200) -> JSONResponse:
    """Return the state after a command; files that it left unused are removed."""
    remove_unused(session)
    look_at(session)
    return JSONResponse(state(session), status)


def picture(content: bytes, kind: str, *, lasting: bool = False) -> Response:
    """Return a picture; a lasting one has a version in its address."""
    cache = "private, max-age=31536000, immutable" if lasting else "no-store"
    return Response(content, media_type=kind, headers={"cache-control": cache})
