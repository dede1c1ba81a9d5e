"""Warnings on their way to the user: a line each, or kept for a report."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import typer

from sfumato.errors import collecting, listening

__all__ = ["heard", "one_line", "say"]


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


@contextmanager
def heard(*, shown: bool) -> Iterator[list[str]]:
    """Yield a list that fills with the warnings of the block; show each once, or only keep it."""
    found: list[str] = []
    with listening(say if shown else _ignore), collecting(found):
        yield found


def _ignore(message: str) -> None:
    """Show nothing."""
