"""Key frames, each painted from the one before, and the frames between, which follow the flow from both sides."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterator, Mapping, Sequence
from typing import Protocol

import numpy as np

from sfumato.motion import motion_edges, warped
from sfumato.video.follow import Followed, backwards, between, forwards
from sfumato.video.frames import Frame
from sfumato.video.steady import motion

__all__ = ["KeyPainter", "Shown", "by_keys", "each_frame"]

State = dict[str, np.ndarray]

#: A frame, its picture (H, W, 3), or None if there is nothing to paint, and what is needed to go on after it.
Shown = tuple[Frame, np.ndarray | None, State]

# How many frames before are looked at, for what the nearer ones do not show.
_BEFORE = 1, 2, 4


class KeyPainter(Protocol):
    """What paints single frames."""

    def begin(self) -> None:
        """Begin a shot."""

    def key(self, frame: Frame, earlier: Followed | None) -> Followed | None:
        """Paint a frame, near an earlier one as it looks in this one; None if there is nothing to paint."""


def by_keys(
    seen: Iterator[Frame], painter: KeyPainter, every: int, state: Mapping[str, np.ndarray] | None = None
) -> Iterator[Shown]:
    """Paint key frames, and let those between follow. At most one interval of frames is held at a time.

    Parameters
    ----------
    seen : iterator of Frame
        The frames.
    painter : KeyPainter
        What paints the key frames.
    every : int
        Distance of key frames. The last frame of a shot is one, too.
    state : mapping of str to ndarray, optional
        Last of what was yielded for some frame; its entry "back" says how many of the frames were seen before.

    Yields
    ------
    Shown
        For each frame in turn.
    """
    held: list[Frame] = []
    key: Followed | None = None
    skip = 0
    if state is not None and (first := next(seen, None)) is not None:
        key = _saved(state, 0)
        held, skip = [first], int(state["back"]) - 1
    for frame in seen:
        if frame.cut:
            yield from _closed(held, key, painter, skip)
            painter.begin()
            key, held, skip = painter.key(frame, None), [frame], 0
            yield frame, _picture(key), _state(held, [key])
            continue
        held.append(frame)
        if len(held) > every:
            key = yield from _closed(held, key, painter, skip)
            held, skip = [frame], 0
    yield from _closed(held, key, painter, skip)


def _closed(
    held: Sequence[Frame], key: Followed | None, painter: KeyPainter, skip: int
) -> Generator[Shown, None, Followed | None]:
    """Paint the last of the held frames, and yield all but the first, which was shown before, and `skip` others."""
    if len(held) < 2:
        return key
    followed = None if key is None else deque(forwards(key, held), maxlen=1).pop()
    later = painter.key(held[-1], followed)
    # From the last to the first; half the memory will do for what is only mixed.
    behind = [] if later is None else [_as(np.float16, each) for each in backwards(later, held)]
    ahead = iter(()) if key is None else forwards(key, held)
    for number, frame in enumerate(held):
        first, last = next(ahead, None), _as(np.float32, behind.pop()) if behind else None
        if number <= skip or number == len(held) - 1:
            continue
        picture = _mixed(first, last, number / (len(held) - 1), frame.image)
        yield frame, picture, _state(held[: number + 1], [key])
    if len(held) - 1 > skip:
        yield held[-1], _picture(later), _state(held[-1:], [later])
    return later


def _mixed(first: Followed | None, last: Followed | None, share: float, image: np.ndarray) -> np.ndarray | None:
    """Return the picture of a frame between two key frames, of which one may have nothing painted."""
    if first is None and last is None:
        return None
    if first is None or last is None:
        one = first or last
        assert one is not None
        return between(one, one, share, image)
    return between(first, last, share, image)


def _as(kind: type[np.floating], one: Followed) -> Followed:
    return Followed(one.picture.astype(kind), one.trust.astype(kind))


def each_frame(
    seen: Iterator[Frame], painter: KeyPainter, state: Mapping[str, np.ndarray] | None = None
) -> Iterator[Shown]:
    """Paint every frame, each near those before it.

    What the frame before does not show is looked for in the ones before that.

    Parameters
    ----------
    seen, painter, state
        As for `by_keys`.

    Yields
    ------
    Shown
        For each frame in turn.

    References
    ----------
    Ruder, Dosovitskiy and Brox, "Artistic style transfer for videos", GCPR 2016, §4.2 and 4.3.
    """
    past: deque[tuple[Frame, Followed | None]] = deque(maxlen=max(_BEFORE))
    if state is not None:
        for number in range(int(state["back"])):
            if (frame := next(seen, None)) is not None:
                past.append((frame, _saved(state, number)))
    for frame in seen:
        if frame.cut:
            painter.begin()
            past.clear()
        made = painter.key(frame, _remembered(frame, past))
        past.append((frame, made))
        yield frame, _picture(made), _state([each for each, _ in past], [each for _, each in past])


def _remembered(frame: Frame, past: Sequence[tuple[Frame, Followed | None]]) -> Followed | None:
    """Return what earlier frames say of a frame: each of what those nearer to it do not show."""
    picture, trusted = np.zeros(frame.pixels.shape, np.float32), np.zeros(frame.pixels.shape[:2], np.float32)
    for distance in _BEFORE:
        if distance > len(past) or (made := past[-distance][1]) is None:
            continue
        moved = frame.moved if distance == 1 else motion(past[-distance][0].image, frame.image)
        assert moved is not None
        seen = moved.trust * ~motion_edges(moved.back) * warped(made.trust, moved.back)
        more = np.maximum(seen - trusted, 0)
        picture += more[..., None] * warped(made.picture, moved.back, sharp=True)
        trusted += more
    if not trusted.any():
        return None
    return Followed(np.clip(picture / np.maximum(trusted, 1e-6)[..., None], 0, 1), trusted)


def _picture(made: Followed | None) -> np.ndarray | None:
    return None if made is None else made.picture


def _state(held: Sequence[Frame], made: Sequence[Followed | None]) -> State:
    """Return what is needed to go on after the last of some frames, of which the first ones were painted."""
    state: State = {"back": np.array(len(held)), **held[0].state}
    for number, one in enumerate(made):
        if one is not None:
            state |= {f"picture {number}": one.picture, f"trust {number}": one.trust}
    return state


def _saved(state: Mapping[str, np.ndarray], number: int) -> Followed | None:
    """Return what was painted of a frame, as `_state` has it."""
    if f"picture {number}" not in state:
        return None
    return Followed(state[f"picture {number}"], state[f"trust {number}"])
