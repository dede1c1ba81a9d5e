"""`sfumato sheet`: a contact sheet of variants, to choose from before a long run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sfumato import files
from sfumato.cli import notes
from sfumato.cli.help import OUTPUT
from sfumato.cli.models import fetch_all
from sfumato.cli.options import recipe_options
from sfumato.cli.progress import duration, progress, seconds_so_far
from sfumato.cli.shared import Device, Force, MaxMegapixels, Precision, Quiet
from sfumato.errors import listening
from sfumato.jobs.outputs import PICTURE, free_name
from sfumato.recipe.layers import STYLE

if TYPE_CHECKING:
    import numpy as np

    from sfumato.batching.variants import Row
    from sfumato.jobs.contact_sheet import Heading

__all__ = ["EXAMPLES", "sheet"]

EXAMPLES = """\b
Examples:
  sfumato sheet photo.jpg --style a.jpg --style b.jpg --strength 0.4,0.7,1
  sfumato sheet photo.jpg --style a.jpg --region subject --color none,luminance,linear
  sfumato sheet photo.jpg --style a.jpg --method fast,localized --content-weight 0.1,0.5"""


@recipe_options(without={"corners", "labels", "reference_labels"})
def sheet(
    photo: Annotated[Path, typer.Argument(help="The photo.", show_default=False)],
    options: dict[str, Any],
    style: Annotated[
        list[str],
        typer.Option(
            "--style",
            "-s",
            metavar="PICTURE",
            help="Style picture, or network (.sfm); repeat for a row of each.",
            show_default=False,
            rich_help_panel=STYLE,
        ),
    ],
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            help="File to write; named after the photo when left out.",
            show_default=False,
            rich_help_panel=OUTPUT,
        ),
    ] = None,
    side: Annotated[
        int,
        typer.Option(
            min=64, max=4096, metavar="N", help="Longer side of each picture, in pixels.", rich_help_panel=OUTPUT
        ),
    ] = 400,
    force: Force = False,
    quiet: Quiet = False,
    max_megapixels: MaxMegapixels = 200,
    device: Device = "auto",
    precision: Precision = "auto",
) -> None:
    """Paint small pictures of several styles and settings on one sheet, to choose from.

    Options may have several values, such as --strength 0.4,0.7,1. The preset is draft unless another is given.
    """
    from sfumato import images
    from sfumato.batching.sheet import cells, small
    from sfumato.batching.variants import grid_of
    from sfumato.jobs import needs
    from sfumato.jobs.contact_sheet import contact_sheet
    from sfumato.methods.recipe_files import files_of

    grid = grid_of(style, {"preset": "draft", **options})
    recipes = [recipe for row in grid.rows for recipe in row.recipes]
    place = output or free_name(Path(f"{photo.stem}-sheet.png"), replace=force)
    read = [photo, *(path for recipe in recipes for path in files_of(recipe))]
    files.check(place, endings=PICTURE, inputs=read, overwrite=force)
    fetch_all(sorted(set().union(*(needs.needed(recipe) for recipe in recipes))), quiet=quiet)
    with notes.collect(shown=not quiet), images.at_most(max_megapixels * 1_000_000), progress(quiet=quiet) as show:
        picture = images.load(photo)
        made: list[list[np.ndarray]] = [[] for _ in grid.rows]
        for row, _, cell in cells(grid, picture, side=side, device=device, precision=precision):
            made[row].append(cell)
            done = sum(map(len, made))
            left = seconds_so_far() * (grid.count - done) / done
            show(done / grid.count, f"{done} of {grid.count} pictures, {duration(left)} left")
        shown = small(picture, side)[0]
        title = [photo.name, f"{shown.width} × {shown.height} pixels, preset {recipes[0].preset}"]
        headings = [_heading(row, side) for row in grid.rows]
        drawn = contact_sheet(shown.rgb(), title, grid.columns, headings, made)
        with listening(lambda message: None):  # a JPEG is fine for a sheet
            images.save(images.from_array(drawn), place, overwrite=force)
    if not quiet:
        typer.echo(f"{place}: {notes.counted(grid.count, 'picture')} in {duration(seconds_so_far())}")


def _heading(row: Row, side: int) -> Heading:
    """Return the heading of a row: its style, and the values that it differs in."""
    from sfumato import images
    from sfumato.images.resizing import at_most
    from sfumato.jobs.contact_sheet import Heading

    style = row.recipes[0].layers[0].styles[0]
    picture = None if style.is_network else at_most(images.visible(images.load(style.image))[0], side)
    return Heading(picture, Path(row.style).name, row.values)
