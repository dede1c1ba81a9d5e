"""`sfumato run` and `sfumato replay`: do again what a recipe file, or a finished picture, says."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sfumato.cli import jobs
from sfumato.cli.options import RunOptions, with_run_options
from sfumato.errors import RecipeError
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
    jobs.carry_out(jobs.load(recipe, photo, how), how)


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
    output = jobs.output_of(how, Path(f"{photo.stem}-{picture.stem}.png"))
    try:
        recipe = Recipe.from_toml(text)
    except RecipeError as error:
        raise RecipeError(f"{picture} carries a recipe that cannot be used: {error}") from None
    jobs.carry_out(jobs.Job(recipe, photo, output, picture.parent), how)
