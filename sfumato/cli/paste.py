"""`sfumato paste`: an object cut out of one picture and pasted into another."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sfumato.cli import notes, watch
from sfumato.cli.completion import one_of, region_words
from sfumato.cli.help import OUTPUT
from sfumato.cli.shared import AsJson, Clicker, Force, MaxMegapixels, Quiet, RunOptions, Segmenter, TextSegmenter
from sfumato.jobs.job import Job
from sfumato.jobs.outputs import PICTURE, Output, check_all, free_name
from sfumato.recipe import PRESETS, Recipe

if TYPE_CHECKING:
    from sfumato.regions import Finders

__all__ = ["EXAMPLES", "paste"]

EXAMPLES = """\b
Examples:
  sfumato paste object.jpg painting.jpg --scale 0.3 -o pasted.png
  sfumato paste object.jpg painting.jpg --at 60%,40% --scale 0.3 --rotate -8
  sfumato paste object.jpg painting.jpg -r "person | dog" --at 310,420
  sfumato paste object.jpg painting.jpg --scale 0.3 --harmonize -o out.png
  sfumato paste cutout.png painting.jpg -r all --mask where.png"""


def paste(
    object: Annotated[Path, typer.Argument(help="Picture that contains the object.", show_default=False)],
    painting: Annotated[Path, typer.Argument(help="Picture to paste the object into.", show_default=False)],
    region: Annotated[
        str,
        typer.Option(
            "--region",
            "-r",
            help="Where the object is: an expression or a mask file.",
            autocompletion=region_words,
        ),
    ] = "subject",
    at: Annotated[
        str, typer.Option(metavar="X,Y", help="Center of the object, in pixels or percent of the painting.")
    ] = "50%,50%",
    scale: Annotated[
        float | None,
        typer.Option(
            metavar="X", help="Size of the object as a fraction of the painting; its size in pixels when left out."
        ),
    ] = None,
    rotate: Annotated[float, typer.Option(metavar="DEGREES", help="Turn the object counterclockwise.")] = 0.0,
    feather: Annotated[
        float | None,
        typer.Option(
            metavar="PX", help="Width of the object's soft edge; 0 uses the region as it is; narrow when left out."
        ),
    ] = None,
    segmenter: Segmenter = "auto",
    clicker: Clicker = "auto",
    text_segmenter: TextSegmenter = "auto",
    mask: Annotated[
        Path | None, typer.Option(help="File to write the object's mask to; beside the picture when left out.")
    ] = None,
    harmonize: Annotated[
        bool, typer.Option("--harmonize", help="Also repaint the object to match; see sfumato harmonize.")
    ] = False,
    preset: Annotated[
        str,
        typer.Option(metavar="NAME", help="With --harmonize: draft, normal or fine.", autocompletion=one_of(*PRESETS)),
    ] = "normal",
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="File to write (PNG, TIFF, WebP or JPEG).", rich_help_panel=OUTPUT),
    ] = None,
    quiet: Quiet = False,
    force: Force = False,
    as_json: AsJson = False,
    max_megapixels: MaxMegapixels = 200,
) -> None:
    """Cut an object out of a picture and paste it into another; also write its mask."""
    from sfumato import images, methods, regions
    from sfumato.cli.models import fetch_all

    finders: Finders = {"segmenter": segmenter, "clicker": clicker, "text_segmenter": text_segmenter}
    output = output or free_name(Path(f"{object.stem}-{painting.stem}.png"), replace=force)
    mask = mask or output.parent / f"{output.stem}.mask.png"
    picture = output.parent / f"{output.stem}.pasted.png" if harmonize else output
    recipe = Recipe.from_options(style=painting, region=mask, method="harmonize", preset=preset)
    named = {"result": output, "mask": mask} | ({"pasted picture": picture} if harmonize else {})
    check_all(
        [Output(path, what, PICTURE, force, even_inputs=force) for what, path in named.items()], [object, painting]
    )
    with notes.collect(shown=not quiet), images.at_most(max_megapixels * 1_000_000):
        fetch_all(sorted(regions.models_needed(region, **finders)), quiet=quiet)
        pasted = methods.paste(
            object,
            painting,
            region=region,
            at=at,
            scale=scale,
            rotate=rotate,
            feather=feather,
            **finders,
        )
        images.save(pasted.picture, picture, overwrite=force)
        images.save(images.from_array(pasted.mask), mask, overwrite=force)
    if harmonize:
        how = RunOptions(output, quiet=quiet, force=force, as_json=as_json, max_megapixels=max_megapixels)
        watch.carry_out(Job(recipe, picture, output, Path()), how)
        return
    coverage = float(pasted.mask.mean())
    if as_json:
        typer.echo(json.dumps({"output": str(output), "mask": str(mask), "coverage": coverage}))
    elif not quiet:
        typer.echo(f"{output}: the object covers {coverage:.1%} of the painting; its mask is {mask}")
