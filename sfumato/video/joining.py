"""Join the parts of a clip, with the sound and the subtitles of the input as they are."""

from __future__ import annotations

import heapq
import io
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sfumato.errors import OutputError, warn
from sfumato.video.encoding import FORMATS
from sfumato.video.parts import Parts
from sfumato.video.reader import opened, picture_stream
from sfumato.video.writer import Part, readable

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.packet import Packet
    from av.stream import Stream

    from sfumato.video.look import Clip

__all__ = ["check_streams", "join"]

_COPIED = {"audio": "sound", "subtitle": "subtitles"}


def check_streams(clip: Clip, target: Path) -> None:
    """Check before the work that a file can hold the sound and the subtitles of a clip.

    Parameters
    ----------
    clip : Clip
        The clip.
    target : Path
        File to write.

    Raises
    ------
    OutputError
        If it cannot hold one of them.

    Warns
    -----
    SfumatoWarning
        If the clip has other streams, which are left out.
    """
    import av

    kind = FORMATS[target.suffix.lower()]
    with opened(clip.path) as source:
        own = picture_stream(source)
        for stream in source.streams:
            if stream.type not in _COPIED:
                if stream.index != own.index:
                    warn(f"{clip.path}: stream {stream.index} ({stream.type}) is left out")
                continue
            try:
                with av.open(io.BytesIO(), "w", format=kind) as trial:
                    trial.add_stream_from_template(stream)
                    trial.start_encoding()
            except (av.error.FFmpegError, ValueError, OSError) as error:
                like = clip.path.suffix.lower()
                name = like if like in FORMATS and like != target.suffix.lower() else ".mkv"
                codec = getattr(stream.codec_context, "name", "unknown")
                raise OutputError(
                    f"{target}: cannot hold the {_COPIED[stream.type]} of {clip.path} ({codec}); give a name that ends"
                    f" in {name}"
                ) from error


def join(
    clip: Clip, parts: Parts, target: Path, tail: tuple[Path, Part] | None = None, *, stopped: bool = False
) -> None:
    """Write the file: pictures from the parts, all else from the clip.

    Parameters
    ----------
    clip : Clip
        The clip.
    parts : Parts
        The finished parts.
    target : Path
        File to write; it appears whole or not at all.
    tail : (Path, Part), optional
        Another part after them.
    stopped : bool
        Whether more is to come, so that the sound ends with the last part.

    Raises
    ------
    OutputError
        If it cannot be written.
    """
    import av

    pieces = [(parts.path(number), part) for number, part in enumerate(parts.done)]
    pieces += [] if tail is None else [tail]
    end = pieces[-1][1].after if stopped else clip.end
    shift = clip.begin if clip.before else 0
    kind = FORMATS[target.suffix.lower()]
    written = parts.folder / f"whole{target.suffix.lower()}"
    # FFmpeg rounds where a stream begins to these units.
    options = {"movie_timescale": str(clip.time_base.denominator)} if kind in ("mp4", "mov") else {}
    try:
        with opened(clip.path) as source, av.open(str(written), "w", format=kind, options=options) as out:
            with av.open(str(pieces[0][0])) as model:
                pictures = out.add_stream_from_template(model.streams.video[0])
            pictures.time_base = clip.time_base
            _describe(pictures, picture_stream(source))
            copies = {}
            for stream in source.streams:
                if stream.type in _COPIED:
                    copies[stream.index] = out.add_stream_from_template(stream)
                    _describe(copies[stream.index], stream)
            out.metadata.update(source.metadata)
            if not clip.is_part:
                out.set_chapters(source.chapters())
            packets = heapq.merge(
                _pictures(pieces, pictures, clip.time_base, shift),
                _others(source, copies, clip, shift, end),
                key=_moment,
            )
            for packet in packets:
                out.mux(packet)
        written.replace(target)
    except (av.error.FFmpegError, OSError, ValueError) as error:
        raise OutputError(f"{target}: cannot be written: {readable(error)}") from error


def _describe(copy: Stream, stream: Stream) -> None:
    """Give a stream the language, the title and the roles of another."""
    copy.metadata.update(stream.metadata)
    copy.disposition = stream.disposition


def _moment(packet: Packet[Any]) -> Fraction:
    stamp = packet.dts if packet.dts is not None else packet.pts
    return (stamp or 0) * Fraction(packet.time_base)


def _pictures(
    pieces: Sequence[tuple[Path, Part]], stream: Stream, time_base: Fraction, shift: int
) -> Iterator[Packet[Any]]:
    import av

    for path, part in pieces:
        with av.open(str(path)) as container:
            own = container.streams.video[0]
            for packet in container.demux(own):
                if packet.dts is None:
                    continue
                for name in ("pts", "dts", "duration"):
                    stamp = int(getattr(packet, name) * Fraction(packet.time_base) / time_base)
                    setattr(packet, name, stamp if name == "duration" else stamp + part.first - shift)
                packet.time_base, packet.stream = time_base, stream  # type: ignore[assignment]
                yield packet


def _others(
    source: InputContainer, copies: dict[int, Stream], clip: Clip, shift: int, end: int | None
) -> Iterator[Packet[Any]]:
    """Yield the packets of the other streams; of a part of the clip, those that begin in it."""
    import av

    if not copies:
        return
    packets = source.demux([source.streams[index] for index in copies])
    texts = {index for index in copies if getattr(source.streams[index].codec_context, "name", "") == "mov_text"}
    offset, until = shift * clip.time_base, None if end is None else end * clip.time_base
    while True:
        try:
            packet = next(packets, None)
        except (av.error.FFmpegError, OSError):
            return  # the file is damaged, which was said when its frames were read
        if packet is None:
            return
        # Packets without a stamp but with bytes are kept; the last one of each stream has neither.
        if packet.dts is None and packet.pts is None and not packet.size:
            continue
        # Empty ones fill the gaps between subtitles in MP4, and FFmpeg writes them itself.
        if packet.stream_index in texts and bytes(packet) == b"\0\0":
            continue
        moment = _moment(packet)
        if (clip.before and moment < offset) or (until is not None and moment >= until):
            continue
        back = round(offset / Fraction(packet.time_base))
        packet.pts = None if packet.pts is None else packet.pts - back
        packet.dts = None if packet.dts is None else packet.dts - back
        packet.stream = copies[packet.stream_index]
        yield packet
