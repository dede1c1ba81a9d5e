"""Pictures of the progress, at the size of the screen."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from sfumato import images
from sfumato.images import Picture
from sfumato.images.resizing import at_most, resized
from sfumato.methods.problem import Problem
from sfumato.methods.run import Run
from sfumato.studio.screen import opacity_of, reduced, scaled_jpeg

__all__ = ["Preview"]

_LONGEST = 960  # longer side in pixels

# Previews take at most this share of the time, and are no closer than this, in seconds.
_SHARE, _APART = 0.35, 0.08


class Preview:
    """Shows a run as it goes: the same problem on a small copy of the photo.

    Parameters
    ----------
    run : Run
        A run that has begun.
    shown : ndarray (h, w, 3), optional
        A smaller copy of its photo, if there is one already.
    """

    def __init__(self, run: Run, shown: NDArray[np.float32] | None = None) -> None:
        self._run = run
        self._small = _small(run.problem, shown)
        self._latest, self._cost = -1e9, 0.0

    def due(self) -> bool:
        """Tell whether it is time for another picture."""
        return time.monotonic() - self._latest > max(_APART, self._cost / _SHARE)

    def picture(self) -> bytes:
        """Return the best picture so far, as JPEG."""
        began = time.monotonic()
        shown = scaled_jpeg(self._small.compose(self._run.working_picture()))
        self._latest = time.monotonic()
        self._cost = self._latest - began
        return shown


def _small(problem: Problem, shown: NDArray[np.float32] | None) -> Problem:
    """Return a problem on a small copy of its photo, with plain edges."""
    factor = min(1.0, _LONGEST / max(problem.photo.shape))
    photo = _copy(problem.photo, shown)
    pasted = None if problem.pasted is None else _copy(problem.pasted)
    crop = problem.crop.scaled(factor, photo.shape)
    parts = []
    for part in problem.parts:
        layer = part.layer.model_copy(update={"blend": "feather"})
        region, mask = (resized(each, *crop.shape) for each in (part.region, part.mask))
        parts.append(replace(part, layer=layer, region=region, mask=mask, feather=part.feather * factor))
    return replace(problem, photo=photo, pasted=pasted, crop=crop, parts=tuple(parts))


def _copy(picture: Picture, shown: NDArray[np.float32] | None = None) -> Picture:
    """Return a picture at the size of previews, with its alpha."""
    colors = reduced(picture, _LONGEST) if shown is None else at_most(shown, _LONGEST)
    if picture.alpha is not None:
        colors = np.dstack([colors, opacity_of(picture, _LONGEST)])
    return images.from_array(colors.clip(0, 1))
