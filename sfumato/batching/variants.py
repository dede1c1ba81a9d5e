"""Variants of a recipe, in rows and columns: one style a row, and options that were given several values."""

from __future__ import annotations

import types
import typing
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any, Literal

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from sfumato.errors import RecipeError
from sfumato.recipe import METHODS, Layer, Recipe, Style

__all__ = ["Grid", "Row", "grid_of"]

# Maximum number of pictures on a sheet: a hundred take about a quarter of an hour.
_MOST = 100


@dataclass(frozen=True)
class Row:
    """A row of a sheet: its style, the values of options that it differs in, and a recipe for each column."""

    style: str
    values: tuple[str, ...]
    recipes: tuple[Recipe, ...]


@dataclass(frozen=True)
class Grid:
    """The recipes of a sheet, and the headings of its columns."""

    columns: tuple[str, ...]
    rows: tuple[Row, ...]

    @property
    def count(self) -> int:
        """Number of pictures."""
        return len(self.columns) * len(self.rows)


def grid_of(styles: Sequence[str], options: Mapping[str, str]) -> Grid:
    """Arrange the variants of a recipe: the last option with several values in columns, all others in rows.

    Parameters
    ----------
    styles : sequence of str
        Style pictures or networks, each for rows of its own.
    options : mapping of str to str
        Options of the recipe as text. Several values of an option that takes one are separated by commas.

    Returns
    -------
    Grid
        If no option has several values, there is one column without a heading.

    Raises
    ------
    RecipeError
        If a value cannot be used, or there would be more than a hundred pictures.

    Examples
    --------
    >>> grid = grid_of(["a.jpg", "b.jpg"], {"strength": "0.4,1"})
    >>> grid.columns, [row.style for row in grid.rows], grid.rows[0].recipes[1].layers[0].strength
    (('strength 0.4', 'strength 1'), ['a.jpg', 'b.jpg'], 1.0)
    """
    axes = {name: _values(name, text) for name, text in options.items()}
    several = [name for name, values in axes.items() if len(values) > 1]
    across = "strength" if "strength" in several else several[-1] if several else None
    down = [name for name in several if name != across]
    fixed = {name: values[0] for name, values in axes.items() if name not in several}
    columns = axes[across] if across else [""]
    rows = []
    for style, *values in product(styles, *(axes[name] for name in down)):
        shared = {**fixed, **dict(zip(down, values, strict=True))}
        recipes = (Recipe.from_options(style=style, **shared, **({across: each} if across else {})) for each in columns)
        labels = tuple(_label(name, value) for name, value in zip(down, values, strict=True))
        rows.append(Row(style, labels, tuple(recipes)))
    grid = Grid(tuple(_label(across, each) for each in columns) if across else ("",), tuple(rows))
    if grid.count > _MOST:
        raise RecipeError(f"a sheet of {grid.count} pictures is too large; give at most {_MOST}")
    return grid


def _label(name: str | None, value: str) -> str:
    return f"{name} {value}".replace("_", " ")


def _values(name: str, text: str) -> list[str]:
    """Split the text of an option that takes one value; commas within other options belong to their values."""
    models: list[type[BaseModel]] = [Layer, Style, *METHODS.values()]
    field = next((model.model_fields[name] for model in models if name in model.model_fields), None)
    if field is None or not _is_single(field):
        return [text]
    return [value.strip() for value in text.split(",")]


def _is_single(field: FieldInfo) -> bool:
    """Tell whether a field is a number or one of some words."""
    kind: Any = field.annotation
    if isinstance(kind, types.UnionType):
        kind = next(part for part in typing.get_args(kind) if part is not type(None))
    return kind in (int, float) or typing.get_origin(kind) is Literal
