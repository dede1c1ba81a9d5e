"""Warnings on their way to the user: a line each, or gathered for a report."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TextIO

import typer

from sfumato.errors import SfumatoWarning

__all__ = ["gathered", "one_line", "say", "show_warnings"]


# Letters of a message; what is longer quotes a very long value, of which the middle is left out.
_LONGEST = 1000


def say(note: str) -> None:
    """Show a note on standard error, where it does not mix with what a command prints."""
    typer.echo(one_line(f"note: {note}"), err=True)


def one_line(text: str) -> str:
    r"""Write out what would break a line or steer a terminal, as names of files may.

    Examples
    --------
    >>> print(one_line("a\nb.png: no such file"))
    a\nb.png: no such file
    """
    shown = "".join(letter if letter.isprintable() else repr(letter)[1:-1] for letter in text)
    return shown if len(shown) <= _LONGEST else f"{shown[: _LONGEST - 303]} … {shown[-300:]}"


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
