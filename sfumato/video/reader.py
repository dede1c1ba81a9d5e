"""Read clips: open a file, find its moving pictures, and decode them frame by frame in constant memory."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sfumato.errors import InputError, SfumatoError

if TYPE_CHECKING:
    import av
    from av.container import InputContainer
    from av.video.stream import VideoStream

    from sfumato.video.look import Clip

__all__ = ["Damage", "decoded", "opened", "picture_stream"]


@dataclass
class Damage:
    """What could not be read.

    Attributes
    ----------
    packets, frames : int
        Number of packets that could not be decoded, and of frames that were decoded with faults.
    first : float or None
        Where the first of these was, in seconds.
    ending : str
        Why reading ended early; empty if it did not.

    Examples
    --------
    >>> Damage(packets=2, first=1.5).note()
    'the clip is damaged: 2 packets cannot be decoded, the first at 1.50 s; what can be read is kept'
    """

    packets: int = 0
    frames: int = 0
    first: float | None = None
    ending: str = ""

    def note(self) -> str:
        """Return what to say of it; nothing if nothing is damaged."""
        found = []
        if self.packets:
            found.append(f"{self.packets} packet{'s' * (self.packets > 1)} cannot be decoded")
        if self.frames:
            found.append(f"{self.frames} frame{'s' * (self.frames > 1)} decoded with faults")
        if found and self.first is not None:
            found[0] += f", the first at {self.first:.2f} s"
        if self.ending:
            found.append(self.ending)
        return f"the clip is damaged: {'; '.join(found)}; what can be read is kept" if found else ""

    def at(self, seconds: float) -> None:
        """Remember where the first fault was."""
        self.first = seconds if self.first is None else self.first


@contextmanager
def opened(path: Path) -> Iterator[InputContainer]:
    """Open a file for reading.

    Raises
    ------
    InputError
        If it is not there, or not a file that FFmpeg can read.
    SfumatoError
        If PyAV is not installed.
    """
    try:
        import av
    except ImportError as error:
        raise SfumatoError('video needs PyAV; run: pip install "sfumato[video]"') from error
    try:
        if not path.is_file():
            raise InputError(f"{path}: {'not a file' if path.exists() else 'no such file'}; give a video file")
        container = av.open(str(path), metadata_errors="replace")
    except (av.error.FFmpegError, OSError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        reason = (getattr(error, "strerror", None) or str(error)).lower()
        raise InputError(f"{path}: cannot be read as a video: {reason}") from None
    with container:
        yield container


def picture_stream(container: InputContainer) -> VideoStream:
    """Return the stream of moving pictures; covers of songs do not count.

    Raises
    ------
    InputError
        If there is none.
    """
    from av.stream import Disposition

    for stream in container.streams.video:
        if not stream.disposition & Disposition.attached_pic:
            return stream
    raise InputError(f"{container.name}: has no video stream; give a file that has one")


def decoded(clip: Clip, damage: Damage) -> Iterator[av.VideoFrame]:
    """Decode the frames of a clip, those of the part that was asked for.

    Parameters
    ----------
    clip : Clip
        The clip.
    damage : Damage
        Filled with what cannot be read; the rest goes on.

    Yields
    ------
    av.VideoFrame
        With time stamps that grow. Durations are 0 where the file does not tell.
    """
    begin = clip.begin
    for seek in (True, False) if clip.before else (False,):
        with opened(clip.path) as container:
            stream = picture_stream(container)
            if seek:
                container.seek(begin, stream=stream)
            own = Damage()
            frames = _decoded(container, stream, clip, own)
            first = next(frames, None)
            # A file whose index is wrong, or that has none, leads behind the place that was asked for.
            if first is None or first.pts is None or (seek and first.pts > begin):
                frames.close()
                continue
            frame: av.VideoFrame | None = first
            while frame is not None and frame.pts is not None and (clip.end is None or frame.pts < clip.end):
                if frame.pts >= begin:
                    yield frame
                frame = next(frames, None)
            frames.close()
        damage.packets, damage.frames, damage.first, damage.ending = own.packets, own.frames, own.first, own.ending
        return


def _decoded(container: InputContainer, stream: VideoStream, clip: Clip, damage: Damage) -> Generator[av.VideoFrame]:
    """Decode from where the container is."""
    import av

    latest, shape = None, None
    packets = container.demux(stream)
    while True:
        try:
            packet = next(packets, None)
        except (av.error.FFmpegError, OSError) as error:
            reason = (error.strerror or str(error)).lower()
            damage.ending = f"reading ends at {float((latest or 0) * clip.time_base):.2f} s ({reason})"
            return
        if packet is None:
            return
        try:
            frames = packet.decode()
        except (av.error.FFmpegError, OSError):
            damage.packets += 1
            damage.at(float((packet.pts or latest or 0) * clip.time_base))
            continue
        for frame in frames:
            if frame.pts is None:
                frame.pts = clip.begin if latest is None else latest + clip.usual
            if latest is not None and frame.pts <= latest:
                continue  # it would be shown for no time
            if shape not in (None, (frame.width, frame.height, frame.format.name)):
                damage.ending = f"the size of the picture changes at {float(frame.pts * clip.time_base):.2f} s"
                return
            shape, latest = (frame.width, frame.height, frame.format.name), frame.pts
            if frame.is_corrupt:
                damage.frames += 1
                damage.at(float(frame.pts * clip.time_base))
            yield frame
