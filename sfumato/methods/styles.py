"""Style pictures: load them at the size that is needed, mask them, and recolor them if a layer asks for it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from sfumato import images, regions
from sfumato.color import match_histogram, match_linear, match_luminance
from sfumato.errors import ImageError, RegionError, warn
from sfumato.images.resizing import shrunk
from sfumato.methods.problem import PreparedStyle
from sfumato.methods.recipe_files import place_of
from sfumato.methods.selection import VISIBLE
from sfumato.recipe import Style, layer_weights
from sfumato.regions import Finders

__all__ = ["colored", "load_style"]

# Standard deviation of a style picture's values below which it is one flat color.
_FLAT = 2 / 255

# Longer side in pixels of style pictures for the fast method, which reads them once.
_READ_AT = 1024


def load_style(
    style: Style, side: float, finest: float, folder: Path | None, finders: Finders, *, quick: bool, calm: bool
) -> PreparedStyle:
    """Load a style picture at the size that the finest level needs, or at its own size if that is smaller."""
    name, side = style.image, side * style.scale
    path = place_of(name, folder)
    picture = images.load(path)
    image, opacity = images.visible(picture)
    if float(image.std(axis=(0, 1)).max()) < _FLAT:
        raise ImageError(f"the style picture {name} is one flat color; it has no style to take, choose another")
    if quick:
        side = _READ_AT / finest
    if side > 1.5 * max(image.shape[:2]) and not calm:
        warn(
            f"the style picture {name} has {picture.width}×{picture.height} pixels, fewer than the region is worked at;"
            " its strokes will look small; use a larger scan or a smaller size"
        )
    layers = layer_weights(style.layers) if style.layers else None
    loaded = PreparedStyle(path.name, image, style.weight, side, layers=layers)
    size = loaded.size(finest)
    mask = None
    if style.mask is not None:
        try:
            mask = shrunk(regions.evaluate(style.mask, image, folder, **finders), *size)
        except RegionError as error:
            raise RegionError(f"part of the style picture {name}: {error}") from None
        if not (mask > VISIBLE).any():
            raise RegionError(f"mask {style.mask!r} selects nothing in the style picture {name}")
    if opacity is not None:
        opacity = shrunk(opacity, *size)
        mask = opacity if mask is None else mask * opacity
        if not (mask > VISIBLE).any():
            raise RegionError(f"mask {style.mask!r} selects only what is transparent in the style picture {name}")
    return replace(loaded, picture=shrunk(image, *size), mask=mask, opacity=opacity)


def colored(style: PreparedStyle, color: str, content: np.ndarray, mask: np.ndarray) -> np.ndarray:
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
