"""The region language: its grammar, its tree of plain values, and errors that show the text.

::

    region   = term { ("|" | "-") term }        union and difference, from left to right
    term     = factor { "&" factor }            intersection
    factor   = "~" factor | "(" region ")" | file | call
    call     = name [ "#" digits ] [ "(" [ argument { "," argument } ] ")" ]
    argument = [ name "=" ] ( length | points | region )
    points   = "(" length "," length { "," length "," length } ")"
    length   = [ "-" ] number [ "px" | "%" ]
    file     = any text in quotes, or a bare word that ends in .png, .jpg, .jpeg, .tif, .tiff, .webp

Inside quotes, the quote itself is written twice. This module does not know what the names mean: `FUNCTIONS` of
`sfumato.regions.functions` does. `sfumato.regions.parser` reads a text.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np

from sfumato.errors import RegionError

__all__ = [
    "EXTENSIONS",
    "Argument",
    "Call",
    "Chain",
    "Complement",
    "File",
    "Length",
    "Node",
    "Points",
    "calls",
    "nodes",
    "problem",
    "quoting",
    "short",
]

#: Endings of the words that are files without quotes.
EXTENSIONS = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".webp")
_WORD = re.compile(r"[\w./\\#]+")


class _Written:
    """A part of a region; `str` writes it in its plainest form."""

    __slots__ = ()

    def __str__(self) -> str:
        return _written(self)


@dataclass(frozen=True, slots=True)
class Length(_Written):
    """A number with its unit: "" or "px" for pixels, "%" for a share of the picture's side."""

    value: float
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Points(_Written):
    """Points in parentheses: x and y of each, such as (10%, 90%, 20%, 90%)."""

    lengths: tuple[Length, ...]


@dataclass(frozen=True, slots=True)
class File(_Written):
    """A mask file."""

    path: str
    column: int = field(default=1, compare=False)


@dataclass(frozen=True, slots=True)
class Argument(_Written):
    """An argument of a call: a value, with or without a name."""

    value: "Length | Points | Node"
    name: str = ""
    column: int = field(default=1, compare=False)


@dataclass(frozen=True, slots=True)
class Call(_Written):
    """A name with or without arguments; `number` is 2 in "person#2" and None in "person"."""

    name: str
    arguments: tuple[Argument, ...] = ()
    number: int | None = None
    column: int = field(default=1, compare=False)


@dataclass(frozen=True, slots=True)
class Complement(_Written):
    """Everything but a region."""

    region: "Node"


@dataclass(frozen=True, slots=True)
class Chain(_Written):
    """Regions joined from left to right by operators of one precedence; flat, so that long chains are not nested."""

    first: "Node"
    rest: tuple[tuple[str, "Node"], ...]


Node: TypeAlias = Call | Chain | Complement | File


def _written(part: _Written) -> str:
    """Write a part of a region."""
    match part:
        case Length(value, unit):
            return np.format_float_positional(value, trim="-") + unit
        case Points(lengths):
            return f"({', '.join(_written(each) for each in lengths)})"
        case File(path):
            return '"' + path.replace('"', '""') + '"'
        case Argument(value, name):
            return f"{name}=" * bool(name) + _written(value)
        case Call(name, arguments, number):
            name += "" if number is None else f"#{number}"
            return f"{name}({', '.join([_written(a) for a in arguments])})" if arguments else name
        case Complement(region):
            return "~" + _enclosed(region, isinstance(region, Chain))
    assert isinstance(part, Chain)  # nothing else is left
    words = []
    for operator, region in (("", part.first), *part.rest):
        # Regions that bind more tightly than this chain need no parentheses.
        inner = region.rest[0][0] if isinstance(region, Chain) else None
        words += [operator, _enclosed(region, inner in ("|", "-") or inner == part.rest[0][0])]
    return " ".join(words[1:])


def _enclosed(region: Node, doubtful: bool) -> str:
    """Write a region, in parentheses if it could be read differently without them."""
    return f"({_written(region)})" if doubtful else _written(region)


def nodes(node: "Node | Points | Length") -> "Iterator[Node]":
    """Yield a region and all regions inside it.

    Examples
    --------
    >>> [str(each) for each in nodes(Complement(Call("subject")))]
    ['~subject', 'subject']
    """
    match node:
        case Length() | Points():
            return
        case Complement(region):
            inside: tuple[Node | Points | Length, ...] = (region,)
        case Chain(first, rest):
            inside = (first, *(region for _, region in rest))
        case Call(arguments=arguments):
            inside = tuple(argument.value for argument in arguments)
        case _:
            inside = ()
    yield node
    for each in inside:
        yield from nodes(each)


def calls(node: "Node") -> "Iterator[Call]":
    """Yield all calls in a region.

    Examples
    --------
    >>> [each.name for each in calls(Complement(Call("subject")))]
    ['subject']
    """
    yield from (each for each in nodes(node) if isinstance(each, Call))


def problem(text: str, column: int, what: str, hint: str = "") -> RegionError:
    """Return an error that shows the region, or the part around the column if it is long."""
    start, end = max(0, column - 41), column + 40
    if len(text) <= 100:
        start, end = 0, len(text)
    shown = "…" * (start > 0) + text[start:end] + "…" * (end < len(text))
    # A single word needs no column.
    place = "" if column == 1 and (_WORD.fullmatch(text.strip()) or text.startswith("<")) else f", at column {column}"
    message = f'region "{shown}": {what}{place}' + ("; " if hint else "") + hint
    return RegionError("".join(c if c.isprintable() else " " for c in message))


def short(text: object) -> str:
    """Quote a piece of a region; cut it if it is long."""
    piece = str(text)
    return f"'{piece}'" if len(piece) <= 30 else f"'{piece[:29]}…'"


def quoting(text: str) -> str:
    """Return a hint to use quotes if a region seems to name a file, else nothing."""
    named = any(extension in text.lower() for extension in EXTENSIONS)
    return "put a file's name in quotes if it has spaces or dashes" if named else ""
