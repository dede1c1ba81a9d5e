"""The application: its commands, and how errors and warnings reach the user."""

from __future__ import annotations

import re
import sys
from typing import Annotated

import typer

from sfumato import __version__
from sfumato.cli import (
    apply,
    demo,
    export,
    harmonize,
    models,
    notes,
    options,
    partial,
    paste,
    photo,
    regions,
    repeat,
    train,
)
from sfumato.errors import SfumatoError

__all__ = ["app", "main"]

app = typer.Typer(
    name="sfumato",
    help="Restyle chosen parts of a picture in the manner of another, and leave the rest exactly as it was.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"sfumato {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Hold the options that belong to no command."""


app.command("apply", epilog=apply.EXAMPLES)(apply.apply)
app.command("regions", epilog=regions.EXAMPLES)(regions.regions)
app.command("partial", epilog=partial.EXAMPLES)(partial.partial)
app.command("paste", epilog=paste.EXAMPLES)(paste.paste)
app.command("harmonize", epilog=harmonize.EXAMPLES)(harmonize.harmonize)
app.command("photo", epilog=photo.EXAMPLES)(photo.photo)
app.command("train", epilog=train.EXAMPLES)(train.train)
app.command("export")(export.export)
app.command("run")(repeat.run)
app.command("replay")(repeat.replay)
app.command("demo")(demo.demo)
app.command("options")(options.options)
app.add_typer(models.app, name="models")


def main() -> None:
    """Run the command line; every foreseen error is one line on standard error and an exit code."""
    notes.show_warnings()
    try:
        app()  # ends the program itself, with Typer's own errors shown
    except SfumatoError as error:
        _complain(str(error))
        sys.exit(error.exit_code)
    except (MemoryError, RuntimeError) as error:
        # PyTorch has no class of its own for this on the CPU.
        if isinstance(error, RuntimeError) and not re.search("out of memory|allocate memory", str(error)):
            raise
        _complain("not enough memory; choose a smaller --size")
        sys.exit(1)


def _complain(text: str) -> None:
    typer.echo(f"sfumato: {text}", err=True)
