"""Prepare a pasted object, and the part of the painting around it that it should match."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import ClassVar

import cv2
import numpy as np

from sfumato import blend, images
from sfumato.blend import clean_colors
from sfumato.color import Palette
from sfumato.compute.device import Machine
from sfumato.errors import ImageError, RegionError
from sfumato.images import Picture
from sfumato.images.resizing import resized, shrunk
from sfumato.methods.prepare import frame_of
from sfumato.methods.prepare import prepare as prepare_regions
from sfumato.methods.problem import Problem
from sfumato.methods.recipe_files import place_of
from sfumato.methods.selection import VISIBLE
from sfumato.recipe import Harmonize

__all__ = ["HarmonizeProblem", "prepare"]

# Maximum number of pixels, at the working size, of the part of a painting that a pasted object is matched with.
_LARGEST_PAINTING = 1_000_000

# A mask that is above this value everywhere covers the whole picture.
_COVERED = 0.5

# Factor of the edge width of a pasted object: a mask cuts closer than a painter would.
_PASTED_EDGE = 2.0

# How far an object may reach beyond a mask drawn by hand, as a share of the picture's longer side.
_BEYOND = 0.03

# Distance from the object from which the painting is used, as a share of the longer side of what is worked on.
_AWAY = 0.05

# Maximum change of a local mean color by compression.
_COMPRESSION = 8 / 255


@dataclass(frozen=True)
class HarmonizeProblem(Problem):
    """A pasted object: `photo` is the painting without it, `pasted` the picture with it.

    Its one style is the painting around the object, at the scale of the pasted picture. With a `palette`, the object is
    held to itself in the colors of the painting; without, to itself.
    """

    palette: Palette | None = field(repr=False, default=None)

    # The painting beneath does not hold the object, and the object has its own colors since it was pasted.
    unmixes: ClassVar[bool] = False

    def aim(self) -> np.ndarray:
        """Return the object in the colors of the painting, if they are taken by tones."""
        own = self.own()
        return own if self.palette is None else _repainted(own, self.parts[0].region, self.palette)

    def enlarged(self, styled: np.ndarray) -> np.ndarray:
        """Return a styled crop at the photo's own resolution, without specks of color."""
        aim = self.aim()
        return clean_colors(blend.enlarge(styled, aim, detail=self.recipe.detail), aim)


def prepare(recipe: Harmonize, pasted: Picture, machine: Machine, folder: Path | None = None) -> HarmonizeProblem:
    """Prepare a pasted object.

    Parameters
    ----------
    recipe : Harmonize
        What to do; its style is the painting without the object.
    pasted : Picture
        The painting with the object in it.
    machine : Machine
        Device and precision.
    folder : Path, optional
        Where to look for files, before the current folder.

    Raises
    ------
    ImageError
        If the painting has another size, or cannot be read.
    RegionError
        If the region is not the object, or leaves nothing of the painting.
    """
    name = recipe.layers[0].styles[0].image
    painting = images.load(place_of(name, folder))
    if painting.shape != pasted.shape:
        raise ImageError(
            f"the painting {name} is {painting.width}×{painting.height} pixels, the pasted picture"
            f" {pasted.width}×{pasted.height}; give the painting that the object was pasted into"
        )
    frame = frame_of(recipe, pasted)
    found = prepare_regions(
        recipe, pasted, machine, folder, finish=recipe.finish, wider=_PASTED_EDGE, style_side=max(painting.shape)
    )
    (part,) = found.parts
    if found.crop.shape == frame.shape and (part.region > _COVERED).all():
        raise RegionError(
            f"region {part.layer.region!r} covers the whole picture; it should show no more than the pasted object"
        )
    mask = np.zeros(pasted.shape, np.float32)
    top, left, bottom, right = found.crop.box
    mask[top:bottom, left:right] = found.crop.lay(np.zeros((*part.mask.shape, 3), np.float32), part.mask, 0)[1]
    # The painting around the object is enough to match with; all of a large one would take too long.
    window = found.crop.widened(max(0, math.floor((_LARGEST_PAINTING**0.5 / found.scale - max(found.crop.shape)) / 2)))
    (style,) = part.styles
    picture = window.take(style.picture)
    chosen, opacity = (None if each is None else window.take(each) for each in (style.mask, style.opacity))
    side = style.side * max(window.shape) / max(painting.shape)
    if chosen is not None and not (chosen > VISIBLE).any():
        raise RegionError(f"the mask or the transparency of the painting {name} leaves nothing near the object")
    styles = (replace(style, picture=picture, mask=chosen, opacity=opacity, side=side),)
    problem = HarmonizeProblem(
        photo=_without_object(pasted, painting, mask),
        recipe=recipe,
        machine=machine,
        crop=found.crop,
        content=found.content,
        parts=(replace(part, styles=styles),),
        scale=found.scale,
        finest=found.finest,
        pasted=pasted,
    )
    return problem if recipe.matches == "patches" else _by_tones(problem, window.take(mask))


def _by_tones(problem: HarmonizeProblem, covered: np.ndarray) -> HarmonizeProblem:
    """Let the object take its colors from the painting; `covered` (h, w) is where it hides the painting."""
    (part,), own = problem.parts, problem.own()
    (style,) = part.styles
    height, width = style.picture.shape[:2]
    # The painting may be looked at smaller than it is.
    reach = _AWAY * max(problem.crop.shape) * width / covered.shape[1]
    place = resized(covered, height, width)
    side = 2 * round(reach) + 1
    near = cv2.dilate((place > 0).astype(np.float32), cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)))
    # What the object hides would show through it; but if that is all there is, it is better than nothing.
    away = (1 - near) * (1 if style.mask is None else style.mask)
    palette = Palette(style.picture, own, part.region, away if away.any() else style.mask, place)
    content = shrunk(_repainted(own, part.region, palette), *problem.content.shape[:2])
    return replace(problem, palette=palette, content=content)


def _repainted(own: np.ndarray, region: np.ndarray, palette: Palette) -> np.ndarray:
    """Return the crop with the object in the colors of a palette."""
    inside = cv2.GaussianBlur(np.ascontiguousarray(region), (0, 0), 1)
    counted, found = inside > 0, own.copy()
    colors = own[counted]
    found[counted] += inside[counted][:, None] * (palette.recolored(colors[None])[0] - colors)
    return found


def _without_object(pasted: Picture, painting: Picture, mask: np.ndarray) -> Picture:
    """Return the picture beneath a pasted object, which usually is the painting.

    If the pasted picture also differs elsewhere, such as by other objects, it is the pasted picture with the painting
    in place of the object.
    """
    ours, theirs = pasted.rgb(), painting.rgb()
    # Compression changes pixels, but hardly their mean over its blocks.
    change = cv2.blur(np.abs(cv2.blur(ours - theirs, (8, 8))).max(-1), (8, 8))
    # The object may reach a little beyond its mask.
    reach = 2 * max(8, round(_BEYOND * max(mask.shape))) + 1
    away = cv2.dilate((mask > 0).astype(np.uint8), np.ones((reach, reach), np.uint8)) == 0
    if (change[away] < _COMPRESSION).all():
        return painting
    return blend.compose(pasted, theirs, (mask > 0).astype(np.float32), (0, 0, *pasted.shape))
