"""A detector of faces, on windows of several sizes so that it finds small faces too."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from sfumato.images.resizing import scaled_size, shrunk
from sfumato.regions.litert import interpreter

__all__ = ["SIDE", "Detections", "anchors", "detect", "look", "shared", "strongest"]

SIDE = 128  # the network sees every picture at this size
_GRIDS = ((16, 2), (8, 6))  # cells along a side, and anchors in each
_LARGEST = 1024  # longer side of the largest copy of the photo that is searched
_LEAST = 0.6  # score from which something may be a face
_SHARED = 0.3  # overlap from which two boxes show the same face


class Detections(NamedTuple):
    """Faces that the detector found, of any number n.

    Attributes
    ----------
    boxes : ndarray (n, 4)
        Left, top, right and bottom, from the brows to the chin.
    eyes : ndarray (n, 2, 2)
        Place (x, y) of the eye at the left of an upright face, and of the one at the right.
    scores : ndarray (n,)
        In [0, 1].
    """

    boxes: np.ndarray
    eyes: np.ndarray
    scores: np.ndarray

    def only(self, which: np.ndarray) -> Detections:
        """Return some of the faces, by index or as a mask."""
        return Detections(*(values[which] for values in self))


def detect(photo: np.ndarray) -> Detections:
    """Find the faces of a photo, the surest first.

    The network sees only faces that fill a fifth of its view or more. So it looks at copies of the photo, each half as
    large as the one before, down to a copy that it sees as a whole; the longer side of the largest is at most 1024
    pixels. It sees larger copies through windows that overlap by half. Of boxes that overlap, that with the best score
    stays.

    Parameters
    ----------
    photo : ndarray of float32, shape (H, W, 3)
        sRGB in [0, 1].

    Returns
    -------
    Detections
        In pixels of the photo.
    """
    found = [_from_window(look(seen), *place) for seen, *place in _windows(photo)]
    every = Detections(*(np.concatenate(values) for values in zip(*found, strict=True)))
    every = every.only(every.scores >= _LEAST)
    return every.only(strongest(every.boxes, every.scores))


def look(seen: np.ndarray) -> Detections:
    """Return what the network says of all 896 anchors in a picture.

    Parameters
    ----------
    seen : ndarray of float32, shape (128, 128, 3)
        sRGB in [0, 1].

    Returns
    -------
    Detections
        As fractions of the picture's side.
    """
    network = _network()
    with _LOCK:
        network.set_tensor(network.get_input_details()[0]["index"], (2 * seen - 1)[None])
        network.invoke()
        places, logits = (network.get_tensor(each["index"])[0] for each in network.get_output_details())
    centers = anchors()
    middle, size = places[:, :2] / SIDE + centers, places[:, 2:4] / SIDE
    eyes = places[:, 4:8].reshape(-1, 2, 2) / SIDE + centers[:, None]
    scores = 1 / (1 + np.exp(-np.clip(logits[:, 0], -80, 80)))
    return Detections(np.concatenate([middle - size / 2, middle + size / 2], 1), eyes, scores)


def anchors() -> np.ndarray:
    """Return the centers (896, 2) of the anchors, x and y as fractions of the side, in the network's order.

    Examples
    --------
    >>> anchors()[[0, 1, 2, 511, 512, 895]].tolist()  # 1/32 is half a cell of 16
    [[0.03125, 0.03125], [0.03125, 0.03125], [0.09375, 0.03125], [0.96875, 0.96875], [0.0625, 0.0625], [0.9375, 0.9375]]
    """
    found = []
    for count, each in _GRIDS:
        row, column = np.indices((count, count)).reshape(2, -1)
        found.append(np.repeat((np.stack([column, row], 1) + 0.5) / count, each, axis=0))
    return np.concatenate(found)


def strongest(boxes: np.ndarray, scores: np.ndarray, limit: float = _SHARED) -> np.ndarray:
    """Return the indices of the boxes (n, 4) that overlap no box with a better score, the best first.

    A box that is dropped does not count against others: this is greedy non-maximum suppression.

    Parameters
    ----------
    boxes : ndarray (n, 4)
        Left, top, right and bottom.
    scores : ndarray (n,)
        Any numbers.
    limit : float
        Boxes overlap if `shared` is larger.

    Examples
    --------
    >>> strongest(np.array([[0.0, 0, 4, 4], [0, 0, 4, 5], [9, 9, 12, 12]]), np.array([0.6, 0.9, 0.7])).tolist()
    [1, 2]
    """
    kept: list[int] = []
    waiting = np.argsort(-scores, kind="stable")
    while waiting.size:
        best, waiting = waiting[0], waiting[1:]
        kept.append(int(best))
        waiting = waiting[shared(boxes[best], boxes[waiting]) <= limit]
    return np.array(kept, int)


def shared(box: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Return the intersection of a box with others (n, 4), over their union.

    Examples
    --------
    >>> shared(np.array([0.0, 0, 2, 2]), np.array([[1.0, 0, 3, 2], [5, 5, 6, 6]])).round(2).tolist()
    [0.33, 0.0]
    """
    width, height = np.clip(np.minimum(box[2:], others[:, 2:]) - np.maximum(box[:2], others[:, :2]), 0, None).T.reshape(
        2, -1
    )
    both = width * height
    area, areas = (box[2] - box[0]) * (box[3] - box[1]), np.prod(others[:, 2:] - others[:, :2], axis=1)
    return np.asarray(both / np.maximum(area + areas - both, 1e-12))


_LOCK = threading.Lock()


@lru_cache(maxsize=1)
def _network() -> Any:
    """Load the network, once."""
    return interpreter("face-detection", "faces need", "faces")


def _windows(photo: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Yield what the network is to see: each window, its upper left corner in the photo (x, y), and its size there."""
    longer = max(photo.shape[:2])
    factor = min(1.0, _LARGEST / longer)
    while True:
        small = shrunk(photo, *scaled_size(photo, factor))
        height, width = small.shape[:2]
        scale = np.array([photo.shape[1] / width, photo.shape[0] / height])
        padded = np.zeros((max(height, SIDE), max(width, SIDE), 3), np.float32)
        padded[:height, :width] = small
        for top in _starts(height):
            for left in _starts(width):
                yield padded[top : top + SIDE, left : left + SIDE], np.array([left, top]) * scale, SIDE * scale
        if max(height, width) <= SIDE:
            return
        factor /= 2


def _starts(length: int) -> list[int]:
    """Return where windows begin that cover a length and overlap by half or more.

    Examples
    --------
    >>> _starts(100), _starts(200)
    ([0], [0, 36, 72])
    """
    last = max(0, length - SIDE)
    return [round(start) for start in np.linspace(0, last, 1 + math.ceil(last / (SIDE / 2)))]


def _from_window(seen: Detections, corner: np.ndarray, size: np.ndarray) -> Detections:
    """Return what was found in a window in pixels of the photo."""
    boxes = seen.boxes * np.tile(size, 2) + np.tile(corner, 2)
    return Detections(boxes, seen.eyes * size + corner, seen.scores)
