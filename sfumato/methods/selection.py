"""Evaluate the regions of a recipe on a photo."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Literal

import numpy as np

from sfumato import blend, regions
from sfumato.errors import RegionError, warn
from sfumato.images import Box, Picture
from sfumato.images.boxes import bounding_box, padded
from sfumato.methods.crop import Crop
from sfumato.methods.problem import PreparedLayer
from sfumato.recipe import Layer
from sfumato.regions import Finders

__all__ = ["VISIBLE", "Selected", "edge_width", "select", "warn_of_overlaps"]

#: Minimum value of a mask that has a visible effect.
VISIBLE = 1 / 512

# Minimum width of an edge in pixels, and its width as a share of the region's extent. A feather should hide the steps
# of a mask without showing as a halo; the other kinds place a seam within their band, or fade over it.
_WIDTHS = {"feather": (2.0, 0.01), "mrf": (8.0, 0.02), "smooth": (8.0, 0.02), "poisson": (4.0, 0.012)}

# Minimum overlap to warn of, as a share of the smaller region: less is only the common edge of neighbors.
_OVERLAP = 0.02


@dataclass(frozen=True)
class Selected:
    """A layer's region over its box, and its mask, which adds the band over which the edge is blended."""

    box: Box
    region: np.ndarray
    mask: np.ndarray
    feather: float

    def over(self, crop: Box, name: Literal["region", "mask"]) -> np.ndarray:
        """Return the region or the mask over a larger box."""
        whole = np.zeros((crop[2] - crop[0], crop[3] - crop[1]), np.float32)
        top, left = self.box[0] - crop[0], self.box[1] - crop[1]
        part: np.ndarray = getattr(self, name)
        whole[top : top + part.shape[0], left : left + part.shape[1]] = part
        return whole


def select(
    layer: Layer, photo: Picture, frame: Crop, *, folder: Path | None, finders: Finders, wider: float = 1.0
) -> Selected:
    """Evaluate a layer's region on a photo, as it is seen in a frame.

    Parameters
    ----------
    layer : Layer
        Layer whose region to evaluate.
    photo : Picture
        The photo.
    frame : Crop
        The photo, or a surface in it.
    folder : Path, optional
        Where to look for mask files, before the current folder.
    finders : Finders
        Networks that find what the region mentions.
    wider : float
        Factor for the edge's width, if the layer does not set it.

    Raises
    ------
    RegionError
        If the region selects nothing, or nothing that would be visible.
    """
    shape = photo.shape
    # Shapes and files need no pixels, which saves the memory of a large photo in float32.
    looks = regions.needs_photo(layer.region, folder)
    image = photo.rgb() if looks else np.broadcast_to(np.float32(0), (*shape, 3))
    mask = regions.evaluate(layer.region, image, folder, **finders)
    if not (mask > VISIBLE).any():
        raise RegionError(f"region {layer.region!r} selects nothing in this photo")
    mask = frame.take(mask)
    if not (mask > VISIBLE).any():
        raise RegionError(f"region {layer.region!r} selects nothing on the surface")
    feather = edge_width(layer, mask, wider)
    # The seam of Poisson blending always lies inside the mask.
    hard = layer.blend == "poisson"
    reach = 0 if hard else blend.reach(feather, layer.edge)
    # Include at least one pixel outside of the mask, without which the feather would not see the edge.
    around = bounding_box(mask > 0)
    assert around is not None
    box = padded(around, max(reach, int(feather >= 1)), frame.shape)
    mask = mask[box[0] : box[2], box[1] : box[3]].copy()
    if not hard and not (blend.soft_edge(mask, feather, layer.edge) > VISIBLE).any():
        raise RegionError(
            f"region {layer.region!r} is narrower than its soft edge of {feather:g} pixels, so nothing of it shows;"
            " choose a smaller feather, or the edge center"
        )
    # The band over which the edge is blended has to be styled too, or the photo would be blended with itself.
    return Selected(box, mask, regions.grow(mask, reach) if reach else mask, feather)


def edge_width(layer: Layer, mask: np.ndarray, wider: float = 1.0) -> float:
    """Return the width in pixels of a layer's edge: its own, or one that suits the extent of its mask (H, W).

    Examples
    --------
    >>> edge_width(Layer(styles=[{"image": "a.jpg"}]), np.ones((400, 900), np.float32))
    6.0
    """
    if layer.feather is not None:
        return layer.feather
    extent = float(np.sqrt((mask > 0.5).sum()))
    minimum, share = _WIDTHS[layer.blend]
    return wider * max(minimum, share * extent)


def warn_of_overlaps(parts: Sequence[PreparedLayer]) -> None:
    """Warn of layers that overlap, where both styles act."""
    for first, second in combinations(parts, 2):
        both = np.minimum(first.region, second.region) > 0.5
        smaller, larger = sorted((first, second), key=lambda part: int((part.region > 0.5).sum()))
        if both.sum() > _OVERLAP * (smaller.region > 0.5).sum():
            names = first.layer.region, second.layer.region
            # Subtracting the larger from the smaller might leave nothing.
            difference = f"({larger.layer.region}) - ({smaller.layer.region})"
            warn(
                f"regions {names[0]!r} and {names[1]!r} overlap in {both.sum()} pixels, where both styles act;"
                f" write {difference} for the larger to give them to the smaller"
            )
