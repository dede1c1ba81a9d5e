"""`sfumato models`: the network files on this machine."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Annotated

import typer

from sfumato import models
from sfumato.cli.completion import network_files

__all__ = ["app", "fetch_all"]

app = typer.Typer(help="List, fetch and find the network files.", no_args_is_help=True)

Names = Annotated[
    list[str] | None, typer.Argument(help="Names of network files.", show_default=False, autocompletion=network_files)
]


@app.command("list")
def list_models() -> None:
    """List the network files with their state, size and license."""
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for heading in ("name", "state", "size", "license", "what it is"):
        table.add_column(heading, overflow="fold")
    for model in models.MODELS.values():
        table.add_row(model.name, models.state(model), f"{model.size / 1e6:.1f} MB", model.license, model.about)
    Console().print(table)


@app.command()
def fetch(names: Names = None) -> None:
    """Fetch the named network files, or all, so that later runs work offline."""
    for name in names or models.MODELS:
        fetch_all([name])
        typer.echo(f"{name}: {models.path(name)}")


@app.command()
def path(names: Names = None) -> None:
    """Show the folder of the network files, or the paths of the named ones; fetch nothing."""
    folder = models.home() / "models"
    if not names:
        typer.echo(folder)
    for name in names or ():
        models.state(name)  # refuses an unknown name
        typer.echo(folder / models.MODELS[name].file_name)


def fetch_all(names: Iterable[str], *, quiet: bool = False) -> None:
    """Fetch the models that are missing, with a progress bar if there is a terminal."""
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TaskID, TextColumn

    missing = [name for name in names if models.state(name) != "ready"]
    if not missing:
        return
    columns = (TextColumn("fetching {task.description}"), BarColumn(), DownloadColumn())
    hidden = quiet or not sys.stderr.isatty()
    with Progress(*columns, console=Console(stderr=True), transient=True, disable=hidden) as bar:
        for name in missing:
            task = bar.add_task(name, total=None)

            def show(done: int, total: int, task: TaskID = task) -> None:
                bar.update(task, completed=done, total=total)

            models.path(name, progress=show)
