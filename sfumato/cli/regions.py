"""`sfumato regions`: preview what is in a photo, or what a region selects."""

from __future__ import annotations

import json
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sfumato.cli import notes
from sfumato.cli.completion import region_words
from sfumato.cli.help import OUTPUT
from sfumato.cli.shared import AsJson, Clicker, Force, MaxMegapixels, Segmenter, TextSegmenter
from sfumato.errors import ModelError, RegionError
from sfumato.jobs.outputs import PICTURE, Output, check_all, free_name

if TYPE_CHECKING:
    import numpy as np

    from sfumato.regions import Finders

__all__ = ["EXAMPLES", "regions"]

EXAMPLES = """\b
Examples:
  sfumato regions photo.jpg
  sfumato regions photo.jpg -r "person#2 | dog" -o preview.png
  sfumato regions photo.jpg -r "grabcut(rect(9%, 9%, 90%, 95%))" --save m.png
  sfumato regions photo.jpg -r "flood(120, 80, tolerance=12)"

All words of region expressions: sfumato regions --words"""


_INDENT = 4 * " "


def _print_words(context: typer.Context, wanted: bool) -> None:
    if wanted and not context.resilient_parsing:
        from sfumato.regions import FUNCTIONS, words

        for name, function in sorted(FUNCTIONS.items()):
            values = [*function.parameters, *(f"{option}=" for option in function.options)]
            typer.echo(f"{name}({', '.join(values)})" if values else name)
            typer.echo(f"    {function.help}")
        typer.echo("person, person#2\n    a word that a segmenter knows; one thing of it. With the segmenter:")
        here = words.installed()
        for network, known in words.by_network().items():
            typer.echo(f"  {network}" if network in here else f"  {network} (not installed)")
            typer.echo(textwrap.fill(", ".join(known), 78, initial_indent=_INDENT, subsequent_indent=_INDENT))
        raise typer.Exit


def regions(
    photo: Annotated[Path, typer.Argument(help="The photo.", show_default=False)],
    region: Annotated[
        str | None,
        typer.Option(
            "--region",
            "-r",
            help="Region expression or mask file; all labels when left out.",
            autocompletion=region_words,
        ),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="File to write the preview to.", rich_help_panel=OUTPUT)
    ] = None,
    save: Annotated[
        Path | None,
        typer.Option(
            "--save", help="Also write the mask, to edit it or to use it as a region.", rich_help_panel=OUTPUT
        ),
    ] = None,
    segmenter: Segmenter = "auto",
    clicker: Clicker = "auto",
    text_segmenter: TextSegmenter = "auto",
    as_json: AsJson = False,
    force: Force = False,
    max_megapixels: MaxMegapixels = 200,
    words: Annotated[
        bool,
        typer.Option(
            "--words", callback=_print_words, is_eager=True, help="List all words of region expressions, and exit."
        ),
    ] = False,
) -> None:
    """Show what is in a photo, or which part of it a region selects."""
    from sfumato import images

    if region is None and save is not None:
        raise RegionError(f"which region should be saved as {save}? name it: --region person")
    finders: Finders = {"segmenter": segmenter, "clicker": clicker, "text_segmenter": text_segmenter}
    ending = "regions" if region is None else "region"
    target = output or (None if save else free_name(Path(f"{photo.stem}-{ending}.png"), replace=force))
    named = [(path, what) for path, what in ((target, "preview"), (save, "mask")) if path is not None]
    check_all([Output(path, what, PICTURE, force, even_inputs=force) for path, what in named], [photo])
    with notes.collect(shown=not as_json), images.at_most(max_megapixels * 1_000_000):
        image = images.load(photo).rgb()
        if region is None:
            report, shown = _all(image, segmenter)
        else:
            mask = _evaluate(region, image, finders)
            report, shown = {"region": region, **_measured(mask)}, _preview(image, mask)
            if save is not None:
                images.save(images.from_array(mask), save, overwrite=force)
            report["mask"] = str(save) if save else None
        if target is not None:
            images.save(images.from_array(shown), target, overwrite=force)
        report["preview"] = str(target) if target else None
    if as_json:
        typer.echo(json.dumps(report))
    else:
        _tell(report)


def _evaluate(region: str, image: np.ndarray, finders: Finders) -> np.ndarray:
    from sfumato import regions as where
    from sfumato.cli.models import fetch_all

    fetch_all(sorted(where.models_needed(region, **finders)))
    return where.evaluate(region, image, **finders)


def _preview(image: np.ndarray, mask: np.ndarray) -> np.ndarray:
    from sfumato.jobs.preview import preview

    return preview(image, mask)


def _all(image: np.ndarray, segmenter: str) -> tuple[dict[str, Any], np.ndarray]:
    """Find all labels, or the subject if there is no segmenter to find labels."""
    from sfumato.cli.models import fetch_all
    from sfumato.jobs.preview import chart
    from sfumato.regions import find, segmenters

    try:
        fetch_all([name] if (name := segmenters.model_of(segmenter)) else [])
        used = segmenters.choose(segmenter).name
        masks = find(image, segmenter)
    except ModelError as error:
        if segmenter != "auto":
            raise
        notes.say(f"{error}; this is the subject")
        used, mask = "subject", _evaluate("subject", image, {})
        masks = {"subject": mask} if mask.any() else {}
    found = [{"name": name, **_measured(mask)} for name, mask in masks.items()]
    return {"segmenter": used, "regions": found}, chart(image, masks)


def _measured(mask: np.ndarray) -> dict[str, Any]:
    """Return the share of the picture that a mask covers, and its box (left, top, right, bottom), empty if none."""
    from sfumato.images.boxes import bounding_box

    found = bounding_box(mask > 0)
    if found is None:
        return {"coverage": float(mask.mean()), "box": []}
    top, left, bottom, right = found
    return {"coverage": float(mask.mean()), "box": [left, top, right, bottom]}


def _tell(report: dict[str, Any]) -> None:
    """Print a report as text."""
    found = report.get("regions", [{"name": report.get("region"), **report}])
    if "segmenter" in report:
        typer.echo(
            f"found by {report['segmenter']}:"
            if found
            else f"{report['segmenter']} found nothing that it knows; try --region subject"
        )
    width = max((len(str(entry["name"])) for entry in found), default=0)
    for entry in found:
        box = entry["box"]
        place = f", from ({box[0]}, {box[1]}) to ({box[2]}, {box[3]})" if box else ""
        name = f"  {entry['name']:{width}}  " if "segmenter" in report else f"{entry['name']}: "
        typer.echo(f"{name}{entry['coverage']:.1%} of the picture{place}")
    for kind in ("preview", "mask"):
        if report.get(kind):
            typer.echo(report[kind])
