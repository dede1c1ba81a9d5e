"""Validate the docstrings of public names by numpydoc; `make check` runs it: `python -m experiments.docstrings`."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import sys
from collections.abc import Iterator

from numpydoc.validate import validate

import sfumato

# Not asked for: a See Also section and an extended summary of every name; capitals where a description begins with a
# type, a shape or a quoted word. Not everywhere yet: parameters of records, whose fields their class lists; types of
# grouped parameters; sections of one-line helpers; examples of classes.
_NOT_ASKED = {"SA01", "ES01", "PR08", "RT04", "PR01", "PR04", "RT01", "RT03", "EX01"}

# Packages that are commands or pages, not a library.
_NOT_IMPORTED = ("sfumato.cli", "sfumato.studio")


def public() -> Iterator[str]:
    """Yield the full names of the functions and classes that the package and its packages offer."""
    modules = [sfumato]
    for found in pkgutil.walk_packages(sfumato.__path__, "sfumato."):
        if not found.name.startswith(_NOT_IMPORTED) and (found.ispkg or found.name == "sfumato.fast"):
            modules.append(importlib.import_module(found.name))
    seen = set[str]()
    for module in modules:
        for name in getattr(module, "__all__", ()):
            value = getattr(module, name)
            if inspect.isroutine(value) or (inspect.isclass(value) and hasattr(value, "__qualname__")):
                full = f"{value.__module__}.{value.__qualname__}"
                if full.startswith("sfumato.") and full not in seen:
                    seen.add(full)
                    yield full


def main() -> int:
    """Print a line for each finding; return their number."""
    findings = 0
    for name in public():
        for code, message in validate(name)["errors"]:
            if code not in _NOT_ASKED:
                findings += 1
                print(f"{name}: {code} {message}")
    return findings


if __name__ == "__main__":
    sys.exit(bool(main()))
