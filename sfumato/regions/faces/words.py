"""The words of region expressions for faces: `face`, `eyes`, `lips` and `hair`."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from sfumato.arrays import checked
from sfumato.errors import RegionError
from sfumato.images.boxes import padded, slices
from sfumato.regions.faces import mesh
from sfumato.regions.faces.search import Face, find_faces
from sfumato.regions.morphology import feather, grow
from sfumato.regions.refine import stretch
from sfumato.regions.shapes import polygon
from sfumato.regions.subject import subject

__all__ = ["eyes", "face", "hair", "lips"]

Mask = NDArray[np.float32]

# Points of the mesh along the outlines, in order, and around each eye with its brow.
_OVAL = (
    *(10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377),
    *(152, 148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109),
)
_LIPS = (61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291, 409, 270, 269, 267, 0, 37, 39, 40, 185)
_EYES = (
    (33, 7, 163, 144, 145, 153, 154, 155, 133, 70, 63, 105, 66, 107, 55, 65, 52, 53, 46),
    (263, 249, 390, 373, 374, 380, 381, 382, 362, 300, 293, 334, 296, 336, 285, 295, 282, 283, 276),
)

_SOFT = 1 / 20  # width of soft edges, as a fraction of the face's size

# The head's box: how far it goes beyond the oval to each side, as a fraction of the oval's width, and above it, as one
# of its height, and where it ends, as a fraction of the height from the chin up: about at the mouth.
_BESIDE, _ABOVE, _END = 0.45, 0.55, 0.2
_FADING = 1 / 6  # width of the box's soft edges, as a fraction of the face's size


@checked("photo")
def face(*, photo: np.ndarray, number: int | None = None) -> Mask:
    """Find the faces in a photo: all within the oval from the forehead to the chin, without hair and ears.

    Parameters
    ----------
    photo : ndarray of float32, shape (H, W, 3)
        sRGB in [0, 1].
    number : int, optional
        Number of the face, starting with 1 for the largest; by default, all of them.

    Returns
    -------
    ndarray
        Soft mask, float32 (H, W).

    Raises
    ------
    RegionError
        If there is no face in the photo, or fewer than `number`.
    ModelError
        See `find_faces`.

    Examples
    --------
    >>> face(photo=photo, number=1)  # doctest: +SKIP
    """
    return _union(_numbered(photo, number, "face"), photo)


@checked("photo")
def eyes(*, photo: np.ndarray, number: int | None = None) -> Mask:
    """Find the eyes in a photo, with the brows.

    Parameters
    ----------
    photo : ndarray of float32, shape (H, W, 3)
        sRGB in [0, 1].
    number : int, optional
        Number of the face whose eyes are meant, starting with 1 for the largest; by default, all faces.

    Returns
    -------
    ndarray
        Soft mask, float32 (H, W).

    Raises
    ------
    RegionError
        If there is no face in the photo, or fewer than `number`.
    ModelError
        See `find_faces`.

    Examples
    --------
    >>> eyes(photo=photo)  # doctest: +SKIP
    """
    outlines = [
        (cv2.convexHull(each.points[list(part)].astype(np.float32))[:, 0], _size(each) * _SOFT)
        for each in _numbered(photo, number, "eyes")
        for part in _EYES
    ]
    return _drawn(outlines, photo, outside=True)


@checked("photo")
def lips(*, photo: np.ndarray, number: int | None = None) -> Mask:
    """Find the lips in a photo, with what an open mouth shows.

    Parameters
    ----------
    photo : ndarray of float32, shape (H, W, 3)
        sRGB in [0, 1].
    number : int, optional
        Number of the face whose lips are meant, starting with 1 for the largest; by default, all faces.

    Returns
    -------
    ndarray
        Soft mask, float32 (H, W).

    Raises
    ------
    RegionError
        If there is no face in the photo, or fewer than `number`.
    ModelError
        See `find_faces`.

    Examples
    --------
    >>> lips(photo=photo)  # doctest: +SKIP
    """
    outlines = [(each.points[list(_LIPS)], _size(each) * _SOFT) for each in _numbered(photo, number, "lips")]
    return _drawn(outlines, photo, outside=True)


@checked("photo")
def hair(*, photo: np.ndarray, number: int | None = None) -> Mask:
    """Find the hair around faces in a photo: what of the subject lies beside and above a face.

    No network tells hair from ears, hats, a high forehead or another subject beside the head, so they are included.
    Hair below the mouth is not. For edges that follow single hairs, put `matte` around it.

    Parameters
    ----------
    photo : ndarray of float32, shape (H, W, 3)
        sRGB in [0, 1].
    number : int, optional
        Number of the face whose hair is meant, starting with 1 for the largest; by default, all faces.

    Returns
    -------
    ndarray
        Soft mask, float32 (H, W).

    Raises
    ------
    RegionError
        If there is no face in the photo, or fewer than `number`, or nothing of the subject is around it.
    ModelError
        If a network file is missing; see `find_faces` and `subject`.

    Examples
    --------
    >>> hair(photo=photo)  # doctest: +SKIP
    """
    heads = _drawn([(_head(each), _size(each) * _FADING) for each in _numbered(photo, number, "hair")], photo)
    # The other faces are no hair, whichever is meant.
    found: Mask = np.minimum(np.minimum(heads, subject(photo)), 1 - _union(find_faces(photo), photo))
    if not found.any():
        raise RegionError(
            "no hair is found, since the subject of this photo is not around a face; use a mask file instead"
        )
    return found


def _numbered(photo: np.ndarray, number: int | None, word: str) -> list[Face]:
    """Return the faces that are meant, or refuse if there are none."""
    faces = find_faces(photo)
    if not faces:
        raise RegionError("no face is found in this photo; use ellipse() or a mask file instead")
    if number is None:
        return faces
    if not 1 <= number <= len(faces):
        found = "1 face is" if len(faces) == 1 else f"{len(faces)} faces are"
        raise RegionError(f"there is no {word}#{number} in this photo: {found} found, and #1 is the largest")
    return [faces[number - 1]]


def _size(face: Face) -> float:
    left, top, right, bottom = face.box
    return max(right - left, bottom - top)


def _union(faces: Sequence[Face], photo: np.ndarray) -> Mask:
    """Draw the ovals of faces."""
    return _drawn([(each.points[list(_OVAL)], _size(each) * _SOFT) for each in faces], photo)


def _head(face: Face) -> np.ndarray:
    """Return the corners (4, 2) of a box around the head, down to the mouth, turned like the face."""
    turn = mesh.again(face.points).turn()
    upright = face.points[list(_OVAL)] @ turn
    (left, top), (right, bottom) = upright.min(0), upright.max(0)
    beside, height = _BESIDE * (right - left), bottom - top
    left, right, top, bottom = left - beside, right + beside, top - _ABOVE * height, bottom - _END * height
    outline: np.ndarray = np.array([(left, top), (right, top), (right, bottom), (left, bottom)]) @ turn.T
    return outline


def _drawn(outlines: Sequence[tuple[np.ndarray, float]], photo: np.ndarray, *, outside: bool = False) -> Mask:
    """Draw polygons (n, 2), each with an edge of a given softness in pixels, half or all of it outside the polygon."""
    height, width = photo.shape[:2]
    mask = np.zeros((height, width), np.float32)
    for corners, soft in outlines:
        (left, top), (right, bottom) = np.floor(corners.min(0)), np.ceil(corners.max(0))
        box = padded((int(top), int(left), int(bottom), int(right)), int(2 * soft) + 2, (height, width))
        part = mask[slices(box)]
        if part.size:
            drawn = polygon(*(corners - (box[1], box[0])).ravel().tolist(), shape=(part.shape[0], part.shape[1]))
            if outside:
                drawn = grow(drawn, soft / 2)
            # Exactly 0 and 1 beyond the soft edge.
            np.maximum(part, stretch(feather(drawn, soft), 0.02), out=part)
    return mask
