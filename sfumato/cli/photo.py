"""`sfumato photo`: photorealistic style transfer."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from sfumato.cli import watch
from sfumato.cli.options import recipe_options, with_run_options
from sfumato.cli.shared import RunOptions
from sfumato.jobs.job import Job
from sfumato.recipe import Recipe
from sfumato.recipe.layers import PHOTO, SURFACE

__all__ = ["EXAMPLES", "photo"]

EXAMPLES = """\b
Examples:
  sfumato photo a.jpg --reference dusk.jpg -o out.png
  sfumato photo a.jpg --reference dusk.jpg --semantic hard
  sfumato photo a.jpg --reference b.jpg --region "~person" --realism laplacian
  sfumato photo a.jpg --reference b.jpg --transfer linear --semantic none"""


@with_run_options
@recipe_options(
    "photo", groups={PHOTO, SURFACE}, hidden={"scale", "color", "start", "finish", "seed"}, without={"method"}
)
def photo(
    photo: Annotated[Path, typer.Argument(help="The photo.", show_default=False)],
    reference: Annotated[str, typer.Option(help="Photo whose look to transfer.", show_default=False)],
    options: dict[str, Any],
    how: RunOptions,
) -> None:
    """Give a photo the look of another, matching sky to sky, and keep it photorealistic."""
    recipe = Recipe.from_options(style=reference, method="photo", **options)
    name = Path(recipe.layers[0].styles[0].image).stem
    watch.carry_out(Job(recipe, photo, watch.output_of(how, Path(f"{photo.stem}-{name}.png")), Path()), how)
