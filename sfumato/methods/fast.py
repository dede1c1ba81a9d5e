"""Paint the regions of a photo in one or two passes, with a network for arbitrary styles or a trained network.

A photo larger than the working size takes two passes. Strokes have a fixed size in pixels, so the first pass paints
them as large as they should be, and the second sharpens them at the photo's own size. A single pass at that size would
only add a fine grain to the photo.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import numpy as np

from sfumato import blend
from sfumato.compute.device import Machine
from sfumato.errors import RecipeError
from sfumato.feedforward import Painter, embed, mix, sfm, transfer
from sfumato.images import Picture
from sfumato.images.boxes import bounding_box, slices
from sfumato.images.resizing import shrunk
from sfumato.methods.method import Method
from sfumato.methods.prepare import prepare as prepare_regions
from sfumato.methods.prepare import regions_need
from sfumato.methods.problem import PreparedLayer, PreparedStyle, Problem
from sfumato.optimize import Step
from sfumato.recipe import Fast, Layer
from sfumato.regions.files import find

__all__ = ["METHOD", "NETWORKS", "begun", "network", "paint", "prepare"]

#: The network files for arbitrary styles.
NETWORKS = frozenset({"arbitrary-predict", "arbitrary-transform"})

# Minimum value of a style's mask in the part of the style that is used.
_MIN_MASK = 0.5


def paint(problem: Problem, state: dict[str, Any] | None = None) -> Iterator[Step]:
    """Paint the regions of a problem.

    Parameters
    ----------
    problem : Problem
        Problem to paint.
    state : dict, optional
        State of an earlier run; not used, since to paint again takes no longer than to resume.

    Yields
    ------
    Step
        One, without a loss.
    """
    began = time.perf_counter()
    finest = shrunk(problem.own(), *problem.finished_size()) if problem.finest > 1 else problem.content

    def painted(part: PreparedLayer) -> np.ndarray:
        painter = _painter(part, problem.content, part.layer.strength)
        picture = painter(problem.content)
        return picture if problem.finest == 1 else painter(blend.enlarge(picture, finest, detail=problem.recipe.detail))

    picture = _composed(problem, painted, finest)
    yield Step(
        level=1,
        levels=1,
        iteration=1,
        iterations=1,
        shape=(picture.shape[0], picture.shape[1]),
        loss=0.0,
        terms={},
        seconds=time.perf_counter() - began,
        done=1.0,
        render=lambda: picture,
    )


def prepare(recipe: Fast, photo: Picture, machine: Machine, folder: Path | None = None) -> Problem:
    """Evaluate the regions of a photo, and load styles and trained networks.

    Parameters
    ----------
    recipe : Fast
        What to do.
    photo : Picture
        Photo to restyle.
    machine : Machine
        Not used: ONNX Runtime computes on the CPU.
    folder : Path, optional
        Where to look for files, before the current folder.
    """
    found = prepare_regions(recipe, photo, machine, folder, finish=recipe.finish, quick=True)
    parts = []
    for part in found.parts:
        (name, *_) = (style.image for style in part.layer.styles)
        if part.layer.styles[0].is_network:
            parts.append(replace(part, network=network(part.layer, find(name, folder) or Path(name))))
        else:
            parts.append(replace(part, strength=1.0))  # strength is applied to the style before painting
    return replace(found, parts=tuple(parts))


def begun(problem: Problem) -> np.ndarray:
    """Paint the regions of a problem once, at the working size, as the start of an optimization.

    Parameters
    ----------
    problem : Problem
        Problem to paint. The strength of its layers is ignored here; it is applied to the final result.

    Returns
    -------
    ndarray of float32, shape (h, w, 3)
        In [0, 1].
    """
    return _composed(problem, lambda part: _painter(part, problem.content, 1.0)(problem.content), problem.content)


def network(layer: Layer, path: Path) -> Painter:
    """Load the trained network that a layer names as its style.

    Parameters
    ----------
    layer : Layer
        A layer whose styles all name one network; the mask of each style is the name of one of the network's styles.
    path : Path
        The network's file.

    Returns
    -------
    Painter
        It mixes the styles as the layer does.

    Raises
    ------
    ModelError
        If the file does not exist, or is not a network, of another version, or damaged.
    RecipeError
        If a style is not in the network, or none is named and there are several.
    """
    names = sfm.read(path)[0].styles
    weights = dict.fromkeys(names, 0.0)
    for style in layer.styles:
        name = names[0] if style.mask is None and len(names) == 1 else style.mask
        if name is None:
            raise RecipeError(
                f"the network {style.image} holds the styles {', '.join(names)}; name one, as {style.image}@{names[0]}"
            )
        if name not in weights:
            raise RecipeError(f"the network {style.image} has no style {name!r}; it holds {', '.join(names)}")
        weights[name] += style.weight
    state = path.stat()
    return _loaded(path, tuple(weights.values()), state.st_mtime_ns, state.st_size)


@lru_cache(maxsize=2)
def _loaded(path: Path, weights: tuple[float, ...], changed: int, size: int) -> Painter:
    """Load a trained network, which stays in memory for the next photo."""
    return Painter(path, weights)


def _painter(part: PreparedLayer, content: np.ndarray, strength: float) -> Callable[[np.ndarray], np.ndarray]:
    """Return a function that paints a picture in the styles of a layer."""
    if part.network is not None:
        found = part.network
        if not found.plan.masks:
            return found
        return lambda picture: found(picture, shrunk(part.mask, *picture.shape[:2]))
    style = mix([embed(_used_part(style)) for style in part.styles], [style.weight for style in part.styles])
    if strength < 1:
        style = mix([embed(content), style], [1 - strength, strength])
    return partial(transfer, embedding=style)


def _used_part(style: PreparedStyle) -> np.ndarray:
    """Return the rectangle around the part of a style picture to use; the network cannot read other shapes."""
    if style.mask is None:
        return style.picture
    box = bounding_box(style.mask >= min(_MIN_MASK, style.mask.max()))
    assert box is not None
    return style.picture[slices(box)]


def _composed(problem: Problem, painted: Callable[[PreparedLayer], np.ndarray], photo: np.ndarray) -> np.ndarray:
    """Combine the painted layers over the photo; where layers meet, they fade into each other."""
    if len(problem.parts) == 1:
        return painted(problem.parts[0])
    total, covered = np.zeros_like(photo), np.zeros((*photo.shape[:2], 1), np.float32)
    for part, share in zip(problem.parts, problem.shares(), strict=True):
        weight = shrunk(share, *photo.shape[:2])[..., None]
        total += weight * painted(part)
        covered += weight
    painted_over: np.ndarray = np.divide(total, covered, out=photo.copy(), where=covered > 0)
    return painted_over


def _needs(recipe: Fast, folder: Path | None) -> set[str]:
    pictures = any(not style.is_network for layer in recipe.layers for style in layer.styles)
    return regions_need(recipe, folder) | (NETWORKS if pictures else set())


METHOD = Method(prepare, paint, _needs)
