"""Painting of large photos in bands of rows, with the same result as in one pass.

The network normalizes over the whole picture, so parts painted one by one would differ in tone. Here the network is cut
before each normalization: each stage processes the picture in bands and accumulates the mean and variance of its
output, which the next stage takes as inputs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from sfumato.feedforward.graph import Stage

__all__ = ["MARGIN", "in_bands", "padded"]

#: Pixels that `padded` adds above and to the left.
MARGIN = 8

_GRID = 4  # number of the photo's rows for one row of the coarsest maps
_HALO = 4  # margin of a band, in rows of the coarsest maps; the first stage needs the most, 11 / 4


def padded(photo: np.ndarray) -> np.ndarray:
    """Replicate a photo's border around it, up to sides that the network can halve twice.

    The network paints a frame into the outermost pixels of its input: lines along the border in wrong colors. With a
    margin, the frame can be cut off. (Replication comes closer to the result of a larger picture than reflection.)

    Parameters
    ----------
    photo : ndarray, shape (H, W, 3)

    Returns
    -------
    ndarray of float32, shape (h, w, 3)
        Sides are multiples of 4. The photo begins at row and column `MARGIN`.

    Examples
    --------
    >>> padded(np.zeros((1, 13, 3), np.float32)).shape
    (20, 32, 3)
    """
    rows, columns = ((MARGIN, MARGIN + -side % _GRID) for side in photo.shape[:2])
    return np.pad(np.asarray(photo, np.float32), (rows, columns, (0, 0)), mode="edge")


def in_bands(
    stages: Sequence[Stage], sessions: Sequence[Any], photo: np.ndarray, style: Mapping[str, np.ndarray], *, pixels: int
) -> np.ndarray:
    """Put a photo through the stages of a network, each in bands of rows.

    Between stages the maps are kept as float16, with at most 22 bytes per pixel of the photo.

    Parameters
    ----------
    stages : sequence of Stage
        Result of `sfumato.feedforward.graph.cut`.
    sessions : sequence of onnxruntime.InferenceSession
        One for each stage.
    photo : ndarray of float32, shape (H, W, 3)
        sRGB in [0, 1].
    style : mapping of str to ndarray
        The style's embedding or weights, by the name of the network's input.
    pixels : int
        Maximum number of pixels to put through the network at once, but at least 64 rows.

    Returns
    -------
    ndarray of float32, shape (h, w, 3)
        The painting of the padded photo.
    """
    # Rows are axis 1 of pictures (1, H, W, 3), and axis 2 of maps (1, C, h, w).
    pictures = stages[0].maps[0], stages[-1].makes[0]
    maps, given = {pictures[0]: padded(photo)[None]}, dict(style)
    units, width = (side // _GRID for side in maps[pictures[0]].shape[1:3])
    step = max(8, pixels // (_GRID * _GRID * width) - 2 * _HALO)
    for number, (stage, session) in enumerate(zip(stages, sessions, strict=True)):
        made: dict[str, np.ndarray] = {}
        count, total, squares = 0, np.float64(0), np.float64(0)
        for top in range(0, units, step):
            bottom = min(top + step, units)
            first, last = max(0, top - _HALO), min(units, bottom + _HALO)
            feeds = {name: given[name] for name in stage.small}
            for name in stage.maps:
                axis = 1 if name in pictures else 2
                fold = maps[name].shape[axis] // units
                feeds[name] = _rows(maps[name], axis, first * fold, last * fold).astype(np.float32, order="C")
            for name, value in zip(stage.makes, session.run(stage.makes, feeds), strict=True):
                axis = 1 if name in pictures else 2
                fold = value.shape[axis] // (last - first)
                own = _rows(value, axis, (top - first) * fold, (bottom - first) * fold)
                if name == stage.measured:
                    count += own[0, 0].size
                    total += own.sum(axis=(2, 3), keepdims=True, dtype=np.float64)
                    squares += np.square(own).sum(axis=(2, 3), keepdims=True, dtype=np.float64)
                if name not in made:
                    sides = (*value.shape[:axis], units * fold, *value.shape[axis + 1 :])
                    made[name] = np.empty(sides, np.float32 if name in pictures else np.float16)
                _rows(made[name], axis, top * fold, bottom * fold)[...] = own
        if stage.moments:
            moments = total / count, np.maximum(squares / count - (total / count) ** 2, 0)
            given |= {name: np.asarray(value, np.float32) for name, value in zip(stage.moments, moments, strict=True)}
        wanted = {name for other in stages[number + 1 :] for name in other.maps} | {pictures[1]}
        maps = {name: value for name, value in (maps | made).items() if name in wanted}
    result: np.ndarray = maps[pictures[1]][0]
    return result


def _rows(value: np.ndarray, axis: int, start: int, stop: int) -> np.ndarray:
    """Return some rows of a map or picture as a view."""
    return value[:, start:stop] if axis == 1 else value[:, :, start:stop]
