"""`sfumato partial`: a style on a surface inside the picture."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

from sfumato.cli import jobs, notes
from sfumato.cli.models import fetch_all
from sfumato.cli.options import RunOptions, recipe_options, with_run_options
from sfumato.errors import RecipeError, SfumatoWarning
from sfumato.recipe import STYLE, SURFACE, Recipe

__all__ = ["EXAMPLES", "partial"]

EXAMPLES = """\b
Examples:
  sfumato partial photo.jpg --corners 412,300,690,322,675,810,398,780 -s a.jpg
  sfumato partial photo.jpg --region mask.png -s a.jpg"""


@with_run_options
@recipe_options(groups={SURFACE})
def partial(
    photo: Annotated[Path, typer.Argument(help="The photo.", show_default=False)],
    style: Annotated[
        list[str],
        typer.Option(
            "--style",
            "-s",
            metavar="PICTURE",
            help="Style picture; repeat to mix, as a.jpg:0.7.",
            show_default=False,
            rich_help_panel=STYLE,
        ),
    ],
    options: dict[str, Any],
    how: RunOptions,
) -> None:
    """Restyle a screen, a poster or a wall as if seen upright, and put it back in its place."""
    heard: list[str] = []
    if "corners" not in options:
        if "region" not in options:
            raise RecipeError("which surface? give its --corners, or a --region that shows it")
        with notes.gathered(shown=not (how.quiet or how.as_json)) as heard:
            options = _with_corners(photo, options, how)
    recipe = Recipe.from_options(style=list(style), **options)
    name = Path(recipe.layers[0].styles[0].image).stem
    job = jobs.Job(recipe, photo, jobs.output_of(how, Path(f"{photo.stem}-{name}.png")), Path())
    jobs.carry_out(job, how, heard=heard)


def _with_corners(photo: Path, options: dict[str, Any], how: RunOptions) -> dict[str, Any]:
    """Put the corners of a region in its place; one that is no quadrilateral stays a region."""
    from sfumato import images, regions
    from sfumato.methods.surface import fit_corners

    region, segmenter = options["region"], options.get("segmenter", "auto")
    fetch_all(sorted(regions.models_needed(region, segmenter=segmenter)), quiet=how.quiet)
    with images.at_most(how.max_megapixels * 1_000_000):
        image = images.load(photo).rgb()
        corners = fit_corners(np.asarray(regions.evaluate(region, image, segmenter=segmenter)))
    if corners is None:
        warnings.warn(f"region {region!r} has no four corners; it is restyled as it lies", SfumatoWarning, stacklevel=2)
        return options
    found = {name: value for name, value in options.items() if name != "region"}
    return {**found, "corners": tuple(float(value) for value in corners.ravel())}
