"""`sfumato photo`: the look of one photo on another."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from sfumato.cli import jobs
from sfumato.cli.options import RunOptions, recipe_options, with_run_options
from sfumato.recipe import PHOTO, Recipe

__all__ = ["EXAMPLES", "photo"]

EXAMPLES = """\b
Examples:
  sfumato photo a.jpg --reference dusk.jpg -o out.png
  sfumato photo a.jpg --reference dusk.jpg --semantic hard
  sfumato photo a.jpg --reference b.jpg --region "~person" --realism laplacian
  sfumato photo a.jpg --reference b.jpg --transfer linear --semantic none"""


@with_run_options
@recipe_options(groups={PHOTO}, hidden={"scale", "color", "start", "finish"}, without={"method", "corners"})
def photo(
    photo: Annotated[Path, typer.Argument(help="The photo.", show_default=False)],
    reference: Annotated[str, typer.Option(help="The photo whose look it takes.", show_default=False)],
    options: dict[str, Any],
    how: RunOptions,
) -> None:
    """Give a photo the look of another, sky after sky, and leave it a photo."""
    recipe = Recipe.from_options(style=reference, method="photo", **options)
    name = Path(recipe.layers[0].styles[0].image).stem
    jobs.carry_out(jobs.Job(recipe, photo, jobs.output_of(how, Path(f"{photo.stem}-{name}.png")), Path()), how)
