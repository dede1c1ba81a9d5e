"""From recipe and photo to a problem: regions evaluated, the crop cut out, styles loaded and recolored."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from pathlib import Path
from typing import Literal

import cv2
import numpy as np

from sfumato import blend, images, regions
from sfumato.color import match_histogram, match_linear, match_luminance
from sfumato.errors import ImageError, RegionError, SfumatoWarning
from sfumato.images import Box, Picture
from sfumato.methods import fast
from sfumato.methods.harmonize.paint import HarmonizeProblem
from sfumato.methods.photoreal.labels import find_labels
from sfumato.methods.photoreal.paint import PhotorealProblem
from sfumato.methods.problem import PreparedLayer, PreparedStyle, Problem
from sfumato.methods.recipe_files import place_of
from sfumato.methods.surface import SurfaceProblem, check_corners, rectified, upright_size
from sfumato.recipe import Layer, Recipe, Style, layer_weights
from sfumato.regions.files import find

__all__ = ["prepare"]

# A mask that stays below this selects nothing that could be seen.
_VISIBLE = 1 / 512

# Pixels of the largest crop that is finished at its own size, which takes about a minute. A larger one is finished at
# this many, and enlarged by the little that is then left.
_MOST_TO_FINISH = 3_000_000

# Pixels of a region that takes very long at its own size; the usual working size; and GB that the network takes a tile.
_LARGE, _USUAL, _TILE = 4_000_000, 512, 2.0

# Enlarged by less, strokes are still as fine as their surroundings.
_WORTH_FINISHING = 1.5

# Pixels of the longer side of a style picture that is only read once, for the fast method.
_READ_AT = 1024

# Of the edge, at least and as a share of the region's extent. A feather is wide enough to hide the steps of a mask, and
# too narrow to show as a halo; the others look for a place within their band, or fade over it.
_WIDTHS = {"feather": (2.0, 0.01), "mrf": (8.0, 0.02), "smooth": (8.0, 0.02), "poisson": (4.0, 0.012)}

# Of the smaller of two regions: less is what their edges have in common.
_OVERLAP = 0.02

# Pixels, at the working size, of the part of a painting that a pasted object is matched with.
_LARGEST_PAINTING = 1_000_000

# Least value of a mask that leaves nothing out.
_EVERYTHING = 0.5

# How much wider the edge of a pasted object is: a mask cuts closer than a painter would.
_PASTED_EDGE = 2.0

# Of a picture's longer side, how far an object may reach beyond a mask drawn by hand.
_BEYOND = 0.03

# How much compression may change the mean color of a place.
_COMPRESSION = 8 / 255

# Standard deviation of a style picture's values below which it is one flat color.
_FLAT = 2 / 255


def prepare(recipe: Recipe, photo: Picture, *, halo: int, folder: Path | None = None) -> Problem:
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
        Where to look for mask and style files, before the current folder.

    Returns
    -------
    Problem
        Ready to be optimized.

    Raises
    ------
    RegionError
        If a region selects nothing, or cannot be understood.
    ImageError
        If a style picture cannot be read or is one flat color.
    ModelError
        If a trained network cannot be used.
    RecipeError
        If a style that it does not hold is wanted of one.
    """
    if recipe.corners is not None:
        return _surface(recipe, photo, folder)
    if recipe.method == "harmonize":
        return _harmony(recipe, photo, halo, folder)
    if recipe.method == "photo":
        return _photo(recipe, photo, halo, folder)
    return _scene(recipe, photo, halo, folder)


def _scene(recipe: Recipe, photo: Picture, halo: int, folder: Path | None, side: int | None = None) -> Problem:
    """Prepare a plain problem; `side` is how long style pictures are, in pixels of the photo, if not as the region."""
    shape = photo.height, photo.width
    wider = _PASTED_EDGE if recipe.method == "harmonize" else 1.0
    selected = [_select(layer, photo, folder, recipe.segmenter, wider) for layer in recipe.layers]
    whole = recipe.method == "naive"
    box = (0, 0, *shape) if whole else _union([found.box for found in selected])
    longer = max(box[2] - box[0], box[3] - box[1])
    scale = min(1.0, recipe.size / longer) if recipe.size else 1.0
    quick = recipe.method == "fast"
    if quick and recipe.finish and scale * _WORTH_FINISHING > 1:
        scale = 1.0  # once at the photo's own size is sharper than twice at nearly that
    crop = _padded(box, round(halo / scale), shape)
    height, width = (max(1, round((crop[i + 2] - crop[i]) * scale)) for i in (0, 1))
    if not recipe.size and height * width > _LARGE and not quick:
        _announce(recipe, height, width)
    content = _resized(photo.rgb(crop), height, width)
    finest = min(1 / scale, max(1.0, (_MOST_TO_FINISH / (height * width)) ** 0.5))
    if not recipe.finish or finest < _WORTH_FINISHING:
        finest = 1.0
    parts = []
    for layer, found in zip(recipe.layers, selected, strict=True):
        mask = found.over(crop, "mask")
        if whole:
            mask = np.ones_like(mask)
        region = found.over(crop, "region")
        if layer.styles[0].is_network:
            network = fast.network(layer, find(layer.styles[0].image, folder) or Path(layer.styles[0].image))
            parts.append(PreparedLayer(layer, region, mask, found.feather, (), network))
            continue
        wanted = _READ_AT / finest if quick else (side or longer) * scale
        # Of strokes that look small there is nothing to say where none are asked for.
        calm = quick or recipe.method == "photo"
        styles = [_style(style, wanted, finest, folder, recipe.segmenter, quick=calm) for style in layer.styles]
        small = _resized(mask, height, width)
        colored = tuple(replace(style, picture=_colored(style, layer.color, content, small)) for style in styles)
        parts.append(PreparedLayer(layer, region, mask, found.feather, colored))
    _tell_of_overlaps(parts)
    return Problem(photo, recipe, crop, content, tuple(parts), scale, finest)


def _surface(recipe: Recipe, photo: Picture, folder: Path | None) -> SurfaceProblem:
    """Prepare the upright rectangle of a surface, which is then all there is, and remember the way back."""
    assert recipe.corners is not None
    corners = check_corners(recipe.corners, photo.size)
    left, top = np.floor(corners.min(0)).clip(0).astype(int)
    right, bottom = np.minimum(np.ceil(corners.max(0)).astype(int), (photo.width, photo.height))
    if left >= right or top >= bottom:
        raise RegionError(f"the surface lies outside the picture, {photo.width} x {photo.height} pixels")
    box = int(top), int(left), int(bottom), int(right)
    upright = rectified(photo.rgb(box), corners - (left, top), upright_size(corners))
    plain = recipe.model_copy(update={"corners": None})
    inner = prepare(plain, images.from_array(upright), halo=0, folder=folder)
    return SurfaceProblem(
        photo, recipe, box, inner.content, inner.parts, inner.scale, inner.finest, upright=upright, corners=corners
    )


def _harmony(recipe: Recipe, pasted: Picture, halo: int, folder: Path | None) -> HarmonizeProblem:
    """Prepare a pasted object, and the part of the painting around it that it is to belong to."""
    name = recipe.layers[0].styles[0].image
    painting = images.load(place_of(name, folder))
    if painting.size != pasted.size:
        raise ImageError(
            f"the painting {name} is {painting.width}×{painting.height} pixels, the pasted picture"
            f" {pasted.width}×{pasted.height}; give the painting that the object was pasted into"
        )
    problem = _scene(recipe, pasted, halo, folder, side=max(painting.size))
    (part,) = problem.parts
    top, left, bottom, right = problem.crop
    if problem.crop == (0, 0, *pasted.size) and (part.region > _EVERYTHING).all():
        raise RegionError(
            f"region {part.layer.region!r} covers the whole picture; it should show no more than the pasted object"
        )
    whole = np.zeros(pasted.size, np.float32)
    whole[top:bottom, left:right] = part.mask
    # Some of the painting is enough to match with, and all of a large one would be too much.
    margin = max(0, math.floor((_LARGEST_PAINTING**0.5 / problem.scale - max(bottom - top, right - left)) / 2))
    window = _padded(problem.crop, margin, pasted.size)
    (style,) = part.styles
    shares = style.picture.shape[0] / pasted.height, style.picture.shape[1] / pasted.width
    cut = tuple(slice(round(window[i] * share), round(window[i + 2] * share)) for i, share in enumerate(shares))
    picture = style.picture[cut]
    mask, opacity = (None if part is None else part[cut] for part in (style.mask, style.opacity))
    side = style.side * max(picture.shape[:2]) / max(style.picture.shape[:2])
    if mask is not None and not (mask > _VISIBLE).any():
        raise RegionError(f"the mask or the transparency of the painting {name} leaves nothing near the object")
    styles = (replace(style, picture=picture, mask=mask, opacity=opacity, side=side),)
    windowed = replace(part, styles=styles)
    return HarmonizeProblem(
        _without_object(pasted, painting, whole),
        recipe,
        problem.crop,
        problem.content,
        (windowed,),
        problem.scale,
        problem.finest,
        pasted=pasted.rgb(problem.crop),
    )


def _photo(recipe: Recipe, photo: Picture, halo: int, folder: Path | None) -> PhotorealProblem:
    """Prepare a photo and its reference, and find what in one takes after what in the other."""
    # What a photo changes is smooth: there are no strokes to be finished.
    plain = _scene(recipe.model_copy(update={"finish": 0}), photo, halo, folder)
    reference = place_of(recipe.layers[0].styles[0].image, folder)
    maps = None
    if recipe.labels is not None and recipe.reference_labels is not None:
        maps = place_of(recipe.labels, folder), place_of(recipe.reference_labels, folder)
    labels, found = find_labels(plain, reference, maps)
    return PhotorealProblem(
        photo, recipe, plain.crop, plain.content, plain.parts, plain.scale, labels=labels, found=found
    )


def _without_object(pasted: Picture, painting: Picture, mask: np.ndarray) -> Picture:
    """Return what lies beneath a pasted object: the painting.

    If the pasted picture has more that the painting lacks, such as other objects, it is the pasted picture, with the
    painting where the object is.
    """
    ours, theirs = pasted.rgb(), painting.rgb()
    # Compression changes pixels, but hardly their mean over its blocks.
    change = cv2.blur(np.abs(cv2.blur(ours - theirs, (8, 8))).max(-1), (8, 8))
    # The object may reach a little beyond its mask.
    reach = 2 * max(8, round(_BEYOND * max(mask.shape))) + 1
    away = cv2.dilate((mask > 0).astype(np.uint8), np.ones((reach, reach), np.uint8)) == 0
    if (change[away] < _COMPRESSION).all():
        return painting
    return blend.compose(pasted, theirs, (mask > 0).astype(np.float32), (0, 0, *pasted.size))


@dataclass(frozen=True)
class _Selected:
    """What a layer's region selects, cut to its box, and that and the band that its edge is blended over."""

    box: Box
    region: np.ndarray
    mask: np.ndarray
    feather: float

    def over(self, crop: Box, name: Literal["region", "mask"]) -> np.ndarray:
        """Return either over a larger box."""
        whole = np.zeros((crop[2] - crop[0], crop[3] - crop[1]), np.float32)
        top, left = self.box[0] - crop[0], self.box[1] - crop[1]
        part: np.ndarray = getattr(self, name)
        whole[top : top + part.shape[0], left : left + part.shape[1]] = part
        return whole


def _select(layer: Layer, photo: Picture, folder: Path | None, segmenter: str, wider: float) -> _Selected:
    """Evaluate a layer's region, and refuse one that selects nothing, or nothing that would show."""
    shape = photo.height, photo.width
    # Shapes and files need no pixels, and a large photo in float32 is worth not making.
    looks = regions.needs_photo(layer.region, folder)
    image = photo.rgb() if looks else np.broadcast_to(np.float32(0), (*shape, 3))
    mask = regions.evaluate(layer.region, image, folder, segmenter=segmenter)
    if not (mask > _VISIBLE).any():
        raise RegionError(f"region {layer.region!r} selects nothing in this photo; look at it with: sfumato regions")
    feather = layer.feather
    if feather is None:
        extent = float(np.sqrt((mask > 0.5).sum()))
        least, share = _WIDTHS[layer.blend]
        feather = wider * max(least, share * extent)
    # Poisson's seam lies inside the mask, wherever the edge of others would.
    hard = layer.blend == "poisson"
    reach = 0 if hard else blend.reach(feather, layer.edge)
    # At least one pixel of what lies outside goes along for the feather, which would not see the edge without it.
    box = _padded(_bounding_box(mask > 0), max(reach, int(feather >= 1)), shape)
    mask = mask[box[0] : box[2], box[1] : box[3]].copy()
    if not hard and not (blend.feather(mask, feather, layer.edge) > _VISIBLE).any():
        raise RegionError(
            f"region {layer.region!r} is narrower than its soft edge of {feather:g} pixels, so nothing of it shows;"
            " choose a smaller feather, or the edge center"
        )
    # The band that the edge is blended over has to be styled too, or it would blend photo with photo.
    return _Selected(box, mask, regions.grow(mask, reach) if reach else mask, feather)


def _announce(recipe: Recipe, height: int, width: int) -> None:
    """Say, before it begins, what a run at a very large photo's own size takes."""
    pixels = height * width
    # Of three channels in float32: photo, styles and masks, the picture, its gradient and the best so far; for L-BFGS
    # three pairs of curvature at least. On six megapixels 3.8 GB were measured.
    copies = 17 + (6 if recipe.optimizer == "lbfgs" else 2)
    times = pixels / _USUAL**2
    warnings.warn(
        f"size 0 works on all {pixels / 1e6:.0f} megapixels of the region, which takes about {times:.0f} times as long"
        f" as size {_USUAL}, and {_TILE + copies * pixels * 12 / 1e9:.0f} GB of memory; a result at a smaller size is"
        " enlarged to the photo's own",
        SfumatoWarning,
        stacklevel=2,
    )


def _tell_of_overlaps(parts: Sequence[PreparedLayer]) -> None:
    """Say where layers lie on one another: both styles act there, in shares."""
    for first, second in combinations(parts, 2):
        both = np.minimum(first.region, second.region) > 0.5
        smaller, larger = sorted((first, second), key=lambda part: int((part.region > 0.5).sum()))
        if both.sum() > _OVERLAP * (smaller.region > 0.5).sum():
            names = first.layer.region, second.layer.region
            # The other way round, nothing might be left.
            difference = f"({larger.layer.region}) - ({smaller.layer.region})"
            warnings.warn(
                f"regions {names[0]!r} and {names[1]!r} overlap in {both.sum()} pixels, where both styles act;"
                f" write {difference} for the larger to give them to the smaller",
                SfumatoWarning,
                stacklevel=2,
            )


def _colored(style: PreparedStyle, color: str, content: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Return a style's picture in the colors that a layer asks for."""
    match color:
        case "luminance":
            return match_luminance(style.picture, content, mask, style_mask=style.mask)
        case "linear":
            return match_linear(style.picture, content, source_mask=style.mask, reference_mask=mask)
        case "histogram":
            return match_histogram(style.picture, content, source_mask=style.mask, reference_mask=mask)
        case _:
            return style.picture


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


def _style(
    style: Style, side: float, finest: float, folder: Path | None, segmenter: str, *, quick: bool
) -> PreparedStyle:
    """Load a style picture as large as the finest level wants it, or at its own size if that is smaller."""
    name, side = style.image, side * style.scale
    path = place_of(name, folder)
    picture = images.load(path)
    image, opacity = images.visible(picture)
    if float(image.std(axis=(0, 1)).max()) < _FLAT:
        raise ImageError(f"the style picture {name} is one flat color; it has no style to take, choose another")
    if side > 1.5 * max(image.shape[:2]) and not quick:
        warnings.warn(
            f"the style picture {name} has {picture.width}×{picture.height} pixels, fewer than the region is worked at;"
            " its strokes will look small; use a larger scan or a smaller size",
            SfumatoWarning,
            stacklevel=2,
        )
    layers = layer_weights(style.layers) if style.layers else None
    loaded = PreparedStyle(path.name, image, style.weight, side, layers=layers)
    size = loaded.size(finest)
    mask = None
    if style.mask is not None:
        try:
            mask = _resized(regions.evaluate(style.mask, image, folder, segmenter=segmenter), *size)
        except RegionError as error:
            raise RegionError(f"part of the style picture {name}: {error}") from None
        if not (mask > _VISIBLE).any():
            raise RegionError(
                f"mask {style.mask!r} selects nothing in the style picture {name}; look at it with: sfumato regions"
            )
    if opacity is not None:
        opacity = _resized(opacity, *size)
        mask = opacity if mask is None else mask * opacity
        if not (mask > _VISIBLE).any():
            raise RegionError(f"mask {style.mask!r} selects only what is transparent in the style picture {name}")
    return replace(loaded, picture=_resized(image, *size), mask=mask, opacity=opacity)
