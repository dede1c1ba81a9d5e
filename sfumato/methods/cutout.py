"""Objects cut out of a picture, without a fringe of their old background."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np

from sfumato import blend, images, regions
from sfumato.errors import RegionError
from sfumato.images import Box, Picture
from sfumato.images.boxes import bounding_box, padded, slices
from sfumato.regions import Finders

__all__ = ["EDGE", "VISIBLE", "Cutout", "cut_out"]

#: Half of the smallest step of an 8-bit mask; values closer than this to 0 or 1 are rounded to them.
VISIBLE = 1 / 510

#: Width of the edge that hides the old background, in the object's own pixels: masks tend to be a pixel too wide, and
#: even exact ones have mixed pixels at the edge.
EDGE = 1.5

# Width in pixels of the surroundings from which the colors of the background are estimated.
_SURROUNDINGS = 10


class Cutout(NamedTuple):
    """An object as `layers` (h, w, 4), its premultiplied colors and alpha, and its bounding box in them."""

    layers: np.ndarray
    box: Box

    @property
    def extent(self) -> np.ndarray:
        """Width and height of the box."""
        top, left, bottom, right = self.box
        return np.array([right - left, bottom - top], float)

    @property
    def middle(self) -> np.ndarray:
        """x and y of the box's center."""
        top, left, bottom, right = self.box
        return np.array([left + right, top + bottom]) / 2


def cut_out(picture: Picture, region: str, edge: float, folder: str | Path | None, finders: Finders) -> Cutout:
    """Cut out what a region selects, in the object's own colors."""
    looks = regions.needs_photo(region, folder)
    image = picture.rgb() if looks else np.broadcast_to(np.float32(0), (*picture.shape, 3))
    mask = regions.evaluate(region, image, folder, **finders)
    own: np.ndarray = np.ones_like(mask)
    if picture.alpha is not None:
        own = picture.alpha / np.float32(np.iinfo(picture.alpha.dtype).max)
    shown = blend.soft_edge(mask, edge, "inside")
    visible = shown * own >= VISIBLE
    if not visible.any():
        what = "is narrower than its soft edge; take it as it is with feather 0"
        if not (mask * own >= VISIBLE).any():
            what = "selects nothing of the object's picture"
        raise RegionError(f"region {region!r} {what}")
    around = bounding_box(visible)
    assert around is not None
    box = padded(around, _SURROUNDINGS, picture.shape)
    crop = slices(box)
    shown = shown[crop]
    # Within the edge, the mask is only a guess, so that colors are estimated from the object nearby.
    unsure = np.where(shown >= 1, 1, blend.soft_edge(shown, edge, "inside"))
    colors = image[crop] if looks else picture.rgb(box)
    if picture.alpha is not None:
        # The visible part is region times alpha; where alpha fades, colors may be mixed with a background as well.
        colors = images.extended(blend.unmatted(colors, own[crop]), own[crop] > 0)
    alpha = (shown * own[crop])[..., None]
    layers = np.concatenate([blend.foreground(colors, unsure) * alpha, alpha], axis=2)
    top, left = box[:2]
    return Cutout(layers, (around[0] - top, around[1] - left, around[2] - top, around[3] - left))
