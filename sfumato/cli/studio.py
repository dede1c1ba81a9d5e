"""`sfumato studio`: the page in the browser."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Annotated

import typer

from sfumato.cli.shared import Clicker, Segmenter, TextSegmenter
from sfumato.errors import SfumatoError

__all__ = ["EXAMPLES", "studio"]

EXAMPLES = """\b
Examples:
  sfumato studio
  sfumato studio photo.jpg --style a.jpg --style b.jpg
  sfumato studio --port 8321 --no-browser"""

_NEEDED = ("fastapi", "uvicorn", "websockets")


def studio(
    photo: Annotated[Path | None, typer.Argument(help="Photo to begin with.", show_default=False)] = None,
    style: Annotated[
        list[Path] | None,
        typer.Option("--style", "-s", metavar="PICTURE", help="Style picture to begin with; repeat for several."),
    ] = None,
    host: Annotated[
        str, typer.Option(metavar="ADDRESS", help="Address to listen on; others than this machine's need --token.")
    ] = "127.0.0.1",
    port: Annotated[
        int | None, typer.Option(min=1, max=65535, metavar="N", help="Port to listen on; the first free one from 8321.")
    ] = None,
    token: Annotated[
        str | None, typer.Option(metavar="TEXT", help="Secret that a browser has to know, as part of the address.")
    ] = None,
    segmenter: Segmenter = "auto",
    clicker: Clicker = "auto",
    text_segmenter: TextSegmenter = "auto",
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Do not open the page.")] = False,
) -> None:
    """Open the studio in the browser: point at what to restyle, paint, watch and compare."""
    missing = [name for name in _NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        raise SfumatoError(f'the studio needs {" and ".join(missing)}; run: pip install "sfumato[studio]"')
    from sfumato.compute.memory import keep_pages
    from sfumato.studio.server import serve

    keep_pages()
    serve(
        photo=photo,
        styles=style or (),
        host=host,
        port=port,
        token=token,
        finders={"segmenter": segmenter, "clicker": clicker, "text_segmenter": text_segmenter},
        browser=not no_browser,
        say=lambda address: typer.echo(f"the studio is at {address} (Ctrl-C ends it)"),
    )
