"""Seams between the photo and the styled picture, compositing, and filters for the result."""

from sfumato.blend.alpha import Edge, compose, reach, soft_edge
from sfumato.blend.detail import enlarge
from sfumato.blend.filters import clean_colors, keep_detail, recursive_filter, screened_poisson
from sfumato.blend.foreground import foreground
from sfumato.blend.kept import Sides, sides
from sfumato.blend.mrf import mrf, smooth
from sfumato.blend.poisson import poisson
from sfumato.blend.seam import BLENDS, Blend, seam
from sfumato.blend.unmatte import unmatted

__all__ = [
    "BLENDS",
    "Blend",
    "Edge",
    "Sides",
    "clean_colors",
    "compose",
    "enlarge",
    "foreground",
    "keep_detail",
    "mrf",
    "poisson",
    "reach",
    "recursive_filter",
    "screened_poisson",
    "seam",
    "sides",
    "smooth",
    "soft_edge",
    "unmatted",
]
