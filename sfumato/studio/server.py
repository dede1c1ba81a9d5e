"""The server: where it listens, and the page that it opens."""

from __future__ import annotations

import errno
import shutil
import socket
import threading
import time
import webbrowser
from collections.abc import Callable, Sequence
from pathlib import Path
from urllib.parse import quote

import uvicorn

from sfumato.errors import InputError, OutputError, listening
from sfumato.regions.finders import Finders, located
from sfumato.studio import gallery, things
from sfumato.studio.app import create
from sfumato.studio.photo import take
from sfumato.studio.security import Guard, is_loopback
from sfumato.studio.session import Session
from sfumato.studio.sessions import Sessions

__all__ = ["PORT", "serve"]

#: The port that is tried first.
PORT = 8321

_TRIED = 20  # ports, if none was asked for

_SHORTEST_TOKEN = 8


def serve(
    *,
    photo: Path | None = None,
    styles: Sequence[Path] = (),
    host: str = "127.0.0.1",
    port: int | None = None,
    token: str | None = None,
    finders: Finders | None = None,
    browser: bool = True,
    say: Callable[[str], None] = print,
) -> None:
    """Serve the studio until it is interrupted.

    Parameters
    ----------
    photo : Path, optional
        Photo to begin with; it is copied.
    styles : sequence of Path
        Style pictures to begin with.
    host : str
        Where to listen.
    port : int, optional
        Port to listen on; the first free one from 8321 by default.
    token : str, optional
        Token that a browser has to send.
    finders : Finders, optional
        Networks that look for things, in sessions that choose none.
    browser : bool
        Whether to open the page.
    say : callable
        Tells the address.

    Raises
    ------
    InputError
        If others could reach it without a token, or the photo or a style cannot be used.
    OutputError
        If the port is taken.
    ModelError
        If there is no such network.
    """
    if not is_loopback(host) and token is None:
        raise InputError(
            f"on {host} the studio can be reached from other machines; protect it by a token", option="token"
        )
    if token is not None and (len(token) < _SHORTEST_TOKEN or not token.isascii() or not token.isprintable()):
        raise InputError(
            f"the token is too easy to guess; give {_SHORTEST_TOKEN} plain characters or more", option="token"
        )
    finders = located(finders or {})
    # The port first, since a session is written to disk.
    with _listen(host, port) as listener:
        app = create(host=host, token=token, finders=finders)
        sessions: Sessions = app.app.state.sessions  # type: ignore[attr-defined]
        path = f"s/{_begun(sessions, photo, styles).id}/" if photo is not None or styles else ""
        name = f"[{host}]" if ":" in host else host
        address = f"http://{name}:{listener.getsockname()[1]}/{path}" + (f"?token={quote(token)}" if token else "")
        _run(app, listener, address, browser=browser, say=say)


def _run(app: Guard, listener: socket.socket, address: str, *, browser: bool, say: Callable[[str], None]) -> None:
    server = uvicorn.Server(
        uvicorn.Config(
            app,
            log_level="warning",
            access_log=False,
            server_header=False,
            ws_max_size=1 << 16,
            timeout_graceful_shutdown=3,
        )
    )
    say(address)
    if browser:
        threading.Thread(target=_open, args=(server, address), daemon=True).start()
    server.run(sockets=[listener])


def _begun(sessions: Sessions, photo: Path | None, styles: Sequence[Path]) -> Session:
    """Make a session with the files that were named, or none if they cannot be used."""
    session = sessions.new()
    try:
        _fill(session, photo, styles)
    except BaseException:
        shutil.rmtree(session.folder, ignore_errors=True)
        raise
    return session


def _fill(session: Session, photo: Path | None, styles: Sequence[Path]) -> None:
    def copied(path: Path) -> Path:
        try:
            return Path(shutil.copyfile(path, session.folder / f".incoming-{len(session.document.styles)}"))
        except OSError as error:
            raise InputError(f"{path}: {(error.strerror or str(error)).lower()}") from error

    with listening(lambda message: None):
        for style in reversed(styles):
            gallery.add(session, copied(style), style.name)
        if photo is not None:
            take(session, copied(photo), photo.name)
            things.start(session)


def _listen(host: str, port: int | None) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for tried in [port] if port is not None else range(PORT, PORT + _TRIED):
        listener = socket.socket(family, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, tried))
            listener.listen()  # else another studio could bind the same port until the server starts
            return listener
        except OSError as error:
            listener.close()
            taken = error.errno == errno.EADDRINUSE
            if port is not None or not taken:
                what = "it is taken" if taken else (error.strerror or str(error)).lower()
                raise OutputError(
                    f"cannot listen on {host}:{tried}: {what}; choose another port", option="port"
                ) from error
    raise OutputError(f"the ports {PORT} to {PORT + _TRIED - 1} are all taken; choose another", option="port")


def _open(server: uvicorn.Server, address: str) -> None:
    """Open the page once the server answers."""
    while not server.started:
        if server.should_exit:
            return
        time.sleep(0.05)
    webbrowser.open(address)
