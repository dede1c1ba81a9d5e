"""Paint the regions of a photo in one or two passes, with a network for arbitrary styles or a trained network.

A photo larger than the working size takes two passes. Strokes have a fixed size in pixels, so the first pass paints
them as large as they should be, and the second sharpens them at the photo's own size. A single pass at that size would
only add a fine grain to the photo.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
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

__all__ = ["METHOD", "NETWORKS", "Brush", "begun", "brush", "network", "paint", "painted", "prepare"]

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
    picture = painted(problem, [brush(part, problem.content, part.layer.strength) for part in problem.parts])
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


@dataclass(frozen=True)
class Brush:
    """A network with what it was told of the styles, which paints one picture after another.

    Attributes
    ----------
    network : Painter or None
        A trained network; None for the network for arbitrary styles.
    embedding : ndarray of float32, shape (100,), or None
        The numbers of the styles, for the network for arbitrary styles.
    """

    network: Painter | None
    embedding: np.ndarray | None = None

    def __call__(self, picture: np.ndarray, mask: np.ndarray) -> np.ndarray:
        """Paint a picture (h, w, 3); the mask, of any size, is for networks that take one."""
        if self.network is None:
            assert self.embedding is not None
            return transfer(picture, self.embedding)
        return self.network(picture, shrunk(mask, *picture.shape[:2]) if self.network.plan.masks else None)


def brush(part: PreparedLayer, content: np.ndarray, strength: float) -> Brush:
    """Read the styles of a layer.

    Parameters
    ----------
    part : PreparedLayer
        The layer.
    content : ndarray of float32, shape (h, w, 3)
        What is to be painted, whose own manner weakens the styles.
    strength : float
        From 0, its own manner, to 1, the styles; for pictures only, since a trained network has no measure for it.
    """
    if part.network is not None:
        return Brush(part.network)
    style = mix([embed(_used_part(style)) for style in part.styles], [style.weight for style in part.styles])
    if strength < 1:
        style = mix([embed(content), style], [1 - strength, strength])
    return Brush(None, style)


def painted(problem: Problem, brushes: Sequence[Brush]) -> np.ndarray:
    """Paint each layer with its brush, at the working size and, if there is more to see, at the photo's own.

    Returns
    -------
    ndarray of float32, shape (h, w, 3)
        The layers over the crop.
    """
    finest = shrunk(problem.own(), *problem.finished_size()) if problem.finest > 1 else problem.content

    def one(part: PreparedLayer, brush: Brush) -> np.ndarray:
        picture = brush(problem.content, part.mask)
        if problem.finest == 1:
            return picture
        return brush(blend.enlarge(picture, finest, detail=problem.recipe.detail), part.mask)

    return _composed(problem, [partial(one, *each) for each in zip(problem.parts, brushes, strict=True)], finest)


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
    made = [partial(brush(part, problem.content, 1.0), problem.content, part.mask) for part in problem.parts]
    return _composed(problem, made, problem.content)


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


def _used_part(style: PreparedStyle) -> np.ndarray:
    """Return the rectangle around the part of a style picture to use; the network cannot read other shapes."""
    if style.mask is None:
        return style.picture
    box = bounding_box(style.mask >= min(_MIN_MASK, style.mask.max()))
    assert box is not None
    return style.picture[slices(box)]


def _composed(problem: Problem, made: Sequence[Callable[[], np.ndarray]], photo: np.ndarray) -> np.ndarray:
    """Paint the layers and combine them over the photo; where layers meet, they fade into each other."""
    if len(problem.parts) == 1:
        return made[0]()
    total, covered = np.zeros_like(photo), np.zeros((*photo.shape[:2], 1), np.float32)
    for paint_one, share in zip(made, problem.shares(), strict=True):
        weight = shrunk(share, *photo.shape[:2])[..., None]
        total += weight * paint_one()
        covered += weight
    combined: np.ndarray = np.divide(total, covered, out=photo.copy(), where=covered > 0)
    return combined


def _needs(recipe: Fast, folder: Path | None) -> set[str]:
    pictures = any(not style.is_network for layer in recipe.layers for style in layer.styles)
    return regions_need(recipe, folder) | (NETWORKS if pictures else set())


METHOD = Method(prepare, paint, _needs)
