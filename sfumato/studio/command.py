"""The line of the shell that makes the same picture."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import Any

from sfumato.errors import RecipeError
from sfumato.recipe import METHODS, Layer, Recipe, Style

__all__ = ["command", "joined"]

# What has an option of its own, or none.
_ELSEWHERE = {"version", "method", "layers", "styles", "preset", "region", "corners", "image", "weight", "mask"}


def command(recipe: Recipe, photo: str, output: str, saved: str) -> str:
    """Return the command that paints a photo by a recipe: with options if they can say it all, else from a file.

    Parameters
    ----------
    recipe : Recipe
        What to do.
    photo, output : str
        Names of the photo and of the result.
    saved : str
        Name of the file that holds recipe, photo and output.

    Examples
    --------
    >>> command(Recipe.from_options(style="a.jpg", region="subject"), "my photo.jpg", "out.png", "recipe.toml")
    "sfumato apply 'my photo.jpg' --style a.jpg --region subject -o out.png"
    """
    words = _with_options(recipe, photo)
    if words is None:
        return joined(["sfumato", "run", saved, "-o", output])
    return joined(["sfumato", *words, "-o", output])


def joined(words: Sequence[str]) -> str:
    """Write words so that a shell reads the same words."""
    return " ".join(shlex.quote(word) for word in words)


def _with_options(recipe: Recipe, photo: str) -> list[str] | None:
    """Return command, photo and options; None if options cannot say all of the recipe."""
    if len(recipe.layers) > 1:
        return None
    (layer,) = recipe.layers
    styles = [style.image if style.weight == 1 else f"{style.image}:{style.weight!r}" for style in layer.styles]
    start: dict[str, Any] = {"method": recipe.method, "preset": recipe.preset, "region": layer.region}
    plain = Recipe.from_options(style=tuple(styles), **start)
    options: dict[str, str] = {}
    parts = (
        (Layer, layer, plain.layers[0]),
        (Style, layer.styles[0], plain.layers[0].styles[0]),
        (type(recipe), recipe, plain),
    )
    for kind, mine, default in parts:
        for name in kind.model_fields:
            value = getattr(mine, name)
            if name not in _ELSEWHERE | {"layers"} and value != getattr(default, name) and value is not None:
                options[name] = _text(value)
    try:
        corners = {} if recipe.corners is None else {"corners": _text(recipe.corners)}
        if Recipe.from_options(style=tuple(styles), **start, **options, **corners) != recipe:
            return None
    except RecipeError:
        return None
    words = {"photo": ["photo", photo], "harmonize": ["harmonize", photo]}.get(recipe.method, ["apply", photo])
    if recipe.corners is not None and recipe.method in ("localized", "fast", "naive"):
        words[0] = "surface"
    flag = {"photo": "--reference", "harmonize": "--painting"}.get(recipe.method, "--style")
    for style in styles:
        words += [flag, style]
    if recipe.method in ("fast", "naive"):
        words += ["--method", recipe.method]
    if recipe.corners is not None:
        words += ["--corners", _text(recipe.corners)]
    if layer.region != "all":
        words += ["--mask" if recipe.method == "harmonize" else "--region", layer.region]
    if recipe.preset != METHODS[recipe.method].model_fields["preset"].default:
        words += ["--preset", recipe.preset]
    for name, value in options.items():
        words += ["--" + {"scale": "style_scale"}.get(name, name).replace("_", "-"), value]
    return words


def _text(value: Any) -> str:
    """Write a value as an option takes it."""
    return ",".join(_text(each) for each in value) if isinstance(value, tuple) else str(value)
