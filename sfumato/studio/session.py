"""A session: its document, the folder that keeps it, and who is told when something changes."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sfumato import files
from sfumato.errors import RecipeError, collecting, listening
from sfumato.regions import Finders
from sfumato.studio.document import Document, Labels
from sfumato.studio.previews import Previews

if TYPE_CHECKING:
    from sfumato.studio.job import Job
    from sfumato.studio.masks import LayerState
    from sfumato.studio.matching import Matched
    from sfumato.studio.screen import Screen

__all__ = ["Session", "plain"]

_DOCUMENT = "session.json"


class Session:
    """What one browser works on. Its document is frozen, so that it can be read at any time without waiting.

    Parameters
    ----------
    name : str
        Its id.
    folder : Path
        Where it is kept.
    finders : Finders, optional
        Networks that "auto" stands for.

    Attributes
    ----------
    lock : RLock
        Held while a command changes the document.
    job : Job or None
        The latest job; it goes on without any connection.
    previews : Previews
        The pictures of its progress.
    screen : Screen or None
        The copy of the photo that is shown, once it was needed.
    matched : Matched or None
        The labels that photo and reference share, once they were asked for.
    painted : dict of str to LayerState
        What layers hold beside the document, by their ids.
    own : set of str
        Names of the files that were last known to be in use.
    """

    def __init__(self, name: str, folder: Path, finders: Finders | None = None) -> None:
        self.id, self.folder, self._finders = name, folder, finders or Finders()
        self.lock = threading.RLock()
        self.revision = 0
        self.job: Job | None = None
        self.previews = Previews()
        self.screen: Screen | None = None
        self.matched: Matched | None = None
        self.painted: dict[str, LayerState] = {}
        self._listeners: set[Callable[[], None]] = set()
        for place in (self.files, self.results):
            place.mkdir(parents=True, exist_ok=True)
        self._document = self._read()
        self.own = self._document.files

    @property
    def files(self) -> Path:
        """The folder of the photo, the styles and the masks, under the names that recipes have for them."""
        return self.folder / "files"

    @property
    def results(self) -> Path:
        """The folder of the results, one folder each."""
        return self.folder / "results"

    @property
    def document(self) -> Document:
        """What the session remembers."""
        return self._document

    @property
    def segmenter(self) -> str:
        """The segmenter that finds labels: that of the settings, or else the one that the studio was started with."""
        return _chosen(self._document, self._finders)

    @property
    def finders(self) -> Finders:
        """The networks that look for things."""
        return {**self._finders, "segmenter": self.segmenter}

    @property
    def watched(self) -> bool:
        """Whether a page listens."""
        return bool(self._listeners)

    def keep(self, document: Document) -> None:
        """Keep another document, on disk first, so that one that cannot be written changes nothing."""
        with self.lock:
            files.write(self.folder / _DOCUMENT, document.model_dump_json(by_alias=True).encode())
            self._document = document

    def replace(self, document: Document) -> None:
        """Keep another document, and tell who listens."""
        self.keep(document)
        self.changed()

    def change(self, **fields: Any) -> None:
        """Replace fields of the document."""
        with self.lock:
            self.replace(self._document.model_copy(update=fields))

    def changed(self) -> None:
        """Tell who listens that there is something new to show."""
        self.revision += 1
        for listener in list(self._listeners):
            listener()

    def note(self, notes: Iterable[str]) -> None:
        """Show notes to the user."""
        found = [self.plain(note) for note in notes]
        if found:
            with self.lock:
                self.replace(self._document.noted(*found))

    def plain(self, text: str) -> str:
        """Return a message with the names of the session's files as the user knows them."""
        return plain(self.folder.parent, text)

    @contextmanager
    def listening(self, listener: Callable[[], None]) -> Iterator[None]:
        """Call a function at each change within the block."""
        self._listeners.add(listener)
        try:
            yield
        finally:
            self._listeners.discard(listener)

    @contextmanager
    def working(self) -> Iterator[None]:
        """Let one command change the session at a time; what it warns of becomes notes."""
        notes: list[str] = []
        with self.lock, listening(lambda message: None), collecting(notes):
            yield
            self.note(notes)

    def _read(self) -> Document:
        """Read the document, or begin an empty one."""
        place = self.folder / _DOCUMENT
        try:
            content = json.loads(place.read_text("utf-8"))
        except FileNotFoundError:
            return Document()
        except (OSError, ValueError) as error:
            raise RecipeError(f"{place}: the session cannot be read: {error}") from None
        try:
            found = Document.model_validate(content)
            # What was being looked for when the server ended, or was found by another segmenter, is looked for anew.
            labels, segmenter = found.labels, _chosen(found, self._finders)
            if labels.state == "working" or labels.segmenter != segmenter:
                labels = Labels(version=labels.version)
            return found.model_copy(update={"labels": labels})
        except ValueError:
            # Of another version: what it held cannot be understood any more, but its files are left in place.
            return Document().noted("this session was made by another version of sfumato and begins anew")


def _chosen(document: Document, started_with: Finders) -> str:
    chosen = document.settings.segmenter
    return started_with.get("segmenter", "auto") if chosen == "auto" else chosen


def plain(folder: Path, text: str) -> str:
    """Return a message without the folders of sessions, which no user knows.

    Examples
    --------
    >>> plain(Path("/home/me"), "/home/me/q1w2/files/a.png: no picture")
    'a.png: no picture'
    """
    inside = r"(files/|\.incoming-\w+/|results/\w+/work/)?"
    return re.sub(f"{re.escape(str(folder))}/[A-Za-z0-9_-]+/{inside}", "", text)
