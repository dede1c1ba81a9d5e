"""`sfumato harmonize`: a pasted object, repainted to match its painting."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from sfumato.cli import watch
from sfumato.cli.options import recipe_options, with_run_options
from sfumato.cli.shared import RunOptions
from sfumato.jobs.job import Job
from sfumato.recipe import Recipe
from sfumato.recipe.layers import HARMONIZE, SURFACE

__all__ = ["EXAMPLES", "harmonize"]

EXAMPLES = """\b
Examples:
  sfumato harmonize pasted.png --painting painting.jpg -o out.png
  sfumato harmonize pasted.png --painting painting.jpg --mask mask.png
  sfumato harmonize pasted.png --painting painting.jpg --painterly 8"""


@with_run_options
@recipe_options("harmonize", groups={HARMONIZE, SURFACE}, hidden={"scale", "color"}, without={"region", "method"})
def harmonize(
    pasted: Annotated[Path, typer.Argument(help="Painting with the object pasted in.", show_default=False)],
    painting: Annotated[str, typer.Option(help="Painting without the object.", show_default=False)],
    options: dict[str, Any],
    how: RunOptions,
    mask: Annotated[
        str | None,
        typer.Option(
            help="Where the object is: a mask file or a region; PASTED.mask.png when left out.", show_default=False
        ),
    ] = None,
) -> None:
    """Repaint a pasted object to match its painting."""
    region = mask or str(pasted.with_name(f"{pasted.stem}.mask.png"))
    recipe = Recipe.from_options(style=painting, region=region, method="harmonize", **options)
    output = watch.output_of(how, Path(f"{pasted.stem}-harmonized.png"))
    watch.carry_out(Job(recipe, pasted, output, Path()), how)
