"""`sfumato run` and `sfumato replay`: do again what a recipe file, or a finished picture, says."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sfumato.cli import watch
from sfumato.cli.options import RunOptions, with_run_options
from sfumato.errors import RecipeError
from sfumato.jobs import job as jobs
from sfumato.recipe import Recipe

__all__ = ["replay", "run"]


@with_run_options
def run(
    recipe: Annotated[Path, typer.Argument(help="A recipe file (TOML).", show_default=False)],
    how: RunOptions,
    photo: Annotated[
        Path | None, typer.Argument(help="The photo, if not the recipe's own.", show_default=False)
    ] = None,
) -> None:
    """Restyle a photo as a recipe file says."""
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
    picture: Annotated[Path, typer.Argument(help="A picture that sfumato made.", show_default=False)],
    photo: Annotated[Path, typer.Argument(help="The photo to do the same to.", show_default=False)],
    how: RunOptions,
) -> None:
    """Do to a photo what was done to make a picture; the recipe travels inside the picture."""
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
