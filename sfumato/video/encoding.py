"""How frames are encoded: which encoder a file's name asks for, and what it is told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, cast

from sfumato.errors import OutputError

if TYPE_CHECKING:
    import av
    from av.container import OutputContainer
    from av.video.stream import VideoStream

    from sfumato.video.look import Clip
    from sfumato.video.options import VideoOptions
    from sfumato.video.planes import Planes

__all__ = ["FORMATS", "Encoding", "encoder_of", "encoding_of"]

#: FFmpeg's names of the containers, by the endings of files.
FORMATS: Mapping[str, str] = {".mp4": "mp4", ".m4v": "mp4", ".mov": "mov", ".mkv": "matroska", ".webm": "webm"}

# What the encoders are told, with and without loss. B-frames are left out: each frame then comes out as it goes in,
# with its own time stamp, and parts of a clip can be joined whatever the distances of its frames. x264's macroblock
# tree is left out as well: with it, up to 8 of 60 runs on the same frames gave other bytes at widths of 48, 96 and 176
# pixels, though not of 128, 256 and 640.
_ENCODERS = {
    "libx264": (
        {"crf": "{crf}", "preset": "medium", "bf": "0", "x264-params": "mbtree=0"},
        {"qp": "0", "preset": "medium", "bf": "0"},
    ),
    "libvpx-vp9": (
        {"crf": "{crf}", "b": "0", "deadline": "good", "cpu-used": "3", "lag-in-frames": "0"},
        {"lossless": "1", "deadline": "good", "cpu-used": "3", "lag-in-frames": "0"},
    ),
}


def encoder_of(path: Path) -> str:
    """Return the encoder for a file's name.

    Raises
    ------
    OutputError
        If there is none.

    Examples
    --------
    >>> encoder_of(Path("out.MP4"))
    'libx264'
    """
    from sfumato import files

    try:
        files.check_ending(path, list(FORMATS))
    except OutputError as error:
        raise OutputError(f"{error}, for which there is an encoder") from None
    return "libvpx-vp9" if path.suffix.lower() == ".webm" else "libx264"


@dataclass(frozen=True)
class Encoding:
    """Everything that an encoder is told; parts of a clip are encoded alike, so that they can be joined.

    Attributes
    ----------
    encoder, layout : str
        FFmpeg's names of the encoder and of the layout of the samples.
    width, height : int
        In pixels.
    time_base, rate : Fraction
        Unit of time stamps in seconds, and mean number of frames a second.
    aspect : Fraction or None
        Width of a pixel relative to its height.
    color : mapping of str to int
        Color tags, as the input has them.
    options : mapping of str to str
        Options of the encoder.
    """

    encoder: str
    layout: str
    width: int
    height: int
    time_base: Fraction
    rate: Fraction
    aspect: Fraction | None
    color: Mapping[str, int] = field(default_factory=dict)
    options: Mapping[str, str] = field(default_factory=dict)

    def add_to(self, container: OutputContainer) -> VideoStream:
        """Add a stream of such frames to a container that is written."""
        stream = cast("VideoStream", container.add_stream(self.encoder, rate=self.rate, options=dict(self.options)))
        context = stream.codec_context
        context.width, context.height, context.pix_fmt = self.width, self.height, self.layout
        stream.time_base = context.time_base = self.time_base
        if self.aspect is not None:
            context.sample_aspect_ratio = self.aspect
        for name, value in self.color.items():
            setattr(context, name, value)
        return stream


def encoding_of(
    frame: av.VideoFrame, planes: Planes, clip: Clip, aspect: Fraction | None, path: Path, options: VideoOptions
) -> Encoding:
    """Return how to encode the frames of a clip.

    Parameters
    ----------
    frame : av.VideoFrame
        First frame, as decoded.
    planes : Planes
        The same, upright.
    clip : Clip
        The clip.
    aspect : Fraction or None
        Width of a pixel of the decoded frame relative to its height.
    path : Path
        File to write.
    options : VideoOptions
        Quality.

    Raises
    ------
    OutputError
        If the encoder has no such layout.
    """
    from av.codec import Codec

    name = encoder_of(path)
    known = {each.name for each in Codec(name, "w").video_formats or ()}
    if planes.layout not in known:
        raise OutputError(
            f"{path}: its encoder cannot write {planes.coding.bits} bits ({planes.layout}); name it .mp4 or .mkv"
        )
    if aspect and round(frame.rotation / 90) % 2:
        aspect = 1 / aspect
    tags = {
        "color_range": int(frame.color_range),
        "colorspace": int(frame.colorspace),
        "color_primaries": int(frame.color_primaries),
        "color_trc": int(frame.color_trc),
    }
    if frame.format.is_rgb:
        tags = {"color_range": 1, "colorspace": 6}
    lossy, lossless = _ENCODERS[name]
    told = {key: value.format(crf=options.crf) for key, value in (lossless if options.lossless else lossy).items()}
    height, width = planes.luma.shape
    return Encoding(name, planes.layout, width, height, clip.time_base, clip.rate, aspect, tags, told)
