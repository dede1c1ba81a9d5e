"""Small clips made on the spot, and what is in a file."""

import hashlib
from fractions import Fraction
from typing import NamedTuple

import numpy as np
import pytest

__all__ = ["Shown", "av", "clip", "inverted", "outside", "packets", "quarter", "shown"]

av = pytest.importorskip("av", reason="the extra video is not installed")

SUBTITLES = "1\n00:00:00,040 --> 00:00:00,200\nhello\n\n2\n00:00:00,240 --> 00:00:00,360\nworld\n"


class Shown(NamedTuple):
    """A decoded frame: when it is shown, for how long, and its samples as stored."""

    time: Fraction
    lasts: Fraction
    planes: list
    frame: object


def clip(
    path,
    frames=10,
    size=(64, 48),
    *,
    layout="yuv420p",
    codec="libx264",
    time_base=Fraction(1, 12800),
    stamps=None,
    bframes=2,
    rotation=None,
    color=None,
    aspect=None,
    sound=None,
    subtitles=None,
    seed=0,
    options=None,
    container=None,
    picture=None,
):
    """Write a clip of noise that moves, at 25 frames a second; return its path.

    `sound` is the name of an audio encoder, `subtitles` "mov_text" or "subrip", `color` a mapping of tags.
    """
    every = int(Fraction(1, 25) / time_base)
    stamps = [number * every for number in range(frames)] if stamps is None else stamps
    rng = np.random.default_rng(seed)
    with av.open(str(path), "w", options=container or {}) as out:
        told = {"qp": "12", **(options or {})} if codec == "libx264" else options
        stream = out.add_stream(codec, rate=25, options=told)
        stream.width, stream.height = size
        stream.pix_fmt = layout
        stream.time_base = stream.codec_context.time_base = time_base
        if codec in ("libx264", "mpeg4"):
            stream.codec_context.max_b_frames = bframes
        for name, value in (color or {}).items():
            setattr(stream.codec_context, name, value)
        if aspect is not None:
            stream.codec_context.sample_aspect_ratio = aspect
        if rotation is not None:
            stream.set_display_rotation(rotation)
        voice = out.add_stream(sound, rate=48000) if sound else None
        words = _words(out, path, subtitles) if subtitles else ()
        start = rng.integers(0, 256, (size[1], size[0], 3), np.uint8)
        for number, stamp in enumerate(stamps):
            pixels = picture(number) if picture else np.roll(start // 4 + 96, 2 * number, 1)
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels), "rgb24").reformat(format=layout)
            frame.pts, frame.time_base = stamp, time_base
            out.mux(stream.encode(frame))
        out.mux(stream.encode())
        if voice is not None:
            _sing(out, voice, round(float(stamps[-1] * time_base) * 48000 / 1024) + 2)
        for packet in words:
            out.mux(packet)
    return path


def _sing(out, voice, packets):
    size = voice.codec_context.frame_size or 1024
    for number in range(packets):
        wave = np.sin(np.arange(size * number, size * (number + 1)) * (0.05 + 0.001 * number))
        layout = voice.codec_context.layout.name
        kind = voice.codec_context.format.name
        values = np.tile(wave.astype(np.float32), (voice.codec_context.layout.nb_channels, 1))
        frame = av.AudioFrame.from_ndarray(values, "fltp", layout)
        frame.sample_rate, frame.pts, frame.time_base = 48000, size * number, Fraction(1, 48000)
        if kind != "fltp":
            frame = av.AudioResampler(kind, layout, 48000).resample(frame)[0]
            frame.pts, frame.time_base = size * number, Fraction(1, 48000)
        out.mux(voice.encode(frame))
    out.mux(voice.encode())


def _words(out, path, kind):
    """Packets of subtitles, for a stream that is added."""
    text = path.with_suffix(".srt")
    text.write_text(SUBTITLES)
    found = []
    with av.open(str(text)) as source:
        given = source.streams.subtitles[0]
        stream = out.add_stream_from_template(given) if kind == "subrip" else out.add_mux_stream(kind)
        if kind != "subrip":
            stream.time_base = Fraction(1, 1000)
        for packet in source.demux(given):
            if packet.size:
                content = bytes(packet)
                made = av.Packet(content if kind == "subrip" else len(content).to_bytes(2, "big") + content)
                made.pts, made.dts, made.duration = packet.pts, packet.dts, packet.duration
                made.time_base, made.stream = packet.time_base, stream
                found.append(made)
    text.unlink()
    return found


def shown(path):
    """The frames of a file, as stored: nothing is turned."""
    found = []
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        for frame in container.decode(stream):
            parts = []
            for plane, part in zip(frame.planes, frame.format.components, strict=False):
                if not (frame.format.is_planar or frame.format.name == "gray"):
                    break
                kind = np.uint8 if part.bits <= 8 else np.uint16
                rows = np.frombuffer(plane, kind).reshape(plane.height, -1)
                parts.append(rows[:, : plane.width].copy())
            found.append(Shown(frame.pts * stream.time_base, frame.duration * stream.time_base, parts, frame))
    return found


def packets(path, kind):
    """Hash, time and duration of each packet of the streams of a kind, stream by stream."""
    found = []
    with av.open(str(path)) as container:
        streams = [stream for stream in container.streams if stream.type == kind]
        for packet in container.demux(streams) if streams else ():
            if packet.size:
                time = packet.pts * packet.time_base
                found.append((packet.stream_index, hashlib.sha256(bytes(packet)).hexdigest(), time))
    return found


# ---- a trivial painter


def quarter(shape):
    """A mask of the upper left quarter."""
    alpha = np.zeros(shape, np.float32)
    alpha[: shape[0] // 2, : shape[1] // 2] = 1
    return alpha


def outside(plane):
    """The samples that do not belong to the upper left quarter."""
    return plane[quarter(plane.shape) == 0]


def inverted(frames, recipe, options, *, masks=None, folder=None, state=None, **machine):
    """Turn the upper left quarter into its negative, darker from frame to frame, so that a lost state shows."""
    from sfumato.video.painters import Painted

    count = 0 if state is None else int(state["count"])
    for _ in range(0 if state is None else int(state["back"])):
        next(frames)
        if masks is not None:
            next(masks)
    for frame in frames:
        picture = (1 - frame.astype(np.float32) / np.iinfo(frame.dtype).max) * (1 - 0.02 * (count % 16))
        alpha = quarter(frame.shape[:2]) if masks is None else next(masks)
        count += 1
        now = {"back": np.array(min(2, count)), "count": np.array(count)}
        yield Painted(picture, alpha, count == 1, (), lambda kept=now: kept)
