"""The region language: from text to a tree of plain values, and back to text.

::

    region   = term { ("|" | "-") term }        union and difference, from left to right
    term     = factor { "&" factor }            intersection
    factor   = "~" factor | "(" region ")" | file | call
    call     = name [ "#" digits ] [ "(" [ argument { "," argument } ] ")" ]
    argument = [ name "=" ] ( length | region )
    length   = [ "-" ] number [ "px" | "%" ]
    file     = any text in quotes, or a bare word that ends in .png, .jpg, .jpeg, .tif, .tiff, .webp

Inside quotes, the quote itself is written twice. What the names mean is no concern of this
module: `sfumato.regions.FUNCTIONS` says it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

import numpy as np

from sfumato.errors import RegionError

__all__ = ["Argument", "Call", "Chain", "Complement", "File", "Length", "Node", "parse", "problem", "quoting", "short"]

LONGEST_TEXT = 10_000
DEEPEST_NESTING = 50
LARGEST_NUMBER = 1_000_000

_LEVELS = (("|", "-"), ("&",))
_EXTENSIONS = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".webp")
_TOKEN = re.compile(
    r"""(?P<quoted> "(?:[^"]|"")*" | '(?:[^']|'')*' )
      | (?P<word> [\w./\\:%\#]+ )
      | (?P<sign> [&|~(),=-] )
      | \S""",
    re.VERBOSE,
)
_NUMBER = re.compile(r"([0-9]+\.?[0-9]*|\.[0-9]+)(px|%|)")
_WORD = re.compile(r"[\w./\\#]+")
_NAME = re.compile(r"[^\W\d]\w*(?:#[0-9]{1,4})?")


class _Written:
    """A part of a region, which `str` writes out in its plainest form."""

    __slots__ = ()

    def __str__(self) -> str:
        return _written(self)


@dataclass(frozen=True, slots=True)
class Length(_Written):
    """A number with its unit: "" or "px" for pixels, "%" for a share of the picture."""

    value: float
    unit: str = ""


@dataclass(frozen=True, slots=True)
class File(_Written):
    """A mask file."""

    path: str
    column: int = field(default=1, compare=False)


@dataclass(frozen=True, slots=True)
class Argument(_Written):
    """What stands between two commas: a value, perhaps with a name before it."""

    value: "Length | Node"
    name: str = ""
    column: int = field(default=1, compare=False)


@dataclass(frozen=True, slots=True)
class Call(_Written):
    """A name, with arguments or without; `number` is 2 in "person#2" and None in "person"."""

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
    """Regions joined by operators of one level, from left to right; flat, so never too deep."""

    first: "Node"
    rest: tuple[tuple[str, "Node"], ...]


Node: TypeAlias = Call | Chain | Complement | File


def _written(part: _Written) -> str:
    """Write a part of a region."""
    match part:
        case Length(value, unit):
            return np.format_float_positional(value, trim="-") + unit
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
        # Only what binds more tightly than this chain goes without parentheses.
        inner = region.rest[0][0] if isinstance(region, Chain) else None
        words += [operator, _enclosed(region, inner in ("|", "-") or inner == part.rest[0][0])]
    return " ".join(words[1:])


def _enclosed(region: Node, doubtful: bool) -> str:
    """Write a region, in parentheses where it would read differently without."""
    return f"({_written(region)})" if doubtful else _written(region)


def problem(text: str, column: int, what: str, hint: str = "") -> RegionError:
    """Make the error that shows the region, or what lies around the place in a long one."""
    start, end = max(0, column - 41), column + 40
    if len(text) <= 100:
        start, end = 0, len(text)
    shown = "…" * (start > 0) + text[start:end] + "…" * (end < len(text))
    # In a single word there is but one place.
    place = "" if column == 1 and (_WORD.fullmatch(text.strip()) or text.startswith("<")) else f", at column {column}"
    message = f'region "{shown}": {what}{place}' + ("; " if hint else "") + hint
    return RegionError("".join(c if c.isprintable() else " " for c in message))


def short(text: object) -> str:
    """Quote a piece of a region, cut if it is long."""
    piece = str(text)
    return f"'{piece}'" if len(piece) <= 30 else f"'{piece[:29]}…'"


def quoting(text: str) -> str:
    """Hint at quotes if a region seems to name a file."""
    named = any(extension in text.lower() for extension in _EXTENSIONS)
    return "put a file's name in quotes if it has spaces or dashes" if named else ""


def parse(text: str) -> Node:
    """Read a region; whether its names exist is not looked at.

    Parameters
    ----------
    text : str
        At most 10 000 characters, nested at most 50 deep.

    Returns
    -------
    Node
        The tree. `str` of it is the region in its plainest form, and parses to the same tree.

    Raises
    ------
    RegionError
        If the text is empty, too long, nested too deep, or not a region.

    Examples
    --------
    >>> print(parse("rect(0,0,  50% , 100%)&(~subject)"))
    rect(0, 0, 50%, 100%) & ~subject
    """
    if len(text) > LONGEST_TEXT:
        what = f"longer than {LONGEST_TEXT} characters ({len(text)})"
        raise problem(text, LONGEST_TEXT + 1, what, "draw a mask file instead")
    return _Parser(text).whole()


class _Token(NamedTuple):
    kind: str  # "file", "number", "name", "end", or the sign itself
    text: str
    column: int


def _tokens(text: str) -> Iterator[_Token]:
    """Cut the text into words and signs."""
    for match in _TOKEN.finditer(text):
        token, column = match[0], match.start() + 1
        if match["quoted"]:
            yield _Token("file", token[1:-1].replace(token[0] * 2, token[0]), column)
        elif match["sign"]:
            yield _Token(token, token, column)
        elif match["word"] and token.lower().endswith(_EXTENSIONS):
            yield _Token("file", token, column)
        elif match["word"] and _NUMBER.fullmatch(token):
            yield _Token("number", token, column)
        elif match["word"] and _NAME.fullmatch(token):
            yield _Token("name", token, column)
        elif token in "\"'":
            raise problem(text, column, "this quote is never closed")
        else:
            raise problem(text, column, f"cannot read {short(token)}")
    yield _Token("end", "", len(text) + 1)


class _Parser:
    """Recursive descent; every method takes the tokens that it names."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.rest = list(_tokens(text))[::-1]
        self.depth = 0

    @property
    def next(self) -> _Token:
        return self.rest[-1]

    def whole(self) -> Node:
        if self.next.kind == "end":
            raise problem(self.text, 1, "there is nothing", "write 'all' for the whole picture")
        node = self.chain()
        if self.next.kind != "end":
            raise self.unexpected("an operator (& | -) or the end")
        return node

    def chain(self, level: int = 0) -> Node:
        first = self.factor() if level else self.chain(1)
        rest = []
        while self.next.kind in _LEVELS[level]:
            operator = self.rest.pop().text
            rest.append((operator, self.factor() if level else self.chain(1)))
        return Chain(first, tuple(rest)) if rest else first

    def factor(self) -> Node:
        token = self.next
        if token.kind == "file":
            self.rest.pop()
            return File(token.text, token.column)
        if token.kind == "name":
            return self.call()
        if token.kind not in ("~", "("):
            raise self.unexpected("a region")
        self.enter()
        if token.kind == "~":
            node: Node = Complement(self.factor())
        else:
            node = self.chain()
            self.close(token, "an operator (& | -) or ')'")
        self.depth -= 1
        return node

    def call(self) -> Call:
        token = self.rest.pop()
        name, _, number = token.text.partition("#")
        arguments = []
        if self.next.kind == "(":
            opening = self.next
            self.enter()
            if self.next.kind != ")":
                arguments.append(self.argument())
            while self.next.kind == ",":
                self.rest.pop()
                arguments.append(self.argument())
            self.close(opening, "',' or ')'")
            self.depth -= 1
        return Call(name, tuple(arguments), int(number) if number else None, token.column)

    def argument(self) -> Argument:
        token, name = self.next, ""
        if token.kind == "name" and self.rest[-2].kind == "=":
            name = self.rest.pop().text
            self.rest.pop()
        value = self.length() if self.next.kind in ("number", "-") else self.chain()
        return Argument(value, name, token.column)

    def length(self) -> Length:
        sign = -1 if self.next.kind == "-" else 1
        if sign < 0:
            self.rest.pop()
        match = _NUMBER.fullmatch(self.next.text)
        if match is None:
            raise self.unexpected("a number")
        if float(match[1]) > LARGEST_NUMBER:
            what = f"{short(self.next.text)} is too large (at most {LARGEST_NUMBER})"
            raise problem(self.text, self.next.column, what)
        self.rest.pop()
        return Length(sign * float(match[1]), match[2])

    def enter(self) -> None:
        token = self.rest.pop()
        self.depth += 1
        if self.depth > DEEPEST_NESTING:
            what = f"nested more than {DEEPEST_NESTING} deep"
            raise problem(self.text, token.column, what)

    def close(self, opening: _Token, expected: str) -> None:
        if self.next.kind == "end":
            raise problem(self.text, opening.column, "this '(' is never closed")
        if self.next.kind != ")":
            raise self.unexpected(expected)
        self.rest.pop()

    def unexpected(self, expected: str) -> RegionError:
        got = short(self.next.text) if self.next.text else "the end"
        what = f"expected {expected}, got {got}"
        return problem(self.text, self.next.column, what, quoting(self.text))
