"""The finished parts of a clip, in a folder beside the result, which can be played and gone on from after a kill.

Every part is encoded for itself, so that a run that was resumed makes the same parts as one that was not.
"""

from __future__ import annotations

import io
import json
import shutil
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from sfumato import files
from sfumato.errors import CheckpointError, OutputError
from sfumato.video.writer import Part, PartWriter, readable

if TYPE_CHECKING:
    from sfumato.video.encoding import Encoding

__all__ = ["Parts", "folder_of"]

_JOB, _LIST, _STATE, _OPEN = "job.json", "play.m3u", "state-{:05}.npz", "unfinished.mp4"


def folder_of(output: Path) -> Path:
    """Return the folder of the parts of a result.

    Examples
    --------
    >>> folder_of(Path("out/a.mp4")).name
    'a.mp4.parts'
    """
    return output.parent / f"{output.name}.parts"


class Parts:
    """The folder of the parts of one result.

    Parameters
    ----------
    output : Path
        The result.
    job : str
        Hash of everything that determines the result.

    Attributes
    ----------
    folder : Path
        Where they are.
    done : list of Part
        Those that are finished.
    """

    def __init__(self, output: Path, job: str) -> None:
        self.folder, self._job = folder_of(output), job
        self.done: list[Part] = []

    @property
    def frames(self) -> int:
        """Number of frames in the finished parts."""
        return sum(part.frames for part in self.done)

    def begin(self) -> None:
        """Make an empty folder.

        Raises
        ------
        OutputError
            If it cannot be made.
        """
        try:
            self.remove()
            self.folder.mkdir()
        except OSError as error:
            raise OutputError(f"{self.folder}: cannot be made: {readable(error)}; choose another folder") from error
        files.write(self.folder / _JOB, json.dumps({"made_from": self._job}).encode())

    def resume(self) -> dict[str, np.ndarray] | None:
        """Read what is there, and return the state of the painter after it, if it was saved.

        Raises
        ------
        CheckpointError
            If there is nothing, it cannot be read, or it belongs to another job.
        """
        try:
            found = json.loads((self.folder / _JOB).read_bytes())["made_from"]
            while self.path(len(self.done)).is_file():
                self.done.append(Part(**json.loads(self._facts(len(self.done)).read_bytes())))
        except FileNotFoundError as error:
            raise CheckpointError(f"there is no {self.folder} to go on from; start anew") from error
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise CheckpointError(f"{self.folder} is damaged; remove it and start anew") from error
        if found != self._job:
            raise CheckpointError(f"{self.folder} belongs to another clip, recipe or options; start anew")
        try:
            with np.load(self.folder / _STATE.format(len(self.done) - 1), allow_pickle=False) as saved:
                return dict(saved)
        except (OSError, ValueError):
            return None  # painted again from the beginning of the shot

    def path(self, number: int) -> Path:
        """Return where a part is."""
        return self.folder / f"{number:05}.mp4"

    def add(self, writer: PartWriter, shot: int, state: dict[str, np.ndarray] | None) -> None:
        """Finish a part; once its file has its name, all that belongs to it is there.

        Raises
        ------
        OutputError
            If something cannot be written.
        """
        number = len(self.done)
        part = writer.close(shot)
        files.write(self._facts(number), json.dumps(asdict(part)).encode())
        if state is not None:
            content = io.BytesIO()
            np.savez(content, **state)  # type: ignore[arg-type]
            files.write(self.folder / _STATE.format(number), content.getbuffer())
        writer.path.replace(self.path(number))
        self.done.append(part)
        names = "".join(f"{self.path(each).name}\n" for each in range(len(self.done)))
        files.write(self.folder / _LIST, names.encode())
        (self.folder / _STATE.format(number - 1)).unlink(missing_ok=True)

    def writer(self, encoding: Encoding) -> PartWriter:
        """Begin a part."""
        return PartWriter(self.folder / _OPEN, encoding)

    def remove(self) -> None:
        """Remove the folder and all that is in it."""
        if self.folder.exists():
            shutil.rmtree(self.folder)

    def _facts(self, number: int) -> Path:
        return self.folder / f"{number:05}.json"
