"""`sfumato run` and `sfumato replay`: apply a recipe from a file, or from inside a finished picture."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sfumato.cli import watch
from sfumato.cli.options import with_run_options
from sfumato.cli.shared import RunOptions
from sfumato.errors import RecipeError
from sfumato.jobs import job as jobs
from sfumato.recipe import Recipe

__all__ = ["replay", "run"]


@with_run_options
def run(
    recipe: Annotated[Path, typer.Argument(help="Recipe file (TOML).", show_default=False)],
    how: RunOptions,
    photo: Annotated[
        Path | None, typer.Argument(help="Photo to restyle; the recipe's own when left out.", show_default=False)
    ] = None,
) -> None:
    """Restyle a photo by a recipe file."""
    found, named, written = jobs.load(recipe)
    if photo is None and named is None:
        raise RecipeError(f"{recipe} names no photo; give one: sfumato run {recipe} PHOTO")
    from sfumato.methods.recipe_files import place_of

    source = photo or place_of(str(named), recipe.parent)
    if written and photo is None:
        output = how.output or written
    else:
        output = watch.output_of(how, Path(f"{source.stem}-{recipe.stem}.png"))
    watch.carry_out(jobs.Job(found, source, output, recipe.parent), how)


@with_run_options
def replay(
    picture: Annotated[Path, typer.Argument(help="Picture made by sfumato.", show_default=False)],
    photo: Annotated[Path, typer.Argument(help="Photo to restyle in the same way.", show_default=False)],
    how: RunOptions,
) -> None:
    """Restyle a photo by the recipe that is stored inside a finished picture."""
    from sfumato import images

    text = images.read_recipe(picture)
    if text is None:
        raise RecipeError(f"{picture} carries no recipe; it was not made by sfumato, or another program saved it again")
    output = watch.output_of(how, Path(f"{photo.stem}-{picture.stem}.png"))
    try:
        recipe = Recipe.from_toml(text)
    except RecipeError as error:
        raise RecipeError(f"{picture} carries a recipe that cannot be used: {error}") from None
    watch.carry_out(jobs.Job(recipe, photo, output, picture.parent), how)
