"""Recipes as text: TOML files, and one-line error messages."""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from sfumato.errors import RecipeError
from sfumato.recipe.layers import Layer, Style

__all__ = ["first_line", "parsed", "read"]


def read(path: str | Path) -> dict[str, Any]:
    """Read a TOML file into plain values.

    Raises
    ------
    RecipeError
        If the file cannot be read or is not TOML; the message names it.
    """
    try:
        return parsed(Path(path).read_text("utf-8-sig"))
    except OSError as error:
        raise RecipeError(f"cannot read the recipe {path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise RecipeError(f"cannot read the recipe {path}: it is not a text file") from None
    except RecipeError as error:
        raise RecipeError(f"{path}: {error}") from None


def parsed(content: str) -> dict[str, Any]:
    """Read TOML text into plain values.

    Raises
    ------
    RecipeError
        If it is not TOML.
    """
    try:
        return tomllib.loads(content)
    except (ValueError, RecursionError) as error:
        raise RecipeError(f"the recipe is not valid TOML: {str(error).lower()}") from None


def first_line(
    error: ValidationError, method: str, fields: Mapping[str, Collection[str]], of_a_run: Collection[str]
) -> str:
    """Turn pydantic's report into one line: where, what is wrong, the value.

    Parameters
    ----------
    error : ValidationError
        What pydantic found.
    method : str
        The recipe's method.
    fields : mapping of str to collection of str
        The fields of each method.
    of_a_run : collection of str
        Options that are not part of a recipe.
    """
    first = error.errors()[0]
    place = ".".join(str(part + 1) if isinstance(part, int) else part for part in first["loc"])
    message = first["msg"].removeprefix("Value error, ")
    message = message[:1].lower() + message[1:]
    match first["type"]:
        case "extra_forbidden":
            return _unknown(place, str(first["loc"][-1]), method, fields, of_a_run)
        case "missing":
            return f"the recipe lacks {place!r}"
        case "value_error":
            return f"{place or 'recipe'}: {message}"
        case "string_too_short":
            message = "should not be empty"
        case "too_short" | "too_long":
            message = _count(first["ctx"])
    return f"{place or 'recipe'}: {message}, got {first['input']!r}"


def _unknown(
    place: str, key: str, method: str, fields: Mapping[str, Collection[str]], of_a_run: Collection[str]
) -> str:
    """Say which methods an unknown key belongs to, or which key may be meant."""
    if place in of_a_run:
        return f"{place} is chosen for each run and is not part of a recipe; leave it out"
    having = [name for name, known in fields.items() if place in known]
    if having:
        methods = "method" if len(having) == 1 else "methods"
        names = ", ".join(having[:-1]) + " and " * (len(having) > 1) + having[-1]
        return f"{place} is an option of the {methods} {names}, not of {method}; leave it out"
    known = {*fields[method], *Layer.model_fields, *Style.model_fields}
    close = get_close_matches(key, known, n=1)
    offer = f"did you mean {close[0]!r}?" if close else f"known keys: {', '.join(sorted(known))}"
    return f"the recipe has an unknown key {place!r}; {offer}"


def _count(context: Mapping[str, Any]) -> str:
    """Say how many values there should be, and how many there are."""
    actual = context["actual_length"]
    if not actual:
        return "should not be empty"
    limit, word = (context["min_length"], "least") if "min_length" in context else (context["max_length"], "most")
    return f"should have at {word} {limit} values, not {actual}"
