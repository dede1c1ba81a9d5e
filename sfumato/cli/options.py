"""Command-line options made from the recipe's fields, so that help and errors come from one place."""

from __future__ import annotations

import dataclasses
import inspect
import textwrap
import types
import typing
from collections.abc import Callable, Iterator, Set
from functools import wraps
from typing import Annotated, Any, Literal

import typer
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from sfumato.cli.completion import Completer, networks, one_of, region_words, segmenters
from sfumato.cli.shared import RunOptions
from sfumato.recipe import METHODS, PRESETS, Layer, Style
from sfumato.recipe.layers import HARMONIZE, NETWORK, PHOTO, QUALITY, REGION, STYLE, SURFACE

__all__ = [
    "option_fields",
    "options",
    "recipe_options",
    "with_run_options",
]


# Options that are not named after their field: "scale" alone would be ambiguous.
_NAMES = {"scale": "style_scale"}

_SHORT = {"region": ("-r",)}

# Fields without an option of their own. The program sets "version"; --style sets "styles" and "image", and "weight" and
# "mask" as suffixes; the options of one layer make up "layers"; only recipe files set the "layers" of a style.
_ELSEWHERE = {"styles", "image", "weight", "mask", "layers", "version"}

# The order of the headings.
_GROUPS = [REGION, STYLE, QUALITY, NETWORK, SURFACE, HARMONIZE, PHOTO]

_COMPLETERS = {
    "region": region_words,
    "segmenter": segmenters,
    "clicker": networks,
    "text_segmenter": networks,
}

# The methods that --method chooses; the others have commands of their own.
_CHOSEN_BY_OPTION = ("localized", "fast", "naive")

# Headings that only the command they belong to shows.
_OF_ONE_COMMAND = {SURFACE, HARMONIZE, PHOTO}


def option_fields(method: str = "localized") -> Iterator[tuple[str, str, FieldInfo]]:
    """Yield option name, field name and field for every field that is an option.

    Fields of layers and styles come first, then those of the method's recipe, then those of other methods only.
    """
    own = METHODS[method]
    models: list[type[BaseModel]] = [Layer, Style, own, *(kind for kind in METHODS.values() if kind is not own)]
    seen: set[str] = set()
    for model in models:
        for name, field in model.model_fields.items():
            if name not in _ELSEWHERE | seen:
                seen.add(name)
                yield _NAMES.get(name, name), name, field


def recipe_options(
    method: str = "localized",
    *,
    groups: Set[str] = frozenset(),
    hidden: Set[str] = frozenset(),
    without: Set[str] = frozenset(),
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return a decorator for a command that takes a dict `options`: it adds one option for each field of the recipe.

    Values arrive as text and are checked by the recipe; options that were not given are left out.

    Parameters
    ----------
    method : str
        The method whose defaults the help shows.
    groups : set of str
        Headings of options that belong to this command only.
    hidden : set of str
        Fields that have no use here, so that the help leaves them out.
    without : set of str
        Fields that the command has no option for.
    """
    fields = {option: (name, field) for option, name, field in option_fields(method) if name not in without}
    own = {*Layer.model_fields, *Style.model_fields, *METHODS[method].model_fields}
    parameters = []
    for option, (name, field) in fields.items():
        declared = typer.Option(
            "--" + option.replace("_", "-"),
            *_SHORT.get(option, ()),
            metavar=_metavar(name, field),
            autocompletion=_completer(name, field),
            help=_help(field),
            hidden=name in hidden or name not in own or group_of(field) in _OF_ONE_COMMAND - groups,
            rich_help_panel=group_of(field),
            show_default=False,
        )
        parameters.append(_keyword(option, Annotated[str | None, declared], None))

    def collect(given: dict[str, Any]) -> dict[str, Any]:
        return {fields[option][0]: value for option, value in given.items() if value is not None}

    return lambda command: _extended(command, "options", parameters, collect)


def with_run_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command, which takes a `RunOptions` as `how`, one option for each of its fields."""
    hints = typing.get_type_hints(RunOptions, include_extras=True)
    parameters = [_keyword(field.name, hints[field.name], field.default) for field in dataclasses.fields(RunOptions)]
    return _extended(command, "how", parameters, lambda given: RunOptions(**given))


def _keyword(name: str, annotation: Any, default: Any) -> inspect.Parameter:
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)


def _extended(
    command: Callable[..., Any],
    argument: str,
    parameters: list[inspect.Parameter],
    collect: Callable[[dict[str, Any]], Any],
) -> Callable[..., Any]:
    """Replace one argument of a command by parameters from which it is built."""
    added = {parameter.name for parameter in parameters}

    @wraps(command)
    def wrapped(**arguments: Any) -> Any:
        given = {name: arguments.pop(name) for name in list(arguments) if name in added}
        return command(**arguments, **{argument: collect(given)})

    signature = inspect.signature(command, eval_str=True)
    kept = [parameter for parameter in signature.parameters.values() if parameter.name != argument]
    wrapped.__signature__ = signature.replace(parameters=kept + parameters)  # type: ignore[attr-defined]
    wrapped.__annotations__ = {parameter.name: parameter.annotation for parameter in kept + parameters}
    return wrapped


def options() -> None:
    """List every option of a recipe with its default.

    Each is also a key of a recipe file.
    """
    group = ""
    for option, name, field in sorted(option_fields(), key=lambda each: _GROUPS.index(group_of(each[2]))):
        if group_of(field) != group:
            typer.echo(f"\n{(group := group_of(field))}:" if group else f"{(group := group_of(field))}:")
        default = _default(field)
        typer.echo(f"--{option.replace('_', '-')} {_metavar(name, field)}" + f" [{default}]" * bool(default))
        typer.echo(textwrap.fill(field.description or "", 78, initial_indent="    ", subsequent_indent="    "))
    typer.echo()
    for preset, values in PRESETS.items():
        typer.echo(f"preset {preset}: " + ", ".join(f"{name} {_text(value)}" for name, value in values.items()))


def group_of(field: FieldInfo) -> str:
    """Return the heading that an option is listed under."""
    return str(typing.cast(dict[str, Any], field.json_schema_extra)["group"])


def _help(field: FieldInfo) -> str:
    default = _default(field)
    return f"{field.description} [{default}]" if default else f"{field.description}"


def _default(field: FieldInfo) -> str:
    return "" if field.is_required() or field.default is None else _text(field.default)


def _text(value: Any) -> str:
    if isinstance(value, tuple):
        return ",".join(str(part) for part in value)
    return f"{value:g}" if isinstance(value, float) else str(value)


def _kind(field: FieldInfo) -> Any:
    """Return the type of a field's values, apart from None."""
    kind = field.annotation
    if isinstance(kind, types.UnionType):
        kind = next(part for part in typing.get_args(kind) if part is not type(None))
    return kind


def _values(name: str, field: FieldInfo) -> tuple[str, ...]:
    """Return the values that a field may have, if they can be listed."""
    if name == "method":
        return _CHOSEN_BY_OPTION
    kind = _kind(field)
    return typing.get_args(kind) if typing.get_origin(kind) is Literal else ()


def _completer(name: str, field: FieldInfo) -> Completer | None:
    if values := _values(name, field):
        return one_of(*values)
    return _COMPLETERS.get(name)


def _metavar(name: str, field: FieldInfo) -> str:
    """Name the values that a field takes."""
    if values := _values(name, field):
        return "|".join(values)
    kind = _kind(field)
    if typing.get_origin(kind) is tuple:
        return "A,B,..."
    return {int: "N", float: "X"}.get(typing.cast(type, kind), "TEXT")
