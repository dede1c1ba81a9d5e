"""Soft masks of faces and their parts, drawn from the points of their meshes."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from sfumato.images import Box
from sfumato.images.boxes import padded, slices
from sfumato.regions.faces.search import Face
from sfumato.regions.morphology import feather, grow
from sfumato.regions.refine import stretch
from sfumato.regions.shapes import polygon

__all__ = ["OVAL", "box_of", "drawn", "eyes_of", "lips_of", "ovals", "size"]

Mask = NDArray[np.float32]

#: Points of the mesh along the outline of the face, in order.
OVAL = (
    *(10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377),
    *(152, 148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109),
)

# Those along the lips, in order, and around each eye with its brow.
_LIPS = (61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291, 409, 270, 269, 267, 0, 37, 39, 40, 185)
_EYES = (
    (33, 7, 163, 144, 145, 153, 154, 155, 133, 70, 63, 105, 66, 107, 55, 65, 52, 53, 46),
    (263, 249, 390, 373, 374, 380, 381, 382, 362, 300, 293, 334, 296, 336, 285, 295, 282, 283, 276),
)

_SOFT = 1 / 20  # width of soft edges, as a fraction of the face's size


def size(face: Face) -> float:
    """Return the longer side of a face's box, in pixels."""
    left, top, right, bottom = face.box
    return max(right - left, bottom - top)


def box_of(points: np.ndarray) -> Box:
    """Return the smallest box of whole pixels around points (n, 2): top, left, bottom, right."""
    (left, top), (right, bottom) = np.floor(points.min(0)), np.ceil(points.max(0))
    return int(top), int(left), int(bottom), int(right)


def ovals(faces: Sequence[Face], shape: tuple[int, int]) -> Mask:
    """Draw the ovals of faces, from the forehead to the chin, into a mask (H, W)."""
    return drawn([(each.points[list(OVAL)], size(each) * _SOFT) for each in faces], shape)


def eyes_of(faces: Sequence[Face], shape: tuple[int, int]) -> Mask:
    """Draw the eyes of faces with their brows."""
    outlines = [
        (cv2.convexHull(each.points[list(part)].astype(np.float32))[:, 0], size(each) * _SOFT)
        for each in faces
        for part in _EYES
    ]
    return drawn(outlines, shape, outside=True)


def lips_of(faces: Sequence[Face], shape: tuple[int, int]) -> Mask:
    """Draw the lips of faces, with what open mouths show."""
    return drawn([(each.points[list(_LIPS)], size(each) * _SOFT) for each in faces], shape, outside=True)


def drawn(outlines: Sequence[tuple[np.ndarray, float]], shape: tuple[int, int], *, outside: bool = False) -> Mask:
    """Draw polygons (n, 2), each with an edge of a given softness in pixels, half or all of it outside the polygon."""
    mask = np.zeros(shape, np.float32)
    for corners, soft in outlines:
        box = padded(box_of(corners), int(2 * soft) + 2, shape)
        part = mask[slices(box)]
        if part.size:
            filled = polygon(*(corners - (box[1], box[0])).ravel().tolist(), shape=(part.shape[0], part.shape[1]))
            if outside:
                filled = grow(filled, soft / 2)
            # Exactly 0 and 1 beyond the soft edge.
            np.maximum(part, stretch(feather(filled, soft), 0.02), out=part)
    return mask
