"""Options that several commands share."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Annotated

import typer

from sfumato.cli.completion import devices, networks, one_of, segmenters
from sfumato.cli.help import OUTPUT
from sfumato.recipe.layers import STYLE

__all__ = [
    "STYLE_OPTION",
    "AsJson",
    "Clicker",
    "Device",
    "Force",
    "MaxMegapixels",
    "Networks",
    "Plot",
    "Precision",
    "Quiet",
    "RunOptions",
    "Segmenter",
    "Styles",
    "TextSegmenter",
]

_MACHINE = "Machine"

AsJson = Annotated[bool, typer.Option("--json", help="Print the report as JSON.", rich_help_panel=OUTPUT)]

Force = Annotated[bool, typer.Option("--force", "-f", help="Replace existing files.", rich_help_panel=OUTPUT)]

Plot = Annotated[Path | None, typer.Option(help="Write a plot of the losses.", rich_help_panel=OUTPUT)]

Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.", rich_help_panel=OUTPUT)]

MaxMegapixels = Annotated[
    int,
    typer.Option(
        min=1,
        metavar="N",
        help="Largest picture to accept, in megapixels: photos, styles and masks. [200]",
        show_default=False,
        rich_help_panel=OUTPUT,
    ),
]

Device = Annotated[
    str,
    typer.Option(
        metavar="NAME",
        help="Device to compute on: auto, cpu, cuda, or cuda:1. [auto]",
        autocompletion=devices,
        show_default=False,
        rich_help_panel=_MACHINE,
    ),
]

Precision = Annotated[
    str,
    typer.Option(
        metavar="auto|float32|bfloat16",
        help="Precision of the network; auto uses bfloat16, about twice as fast, if the hardware has it. [auto]",
        autocompletion=one_of("auto", "float32", "bfloat16"),
        show_default=False,
        rich_help_panel=_MACHINE,
    ),
]


Segmenter = Annotated[
    str,
    typer.Option(
        metavar="NAME", help="Segmenter for labels: deeplab, hf:ORG/NAME or a folder.", autocompletion=segmenters
    ),
]

Clicker = Annotated[
    str,
    typer.Option(
        metavar="NAME",
        help="Network that finds the thing at a click: hf:ORG/NAME or a folder with Segment Anything.",
        autocompletion=networks,
    ),
]

TextSegmenter = Annotated[
    str,
    typer.Option(
        metavar="NAME",
        help="Network that finds what a text describes: hf:ORG/NAME or a folder, such as CLIPSeg.",
        autocompletion=networks,
    ),
]

STYLE_OPTION = typer.Option(
    "--style",
    "-s",
    metavar="PICTURE",
    help="Style picture; repeat to mix several, weighted as a.jpg:0.7.",
    show_default=False,
    rich_help_panel=STYLE,
)

Styles = Annotated[list[str] | None, STYLE_OPTION]

Networks = Annotated[
    list[str] | None,
    typer.Option(
        "--network",
        metavar="FILE",
        help="Trained network (.sfm) in place of a style picture; a.sfm@NAME selects one of its styles.",
        show_default=False,
        rich_help_panel=STYLE,
    ),
]


@dataclasses.dataclass(frozen=True)
class RunOptions:
    """Options that all restyling commands share, apart from those of the recipe."""

    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            help="File to write (PNG, TIFF, WebP or JPEG); named after the inputs when left out.",
            rich_help_panel=OUTPUT,
        ),
    ] = None
    preview_every: Annotated[
        int,
        typer.Option(
            min=0,
            metavar="N",
            help="Write a preview beside the output every N iterations.",
            show_default=False,
            rich_help_panel=OUTPUT,
        ),
    ] = 0
    plot: Plot = None
    as_json: AsJson = False
    quiet: Quiet = False
    resume: Annotated[bool, typer.Option("--resume", help="Continue a stopped run.", rich_help_panel=OUTPUT)] = False
    force: Force = False
    max_megapixels: MaxMegapixels = 200
    device: Device = "auto"
    precision: Precision = "auto"

    @property
    def talkative(self) -> bool:
        """Whether notes are shown."""
        return not (self.quiet or self.as_json)
