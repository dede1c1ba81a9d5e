"""Restyle chosen parts of a picture in the manner of another, and leave the rest exactly as it was.

>>> import sfumato
>>> result = sfumato.stylize("photo.jpg", "starry_night.jpg", region="subject")  # doctest: +SKIP
>>> result.save("out.png")  # doctest: +SKIP
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sfumato import errors, fast, images, models, regions
    from sfumato.errors import SfumatoError, SfumatoWarning
    from sfumato.images import Picture
    from sfumato.methods import Result, Run, steps, stylize
    from sfumato.methods.paste import Pasted, paste
    from sfumato.optimize import Step
    from sfumato.recipe import Layer, Recipe, Style

__version__ = "0.1.0"

__all__ = [
    "Layer",
    "Pasted",
    "Picture",
    "Recipe",
    "Result",
    "Run",
    "SfumatoError",
    "SfumatoWarning",
    "Step",
    "Style",
    "__version__",
    "errors",
    "fast",
    "images",
    "models",
    "paste",
    "regions",
    "steps",
    "stylize",
]

# Where each name lives. Loaded when first used: PyTorch alone takes seconds, and `sfumato --help` needs none of it.
_HOMES = {
    "Layer": "recipe",
    "Pasted": "methods",
    "Picture": "images",
    "Recipe": "recipe",
    "Result": "methods",
    "Run": "methods",
    "SfumatoError": "errors",
    "SfumatoWarning": "errors",
    "Step": "optimize",
    "Style": "recipe",
    "paste": "methods",
    "steps": "methods",
    "stylize": "methods",
}
_MODULES = {"errors", "fast", "images", "models", "regions"}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        value = getattr(import_module(f"sfumato.{_HOMES[name]}"), name)
    elif name in _MODULES:
        value = import_module(f"sfumato.{name}")
    else:
        raise AttributeError(f"module 'sfumato' has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
