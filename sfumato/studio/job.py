"""A job: its state, the pictures of its progress, and how it is cancelled."""

from __future__ import annotations

import math
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from sfumato.optimize import Step
    from sfumato.studio.session import Session

__all__ = ["Job", "Kind"]

Kind = Literal["paint", "look"]

_LOSSES = 200  # points of the curve


@dataclass(eq=False)
class Job:
    """Something that is painted: a quick look, or a picture that is kept."""

    id: str
    kind: Kind
    session: Session = field(repr=False)
    state: Literal["queued", "running", "done", "cancelled", "failed"] = "queued"
    place: int = 0
    fraction: float = 0.0
    step: int = 0
    steps: int = 0
    note: str = ""
    error: str | None = None
    preview: int = 0
    left: float | None = None
    losses: list[float] = field(default_factory=list, repr=False)
    began: float | None = None
    seconds: float = 0.0
    stop: threading.Event = field(default_factory=threading.Event, repr=False)

    @property
    def active(self) -> bool:
        """Whether it waits or runs."""
        return self.state in ("queued", "running")

    def begin(self) -> None:
        """Start the clock."""
        self.state, self.began, self.place = "running", time.monotonic(), 0
        self.session.changed()

    def end(self, state: Literal["done", "cancelled", "failed"], error: str | None = None) -> None:
        """Stop the clock."""
        if self.began is not None:
            self.seconds = time.monotonic() - self.began
        self.state, self.error, self.left = state, error, None
        if state == "done":
            self.fraction = 1.0
        self.session.changed()

    def say(self, note: str) -> None:
        """Tell what is being done."""
        self.note = note
        self.session.changed()

    def advance(self, step: Step, share: tuple[float, float] = (0.0, 1.0)) -> None:
        """Take over the progress of a step; `share` is the part of the job that its run has."""
        self.fraction = share[0] + (share[1] - share[0]) * step.done
        self.step += 1
        self.steps = max(self.step, round(self.step / max(self.fraction, 1e-6)))
        if math.isfinite(step.loss) and step.terms:
            self.losses.append(step.loss)
        self.note = step.note or f"size {step.level} of {step.levels}, {step.shape[1]}×{step.shape[0]}"
        if self.began is not None:
            self.seconds = time.monotonic() - self.began
            self.left = self.seconds * (1 - self.fraction) / max(self.fraction, 1e-6)

    def show(self, picture: bytes) -> None:
        """Show a picture of the progress."""
        self.preview = self.session.previews.add(picture)

    def public(self) -> dict[str, Any]:
        """Return what the page shows."""
        running = self.state == "running" and self.began is not None
        stride = -(-len(self.losses) // _LOSSES) or 1
        return {
            "id": self.id,
            "state": self.state,
            "place": self.place,
            "kind": self.kind,
            "fraction": round(self.fraction, 4),
            "step": self.step,
            "steps": self.steps,
            "seconds": round(time.monotonic() - (self.began or 0.0) if running else self.seconds, 2),
            "left": None if self.left is None else round(self.left, 1),
            "loss": [float(f"{loss:.4g}") for loss in self.losses[::stride]],
            "preview": self.preview,
            "note": self.note,
            "error": self.error,
        }
