"""Warnings for the user: shown as one line each, or collected for a report."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import typer

from sfumato.errors import collecting, listening

__all__ = ["collect", "counted", "one_line", "say"]


# Maximum length of a message in characters. A longer one quotes a very long value; its middle is left out.
_MAX_LENGTH = 1000


def say(note: str) -> None:
    """Show a note on standard error, apart from the command's own output."""
    typer.echo(one_line(f"note: {note}"), err=True)


def one_line(text: str) -> str:
    r"""Escape line breaks and control characters, which file names may contain, and shorten very long text.

    Examples
    --------
    >>> print(one_line("a\nb.png: no such file"))
    a\nb.png: no such file
    """
    shown = "".join(letter if letter.isprintable() else repr(letter)[1:-1] for letter in text)
    return shown if len(shown) <= _MAX_LENGTH else f"{shown[: _MAX_LENGTH - 303]} … {shown[-300:]}"


def counted(number: int, one: str, several: str = "") -> str:
    """Return a number with a noun.

    Examples
    --------
    >>> counted(1, "picture"), counted(2, "picture"), counted(0, "file that is", "files that are")
    ('1 picture', '2 pictures', '0 files that are')
    """
    return f"{number} {one if number == 1 else several or one + 's'}"


@contextmanager
def collect(*, shown: bool) -> Iterator[list[str]]:
    """Yield a list that collects the warnings of the block; if `shown`, also show each of them once."""
    found: list[str] = []
    with listening(say if shown else _ignore), collecting(found):
        yield found


def _ignore(message: str) -> None:
    """Show nothing."""
