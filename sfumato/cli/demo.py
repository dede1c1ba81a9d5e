"""`sfumato demo`: a first picture without any files of one's own."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["demo"]


def demo(
    folder: Annotated[Path, typer.Argument(help="Where the pictures go.")] = Path("demo-output"),
    preset: Annotated[str, typer.Option(metavar="draft|normal|fine", help="Speed against quality.")] = "normal",
) -> None:
    """Restyle the subject of a photo in a style painted by code, and show the steps on a sheet."""
    from sfumato.cli.models import fetch_all
    from sfumato.cli.watch import drain
    from sfumato.demo import show

    fetch_all(["vgg19", "u2netp"])
    result = show(folder, preset=preset, watch=drain)
    typer.echo(f"photo, mask, style, naive transfer and result: {result}")
    typer.echo(f"the result alone: {folder / 'localized.png'}")
