"""The application: its commands, and how errors and warnings reach the user."""

from __future__ import annotations

import io
import os
import sys
from typing import Annotated

import typer

from sfumato import __version__
from sfumato.cli import (
    apply,
    batch,
    demo,
    export,
    harmonize,
    models,
    notes,
    options,
    paste,
    photo,
    regions,
    repeat,
    sheet,
    studio,
    surface,
    train,
    video,
)
from sfumato.cli.help import Command
from sfumato.cli.progress import start_clock
from sfumato.errors import OutputError, SfumatoError, listening

__all__ = ["app", "main"]

app = typer.Typer(
    name="sfumato",
    help="Restyle chosen parts of a picture in the manner of another, and leave the rest exactly as it was.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(context: typer.Context, wanted: bool) -> None:
    if wanted and not context.resilient_parsing:
        typer.echo(f"sfumato {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Accept the options that belong to no command."""


for _command, _examples in (
    (apply.apply, apply.EXAMPLES),
    (regions.regions, regions.EXAMPLES),
    (surface.surface, surface.EXAMPLES),
    (paste.paste, paste.EXAMPLES),
    (harmonize.harmonize, harmonize.EXAMPLES),
    (photo.photo, photo.EXAMPLES),
    (train.train, train.EXAMPLES),
    (video.video, video.EXAMPLES),
    (export.export, None),
    (repeat.run, None),
    (repeat.replay, None),
    (batch.batch, batch.EXAMPLES),
    (sheet.sheet, sheet.EXAMPLES),
    (studio.studio, studio.EXAMPLES),
    (demo.demo, None),
    (options.options, None),
):
    app.command(_command.__name__, cls=Command, epilog=_examples)(_command)
# The former name of `surface`, kept for existing scripts.
app.command("partial", cls=Command, epilog=surface.EXAMPLES, hidden=True)(surface.surface)
app.add_typer(models.app, name="models")


def main() -> None:
    """Run the command line; report each expected error as one line on standard error, with an exit code."""
    start_clock()
    # Read when PyTorch is loaded: threads that spin for long while they wait take the time of other programs, and of
    # those that they wait for.
    os.environ.setdefault("GOMP_SPINCOUNT", "1000")
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # the console may be unable to encode a file name
    try:
        try:
            with listening(notes.say):
                # The same name however it was started; completion goes by it.
                app(prog_name="sfumato")  # exits the process itself, and shows Typer's own errors
        finally:
            sys.stdout.flush()
    except SfumatoError as error:
        _complain(str(error))
        sys.exit(error.exit_code)
    except OSError as error:
        # Errors about files have a class of their own; this one is about what the command prints.
        if error.filename is not None:
            raise
        if not isinstance(error, BrokenPipeError):  # the reader closed the pipe on purpose
            _complain(f"cannot write to standard output: {(error.strerror or str(error)).lower()}")
        sys.exit(OutputError.exit_code)


def _complain(text: str) -> None:
    typer.echo(notes.one_line(f"sfumato: {text}"), err=True)
