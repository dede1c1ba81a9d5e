"""Restyle chosen parts of a picture in the manner of another, and leave the rest exactly as it was.

>>> import sfumato
>>> result = sfumato.stylize("photo.jpg", "starry_night.jpg", region="subject")  # doctest: +SKIP
>>> result.save("out.png")  # doctest: +SKIP
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sfumato import blend, color, errors, fast, images, labels, metrics, models, recipe, regions, video
    from sfumato.api import find_regions, harmonize, photoreal, stylize, surface, train
    from sfumato.batching import batch
    from sfumato.errors import InputError, SfumatoError, SfumatoWarning
    from sfumato.images import Picture
    from sfumato.methods import Result, Run, steps
    from sfumato.methods.paste import Pasted, paste
    from sfumato.optimize import Step
    from sfumato.recipe import Layer, Recipe, Style

__version__ = "0.1.0"

__all__ = [
    "InputError",
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
    "batch",
    "blend",
    "color",
    "errors",
    "fast",
    "find_regions",
    "harmonize",
    "images",
    "labels",
    "metrics",
    "models",
    "paste",
    "photoreal",
    "recipe",
    "regions",
    "steps",
    "stylize",
    "surface",
    "train",
    "video",
]

# The module of each name, imported when first used: PyTorch alone takes seconds, and `sfumato --help` does not need it.
_HOMES = {
    "Layer": "recipe",
    "InputError": "errors",
    "Pasted": "methods",
    "Picture": "images",
    "Recipe": "recipe",
    "Result": "methods",
    "Run": "methods",
    "SfumatoError": "errors",
    "SfumatoWarning": "errors",
    "Step": "optimize",
    "Style": "recipe",
    "batch": "batching",
    "find_regions": "api",
    "harmonize": "api",
    "paste": "methods",
    "photoreal": "api",
    "steps": "methods",
    "stylize": "api",
    "surface": "api",
    "train": "api",
}
_MODULES = (
    "blend",
    "color",
    "errors",
    "fast",
    "images",
    "labels",
    "metrics",
    "models",
    "recipe",
    "regions",
    "video",
)


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
