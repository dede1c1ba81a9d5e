"""`sfumato apply`: restyle a part of a photo."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from sfumato.cli import watch
from sfumato.cli.help import OUTPUT
from sfumato.cli.options import recipe_options, with_run_options
from sfumato.cli.shared import Networks, RunOptions, Styles
from sfumato.errors import RecipeError
from sfumato.jobs.job import Job
from sfumato.recipe import Recipe

__all__ = ["EXAMPLES", "apply", "styles_of"]

EXAMPLES = """\b
Examples:
  sfumato apply photo.jpg -s starry_night.jpg -r subject -o out.png
  sfumato apply photo.jpg -s a.jpg -r "~subject"
  sfumato apply photo.jpg -s a.jpg -r "rect(0, 0, 50%, 100%) & subject"
  sfumato apply photo.jpg -s a.jpg -r mask.png --color luminance
  sfumato apply photo.jpg --network a.sfm -r "~subject"
  sfumato apply photo.jpg -s a.jpg -s b.jpg:0.5 --method fast"""


@with_run_options
@recipe_options()
def apply(
    photo: Annotated[Path, typer.Argument(help="The photo.", show_default=False)],
    options: dict[str, Any],
    how: RunOptions,
    style: Styles = None,
    network: Networks = None,
    save_recipe: Annotated[
        Path | None, typer.Option(help="Also write a recipe file, for 'sfumato run'.", rich_help_panel=OUTPUT)
    ] = None,
) -> None:
    """Restyle a part of a photo; all other pixels stay exactly as they are."""
    recipe = Recipe.from_options(style=styles_of(style or [], network or []), **options)
    name = Path(recipe.layers[0].styles[0].image).stem
    job = Job(recipe, photo, watch.output_of(how, Path(f"{photo.stem}-{name}.png")), Path())
    watch.carry_out(job, how, save_recipe)


def styles_of(styles: list[str], networks: list[str]) -> tuple[str, ...]:
    """Return the styles of the recipe: pictures, then networks."""
    for name in networks:
        if ".sfm" not in name.lower():
            raise RecipeError(
                f"{name} is not a network of sfumato, whose name ends in .sfm; give a picture with --style"
            )
    if not styles and not networks:
        raise RecipeError("a style is missing; give --style PICTURE, or --network FILE.sfm")
    return *styles, *networks
