"""The words of region expressions for faces: `face`, `eyes`, `lips` and `hair`."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sfumato.arrays import checked
from sfumato.errors import RegionError
from sfumato.regions.faces import masks, mesh
from sfumato.regions.faces.search import Face, find_faces
from sfumato.regions.subject import subject

__all__ = ["eyes", "face", "hair", "lips"]

Mask = NDArray[np.float32]

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
    return masks.ovals(_numbered(photo, number, "face"), photo.shape[:2])


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
    return masks.eyes_of(_numbered(photo, number, "eyes"), photo.shape[:2])


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
    return masks.lips_of(_numbered(photo, number, "lips"), photo.shape[:2])


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
    shape = photo.shape[:2]
    heads = masks.drawn([(_head(each), masks.size(each) * _FADING) for each in _numbered(photo, number, "hair")], shape)
    # The other faces are no hair, whichever is meant.
    found: Mask = np.minimum(np.minimum(heads, subject(photo)), 1 - masks.ovals(find_faces(photo), shape))
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


def _head(face: Face) -> np.ndarray:
    """Return the corners (4, 2) of a box around the head, down to the mouth, turned like the face."""
    turn = mesh.again(face.points).turn()
    upright = face.points[list(masks.OVAL)] @ turn
    (left, top), (right, bottom) = upright.min(0), upright.max(0)
    beside, height = _BESIDE * (right - left), bottom - top
    left, right, top, bottom = left - beside, right + beside, top - _ABOVE * height, bottom - _END * height
    outline: np.ndarray = np.array([(left, top), (right, top), (right, bottom), (left, bottom)]) @ turn.T
    return outline
