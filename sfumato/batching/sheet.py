"""A contact sheet: the variants of a recipe, painted small."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from sfumato import images, regions
from sfumato.batching.variants import Grid, Row
from sfumato.images import Picture
from sfumato.images.resizing import at_most
from sfumato.methods import Run, steps
from sfumato.methods.finders import finders_of
from sfumato.recipe import Recipe

__all__ = ["cells", "small"]

_REGION = "<region>"


def small(photo: Picture, side: int) -> tuple[Picture, float]:
    """Shrink a photo until its longer side is as given; return also the factor."""
    image = at_most(photo.rgb(), side)
    return images.from_array(np.rint(image * 255).astype(np.uint8)), image.shape[1] / photo.width


def cells(
    grid: Grid, photo: Picture, *, side: int = 400, device: str = "auto", precision: str = "auto"
) -> Iterator[tuple[int, int, np.ndarray]]:
    """Paint the cells of a sheet.

    Parameters
    ----------
    grid : Grid
        The recipes. All have the same region, which is evaluated on the photo at its own size.
    photo : Picture
        The photo.
    side : int
        Longer side of the photo as it is painted, in pixels.
    device, precision : str
        As for `sfumato.stylize`.

    Yields
    ------
    int, int, ndarray (h, w, 3)
        Row, column, and the picture, float32 RGB in [0, 1].

    Raises
    ------
    SfumatoError
        If a recipe cannot be used on the photo.
    """
    shown, factor = small(photo, side)
    recipe = grid.rows[0].recipes[0]
    named: dict[str, Picture] = {}
    if recipe.layers[0].region != "all":
        mask = regions.evaluate(recipe.layers[0].region, photo.rgb(), Path(), **finders_of(recipe))
        scaled = at_most(np.asarray(mask), max(shown.shape))
        named[_REGION] = images.from_array(np.rint(scaled * 65535).astype(np.uint16))
    for number, row in enumerate(grid.rows):
        yield from ((number, *cell) for cell in _row(row, shown, factor, named, device, precision))


def _row(
    row: Row, photo: Picture, factor: float, named: Mapping[str, Picture], device: str, precision: str
) -> Iterator[tuple[int, np.ndarray]]:
    """Paint a row; recipes that differ in strength alone share a run, since strength comes after it."""
    run: Run | None = None
    before: Recipe | None = None
    for column, recipe in enumerate(row.recipes):
        layer = recipe.layers[0]
        update = {"region": _REGION} if named else {}
        feather = {} if layer.feather is None else {"feather": layer.feather * factor}
        own = recipe.model_copy(update={"layers": (layer.model_copy(update={**update, **feather}),)})
        if run is None or before is None or not _alike(own, before):
            run = steps(own, photo, pictures=dict(named), device=device, precision=precision)
            for _ in run:
                pass
        before = own
        yield column, _at_strength(run, layer.strength).rgb()


def _alike(one: Recipe, other: Recipe) -> bool:
    """Tell whether two recipes differ at most in a strength that is applied to what was painted."""
    if one.method == "fast" and not one.layers[0].styles[0].is_network:
        return one == other
    return _with_strength(one, 1.0) == _with_strength(other, 1.0)


def _with_strength(recipe: Recipe, strength: float) -> Recipe:
    layers = tuple(layer.model_copy(update={"strength": strength}) for layer in recipe.layers)
    return recipe.model_copy(update={"layers": layers})


def _at_strength(run: Run, strength: float) -> Picture:
    """Return the picture of a run as it would be at another strength."""
    problem = run.problem
    if problem.parts[0].layer.strength == strength:
        return run.result().picture
    parts = tuple(
        replace(part, strength=strength, layer=part.layer.model_copy(update={"strength": strength}))
        for part in problem.parts
    )
    recipe = _with_strength(problem.recipe, strength)
    return replace(problem, recipe=recipe, parts=parts).compose(run.working_picture())
