"""Faces in the part of a photo that is worked on: found, and held to what they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from sfumato.errors import ModelError, warn
from sfumato.methods.optimization import Optimization
from sfumato.methods.portraits import like_portraits
from sfumato.methods.problem import PreparedLayer, Problem
from sfumato.optimize import Content, Level
from sfumato.recipe import Localized
from sfumato.regions import find_faces
from sfumato.regions.faces import masks

__all__ = ["held", "with_faces"]

# What of a region's content weight faces get in addition, as a multiple of the fraction of it that they cover.
_BOOST = {"keep": 4.0, "soft": 1.0}

# Weight of the features of a portrait, if a style is one, as a multiple of that.
_PORTRAIT = 0.6

# Weight of the skin, of which less is needed than of eyes and lips to tell who it is.
_SKIN = 0.5

# Size in pixels from which a face survives the better by itself, the larger it is, and is held the less.
_LARGE = 150


def with_faces(problem: Problem) -> Problem:
    """Find the faces that a problem is to keep, or warn why none can be found."""
    assert isinstance(problem.recipe, Localized)
    if problem.recipe.faces == "off":
        return problem
    try:
        return replace(problem, faces=tuple(find_faces(problem.content)))
    except ModelError as error:
        warn(f"faces are not looked for: {error}; set faces off to do without")
        return problem


def _face_mask(problem: Problem) -> NDArray[np.float32]:
    """Return how much of each pixel of the content is held to the photo, in [0, 1], as a mask (h, w)."""
    shape = problem.content.shape[0], problem.content.shape[1]
    found = np.zeros(shape, np.float32)
    for face in problem.faces:
        parts = np.maximum(masks.eyes_of([face], shape), masks.lips_of([face], shape))
        needed = min(1.0, _LARGE / masks.size(face))
        np.maximum(found, needed * np.maximum(_SKIN * masks.ovals([face], shape), parts), out=found)
    return found


def held(optimization: Optimization, level: Level, part: PreparedLayer, contents: Sequence[Content]) -> list[Content]:
    """Return what a region is to be near, and once more the parts of that which lie in faces.

    Parameters
    ----------
    optimization : Optimization
        Network and tensors of the problem, which has faces.
    level : Level
        Size of the crop.
    part : PreparedLayer
        The layer of the region.
    contents : sequence of Content
        What the region is to be near.
    """
    problem, recipe = optimization.problem, optimization.problem.recipe
    assert isinstance(recipe, Localized)
    faces, region = optimization.over(_face_mask(problem), level), optimization.mask(part, level)
    share = float((faces * region).sum() / region.sum().clamp_min(1e-8))
    if share == 0 or not contents:
        return list(contents)
    boost = _BOOST[recipe.faces] * recipe.face_weight * share
    again = [each._replace(weight=each.weight * boost, mask=faces) for each in contents]
    return [*contents, *again, *like_portraits(optimization, level, part, _PORTRAIT * boost)]
