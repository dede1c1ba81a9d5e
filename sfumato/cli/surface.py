"""`sfumato surface`: a style on a surface inside the picture."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from sfumato.cli import notes, watch
from sfumato.cli.models import fetch_all
from sfumato.cli.options import recipe_options, with_run_options
from sfumato.cli.shared import STYLE_OPTION, RunOptions
from sfumato.errors import RecipeError
from sfumato.jobs.job import Job
from sfumato.recipe import Recipe
from sfumato.recipe.layers import SURFACE

__all__ = ["EXAMPLES", "surface"]

EXAMPLES = """\b
Examples:
  sfumato surface photo.jpg --corners 412,300,690,322,675,810,398,780 -s a.jpg
  sfumato surface photo.jpg --region mask.png -s a.jpg"""


@with_run_options
@recipe_options(groups={SURFACE})
def surface(
    photo: Annotated[Path, typer.Argument(help="The photo.", show_default=False)],
    style: Annotated[list[str], STYLE_OPTION],
    options: dict[str, Any],
    how: RunOptions,
) -> None:
    """Restyle a screen, a poster or a wall as seen from the front, and put it back in perspective."""
    recipe = Recipe.from_options(style=tuple(style), **options)
    with notes.collect(shown=how.talkative) as warnings:
        if recipe.corners is None:
            if "region" not in options:
                raise RecipeError("which surface? give its --corners, or a --region that shows it")
            from sfumato import images
            from sfumato.methods.corners import with_corners

            with images.at_most(how.max_megapixels * 1_000_000):
                recipe = with_corners(recipe, images.load(photo), fetch=partial(fetch_all, quiet=how.quiet))
    name = Path(recipe.layers[0].styles[0].image).stem
    job = Job(recipe, photo, watch.output_of(how, Path(f"{photo.stem}-{name}.png")), Path())
    watch.carry_out(job, how, warnings=warnings)
