"""A photo, its regions and styles, cut and scaled to what the optimizer works on."""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

import cv2
import numpy as np

from sfumato import blend, images, regions
from sfumato.color import keep_colors, match_luminance
from sfumato.errors import ImageError, RegionError, SfumatoWarning
from sfumato.images import Box, Picture
from sfumato.recipe import Layer, Recipe, Style

__all__ = ["PartStyle", "Scene", "StyledPart", "prepare"]

# A mask that stays below this selects nothing that could be seen.
_VISIBLE = 1 / 512

# Pixels of the largest crop that is finished at its own size, which takes half a minute. A larger one is finished at
# this many, and enlarged by the little that is then left.
_MOST_TO_FINISH = 3_000_000

# Enlarged by less, strokes are still as fine as their surroundings.
_WORTH_FINISHING = 1.5

# Standard deviation of a style picture's values below which it is one flat color.
_FLAT = 2 / 255


@dataclass(frozen=True)
class PartStyle:
    """A style picture, float32 (H, W, 3), with its weight and the longer side it should have at the working size."""

    name: str
    picture: np.ndarray = field(repr=False)
    weight: float
    side: float

    def size(self, scale: float) -> tuple[int, int]:
        """Return height and width at a level of this scale; never more than there are, since that would be blur."""
        height, width = self.picture.shape[:2]
        factor = min(1.0, self.side * scale / max(height, width))
        return max(32, round(height * factor)), max(32, round(width * factor))


@dataclass(frozen=True)
class StyledPart:
    """A layer of the recipe on this photo; `alpha` and `mask` (h, w) belong to the crop at the photo's resolution."""

    layer: Layer
    alpha: np.ndarray = field(repr=False)
    mask: np.ndarray = field(repr=False)
    styles: tuple[PartStyle, ...] = field(repr=False)


@dataclass(frozen=True)
class Scene:
    """What the optimizer needs, and what it takes to put its result back.

    `crop` is the regions' box with a halo, in pixels of the photo; `content` is the crop at the working size, which is
    `scale` times the photo's; `finest` is how much larger than `content` the last level is, 1 if there is nothing to
    finish.
    """

    photo: Picture = field(repr=False)
    recipe: Recipe
    crop: Box
    content: np.ndarray = field(repr=False)
    parts: tuple[StyledPart, ...]
    scale: float = 1.0
    finest: float = 1.0

    @property
    def alpha(self) -> np.ndarray:
        """How much of the styled picture shows, float32 (h, w) over the crop."""
        total: np.ndarray = np.sum([part.alpha for part in self.parts], axis=0)
        return total.clip(max=1)

    def finished_size(self) -> tuple[int, int]:
        """Return height and width of the crop as it is when finished."""
        top, left, bottom, right = self.crop
        share = self.scale * self.finest
        return max(1, round((bottom - top) * share)), max(1, round((right - left) * share))

    def own(self) -> np.ndarray:
        """Return the photo's crop at its own resolution, float32 (h, w, 3)."""
        return self.photo.rgb(self.crop)

    def compose(self, styled: np.ndarray) -> Picture:
        """Put a styled crop, of any size, back into the photo."""
        own = self.own()
        full = blend.enlarge(styled, own, detail=self.recipe.detail)
        total = np.sum([part.alpha for part in self.parts], axis=0)
        for part in self.parts:
            if part.layer.color == "luminance":
                # The layer's share of what shows; how much shows at all is the blend's to weigh.
                share = (part.alpha / np.maximum(total, 1e-6))[..., None]
                full = full * (1 - share) + keep_colors(full, own) * share
        return blend.compose(self.photo, full, self.alpha, self.crop)

    def fingerprint(self) -> str:
        """Return a hash of all that shapes the run."""
        digest = hashlib.sha256(self.recipe.to_toml().encode())
        arrays = [self.photo.pixels, self.content]
        for part in self.parts:
            arrays += [part.mask, *(style.picture for style in part.styles)]
        for array in arrays:
            digest.update(np.ascontiguousarray(array).data)
        return digest.hexdigest()


def prepare(recipe: Recipe, photo: Picture, *, halo: int, folder: Path | None = None) -> Scene:
    """Evaluate the regions, cut out what they need, and load the styles.

    Parameters
    ----------
    recipe : Recipe
        What to do.
    photo : Picture
        To what.
    halo : int
        Surroundings that the network should see, in pixels of the working size.
    folder : Path, optional
        Where to look for mask and style files that are not in the current folder.

    Returns
    -------
    Scene
        Ready to be optimized.

    Raises
    ------
    RegionError
        If a region selects nothing, or cannot be understood.
    ImageError
        If a style picture cannot be read or is one flat color.
    """
    shape = photo.height, photo.width
    selected = [_select(layer, photo, folder, recipe.segmenter) for layer in recipe.layers]
    whole = recipe.method == "naive"
    box = (0, 0, *shape) if whole else _union([found.box for found in selected])
    longer = max(box[2] - box[0], box[3] - box[1])
    scale = min(1.0, recipe.size / longer) if recipe.size else 1.0
    crop = _padded(box, round(halo / scale), shape)
    height, width = (max(1, round((crop[i + 2] - crop[i]) * scale)) for i in (0, 1))
    content = _resized(photo.rgb(crop), height, width)
    finest = min(1 / scale, max(1.0, (_MOST_TO_FINISH / (height * width)) ** 0.5))
    if not recipe.finish or finest < _WORTH_FINISHING:
        finest = 1.0
    parts = []
    for layer, found in zip(recipe.layers, selected, strict=True):
        mask = found.over(crop, "mask")
        if whole:
            mask = np.ones_like(mask)
        styles = tuple(_style(style, longer * scale, finest, folder) for style in layer.styles)
        if layer.color == "luminance":
            small = _resized(mask, height, width)
            styles = tuple(replace(style, picture=match_luminance(style.picture, content, small)) for style in styles)
        parts.append(StyledPart(layer, found.over(crop, "alpha"), mask, styles))
    return Scene(photo, recipe, crop, content, tuple(parts), scale, finest)


@dataclass(frozen=True)
class _Selected:
    """What a layer's region selects, cut to its box: where to restyle, and how much of that to show."""

    box: Box
    mask: np.ndarray
    alpha: np.ndarray

    def over(self, crop: Box, name: Literal["mask", "alpha"]) -> np.ndarray:
        """Return the mask or the alpha over a larger box."""
        whole = np.zeros((crop[2] - crop[0], crop[3] - crop[1]), np.float32)
        top, left = self.box[0] - crop[0], self.box[1] - crop[1]
        part: np.ndarray = getattr(self, name)
        whole[top : top + part.shape[0], left : left + part.shape[1]] = part
        return whole


def _select(layer: Layer, photo: Picture, folder: Path | None, segmenter: str) -> _Selected:
    """Evaluate a layer's region, feather its edge, and refuse one that selects nothing."""
    shape = photo.height, photo.width
    # Shapes and files need no pixels, and a large photo in float32 is worth not making.
    looks = regions.needs_photo(layer.region, folder)
    image = photo.rgb() if looks else np.broadcast_to(np.float32(0), (*shape, 3))
    mask = regions.evaluate(layer.region, image, folder, segmenter=segmenter)
    if not (mask > _VISIBLE).any():
        raise RegionError(f"region {layer.region!r} selects nothing in this photo; look at it with: sfumato regions")
    feather = layer.feather
    if feather is None:
        # Wide enough to hide the steps of a mask, too narrow to show as a halo: 0.5 % of the region's extent.
        feather = max(2.0, 0.005 * float(np.sqrt((mask > 0.5).sum())))
    reach = blend.reach(feather, layer.edge)
    selected = _bounding_box(mask > 0)
    box = _padded(selected, reach, shape)
    # A band of what lies outside goes along for the feather, which would not see the mask's edge without it.
    wide = _padded(selected, round(feather) + 1, shape)
    mask = mask[wide[0] : wide[2], wide[1] : wide[3]].copy()
    alpha = blend.feather(mask, feather, layer.edge)
    if not (alpha > _VISIBLE).any():
        raise RegionError(
            f"region {layer.region!r} is narrower than its soft edge of {feather:g} pixels, so nothing of it shows;"
            " choose a smaller feather, or the edge center"
        )
    # The band that the edge is blended over has to be styled too, or it would blend photo with photo.
    mask = regions.grow(mask, reach) if reach else mask
    inner = np.s_[box[0] - wide[0] : box[2] - wide[0], box[1] - wide[1] : box[3] - wide[1]]
    return _Selected(box, mask[inner], alpha[inner])


def _union(boxes: Sequence[Box]) -> Box:
    tops, lefts, bottoms, rights = zip(*boxes, strict=True)
    return min(tops), min(lefts), max(bottoms), max(rights)


def _bounding_box(selected: np.ndarray) -> Box:
    rows, columns = np.flatnonzero(selected.any(1)), np.flatnonzero(selected.any(0))
    return int(rows[0]), int(columns[0]), int(rows[-1]) + 1, int(columns[-1]) + 1


def _padded(box: Box, margin: int, shape: tuple[int, int]) -> Box:
    top, left, bottom, right = box
    return (
        max(top - margin, 0),
        max(left - margin, 0),
        min(bottom + margin, shape[0]),
        min(right + margin, shape[1]),
    )


def _resized(image: np.ndarray, height: int, width: int) -> np.ndarray:
    """Shrink by area averaging; the working size is never larger than the photo's own."""
    return cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)


def _style(style: Style, side: float, finest: float, folder: Path | None) -> PartStyle:
    """Load a style picture as large as the finest level wants it, or at its own size if that is smaller."""
    name, side = style.image, side * style.scale
    path = Path(name)
    if not path.exists() and folder is not None and (folder / path).exists():
        path = folder / path
    picture = images.load(path)
    image = picture.rgb()
    if float(image.std(axis=(0, 1)).max()) < _FLAT:
        raise ImageError(f"the style picture {name} is one flat color; it has no style to take, choose another")
    if side > 1.5 * max(image.shape[:2]):
        warnings.warn(
            f"the style picture {name} has {picture.width}×{picture.height} pixels, fewer than the region is worked at;"
            " its strokes will look small; use a larger scan or a smaller size",
            SfumatoWarning,
            stacklevel=2,
        )
    loaded = PartStyle(path.name, image, style.weight, side)
    return replace(loaded, picture=_resized(image, *loaded.size(finest)))
