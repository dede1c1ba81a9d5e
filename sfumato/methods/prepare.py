"""From recipe and photo to a problem: evaluate regions, cut out the crop, load and recolor styles.

What only one method needs is in that method's own module.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from sfumato import regions
from sfumato.compute.device import Machine
from sfumato.errors import warn
from sfumato.images import Picture
from sfumato.images.boxes import padded, union
from sfumato.images.resizing import shrunk
from sfumato.methods.crop import Crop, Rectangle
from sfumato.methods.finders import finders_of
from sfumato.methods.problem import PreparedLayer, Problem
from sfumato.methods.selection import select, warn_of_overlaps
from sfumato.methods.styles import colored, load_style
from sfumato.methods.surface import Surface
from sfumato.recipe import Layer, Recipe

__all__ = ["HALO", "frame_of", "prepare", "regions_need"]

#: Width of the surroundings around the region, in pixels at the working size. The receptive field of the deepest layer
#: reaches 78 pixels to each side, but pixels beyond 40 make no measurable difference.
HALO = 40

# Maximum number of pixels of a crop that is finished at its own size. A larger one is finished at this number and then
# enlarged; with three megapixels instead of two, it takes a quarter longer, and the difference is hard to see. A
# feed-forward network takes seconds for three.
_MAX_TO_FINISH, _MAX_TO_FINISH_QUICKLY = 2_000_000, 3_000_000

# Number of pixels from which a region takes very long at its own size; the usual working size; and the memory that the
# network takes for a tile, in GB.
_LARGE, _USUAL, _TILE = 4_000_000, 512, 2.0

# Maximum enlargement before finishing: shallow layers make no strokes of what is blurred further.
_MOST_ENLARGED = 4.0

# Minimum enlargement that is worth finishing: below it, enlarged strokes are still as fine as their surroundings.
_WORTH_FINISHING = 1.5


def frame_of(recipe: Recipe, photo: Picture) -> Crop:
    """Return the part of the photo that a recipe works on: a surface seen upright, or the whole photo.

    Raises
    ------
    RegionError
        If the corners of the surface cannot be used.
    """
    if recipe.corners is not None:
        return Surface.of(recipe.corners, photo.shape)
    return Rectangle(photo.shape, (0, 0, *photo.shape))


def prepare(
    recipe: Recipe,
    photo: Picture,
    machine: Machine,
    folder: Path | None = None,
    *,
    finish: int = 0,
    whole: bool = False,
    quick: bool = False,
    wider: float = 1.0,
    calm: bool = False,
    style_side: float | None = None,
) -> Problem:
    """Evaluate the regions, cut out what they need, and load the styles.

    Parameters
    ----------
    recipe : Recipe
        What to do.
    photo : Picture
        Photo to restyle.
    machine : Machine
        Device and precision.
    folder : Path, optional
        Where to look for mask and style files, before the current folder.
    finish : int
        Iterations at the photo's own size; 0 if there is nothing to finish.
    whole : bool
        Work on the whole photo, wherever the regions are.
    quick : bool
        Prepare for a feed-forward network: work at the photo's own size directly if it is not much larger, and load
        style pictures at the size that such a network reads.
    wider : float
        Factor for the width of edges that the recipe does not set.
    calm : bool
        Do not warn about small strokes; for methods that paint none.
    style_side : float, optional
        Longer side of style pictures in pixels of the photo, if not that of the region.

    Returns
    -------
    Problem

    Raises
    ------
    RegionError
        If a region selects nothing, or cannot be understood.
    ImageError
        If a style picture cannot be read or is one flat color.
    ModelError
        If a trained network cannot be used.
    RecipeError
        If a trained network does not contain the style that is asked for.
    """
    frame = frame_of(recipe, photo)
    selected = [
        select(layer, photo, frame, folder=folder, finders=finders_of(recipe), wider=wider) for layer in recipe.layers
    ]
    box = (0, 0, *frame.shape) if whole else union([found.box for found in selected])
    longer = frame.cut(box).longer
    scale = min(1.0, recipe.size / longer) if recipe.size else 1.0
    if quick and finish and scale * _WORTH_FINISHING > 1:
        scale = 1.0  # one pass at the photo's own size is sharper than two at nearly that size
    crop = frame.cut(box).widened(round(HALO / scale))
    place = padded(box, round(HALO / scale), frame.shape)
    height, width = (max(1, round(side * scale)) for side in crop.shape)
    if not recipe.size and height * width > _LARGE and not quick:
        _announce(recipe, height, width)
    content = shrunk(crop.rgb(photo), height, width)
    most = _MAX_TO_FINISH_QUICKLY if quick else _MAX_TO_FINISH
    finest = min(1 / scale, _MOST_ENLARGED, max(1.0, (most / (height * width)) ** 0.5))
    if not finish or finest < _WORTH_FINISHING:
        finest = 1.0
    parts = []
    for layer, found in zip(recipe.layers, selected, strict=True):
        mask = found.over(place, "mask")
        if whole:
            mask = np.ones_like(mask)
        part = PreparedLayer(layer, found.over(place, "region"), mask, found.feather, (), strength=layer.strength)
        if not layer.styles[0].is_network:
            side = (style_side or longer) * scale
            part = _with_styles(part, recipe, content, side, finest, folder, quick=quick, calm=calm)
        parts.append(part)
    warn_of_overlaps(parts)
    labeled = recipe.segmenter == "auto" and "deeplab" in regions_need(recipe, folder)
    note = "labels are found by deeplab; the option segmenter selects another" if labeled else ""
    return Problem(photo, recipe, machine, crop, content, tuple(parts), scale, finest, found=note)


def regions_need(recipe: Recipe, folder: Path | None = None) -> set[str]:
    """Name the network files that find the regions of a recipe.

    Examples
    --------
    >>> regions_need(Recipe.from_options(style="a.jpg", region="subject"))
    {'u2netp'}
    """
    needed: set[str] = set()
    for layer in recipe.layers:
        needed |= regions.models_needed(layer.region, folder, **finders_of(recipe))
    return needed


def _with_styles(
    part: PreparedLayer,
    recipe: Recipe,
    content: np.ndarray,
    side: float,
    finest: float,
    folder: Path | None,
    *,
    quick: bool,
    calm: bool,
) -> PreparedLayer:
    """Load the style pictures of a layer, in the colors that it asks for."""
    layer: Layer = part.layer
    small = shrunk(part.mask, *content.shape[:2])
    styles = []
    for style in layer.styles:
        loaded = load_style(style, side, finest, folder, finders_of(recipe), quick=quick, calm=calm or quick)
        styles.append(replace(loaded, picture=colored(loaded, layer.color, content, small)))
    return replace(part, styles=tuple(styles))


def _announce(recipe: Recipe, height: int, width: int) -> None:
    """Warn of the time and memory that a run takes at a very large photo's own size."""
    pixels = height * width
    # Number of float32 pictures: photo, styles and masks, the picture, its gradient and the best so far; for L-BFGS
    # also at least three curvature pairs. 3.8 GB were measured for six megapixels.
    copies = 17 + (6 if getattr(recipe, "optimizer", "lbfgs") == "lbfgs" else 2)
    times = pixels / _USUAL**2
    warn(
        f"size 0 works on all {pixels / 1e6:.0f} megapixels of the region, which takes about {times:.0f} times as long"
        f" as size {_USUAL}, and {_TILE + copies * pixels * 12 / 1e9:.0f} GB of memory; a result at a smaller size is"
        " enlarged to the photo's own"
    )
