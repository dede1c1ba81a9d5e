"""What is let in: known hosts, the page itself, who has the token, and bodies of limited size. Pure ASGI."""

from __future__ import annotations

import hmac
import ipaddress
import json
import re
import socket
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

from starlette.requests import ClientDisconnect, cookie_parser

__all__ = ["TOKEN_COOKIE", "Guard", "cookie_name", "is_loopback"]

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

TOKEN_COOKIE = "sfumato-token"

_MIB = 1 << 20

# The first pattern that fits method and path gives the largest body, in bytes.
_LIMITS: tuple[tuple[str, int], ...] = (
    (r"PUT /s/[^/]+/photo", 512 * _MIB),
    (r"POST /s/[^/]+/styles", 128 * _MIB),
    (r"POST /s/[^/]+/layers/[^/]+/mask", 128 * _MIB),
    (r"PUT /s/[^/]+/layers/[^/]+/mask", 64 * _MIB),
    (r"(POST|PUT|PATCH) .*", 1 * _MIB),
    (r".*", 0),
)

_HOST = re.compile(r"(?P<name>\[[0-9a-fA-F:.]+\]|[A-Za-z0-9.-]+)(?::(?P<port>[0-9]{1,5}))?")

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; font-src 'self'; "
    "connect-src 'self' {socket}; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def is_loopback(host: str) -> bool:
    """Tell whether a name or an address is this machine's own.

    Examples
    --------
    >>> is_loopback("127.0.0.1"), is_loopback("localhost"), is_loopback("0.0.0.0")
    (True, True, False)
    """
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def cookie_name(name: str, host: str) -> str:
    """Return the name of a cookie for a Host header: browsers share cookies between the ports of a host.

    Examples
    --------
    >>> cookie_name("sfumato-token", "127.0.0.1:8321")
    'sfumato-token-8321'
    """
    found = _HOST.fullmatch(host)
    return f"{name}-{found['port']}" if found and found["port"] else name


class _TooLargeError(Exception):
    """A body grew beyond its limit."""


@dataclass
class Guard:
    """The app behind its checks.

    Parameters
    ----------
    app : ASGI application
        What is guarded.
    host : str
        Where the server listens. On the loopback interface, only its names are let in; else addresses, which no
        foreign page can point elsewhere, and this machine's own name.
    token : str, optional
        Token that a browser has to send, as "?token=" once or as a cookie.
    limits : sequence of (str, int)
        Largest bodies, by patterns of method and path.
    """

    app: App
    host: str = "127.0.0.1"
    token: str | None = None
    limits: tuple[tuple[str, int], ...] = field(default=_LIMITS, repr=False)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse a request or pass it on."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        problem = self._problem(scope, headers)
        if scope["type"] == "websocket":
            if problem:
                await receive()
                await send({"type": "websocket.close", "code": 4403, "reason": problem[1][:120]})
                return
            await self.app(scope, receive, send)
            return
        answer = _Answer(send, headers.get("host", ""))
        if problem:
            await answer.refuse(*problem)
            return
        asked = f"{scope['method']} {scope['path']}"
        limit = next(size for pattern, size in self.limits if re.fullmatch(pattern, asked, re.DOTALL))
        said = headers.get("content-length", "0")
        if not said.isdecimal() or int(said) > limit:
            await answer.refuse(*_too_large(limit))
            return
        with suppress(_TooLargeError, ClientDisconnect):
            await self.app(scope, _limited(receive, limit, answer), answer.send)

    def _problem(self, scope: Scope, headers: MutableMapping[str, str]) -> tuple[int, str] | None:
        """Return the status and the reason for which a request is refused."""
        host = headers.get("host", "")
        found = _HOST.fullmatch(host)
        if found is None or not self._known(found["name"]):
            return 400, f"the host {host[:100]!r} is not this studio's"
        origin = headers.get("origin")
        if origin is not None and re.sub("^(http|https)://", "", origin) != host:
            return 403, f"a page of {origin[:100]!r} may not use this studio"
        site, mode = headers.get("sec-fetch-site", ""), headers.get("sec-fetch-mode", "")
        if site in ("cross-site", "same-site") and not (mode == "navigate" and scope.get("method") == "GET"):
            return 403, "another page may not use this studio"
        if self.token is not None and not self._knows_token(scope, headers):
            return 401, "this studio needs its token; open the address that it printed when it was started"
        return None

    def _known(self, name: str) -> bool:
        if is_loopback(self.host):
            return is_loopback(name)
        try:
            ipaddress.ip_address(name.strip("[]"))
        except ValueError:
            return name.lower() in {"localhost", self.host.lower(), socket.gethostname().lower()}
        return True

    def _knows_token(self, scope: Scope, headers: MutableMapping[str, str]) -> bool:
        cookies = cookie_parser(headers.get("cookie", ""))
        given = [cookies.get(cookie_name(TOKEN_COOKIE, headers.get("host", "")), "")]
        given += parse_qs(scope["query_string"].decode("latin-1")).get("token", [])
        assert self.token is not None
        return any(hmac.compare_digest(each.encode(), self.token.encode()) for each in given)


def _too_large(limit: int) -> tuple[int, str]:
    return 413, f"the file is larger than {limit / _MIB:g} MiB, which is as much as is taken here"


def _limited(receive: Receive, limit: int, answer: _Answer) -> Receive:
    """Return a function that receives no more than so many bytes; then it refuses and leaves the app."""
    size = 0

    async def limited() -> Message:
        nonlocal size
        message = await receive()
        size += len(message.get("body", b""))
        if size > limit:
            await answer.refuse(*_too_large(limit))
            raise _TooLargeError
        return message

    return limited


class _Answer:
    """Sends a response, with the headers that every response has."""

    def __init__(self, send: Send, host: str) -> None:
        self._send, self._begun, self._refused = send, False, False
        policy = _POLICY.format(socket=f"ws://{host} wss://{host}" if _HOST.fullmatch(host) else "")
        self._headers = [
            (b"content-security-policy", policy.encode()),
            (b"x-content-type-options", b"nosniff"),
            (b"x-frame-options", b"DENY"),
            (b"referrer-policy", b"no-referrer"),
            (b"cross-origin-opener-policy", b"same-origin"),
            (b"cross-origin-resource-policy", b"same-origin"),
            (b"permissions-policy", b"camera=(), microphone=(), geolocation=()"),
        ]

    async def send(self, message: Message) -> None:
        """Send a part of the app's response, unless the request was refused meanwhile."""
        if self._refused:
            return
        if message["type"] == "http.response.start":
            self._begun = True
            there = list(message.get("headers", []))
            if not any(name.lower() == b"cache-control" for name, _ in there):
                there.append((b"cache-control", b"no-store"))
            message = {**message, "headers": [*there, *self._headers]}
        await self._send(message)

    async def refuse(self, status: int, reason: str) -> None:
        """Send an error, unless a response has begun."""
        if self._begun:
            return
        body = json.dumps({"error": reason}).encode()
        head = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
        await self.send({"type": "http.response.start", "status": status, "headers": head})
        await self.send({"type": "http.response.body", "body": body})
        self._refused = True
