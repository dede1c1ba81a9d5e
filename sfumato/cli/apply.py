"""`sfumato apply`: restyle a part of a photo."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from sfumato.cli import jobs
from sfumato.cli.options import RunOptions, recipe_options, with_run_options
from sfumato.recipe import Recipe

__all__ = ["EXAMPLES", "apply"]

EXAMPLES = """\b
Examples:
  sfumato apply photo.jpg -s starry_night.jpg -r subject -o out.png
  sfumato apply photo.jpg -s a.jpg -r "~subject"
  sfumato apply photo.jpg -s a.jpg -r "rect(0, 0, 50%, 100%) & subject"
  sfumato apply photo.jpg -s a.jpg -r mask.png --color luminance

All options there are: sfumato options"""


@with_run_options
@recipe_options()
def apply(
    photo: Annotated[Path, typer.Argument(help="The photo.", show_default=False)],
    style: Annotated[
        list[str], typer.Option("--style", "-s", help="Style picture; repeat to mix, as a.jpg:0.7.", show_default=False)
    ],
    options: dict[str, Any],
    how: RunOptions,
    save_recipe: Annotated[
        Path | None, typer.Option(help="Write what was asked for to a file for 'sfumato run'.")
    ] = None,
) -> None:
    """Restyle a part of a photo; the rest keeps its bytes."""
    recipe = Recipe.from_options(style=list(style), **options)
    name = Path(recipe.layers[0].styles[0].image).stem
    job = jobs.Job(recipe, photo, how.output or Path(f"{photo.stem}-{name}.png"), Path.cwd())
    jobs.carry_out(job, how, save_recipe)
