"""Pictures of the progress, at the size of the screen."""

from __future__ import annotations

import time
from dataclasses import replace

from sfumato import images
from sfumato.images.resizing import resized
from sfumato.methods.problem import Problem
from sfumato.methods.run import Run
from sfumato.studio.screen import jpeg, reduced

__all__ = ["Preview"]

_LONGEST = 1280  # longer side in pixels

# Previews take at most this share of the time, and are no closer than this, in seconds.
_SHARE, _APART = 0.2, 0.08


class Preview:
    """Shows a run as it goes: the same problem on a small copy of the photo.

    Parameters
    ----------
    run : Run
        A run that has begun.
    """

    def __init__(self, run: Run) -> None:
        self._run = run
        self._small = _small(run.problem)
        self._latest, self._cost = -1e9, 0.0

    def due(self) -> bool:
        """Tell whether it is time for another picture."""
        return time.monotonic() - self._latest > max(_APART, self._cost / _SHARE)

    def picture(self) -> bytes:
        """Return the best picture so far, as JPEG."""
        began = time.monotonic()
        shown = jpeg(self._small.compose(self._run.working_picture()).rgb())
        self._latest = time.monotonic()
        self._cost = self._latest - began
        return shown


def _small(problem: Problem) -> Problem:
    """Return a problem on a small copy of its photo, with plain edges."""
    factor = min(1.0, _LONGEST / max(problem.photo.shape))
    photo = images.from_array(reduced(problem.photo, _LONGEST))
    pasted = None if problem.pasted is None else images.from_array(reduced(problem.pasted, _LONGEST))
    crop = problem.crop.scaled(factor, photo.shape)
    parts = []
    for part in problem.parts:
        layer = part.layer.model_copy(update={"blend": "feather"})
        region, mask = (resized(each, *crop.shape) for each in (part.region, part.mask))
        parts.append(replace(part, layer=layer, region=region, mask=mask, feather=part.feather * factor))
    return replace(problem, photo=photo, pasted=pasted, crop=crop, parts=tuple(parts))
