"""Which of several maps shows the thing that somebody means."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from sfumato.images import Box
from sfumato.regions.pointing.crops import Look, laid

__all__ = ["Candidate", "best", "candidates", "overlap"]

_INSIDE = 0.5  # value of a map from which a pixel belongs to a thing

# What counts beside agreement, all in [0, 1]: how decided the map is there, how much of the crop's border the thing
# covers (it goes on outside), and a small advantage for the whole photo. Found on twelve pasted objects and 52 photos.
_DECIDED, _CUT_OFF, _WHOLE = 1.0, 2.0, 0.1


@dataclass(frozen=True, eq=False)
class Candidate:
    """What may be meant: `mask` (h, w) of bool, found in `look`; `score` without agreement."""

    mask: NDArray[np.bool_]
    look: Look
    score: float


def candidates(
    looks: Sequence[Look], place: tuple[float, float], shape: tuple[int, ...], size: tuple[int, int]
) -> list[Candidate]:
    """Return what each map shows at a place.

    Parameters
    ----------
    looks : sequence of Look
        Maps of parts of the photo.
    place : (x, y)
        The place, in pixels of the masks.
    shape : tuple of int
        Shape of the photo.
    size : (int, int)
        Height and width of the masks.

    Returns
    -------
    list of Candidate
        For each map that shows something there.
    """
    found = []
    for seen in looks:
        values = laid(seen, shape, size)
        _, parts = cv2.connectedComponents((values > _INSIDE).astype(np.uint8))
        part = parts[min(int(place[1]), size[0] - 1), min(int(place[0]), size[1] - 1)]
        if part:
            mask = parts == part
            near = cv2.dilate(mask.astype(np.uint8), np.ones((9, 9), np.uint8)) > 0
            decided = float(np.abs(2 * values[near] - 1).mean())
            score = (
                _DECIDED * decided
                - _CUT_OFF * _cut_off(mask, seen.box, shape)
                + _WHOLE * (seen.box == (0, 0, *shape[:2]))
            )
            found.append(Candidate(mask, seen, score))
    return found


def best(found: Sequence[Candidate]) -> Candidate:
    """Return the candidate that two others agree with best, and that is decided and not cut off.

    Parameters
    ----------
    found : sequence of Candidate
        One or more.
    """

    def total(one: Candidate) -> float:
        others = [overlap(one.mask, other.mask) for other in found if other is not one]
        return one.score + sum(sorted(others)[-2:]) / 2

    return max(found, key=total)


def overlap(a: NDArray[np.bool_], b: NDArray[np.bool_]) -> float:
    """Return intersection over union.

    Examples
    --------
    >>> overlap(np.array([True, True, False]), np.array([False, True, False]))
    0.5
    """
    return int(np.count_nonzero(a & b)) / max(1, int(np.count_nonzero(a | b)))


def _cut_off(mask: NDArray[np.bool_], box: Box, shape: tuple[int, ...]) -> float:
    """Return the share of a crop's border that a mask covers, without the border of the photo."""
    height, width = mask.shape
    scale = height / shape[0], width / shape[1]
    top, bottom = round(box[0] * scale[0]), min(height, round(box[2] * scale[0]))
    left, right = round(box[1] * scale[1]), min(width, round(box[3] * scale[1]))
    inner = mask[top:bottom, left:right]
    lines = [inner[0]] * (box[0] > 0) + [inner[-1]] * (box[2] < shape[0])
    lines += [inner[:, 0]] * (box[1] > 0) + [inner[:, -1]] * (box[3] < shape[1])
    return float(np.concatenate(lines).mean()) if lines else 0.0
