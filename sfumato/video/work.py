"""The work on a clip: decode, paint, blend, encode, part by part."""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import numpy as np

from sfumato.errors import InputError, warn
from sfumato.jobs import needs
from sfumato.methods.stamp import digest
from sfumato.recipe import Recipe
from sfumato.video.encoding import encoding_of
from sfumato.video.joining import join
from sfumato.video.look import Clip
from sfumato.video.masks import masks_of
from sfumato.video.options import VideoOptions
from sfumato.video.parts import Parts
from sfumato.video.planes import Planes, composed, layout_of, read
from sfumato.video.reader import Damage, decoded, opened, picture_stream
from sfumato.video.record import FrameRecord
from sfumato.video.writer import PartWriter

if TYPE_CHECKING:
    import av

    from sfumato.video.painters import Painted

__all__ = ["Job", "carried_out"]

# Number of frames in a part, which is what a run that was killed does again: with the fast method, and with others.
_FAST, _SLOW = 48, 12

State = dict[str, np.ndarray]
Painter = Callable[..., "Generator[Painted]"]


@dataclass(frozen=True)
class Job:
    """A clip, what to do with it, and where to write the result."""

    clip: Clip
    recipe: Recipe
    out: Path
    options: VideoOptions
    masks: Path | None = None
    folder: Path | None = None

    def models(self) -> list[str]:
        """Name the network files that it needs."""
        return sorted(needs.needed(self.recipe, self.folder))

    def fingerprint(self) -> str:
        """Return a hash of everything that determines the result."""
        made = hashlib.sha256(repr((self.options, self.clip, self.out.suffix)).encode())
        made.update((digest(self.recipe, self.clip.path, self.folder) or "").encode())
        if self.masks is not None:
            made.update(repr([self.masks.absolute(), self.masks.stat().st_mtime_ns]).encode())
        return made.hexdigest()

    @property
    def part(self) -> int:
        """Number of frames in a part."""
        return _FAST if self.recipe.method == "fast" else _SLOW


class _Waiting(NamedTuple):
    """A frame that was decoded and is being painted."""

    planes: Planes
    stamp: int
    duration: int


def carried_out(
    job: Job, *, resume: bool = False, painter: Painter | None = None, **machine: Any
) -> Generator[FrameRecord]:
    """Carry out a job that was checked; yield a record of each frame.

    Parameters
    ----------
    job : Job
        What to do.
    resume : bool
        Go on from the finished parts.
    painter : callable, optional
        What paints frames: `sfumato.video.painters.paint`, or a function like it.
    **machine
        Device and precision.

    Returns
    -------
    iterator of FrameRecord
        If it is closed before its end, what there is is written, and the finished parts are kept.

    Raises
    ------
    CheckpointError
        If there is nothing to resume, or it belongs to another job.
    OutputError
        If something cannot be written.
    InputError
        If no frame can be decoded, or the painter refuses one.
    """
    if painter is None:
        from sfumato.video.painters import paint

        painter = cast("Painter", paint)  # what it returns can be closed
    parts = Parts(job.out, job.fingerprint())
    state = parts.resume() if resume else None
    return _Work(job, parts, painter, machine).records(state)


class _Work:
    """The work in progress: the part being written, the number of the next frame, and that of its shot's first."""

    def __init__(self, job: Job, parts: Parts, painter: Painter, machine: dict[str, Any]) -> None:
        self._job, self._parts, self._painter, self._machine = job, parts, painter, machine
        self._writer: PartWriter | None = None
        self._number, self._shot = parts.frames, parts.done[-1].shot if parts.done else 0

    def records(self, state: State | None) -> Generator[FrameRecord]:
        """Paint what is not painted yet, and write the file."""
        job, parts, damage = self._job, self._parts, Damage()
        try:
            if not parts.done or parts.done[-1].frames == job.part:  # else the last part is there
                yield from self._painted(state, damage)
            if note := damage.note():
                warn(note)
            join(job.clip, parts, job.out)
            parts.remove()
        except GeneratorExit:
            tail = None if self._writer is None else (self._writer.path, self._writer.close(self._shot))
            join(job.clip, parts, job.out, tail, stopped=True)
            raise
        except Exception:
            if parts.done:
                warn(f"{parts.folder} holds the first {parts.frames} frames; resume the run to go on from there")
            else:
                parts.remove()
            raise
        finally:
            if self._writer is not None:
                self._writer.abandon()

    def _painted(self, state: State | None, damage: Damage) -> Generator[FrameRecord]:
        """Decode, paint, blend and encode, part by part."""
        job, parts, waiting = self._job, self._parts, deque[_Waiting]()
        source = decoded(job.clip, damage)
        frame = next(source, None)
        if frame is None:
            raise InputError(f"{job.clip.path}: none of its frames can be decoded; it may be damaged")
        planes = read(frame)
        encoding = encoding_of(frame, planes, job.clip, _aspect(job.clip), job.out, job.options)
        _tell(frame, job.clip)
        back = self._number - self._shot if state is None else int(state.get("back", 0))
        first = self._number - back
        frames = _frames(chain([frame], source), first, self._number, job.clip, waiting)
        masks = None if job.masks is None else masks_of(job.masks, planes.luma.shape, job.clip.before + first)
        given = {"masks": masks, "folder": job.folder, "state": state, **self._machine}
        found = self._painter(frames, job.recipe, job.options, **given)
        if not parts.done:
            parts.begin()
        with closing(found):
            for painted in islice(found, back if state is None else 0, None):
                planes, stamp, duration = waiting.popleft()
                planes = composed(planes, painted.picture, painted.alpha)
                self._shot = self._number if painted.cut else self._shot
                self._writer = self._writer or parts.writer(encoding)
                self._writer.add(planes, stamp, duration)
                if self._writer.frames == job.part:
                    self._finish(painted.state() if painted.state else None)
                yield _record(job.clip, self._number, stamp, painted, planes)
                self._number += 1
        self._finish(None)

    def _finish(self, state: State | None) -> None:
        """Finish the part that is being written, if there is one."""
        if self._writer is not None:
            self._parts.add(self._writer, self._shot, state)
            self._writer = None


def _frames(
    source: Iterator[av.VideoFrame], first: int, kept: int, clip: Clip, waiting: deque[_Waiting]
) -> Iterator[np.ndarray]:
    """Yield frames as RGB from `first` on, and remember the samples of those from `kept` on."""
    for number, frame in enumerate(source):
        if number < first:
            continue
        planes = read(frame)
        if number >= kept:
            waiting.append(_Waiting(planes, frame.pts or 0, frame.duration or clip.usual))
        yield planes.rgb()


def _record(clip: Clip, number: int, stamp: int, painted: Painted, planes: Planes) -> FrameRecord:
    return FrameRecord(
        number,
        max(clip.frames, number + 1),
        float((stamp - clip.begin) * clip.time_base),
        painted.cut,
        float(painted.alpha.mean()),
        painted.notes,
        lambda: planes.rgb().astype(np.float32) / (255 if planes.coding.bits == 8 else 65535),
    )


def _aspect(clip: Clip) -> Any:
    with opened(clip.path) as container:
        return picture_stream(container).sample_aspect_ratio


def _tell(frame: av.VideoFrame, clip: Clip) -> None:
    """Say what cannot be kept."""
    _, lost = layout_of(frame)
    if lost:
        warn(f"{clip.path}: {lost}")
    if frame.interlaced_frame:
        warn(f"{clip.path}: is interlaced, and treated as if it were not")
