"""All sessions: made, found again after a restart, and removed when nobody has used them for long."""

from __future__ import annotations

import os
import re
import secrets
import shutil
import threading
import time
from contextlib import suppress
from pathlib import Path

from sfumato import models
from sfumato.errors import OutputError, SfumatoError
from sfumato.regions import Finders
from sfumato.studio.masks import write_masks
from sfumato.studio.session import Session

__all__ = ["Sessions", "home"]

_ID = re.compile(r"[A-Za-z0-9_-]{22,64}")

# Days after which a session that nobody used is removed, and seconds after which its memory is given back.
_DAYS, _IDLE = 14, 3600.0


def home() -> Path:
    """Return the folder of all sessions: "studio" beside the network files.

    Examples
    --------
    >>> home().name
    'studio'
    """
    return models.home() / "studio"


class Sessions:
    """The sessions in a folder.

    Parameters
    ----------
    folder : Path
        One folder in it for each session.
    finders : Finders, optional
        Networks that look for things, in sessions that choose none.

    Raises
    ------
    OutputError
        If the folder cannot be made.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as place:
    ...     made = Sessions(Path(place)).new()
    ...     Sessions(Path(place)).find(made.id).id == made.id
    True
    """

    def __init__(self, folder: Path, finders: Finders | None = None) -> None:
        self.folder, self._finders = folder, finders or Finders()
        self._lock = threading.Lock()
        self._known: dict[str, tuple[Session, float]] = {}
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(
                f"{folder}: cannot be made: {(error.strerror or str(error)).lower()}; "
                "set SFUMATO_HOME to a folder that you may write to"
            ) from error

    def new(self) -> Session:
        """Make an empty session."""
        name = secrets.token_urlsafe(18)
        session = Session(name, self.folder / name, self._finders)
        session.replace(session.document)
        with self._lock:
            self._known[name] = session, time.monotonic()
        return session

    def find(self, name: str) -> Session | None:
        """Return the session of an id, from disk if necessary; None if there is none."""
        if not _ID.fullmatch(name):
            return None
        with self._lock:
            if name in self._known:
                session = self._known[name][0]
            else:
                if not (self.folder / name / "session.json").is_file():
                    return None
                with suppress(SfumatoError):
                    session = Session(name, self.folder / name, self._finders)
                    self._known[name] = session, 0.0
                if name not in self._known:
                    return None
            before = self._known[name][1]
            self._known[name] = session, time.monotonic()
        if time.monotonic() - before > 60:
            with suppress(OSError):
                os.utime(session.folder / "session.json")
        return session

    def save(self) -> None:
        """Write what is only in memory: painted masks."""
        with self._lock:
            known = [session for session, _ in self._known.values()]
        for session in known:
            with suppress(SfumatoError), session.lock:
                write_masks(session)

    def clean(self, *, days: float = _DAYS) -> list[str]:
        """Remove sessions that nobody used for so many days, and forget in memory those that are idle.

        Returns
        -------
        list of str
            Ids of the removed sessions.
        """
        self.save()
        removed, oldest = [], time.time() - days * 86_400
        with self._lock:
            for name, (session, used) in list(self._known.items()):
                busy = session.watched or (session.job is not None and session.job.active)
                if not busy and time.monotonic() - used > _IDLE:
                    del self._known[name]
            for place in list(self.folder.iterdir()):
                if not _ID.fullmatch(place.name) or place.is_symlink() or place.name in self._known:
                    continue
                with suppress(OSError):
                    if (place / "session.json").stat().st_mtime < oldest:
                        shutil.rmtree(place)
                        removed.append(place.name)
        return removed
