"""`sfumato batch`: many photos by one recipe or several."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from sfumato import files
from sfumato.cli import notes
from sfumato.cli.batch_report import report, show_plan, so_far
from sfumato.cli.completion import one_of
from sfumato.cli.help import OUTPUT
from sfumato.cli.models import fetch_all
from sfumato.cli.progress import interruptible, progress
from sfumato.cli.shared import Device, MaxMegapixels, Precision, Quiet
from sfumato.errors import InputError, OutputError, RecipeError

if TYPE_CHECKING:
    from sfumato.batching import Exists

__all__ = ["EXAMPLES", "SOME_FAILED", "batch"]

EXAMPLES = """\b
Examples:
  sfumato batch dusk.toml photos/ -o "out/{dir}/{stem}-{recipe}{ext}"
  sfumato batch dusk.toml night.toml photos/ --recursive --workers 4
  sfumato batch dusk.toml "photos/**/*.jpg" --errors errors.jsonl --dry-run
  sfumato batch dusk.toml --list photos.txt --exists replace
  sfumato batch dusk.toml s3://bucket/photos/ -o "s3://bucket/out/{stem}.png" --scheduler tcp://host:8786"""

#: Exit code if some pictures failed and all others are done.
SOME_FAILED = 7

#: Endings of a file of errors.
ERRORS = (".jsonl", ".json", ".txt")

_WHAT = "Photos"
_WORKERS = "Workers"


def batch(
    what: Annotated[
        list[str],
        typer.Argument(
            metavar="RECIPE|PHOTOS",
            help="Recipe files; then photos: folders, files, patterns and addresses such as s3://bucket/photos/.",
            show_default=False,
        ),
    ],
    recursive: Annotated[
        bool, typer.Option("--recursive", "-R", help="Search subfolders as well.", rich_help_panel=_WHAT)
    ] = False,
    list_file: Annotated[
        Path | None,
        typer.Option(
            "--list",
            metavar="FILE",
            help="Read photos from a list, one per line; - stands for standard input.",
            rich_help_panel=_WHAT,
        ),
    ] = None,
    workers: Annotated[
        int, typer.Option(min=1, max=4096, metavar="N", help="Number of worker processes.", rich_help_panel=_WORKERS)
    ] = 1,
    scheduler: Annotated[
        str | None,
        typer.Option(metavar="ADDRESS", help="Use the workers of a running Dask scheduler.", rich_help_panel=_WORKERS),
    ] = None,
    dashboard: Annotated[
        bool, typer.Option("--dashboard", help="Serve Dask's dashboard on this machine.", rich_help_panel=_WORKERS)
    ] = False,
    device: Device = "auto",
    precision: Precision = "auto",
    output: Annotated[
        str | None,
        typer.Option(
            "--output",
            "-o",
            metavar="NAME",
            help="Name the results, with {dir}, {stem}, {ext} and {recipe}; or a folder, or an address."
            " [batch-output/{dir}/{stem}-{recipe}{ext}]",
            show_default=False,
            rich_help_panel=OUTPUT,
        ),
    ] = None,
    exists: Annotated[
        str,
        typer.Option(
            metavar="skip|replace|refuse",
            autocompletion=one_of("skip", "replace", "refuse"),
            help="What to do with existing results: skip those of the same recipe and photo, replace all, or refuse"
            " to start.",
            rich_help_panel=OUTPUT,
        ),
    ] = "skip",
    errors: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write a line of JSON for each picture that fails.", rich_help_panel=OUTPUT),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would be painted; write nothing.", rich_help_panel=OUTPUT)
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print a line of JSON for each picture.", rich_help_panel=OUTPUT)
    ] = False,
    quiet: Quiet = False,
    max_megapixels: MaxMegapixels = 200,
) -> None:
    """Restyle many photos by one recipe or several; each result is written as soon as it is done."""
    from sfumato.batching import DEFAULT, Plan, Settings, Template, Totals, carried_out, load_recipes, photos_of

    recipes = [name for name in what if name.lower().endswith(".toml")]
    sources = [name for name in what if name not in recipes]
    if not recipes:
        raise RecipeError("a recipe is missing; name its file, which ends in .toml")
    with notes.collect(shown=not (quiet or as_json)):
        photos = photos_of([*sources, *_from_list(list_file)], recursive=recursive)
        plan = Plan(
            load_recipes([Path(name) for name in recipes]), photos, Template(output or DEFAULT), cast("Exists", exists)
        )
        plan.check(here=not scheduler)
    if dry_run:
        return show_plan(plan, as_json=as_json)
    if errors is not None:
        files.check(errors, endings=ERRORS, inputs=[list_file] if list_file else [], overwrite=True)
    plan.prepare()
    if not scheduler:
        fetch_all(sorted({name for order in plan.orders for name in order.models()}), quiet=quiet)
    totals, stopped = Totals(len(plan)), list[int]()
    records = carried_out(
        plan,
        Settings(device, precision, max_megapixels * 1_000_000),
        workers=workers,
        scheduler=scheduler,
        dashboard=dashboard,
        stopping=lambda: bool(stopped),
        connected_to=lambda address: typer.echo(f"dashboard: {address}", err=True),
    )
    stopping = interruptible(lambda: stopped.append(1), "stop it", first="finishing what is in flight")
    with stopping, closing(records), _written(errors) as log, progress(quiet=quiet or as_json) as show:
        for record in records:
            totals.add(record)
            if record.status == "failed":
                log(record.to_json())
            if as_json:
                typer.echo(record.to_json())
            show(totals.done / totals.total, so_far(totals))
    report(totals, plan, errors, as_json=as_json, quiet=quiet)
    if totals.left:
        raise typer.Exit(130)
    if totals.failed:
        raise typer.Exit(SOME_FAILED)


def _from_list(file: Path | None) -> list[str]:
    """Read a list of photos."""
    from sfumato.batching import listed

    if file is None:
        return []
    try:
        if str(file) == "-":
            return listed(sys.stdin, Path())
        with file.open(encoding="utf-8-sig") as lines:
            return listed(lines, file.parent)
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not a text file"
        raise InputError(f"cannot read the list {file}: {reason.lower()}") from None


@contextmanager
def _written(file: Path | None) -> Iterator[Callable[[str], None]]:
    """Yield a function that writes a line to a file at once, so that an interrupted batch leaves its lines."""
    if file is None:
        yield lambda line: None
        return
    with file.open("wb", buffering=0) as stream:

        def write(line: str) -> None:
            try:
                stream.write(f"{line}\n".encode())
            except OSError as error:
                raise OutputError(f"{file}: cannot be written: {(error.strerror or str(error)).lower()}") from error

        yield write
