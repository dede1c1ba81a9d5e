"""The share of its styles that a layer takes: colors as if the whole photo were restyled, and the parts to learn from.

A masked style loss makes a region reproduce all of its style: sky, trees and moon have to fit into a face. In a whole
photo that is restyled, the style is spread over everything, and a region only gets what suits it. That spread is
estimated here, before anything is optimized.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from sfumato.color import into_range, luminance, matching_share
from sfumato.color.moments import LinearMap, linear_map
from sfumato.images.resizing import at_most, shrunk
from sfumato.methods.prepare import frame_of
from sfumato.methods.problem import PreparedLayer, PreparedStyle, Problem

__all__ = ["TONE_WEIGHT", "take_shares"]

#: Weight of the tone of a layer in its objective. It keeps things in one color; higher ones leave no color to strokes.
TONE_WEIGHT = 5.0

# Longer side of the pictures whose colors are compared, in pixels, and the number of pixels of the photo.
_SIDE, _SAMPLE = 200, 30_000

# Weight of the region's own colors among those of the whole photo, when they are mapped to the style's. With 0, a dark
# object takes only the darkest paint; with 1, each region uses the full range of the style.
_OWN = 0.3

# Factor for the chroma of the tone. Strokes of different colors are duller together than each of them.
_VIVID = 1.3


def take_shares(problem: Problem) -> Problem:
    """Restrict each layer to its share of its styles, and give the content the styles' colors.

    Parameters
    ----------
    problem : Problem
        Layers with style pictures.

    Returns
    -------
    Problem
        Its styles have shares, its layers tones, and its content the colors of these. Layers with an option `color`
        other than "none" stay as they are: their styles already have the colors of the region.
    """
    photo = frame_of(problem.recipe, problem.photo).sample(problem.photo, _SAMPLE)
    parts = tuple(
        _with_share(part, problem.content, photo) if part.layer.color == "none" and part.styles else part
        for part in problem.parts
    )
    found = replace(problem, parts=parts)
    return replace(found, content=found.toned(problem.content))


def _with_share(part: PreparedLayer, content: np.ndarray, photo: np.ndarray) -> PreparedLayer:
    """Find the tone of a layer and the share that it takes of each style."""
    own = at_most(content, _SIDE)
    region = shrunk(part.region, *own.shape[:2])
    colors = np.concatenate([own.reshape(-1, 3), photo]).astype(np.float64)
    inside, everywhere = region.ravel() / region.sum(), np.full(len(photo), 1 / len(photo))
    weights = np.concatenate([_OWN * inside, (1 - _OWN) * everywhere])
    found = [_small(style) for style in part.styles]
    maps = []
    for picture, mask in found:
        allowed = np.ones(picture.shape[:2]) if mask is None else mask.astype(np.float64)
        others = picture.reshape(-1, 3).astype(np.float64)
        maps.append(linear_map(colors, weights, others, allowed.ravel() / allowed.sum()))
    tone = _mean(maps, [style.weight for style in part.styles])
    toned = into_range(tone(own)).astype(np.float32)
    styles = tuple(
        replace(style, share=matching_share(picture, toned, style_mask=mask, mask=region))
        for style, (picture, mask) in zip(part.styles, found, strict=True)
    )
    return replace(part, styles=styles, tone=LinearMap(_vivid(tone.matrix), tone.before, _vivid(tone.after)))


def _small(style: PreparedStyle) -> tuple[np.ndarray, np.ndarray | None]:
    """Return a style's picture and mask at the size at which colors are compared."""
    picture = at_most(style.picture, _SIDE)
    return picture, None if style.mask is None else shrunk(style.mask, *picture.shape[:2])


def _mean(maps: list[LinearMap], weights: list[float]) -> LinearMap:
    """Return the weighted mean of maps, which all begin from the same color."""
    matrix, after = (
        np.average([getattr(each, name) for each in maps], axis=0, weights=weights) for name in ("matrix", "after")
    )
    return LinearMap(matrix, maps[0].before, after)


def _vivid(colors: np.ndarray) -> np.ndarray:
    """Return colors (..., 3) with more chroma; linear, so that it may be applied to a matrix."""
    gray = luminance(colors)[..., None]
    found: np.ndarray = gray + _VIVID * (colors - gray)
    return found
