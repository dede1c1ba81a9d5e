"""A mesh of 468 points that fits a face."""

from __future__ import annotations

import math
import threading
from functools import lru_cache
from typing import Any

import numpy as np

from sfumato.regions.faces.squares import Square
from sfumato.regions.litert import interpreter

__all__ = ["EYE_CORNERS", "again", "around", "between_eyes", "fit"]

#: Points at the outer corners of the eyes: at the left of an upright face, and at the right.
EYE_CORNERS = (33, 263)

_SIDE = 192  # the network sees every face at this size
_MARGIN = 1.5  # side of its view, as a multiple of the face's size

_LOCK = threading.Lock()


def around(box: np.ndarray, eyes: np.ndarray) -> Square:
    """Return what the network should see of a face: half as much again as the face, with level eyes.

    Parameters
    ----------
    box : ndarray (4,)
        Left, top, right and bottom of the face.
    eyes : ndarray (2, 2)
        A place (x, y) in or near each eye, that at the left of an upright face first.

    Examples
    --------
    >>> around(np.array([10, 20, 50, 50]), np.array([[20, 30], [40, 30]]))
    Square(x=30.0, y=35.0, side=60.0, angle=0.0)
    """
    left, top, right, bottom = (float(edge) for edge in box)
    across, down = eyes[1] - eyes[0]
    side = _MARGIN * max(right - left, bottom - top, 1.0)
    return Square((left + right) / 2, (top + bottom) / 2, side, math.atan2(down, across))


def again(points: np.ndarray) -> Square:
    """Return what the network should see of a face whose mesh is known; see `around`.

    Examples
    --------
    >>> points = np.full((468, 2), 20.0)
    >>> points[[33, 263]] = [[10, 10], [30, 10]]
    >>> again(points)
    Square(x=20.0, y=15.0, side=30.0, angle=0.0)
    """
    return around(np.concatenate([points.min(0), points.max(0)]), points[list(EYE_CORNERS)])


def fit(photo: np.ndarray, square: Square) -> tuple[np.ndarray, float]:
    """Fit the mesh to a face.

    Parameters
    ----------
    photo : ndarray of float32, shape (H, W, 3)
        sRGB in [0, 1].
    square : Square
        Where the face is; see `around`.

    Returns
    -------
    points : ndarray (468, 2)
        x and y in pixels of the photo.
    score : float
        In [0, 1]: how sure the network is that there is a face in the square.
    """
    seen = square.take(photo, _SIDE, repeat_border=True)
    network = _network()
    with _LOCK:
        network.set_tensor(network.get_input_details()[0]["index"], seen[None])
        network.invoke()
        places, logit = (network.get_tensor(each["index"]).ravel() for each in network.get_output_details())
    points = square.to_photo(places.reshape(-1, 3)[:, :2] / _SIDE)
    return points, 1 / (1 + math.exp(-max(float(logit[0]), -80)))


def between_eyes(points: np.ndarray) -> float:
    """Return the distance between the outer corners of the eyes, at least a pixel."""
    first, second = points[list(EYE_CORNERS)]
    return max(1.0, math.dist(first, second))


@lru_cache(maxsize=1)
def _network() -> Any:
    """Load the network, once."""
    return interpreter("face-mesh", "faces need", "faces")
