"""Find the faces in a photo."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from sfumato import models
from sfumato.arrays import checked
from sfumato.regions.cache import remembered
from sfumato.regions.faces import detector, mesh

__all__ = ["Face", "find_faces"]

_LEAST = 0.5  # score of the mesh from which something is a face; faces have 0.99, other things 0.15 at most


@dataclass(frozen=True, eq=False)
class Face:
    """A face in a photo.

    Parameters
    ----------
    box : tuple of float
        Left, top, right and bottom of all points, in pixels of the photo.
    points : ndarray (468, 2)
        x and y of each point of the mesh, in pixels of the photo, in the order of MediaPipe's face mesh: point 1 is the
        tip of the nose, 33 and 263 are the outer corners of the eyes.
    detection : float
        Score of the detector, in [0, 1].
    fit : float
        Score of the mesh, in [0, 1].
    """

    box: tuple[float, float, float, float]
    points: np.ndarray
    detection: float
    fit: float

    def moved(self, origin: tuple[float, float], scale: float) -> Face:
        """Return the face as it is in a part of the photo that begins at `origin`, x and y, and is scaled."""
        return replace(self, points=(self.points - origin) * scale, box=_box((self.points - origin) * scale))


@checked("photo")
def find_faces(photo: np.ndarray) -> list[Face]:
    """Find the faces in a photo, with a mesh of 468 points for each.

    A detector looks at the photo through windows of several sizes, and a mesh is fitted to what it finds: first in the
    detector's box, then in that of the mesh itself, so that the mesh hardly depends on the detector. What either
    network doubts is no face.

    Faces are found from about 20 pixels in a photo of 1024, upright or tilted by up to about 75 degrees, from the front
    or half turned away. What was found is remembered.

    Parameters
    ----------
    photo : ndarray of float32, shape (H, W, 3)
        sRGB in [0, 1].

    Returns
    -------
    list of Face
        The largest first; empty if there is none.

    Raises
    ------
    ModelError
        If LiteRT is not installed, or the network files "face-detection" and "face-mesh" are not in the model store and
        cannot be fetched.

    References
    ----------
    Bazarevsky et al., "BlazeFace: Sub-millisecond neural face detection on mobile GPUs", arXiv:1907.05047, 2019.
    Kartynnik et al., "Real-time facial surface geometry from monocular video on mobile GPUs", arXiv:1907.06724, 2019.

    Examples
    --------
    >>> find_faces(photo)[0].points[1]  # the tip of the nose  # doctest: +SKIP
    array([228.1, 132.7])
    """
    photo = np.asarray(photo, np.float32)  # the type that the networks take
    key = "faces " + " ".join(models.MODELS[name].sha256 for name in ("face-detection", "face-mesh"))
    found = remembered(photo, key, lambda: _search(photo))
    faces = [
        Face(_box(points), points.astype(np.float64), float(detection), float(fit))
        for points, (detection, fit) in zip(found["points"], found["scores"], strict=True)
    ]
    return sorted(faces, key=lambda face: -_area(face.box))


def _search(photo: np.ndarray) -> Mapping[str, np.ndarray]:
    """Return the points (n, 468, 2) of all faces and their scores (n, 2), of the detector and of the mesh."""
    points, scores = [], []
    for box, eyes, score in zip(*detector.detect(photo), strict=True):
        first, fit = mesh.fit(photo, mesh.around(box, eyes))
        if fit >= _LEAST:
            second, fit = mesh.fit(photo, mesh.again(first))
            if fit >= _LEAST:
                points.append(second)
                scores.append((score, fit))
    # Two boxes of the detector that hardly overlap may lead to one face.
    boxes = np.array([_box(each) for each in points]).reshape(-1, 4)
    kept = detector.strongest(boxes, np.array([score for score, _ in scores]))
    return {
        "points": np.array([points[index] for index in kept], np.float32).reshape(-1, 468, 2),
        "scores": np.array([scores[index] for index in kept], np.float32).reshape(-1, 2),
    }


def _box(points: np.ndarray) -> tuple[float, float, float, float]:
    """Return the box of points (n, 2): left, top, right and bottom."""
    (left, top), (right, bottom) = points.min(0), points.max(0)
    return float(left), float(top), float(right), float(bottom)


def _area(box: tuple[float, float, float, float]) -> float:
    left, top, right, bottom = box
    return (right - left) * (bottom - top)
