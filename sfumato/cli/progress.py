"""Progress, as a bar on a terminal or as occasional lines elsewhere, and the handling of Ctrl-C."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import typer

__all__ = ["duration", "interruptible", "progress", "seconds_so_far"]

# Seconds between two lines if there is no terminal: short enough to show progress, long enough not to fill a log.
_BETWEEN = 5.0

_began: float | None = None
_imported = time.perf_counter()


def start_clock() -> None:
    """Start the clock of `seconds_so_far`; for the first command of a process, it started with this module's import."""
    global _began
    _began = _imported if _began is None else time.perf_counter()


def seconds_so_far() -> float:
    """Return for how many seconds the command has been running, startup included."""
    return time.perf_counter() - (_imported if _began is None else _began)


@contextmanager
def progress(*, quiet: bool = False) -> Iterator[Callable[[float, str], None]]:
    """Yield a function that shows progress; it takes the fraction done and a text.

    Parameters
    ----------
    quiet : bool
        Show nothing.

    Examples
    --------
    >>> with progress(quiet=True) as show:
    ...     show(0.5, "half of it")
    """
    if quiet:
        yield lambda done, text: None
    elif sys.stderr.isatty():
        yield from _bar()
    else:
        yield from _lines()


def _bar() -> Iterator[Callable[[float, str], None]]:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn

    columns = (BarColumn(), TextColumn("{task.percentage:3.0f}%"), TextColumn("{task.description}"))
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("preparing", total=1.0)
        yield lambda done, text: bar.update(task, completed=done, description=text)


def _lines() -> Iterator[Callable[[float, str], None]]:
    latest = time.monotonic()

    def show(done: float, text: str) -> None:
        nonlocal latest
        if time.monotonic() - latest >= _BETWEEN:
            latest = time.monotonic()
            typer.echo(f"{done:4.0%} {text}", err=True)

    yield show


@contextmanager
def interruptible(
    stop: Callable[[], None], otherwise: str, *, first: str = "stopping after this step"
) -> Iterator[list[int]]:
    """Let the first Ctrl-C call `stop`, and the second end the program.

    Parameters
    ----------
    stop : callable
        Stops the work after its current step.
    otherwise : str
        What a second Ctrl-C does, as shown to the user.
    first : str
        What the first does.

    Yields
    ------
    list of int
        Empty until Ctrl-C is pressed.
    """
    stopped: list[int] = []

    def handle(number: int, frame: Any) -> None:
        if stopped:
            raise KeyboardInterrupt
        stopped.append(number)
        stop()
        typer.echo(f"\n{first}; press Ctrl-C again to {otherwise}", err=True)

    before = signal.signal(signal.SIGINT, handle)
    try:
        yield stopped
    finally:
        signal.signal(signal.SIGINT, before)


def duration(seconds: float) -> str:
    """Format a duration.

    Examples
    --------
    >>> duration(8.2), duration(75), duration(7320)
    ('8 s', '1 min 15 s', '2 h 2 min')
    """
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"
