"""Frames as planes of samples: taken from a decoded frame, turned upright, blended with a picture, given to an encoder.

A trip through RGB would change two thirds of the samples outside the region, so nothing is blended there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sfumato.images.boxes import bounding_box
from sfumato.video.ycbcr import Coding, matrix_of

if TYPE_CHECKING:
    import av

__all__ = ["Planes", "composed", "layout_of", "read", "written"]

# Layouts of planes that are kept, by how often chroma is sampled down and across.
_KEPT = {"420": (2, 2), "422": (1, 2), "444": (1, 1)}


@dataclass(frozen=True)
class Planes:
    """A frame as luma, Cb and Cr.

    Parameters
    ----------
    luma : ndarray of uint8 or uint16, shape (H, W)
        Luma samples.
    cb, cr : ndarray, shape (H, W), (H, W / 2) or (H / 2, W / 2)
        Chroma samples.
    coding : Coding
        What they mean.
    """

    luma: np.ndarray
    cb: np.ndarray
    cr: np.ndarray
    coding: Coding

    @property
    def steps(self) -> tuple[int, int]:
        """How many pixels share a chroma sample, down and across."""
        return self.luma.shape[0] // self.cb.shape[0], self.luma.shape[1] // self.cb.shape[1]

    @property
    def layout(self) -> str:
        """FFmpeg's name of the layout, such as "yuv420p10le"."""
        name = next(name for name, steps in _KEPT.items() if steps == self.steps)
        return f"yuv{name}p" + ("10le" if self.coding.bits == 10 else "")

    def rgb(self) -> np.ndarray:
        """Return the frame as RGB, uint8 or uint16 (H, W, 3), over the whole range of the type."""
        return self.coding.to_rgb(self.luma, self.cb, self.cr)


def layout_of(frame: av.VideoFrame) -> tuple[str, str]:
    """Return the layout in which a frame is processed, and what is lost by that.

    Parameters
    ----------
    frame : av.VideoFrame
        A decoded frame.

    Returns
    -------
    layout : str
        The frame's own, if it is 8 or 10 bits of luma and chroma; else one that it can be converted to.
    lost : str
        What the conversion does, for the user; empty if the samples stay as they are.
    """
    own = frame.format
    name = own.name.replace("yuvj", "yuv").replace("yuva", "yuv")
    planar = own.is_planar and name.startswith("yuv4")
    if not (planar or name.startswith("gray")) or own.is_big_endian:
        if own.name in ("nv12", "nv21"):
            return "yuv420p", ""
        deep = max(part.bits for part in own.components) > 8
        return "yuv444p10le" if deep else "yuv444p", f"converted from {own.name}; colors are rounded"
    bits = own.components[0].bits
    if bits not in (8, 10):
        return "yuv444p10le", f"converted from {own.name} to 10 bits"
    return own.name, "transparency is dropped" if "yuva" in own.name else ""


def read(frame: av.VideoFrame) -> Planes:
    """Take the samples of a decoded frame, turned upright.

    Chroma that is sampled in another way than by halves, or whose halves do not fit odd sides, is repeated for each
    pixel, so that all samples are kept.

    Parameters
    ----------
    frame : av.VideoFrame
        A decoded frame.

    Returns
    -------
    Planes
        Copies.
    """
    layout, _ = layout_of(frame)
    full = frame.color_range == 2 or frame.format.name.startswith("yuvj")
    height = min(frame.width, frame.height) if frame.rotation % 180 else frame.height
    red, blue = matrix_of(int(frame.colorspace), height)
    source = frame if layout == frame.format.name else frame.reformat(format=layout)
    if frame.format.is_rgb:
        full, (red, blue) = False, matrix_of(6, 0)  # what FFmpeg writes when it is told nothing else
    coding = Coding(red, blue, source.format.components[0].bits, full)
    luma, *chroma = (_samples(source, number) for number in range(1 if "gray" in layout else 3))
    if not chroma:
        chroma = [np.full_like(luma, 1 << (coding.bits - 1))] * 2
    turns = round(frame.rotation / 90) % 4
    luma, cb, cr = (np.ascontiguousarray(np.rot90(part, turns)) for part in (luma, *_fitting(luma, chroma, turns)))
    return Planes(luma, cb, cr, coding)


def _samples(frame: av.VideoFrame, number: int) -> np.ndarray:
    plane, part = frame.planes[number], frame.format.components[number]
    kind = np.dtype(np.uint8 if part.bits <= 8 else np.uint16)
    rows = np.frombuffer(plane, kind).reshape(-1, plane.line_size // kind.itemsize)  # type: ignore[call-overload]
    samples: np.ndarray = rows[: plane.height, : plane.width].copy()
    return samples


def _fitting(luma: np.ndarray, chroma: list[np.ndarray], turns: int) -> list[np.ndarray]:
    """Return chroma planes whose layout the encoder has, also after turning them."""
    height, width = luma.shape
    down, across = (-(-side // part) for side, part in zip(luma.shape, chroma[0].shape, strict=True))
    even = height % down == 0 and width % across == 0
    if even and ((across, down) if turns % 2 else (down, across)) in _KEPT.values():
        return chroma
    return [part.repeat(down, 0).repeat(across, 1)[:height, :width] for part in chroma]


def composed(planes: Planes, picture: np.ndarray, alpha: np.ndarray) -> Planes:
    """Blend a picture over a frame; where alpha is 0, samples stay as they are.

    Chroma counts the pixels that share a sample by their alpha, so that what the picture holds outside the region does
    not matter.

    Parameters
    ----------
    planes : Planes
        The frame.
    picture : ndarray of float32, shape (H, W, 3)
        RGB in [0, 1].
    alpha : ndarray of float32, shape (H, W)
        How much of the picture to show, in [0, 1].

    Returns
    -------
    Planes
        The same object if alpha is 0 everywhere.
    """
    box = bounding_box(alpha > 0) if alpha.any() else None
    if box is None:
        return planes
    steps, top_value = planes.steps, (1 << planes.coding.bits) - 1
    top, left, bottom, right = _widened(box, steps)
    inside = np.s_[top:bottom, left:right]
    smaller = np.s_[top // steps[0] : bottom // steps[0], left // steps[1] : right // steps[1]]
    weight = alpha[inside].astype(np.float32, copy=False)
    samples = planes.coding.from_rgb(picture[inside].clip(0, 1))
    parts: list[np.ndarray] = []
    for number, (plane, where) in enumerate(((planes.luma, inside), (planes.cb, smaller), (planes.cr, smaller))):
        step = steps if number else (1, 1)
        shown, share = _mean(weight * samples[..., number], step), _mean(weight, step)
        changed = plane.copy()
        changed[where] = np.rint(plane[where] * (1 - share) + shown).clip(0, top_value).astype(plane.dtype)
        parts.append(changed)
    luma, cb, cr = parts
    return Planes(luma, cb, cr, planes.coding)


def _widened(box: tuple[int, int, int, int], steps: tuple[int, int]) -> tuple[int, int, int, int]:
    """Return a box whose sides lie between chroma samples."""
    top, left, bottom, right = box
    down, across = steps
    return top // down * down, left // across * across, -(-bottom // down) * down, -(-right // across) * across


def _mean(values: np.ndarray, steps: tuple[int, int]) -> np.ndarray:
    """Average the pixels that share a chroma sample."""
    down, across = steps
    if steps == (1, 1):
        return values
    height, width = values.shape
    found: np.ndarray = values.reshape(height // down, down, width // across, across).mean((1, 3))
    return found


def written(planes: Planes) -> av.VideoFrame:
    """Return the samples as a frame for an encoder, without a time stamp."""
    import av

    height, width = planes.luma.shape
    frame = av.VideoFrame(width, height, planes.layout)
    for plane, samples in zip(frame.planes, (planes.luma, planes.cb, planes.cr), strict=True):
        padded = np.zeros((plane.height, plane.line_size // samples.itemsize), samples.dtype)
        padded[:, : samples.shape[1]] = samples
        plane.update(padded.tobytes())
    return frame
