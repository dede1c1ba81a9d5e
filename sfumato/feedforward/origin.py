"""The origin of a training: its settings, and its style pictures. A training may only resume one of the same origin."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from sfumato.errors import CheckpointError
from sfumato.feedforward.settings import Settings
from sfumato.feedforward.sfm import Plan

__all__ = ["Origin"]


@dataclass(frozen=True)
class Origin:
    """The settings and style pictures of a training.

    Attributes
    ----------
    settings : mapping of str to Any
        The fields of `Settings` that are known.
    pictures : mapping of str to str or None
        Hash of each style's picture by the style's name, in order; None if unknown.
    """

    settings: Mapping[str, Any]
    pictures: Mapping[str, str | None]

    @classmethod
    def of(cls, settings: Settings, styles: Mapping[str, np.ndarray]) -> Self:
        """Return the origin of a new training."""
        return cls(dataclasses.asdict(settings), {name: _digest(style) for name, style in styles.items()})

    @classmethod
    def told_by(cls, plan: Plan) -> Self:
        """Return the origin of a finished network; older networks do not contain the hashes of the pictures."""
        pictures = plan.training.get("pictures")
        known = pictures if isinstance(pictures, Mapping) else {}
        settings = {**plan.training, "width": plan.width, "masks": plan.masks}
        return cls(settings, {name: known.get(name) for name in plan.styles})

    def check(self, before: Origin) -> None:
        """Refuse to continue another training.

        Raises
        ------
        CheckpointError
            If anything known to both differs, other than the number of steps.

        Examples
        --------
        >>> Origin({"seed": 1}, {}).check(Origin({"seed": 0}, {}))
        Traceback (most recent call last):
        ...
        sfumato.errors.CheckpointError: cannot resume: seed was 0 and is now 1; change it back, or start anew
        """
        differing = [
            f"{name} was {_said(before.settings[name])} and is now {_said(value)}"
            for name, value in self.settings.items()
            if name != "steps" and before.settings.get(name, value) != value
        ]
        if list(self.pictures) != list(before.pictures):
            differing.append(f"the styles were {', '.join(before.pictures)} and are now {', '.join(self.pictures)}")
        else:
            pairs = zip(self.pictures.items(), before.pictures.values(), strict=True)
            differing += [
                f"the picture of style {name} is another" for (name, now), old in pairs if old not in (None, now)
            ]
        if differing:
            raise CheckpointError(f"cannot resume: {', '.join(differing)}; change it back, or start anew")


def _digest(style: np.ndarray) -> str:
    picture = np.ascontiguousarray(style, np.float32)
    return hashlib.sha256(repr(picture.shape).encode() + picture.tobytes()).hexdigest()


def _said(value: Any) -> str:
    """Format a value for a message."""
    if isinstance(value, bool):
        return "on" if value else "off"
    return f"{value:g}" if isinstance(value, float) else str(value)
