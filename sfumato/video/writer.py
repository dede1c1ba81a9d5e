"""Write a part of a clip: a file of its own, encoded for itself."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sfumato.errors import OutputError

if TYPE_CHECKING:
    from sfumato.video.encoding import Encoding
    from sfumato.video.planes import Planes

__all__ = ["Part", "PartWriter", "readable"]


def readable(error: Exception) -> str:
    """Return why FFmpeg could not write."""
    return (getattr(error, "strerror", None) or str(error)).lower()


@dataclass(frozen=True)
class Part:
    """A finished part.

    Attributes
    ----------
    first : int
        Time stamp of its first frame; those in the file count from there.
    after : int
        Time stamp at which its last frame ends.
    frames : int
        Number of frames.
    shot : int
        Number, in the clip, of the frame with which the shot of its last frame began.
    """

    first: int
    after: int
    frames: int
    shot: int


class PartWriter:
    """A part that is being written.

    Parameters
    ----------
    path : Path
        Where to.
    encoding : Encoding
        How.
    """

    def __init__(self, path: Path, encoding: Encoding) -> None:
        import av

        self.path, self.frames = path, 0
        self._first = self._after = 0
        self._durations: dict[int, int] = {}
        self._time_base = encoding.time_base
        try:
            self._container = av.open(str(path), "w", format="mp4")
            self._stream = encoding.add_to(self._container)
        except (av.error.FFmpegError, OSError, ValueError) as error:
            raise OutputError(f"{path}: cannot be written: {readable(error)}") from error

    def add(self, planes: Planes, stamp: int, duration: int) -> None:
        """Encode a frame.

        Raises
        ------
        OutputError
            If it cannot be written.
        """
        from sfumato.video.planes import written

        if not self.frames:
            self._first = stamp
        frame = written(planes)
        frame.pts, frame.time_base = stamp - self._first, self._time_base
        self._durations[stamp - self._first] = duration
        self.frames, self._after = self.frames + 1, stamp + duration
        self._write(frame)

    def close(self, shot: int) -> Part:
        """Finish the file.

        Raises
        ------
        OutputError
            If it cannot be written.
        """
        import av

        self._write(None)
        try:
            self._container.close()
            with self.path.open("rb+") as file:
                os.fsync(file.fileno())
        except (av.error.FFmpegError, OSError) as error:
            raise OutputError(f"{self.path}: cannot be written: {readable(error)}") from error
        return Part(self._first, self._after, self.frames, shot)

    def abandon(self) -> None:
        """Leave the part as it is; nothing reads it."""
        import av

        with suppress(av.error.FFmpegError, OSError, ValueError):
            self._container.close()
        self.path.unlink(missing_ok=True)

    def _write(self, frame: Any) -> None:
        import av

        try:
            for packet in self._stream.encode(frame):
                if packet.pts is not None and packet.pts in self._durations:
                    packet.duration = self._durations.pop(packet.pts)
                self._container.mux(packet)
        except (av.error.FFmpegError, OSError, ValueError) as error:
            raise OutputError(f"{self.path}: cannot be written: {readable(error)}") from error
