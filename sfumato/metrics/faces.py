"""How much of the faces in a photo a restyled picture keeps."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sfumato.arrays import checked, same_size
from sfumato.regions.faces import Face, detector, find_faces, mesh
from sfumato.regions.faces.squares import Square

__all__ = ["FaceKept", "faces"]

# Sides of the squares in which the detector looks for a face again, as multiples of the face's size.
_VIEWS = (1.5, 2.0, 3.0)

_NEAR = 0.3  # intersection over union with the original face from which a detection counts


class FaceKept(NamedTuple):
    """What `faces` found of one face.

    Attributes
    ----------
    shift : float
        Normalized mean error (NME): mean distance by which the 468 points of the mesh moved, divided by the distance
        between the outer corners of the eyes in the photo. 0 is unchanged.
    detection : float
        In [0, 1]: the best score of the detector near the original face.
    fit : float
        In [0, 1]: the score of the mesh, which tells how sure it is to see a face.
    """

    shift: float
    detection: float
    fit: float


@checked("picture", "photo", unclipped=["picture"])
def faces(picture: np.ndarray, photo: np.ndarray) -> list[FaceKept]:
    """Measure how much of the faces in a photo a picture keeps.

    Parameters
    ----------
    picture, photo : ndarray (H, W, 3)
        sRGB in [0, 1].

    Returns
    -------
    list of FaceKept
        A value for each face in the photo, the largest first; empty if the photo has none.

    Raises
    ------
    InputError
        If the pictures differ in size.
    ModelError
        If LiteRT or a network file is missing; see `sfumato.regions.find_faces`.

    Notes
    -----
    The mesh is fitted to both pictures in the same square around the original face, so that equal pictures have a shift
    of exactly 0, and so that a face that is no longer recognized still has one. The detector sees squares of 1.5, 2 and
    3 times the face's size around it; boxes that share less than 0.3 with that of the original face, intersection over
    union, do not count.

    Examples
    --------
    >>> faces(photo, photo)  # doctest: +SKIP
    [FaceKept(shift=0.0, detection=0.95, fit=1.0)]
    """
    same_size(photo=photo, picture=picture)
    photo, picture = (np.asarray(image, np.float32).clip(0, 1) for image in (photo, picture))
    return [_kept(picture, photo, face) for face in find_faces(photo)]


def _kept(picture: np.ndarray, photo: np.ndarray, face: Face) -> FaceKept:
    """Measure what a picture keeps of one face."""
    square = mesh.again(face.points)
    before, _ = mesh.fit(photo, square)
    after, fit = mesh.fit(picture, square)
    shift = float(np.linalg.norm(after - before, axis=1).mean()) / mesh.between_eyes(before)
    return FaceKept(shift, _detection(picture, face), fit)


def _detection(picture: np.ndarray, face: Face) -> float:
    """Return the best score of the detector near a face."""
    box = np.array(face.box)
    (x, y), size = (box[:2] + box[2:]) / 2, float((box[2:] - box[:2]).max())
    best = 0.0
    for view in _VIEWS:
        square = Square(float(x), float(y), view * size)
        seen = detector.look(square.take(picture, detector.SIDE, repeat_border=False))
        places = square.to_photo(seen.boxes.reshape(-1, 2)).reshape(-1, 4)
        best = max(best, float(seen.scores[detector.shared(box, places) >= _NEAR].max(initial=0)))
    return best
