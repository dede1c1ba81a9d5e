"""What is told of each frame, and how fast the frames come."""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

__all__ = ["FrameRecord", "Pace"]

_RECENT = 60.0  # seconds over which the speed is measured


@dataclass(frozen=True)
class FrameRecord:
    """What became of one frame.

    Attributes
    ----------
    number : int
        Number of the frame in the part that was asked for, from 0.
    frames : int
        Number of frames in that part, as far as can be told before they are decoded.
    seconds : float
        When it is shown, in seconds from the first frame of the part.
    cut : bool
        Whether a new shot begins with it.
    coverage : float
        Fraction of the frame that was restyled.
    notes : tuple of str
        What to say of it, such as that the region is empty.
    picture : callable
        Returns the frame as it was given to the encoder, RGB float32 (H, W, 3) in [0, 1], for a preview; valid until
        the next record.
    """

    number: int
    frames: int
    seconds: float
    cut: bool
    coverage: float
    notes: tuple[str, ...] = ()
    picture: Callable[[], np.ndarray] = field(
        repr=False, compare=False, default=lambda: np.zeros((0, 0, 3), np.float32)
    )


@dataclass
class Pace:
    """Counts of frames, and their speed.

    Attributes
    ----------
    done : int
        Number of frames restyled since the start.
    cuts : int
        Number of shots that began.
    covered : float
        Sum of the coverages.
    notes : Counter of str
        Number of frames by what was said of them.

    Examples
    --------
    >>> pace = Pace()
    >>> pace.add(FrameRecord(0, 2, 0.0, True, 0.5, ("the region is empty",)))
    >>> pace.done, pace.coverage, pace.notes, pace.seconds_left
    (1, 0.5, Counter({'the region is empty': 1}), None)
    """

    done: int = 0
    cuts: int = 0
    covered: float = 0.0
    notes: Counter[str] = field(default_factory=Counter)
    _left: int = 0
    _times: deque[float] = field(default_factory=deque, repr=False)

    def add(self, record: FrameRecord) -> None:
        """Count a frame."""
        self.done += 1
        self.cuts += record.cut
        self.covered += record.coverage
        self.notes.update(record.notes)
        self._left = max(record.frames - record.number - 1, 0)
        self._times.append(time.monotonic())
        while self._times[0] < self._times[-1] - _RECENT and len(self._times) > 2:
            self._times.popleft()

    @property
    def coverage(self) -> float:
        """Mean fraction of a frame that was restyled."""
        return self.covered / self.done if self.done else 0.0

    @property
    def per_second(self) -> float:
        """Frames a second, lately; 0 before the second one, since the time before the first does not count."""
        if len(self._times) < 2:
            return 0.0
        return (len(self._times) - 1) / max(self._times[-1] - self._times[0], 1e-6)

    @property
    def seconds_left(self) -> float | None:
        """Estimated time until the end in seconds; None if it is not known yet."""
        return self._left / self.per_second if self.per_second else None
