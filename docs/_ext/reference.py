"""Pages that are made from the code: the public names, the options, the recipe's fields, the exit codes."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer

import sfumato
from sfumato import errors
from sfumato.cli.app import app
from sfumato.recipe import METHODS, Layer, Style
from sfumato.regions import FUNCTIONS

# Packages that are commands or pages, not a library.
_NOT_IMPORTED = ("sfumato.cli", "sfumato.studio")


def write(folder: Path) -> None:
    """Write all pages into a folder; those that would not change stay, so that they are not built again."""
    folder.mkdir(parents=True, exist_ok=True)
    pages = {"commands.md": _commands(), "recipe.md": _recipe(), "errors.md": _errors(), "words.md": _words()}
    names, seen = [], set[int]()
    for module in _packages():
        names.append(module.__name__)
        pages[f"{module.__name__}.rst"] = _package(module, seen)
    pages["api.rst"] = _heading("Python API") + _toctree([f"{name}" for name in names])
    for name, text in pages.items():
        place = folder / name
        if not place.exists() or place.read_text("utf-8") != text:
            place.write_text(text, "utf-8")


def _packages() -> Iterator[Any]:
    """Yield the package itself, and its public packages and modules, whose `__all__` is what they offer."""
    yield sfumato
    for found in pkgutil.walk_packages(sfumato.__path__, "sfumato."):
        if not found.name.startswith(_NOT_IMPORTED) and (found.ispkg or found.name == "sfumato.fast"):
            module = importlib.import_module(found.name)
            if getattr(module, "__all__", None):
                yield module


def _heading(text: str) -> str:
    return f"{text}\n{'=' * len(text)}\n\n"


def _toctree(names: list[str]) -> str:
    return ".. toctree::\n   :maxdepth: 1\n\n" + "".join(f"   {name}\n" for name in names)


def _package(module: Any, seen: set[int]) -> str:
    """Return a page with all that a package offers; what was on another page before is not put into the index again."""
    text = _heading(module.__name__) + f".. automodule:: {module.__name__}\n\n"
    for name in module.__all__:
        value = getattr(module, name)
        kind = "autoclass" if inspect.isclass(value) else "autofunction" if inspect.isroutine(value) else "autodata"
        if inspect.ismodule(value):
            continue
        if isinstance(value, types.GenericAlias):  # autodoc takes an alias such as tuple[int, int] for a class
            text += f".. py:data:: {module.__name__}.{name}\n\n   ``{value}``\n\n"
            continue
        text += f".. {kind}:: {module.__name__}.{name}\n"
        text += "   :no-index:\n" if id(value) in seen else ""
        text += "   :no-value:\n\n" if kind == "autodata" else "\n"
        seen.add(id(value))
    return text


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;")


def _commands() -> str:
    """Return a page with all commands and options."""
    command = typer.main.get_command(app)
    lines = ["# Commands", "", "Made from the program itself; `sfumato COMMAND --help` prints the same.", ""]
    context = typer.Context(command, info_name="sfumato")
    for name in command.list_commands(context):
        lines += _command(name, command.get_command(context, name), context)
    return "\n".join(lines) + "\n"


def _command(name: str, command: Any, context: typer.Context) -> list[str]:
    inner = typer.Context(command, info_name=name, parent=context)
    lines = [f"## sfumato {name}", "", _cell((command.help or "").split("\n\b")[0]), ""]
    if hasattr(command, "list_commands"):
        for each in command.list_commands(inner):
            lines.append(f"- `sfumato {name} {each}`: {_cell(command.get_command(inner, each).help or '')}")
        return [*lines, ""]
    lines += ["| | |", "|---|---|"]
    for option in command.params:
        if getattr(option, "hidden", False) or option.name == "help":
            continue
        is_option = option.param_type_name == "option"
        names = " ".join(option.opts) if is_option else (option.name or "").upper()
        value = f" {option.metavar}" if is_option and option.metavar else ""
        value = value.replace("|", "\\|")
        lines.append(f"| `{names}{value}` | {_cell(getattr(option, 'help', '') or '')} |")
    return [*lines, ""]


def _recipe() -> str:
    """Return a page with all fields of recipes."""
    lines = [
        "# Recipe",
        "",
        "Each key of a recipe file is an option of the command line too, where it is not said otherwise.",
        "",
    ]
    for title, model in (("A layer", Layer), ("A style of a layer", Style)):
        lines += [f"## {title}", "", *_fields(model), ""]
    for name, model in METHODS.items():
        lines += [f"## Method {name}", "", *_fields(model), ""]
    return "\n".join(lines) + "\n"


def _fields(model: Any) -> list[str]:
    lines = ["| key | default | |", "|---|---|---|"]
    for name, field in model.model_fields.items():
        default = "" if field.is_required() or field.default is None else f"`{field.default}`"
        lines.append(f"| `{name}` | {default} | {_cell(field.description or '')} |")
    return lines


def _errors() -> str:
    """Return a page with the exit codes, and the errors of the library that lead to them."""
    lines = [
        "# Errors and exit codes",
        "",
        "Each error is one line: what is wrong, with the value, and what to do.",
        "",
    ]
    lines += ["| code | error | |", "|---|---|---|", "| 0 | | All went well. |"]
    for name in errors.__all__:
        value = getattr(errors, name)
        if inspect.isclass(value) and issubclass(value, errors.SfumatoError):
            lines.append(f"| {value.exit_code} | `{name}` | {_cell((value.__doc__ or '').splitlines()[0])} |")
    return "\n".join(lines) + "\n"


def _words() -> str:
    """Return a page with the functions of region expressions."""
    lines = ["# Words of region expressions", "", "| | |", "|---|---|"]
    for name, function in sorted(FUNCTIONS.items()):
        values = [*function.parameters, *(f"{option}=" for option in function.options)]
        lines.append(f"| `{name}({', '.join(values)})`" if values else f"| `{name}`")
        lines[-1] += f" | {_cell(function.help)} |"
    return "\n".join(lines) + "\n"
