"""Warnings on their way to the user: a line each, or gathered for a report."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TextIO

import typer

from sfumato.errors import SfumatoWarning

__all__ = ["gathered", "say", "show_warnings"]


def say(note: str) -> None:
    """Show a note on standard error, where it does not mix with what a command prints."""
    typer.echo(f"note: {note}", err=True)


def show_warnings() -> None:
    """Show every `SfumatoWarning` as a note; other libraries' warnings are not for users."""
    warnings.simplefilter("always", SfumatoWarning)
    warnings.showwarning = _shower(say)


@contextmanager
def gathered(*, shown: bool) -> Iterator[list[str]]:
    """Yield a list that fills with the warnings of the block; show them as well, or only keep them."""
    heard: list[str] = []

    def hear(note: str) -> None:
        if note in heard:
            return  # the same style or mask may be read more than once
        heard.append(note)
        if shown:
            say(note)

    with warnings.catch_warnings():
        warnings.simplefilter("always", SfumatoWarning)
        warnings.showwarning = _shower(hear)
        yield heard


def _shower(hear: Any) -> Any:
    """Return what Python calls to show a warning."""

    def show(
        message: Warning | str,
        category: type[Warning],
        filename: str,
        lineno: int,
        file: TextIO | None = None,
        line: str | None = None,
    ) -> None:
        if issubclass(category, SfumatoWarning):
            hear(str(message))

    return show
