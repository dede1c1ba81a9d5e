"""From recipe and photo to a run, with one module or folder for each method."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from sfumato.methods.paste import Pasted, paste

if TYPE_CHECKING:
    from sfumato.methods.run import METHODS, Result, Run, steps

__all__ = ["METHODS", "Pasted", "Result", "Run", "paste", "steps"]

# Imported when first used: `recipe_files` does without PyTorch, which takes seconds.
_RUNNING = ("METHODS", "Result", "Run", "steps")


def __getattr__(name: str) -> Any:
    if name not in _RUNNING:
        raise AttributeError(f"module 'sfumato.methods' has no attribute {name!r}")
    value = globals()[name] = getattr(import_module("sfumato.methods.run"), name)
    return value
