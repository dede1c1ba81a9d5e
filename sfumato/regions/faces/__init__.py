"""Faces: a detector, a mesh of 468 points for each face, and words of region expressions for their parts."""

from sfumato.regions.faces.search import Face, find_faces
from sfumato.regions.faces.words import eyes, face, hair, lips

__all__ = ["Face", "eyes", "face", "find_faces", "hair", "lips"]
