"""`sfumato demo`: a first result that needs no input files."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer

from sfumato.cli.completion import one_of
from sfumato.recipe import PRESETS

__all__ = ["demo"]


def demo(
    folder: Annotated[Path, typer.Argument(help="Folder to write the pictures to.")] = Path("demo-output"),
    preset: Annotated[
        str,
        typer.Option(
            metavar="|".join(PRESETS), help="Trade-off between speed and quality.", autocompletion=one_of(*PRESETS)
        ),
    ] = "normal",
) -> None:
    """Restyle the subject of a sample photo in a style painted by code, and show all steps on one sheet."""
    from sfumato.cli.models import fetch_all
    from sfumato.cli.watch import drain
    from sfumato.demo import show

    fetch_all(["vgg19", "u2netp"])
    result = show(folder, preset=preset, watch=drain)
    typer.echo(f"photo, mask, style, naive transfer and result: {result}")
    typer.echo(f"the result alone: {folder / 'localized.png'}")
    words = ["sfumato", "studio", str(folder / "photo.png"), "--style", str(folder / "style.png")]
    typer.echo(f"to point, paint and watch in the browser: {shlex.join(words)}")
