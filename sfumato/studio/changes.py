"""Parts of a document with some of their fields changed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from sfumato.errors import RecipeError

__all__ = ["updated"]

Model = TypeVar("Model", bound=BaseModel)


def updated(model: Model, changes: Mapping[str, Any]) -> Model:
    """Return a value with some fields changed, checked.

    Raises
    ------
    RecipeError
        One line: the field, what is wrong, and the value.

    Examples
    --------
    >>> from sfumato.studio.document import Settings
    >>> updated(Settings(), {"preset": "draft"}).preset
    'draft'
    """
    try:
        return type(model).model_validate({**model.model_dump(by_alias=True), **changes})
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        message = first["msg"].removeprefix("Value error, ")
        if first["type"] == "value_error":
            raise RecipeError(f"{place}: {message}") from None
        raise RecipeError(f"{place}: {message[:1].lower()}{message[1:]}, got {first['input']!r}") from None
