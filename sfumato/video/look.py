"""Look through a clip before any work: how many frames it has, and whether its time stamps can be kept."""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain, repeat
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sfumato.errors import InputError
from sfumato.video.reader import opened, picture_stream

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.packet import Packet
    from av.video.stream import VideoStream

__all__ = ["Clip", "look"]

_REORDERED = 64  # packets over which time stamps may be out of order; codecs reorder at most 16


@dataclass(frozen=True)
class Clip:
    """What a look through a file finds.

    Attributes
    ----------
    path : Path
        The file.
    time_base : Fraction
        Length of a unit of time stamps, in seconds.
    rate : Fraction
        Mean number of frames a second.
    begin : int
        Time stamp of the first frame to take.
    end : int or None
        Time stamp from which on no frames are taken.
    before : int
        Number of frames before `begin`.
    frames : int
        Number of frames to take, as far as can be told without decoding them.
    short : str
        What to say of a file that ends early; else empty.
    """

    path: Path
    time_base: Fraction
    rate: Fraction
    begin: int
    end: int | None
    before: int
    frames: int
    short: str = ""

    @property
    def usual(self) -> int:
        """Duration of a frame at the mean rate, in units of time stamps."""
        return max(1, round(1 / (self.rate * self.time_base)))

    @property
    def is_part(self) -> bool:
        """Whether only a part of the file is taken."""
        return self.before > 0 or self.end is not None


def look(path: Path, begin: float | None = None, end: float | None = None) -> Clip:
    """Look through the packets of a file without decoding them.

    Parameters
    ----------
    path : Path
        The file.
    begin, end : float, optional
        Part to take, in seconds from the first frame: frames from `begin` on, until before `end`.

    Returns
    -------
    Clip
        What was found.

    Raises
    ------
    InputError
        If the file cannot be read, has no frames or none in that part, or has time stamps that go backwards.
    """
    low, high = _exact(begin or 0.0), None if end is None else _exact(end)
    if low < 0:
        raise InputError(f"a clip cannot begin at {float(low):g} s; give 0 or more", option="from")
    if high is not None and high <= low:
        raise InputError(
            f"the end, {float(high):g} s, is not after the beginning, {float(low):g} s; give a later one", option="to"
        )
    with opened(path) as container:
        stream = picture_stream(container)
        time_base = stream.time_base or Fraction(1, 1000)
        first = start = last = None
        before = frames = 0
        for stamp in _in_order(path, container, stream):
            first = stamp if first is None else first
            last = stamp
            since = (stamp - first) * time_base
            if since < low:
                before += 1
            elif high is None or since < high:
                start = stamp if start is None else start
                frames += 1
        if first is None or last is None:
            raise InputError(f"{path}: its video stream has no frames; it may be damaged")
        if start is None:
            lasts = float((last - first) * time_base)
            where = f"past the last frame, at {lasts:.2f} s" if lasts < low else "between two frames"
            raise InputError(f"{path}: {float(low):g} s is {where}; begin earlier", option="from")
        until = None if high is None else first + math.ceil(high / time_base)
        rate = stream.average_rate or stream.guessed_rate or Fraction(25)
        short = ""
        if stream.frames > before + frames and until is None and not low:
            short = f"the clip is damaged: it ends after {before + frames} of {stream.frames} frames; those are kept"
        return Clip(path, time_base, Fraction(rate), start, until, before, frames, short)


def _exact(seconds: float) -> Fraction:
    """Return the decimal number that was meant, so that 1.6 s is the time of frame 40 at 25 frames a second."""
    return Fraction(seconds).limit_denominator(1_000_000)


def _in_order(path: Path, container: InputContainer, stream: VideoStream) -> Iterator[int]:
    """Yield the time stamps of the frames in the order in which they are shown, each once.

    A second frame for the same moment would never be seen.

    Raises
    ------
    InputError
        If those of any stream that is kept go backwards, since no container could take them in.
    """
    waiting: list[int] = []
    shown: int | None = None
    for stamp in chain(_stamps(path, container, stream), repeat(None, _REORDERED)):
        if stamp is not None:
            heapq.heappush(waiting, stamp)
        if waiting and (stamp is None or len(waiting) > _REORDERED):
            first = heapq.heappop(waiting)
            if shown is None or first > shown:
                shown = first
                yield first


def _stamps(path: Path, container: InputContainer, stream: VideoStream) -> Iterator[int]:
    """Yield the time stamps of the frames in the order of decoding; see `_in_order`."""
    latest: dict[int, int] = {}
    for packet in _packets(container, stream):
        if packet.dts is not None:
            if packet.dts < latest.get(packet.stream_index, packet.dts):
                raise InputError(
                    f"{path}: its time stamps go backwards at {float(packet.dts * packet.time_base):.2f} s; write it"
                    " again with new ones, such as by ffmpeg -fflags +genpts -i IN -c copy OUT"
                )
            latest[packet.stream_index] = packet.dts
        stamp = packet.dts if packet.pts is None else packet.pts
        if packet.stream_index == stream.index and not packet.is_discard and stamp is not None:
            yield stamp


def _packets(container: InputContainer, stream: VideoStream) -> Iterator[Packet[Any]]:
    """Yield the packets of the pictures, the sound and the subtitles; a damaged file has fewer."""
    import av

    others = [other for other in container.streams if other.type in ("audio", "subtitle")]
    packets = container.demux([stream, *others])
    while True:
        try:
            packet = next(packets, None)
        except (av.error.FFmpegError, OSError):
            return
        if packet is None:
            return
        yield packet
