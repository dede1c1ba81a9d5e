"""Parse the region language. `sfumato.regions.expression` has the grammar and the tree."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from sfumato.errors import RegionError
from sfumato.regions.expression import (
    EXTENSIONS,
    Argument,
    Call,
    Chain,
    Complement,
    File,
    Length,
    Node,
    Points,
    problem,
    quoting,
    short,
)

__all__ = ["parse"]

_LONGEST_TEXT = 10_000
_DEEPEST_NESTING = 50
_LARGEST_NUMBER = 1_000_000

_LENGTH = ("number", "-")
_LEVELS = (("|", "-"), ("&",))
_TOKEN = re.compile(
    r"""(?P<quoted> "(?:[^"]|"")*" | '(?:[^']|'')*' )
      | (?P<word> [\w./\\:%\#]+ )
      | (?P<sign> [&|~(),=-] )
      | \S""",
    re.VERBOSE,
)
_NUMBER = re.compile(r"([0-9]+\.?[0-9]*|\.[0-9]+)(px|%|)")
_NAME = re.compile(r"[^\W\d]\w*(?:#[0-9]{1,4})?")


def parse(text: str) -> Node:
    """Parse a region, without checking whether its names exist.

    Parameters
    ----------
    text : str
        At most 10 000 characters, nested at most 50 deep.

    Returns
    -------
    Node
        The tree. `str` writes it in its plainest form, which parses to the same tree.

    Raises
    ------
    RegionError
        If the text is empty, too long, nested too deep, or not a region.

    Examples
    --------
    >>> print(parse("rect(0,0,  50% , 100%)&(~subject)"))
    rect(0, 0, 50%, 100%) & ~subject
    """
    if len(text) > _LONGEST_TEXT:
        what = f"longer than {_LONGEST_TEXT} characters ({len(text)})"
        raise problem(text, _LONGEST_TEXT + 1, what, "draw a mask file instead")
    return _Parser(text).whole()


class _Token(NamedTuple):
    kind: str  # "file", "number", "name", "end", or the sign itself
    text: str
    column: int


def _tokens(text: str) -> Iterator[_Token]:
    """Split the text into words and signs."""
    for match in _TOKEN.finditer(text):
        token, column = match[0], match.start() + 1
        if match["quoted"]:
            yield _Token("file", token[1:-1].replace(token[0] * 2, token[0]), column)
        elif match["sign"]:
            yield _Token(token, token, column)
        elif match["word"] and token.lower().endswith(EXTENSIONS):
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
    """A recursive descent parser. Each method consumes the tokens of the rule it is named after."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.rest = list(_tokens(text))[::-1]
        self.depth = 0

    @property
    def next(self) -> _Token:
        return self.rest[-1]

    def whole(self) -> Node:
        if self.next.kind == "end":
            raise problem(self.text, 1, "it is empty", "write 'all' for the whole picture")
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
        if self.next.kind in _LENGTH:
            return Argument(self.length(), name, token.column)
        if self.next.kind == "(" and self.rest[-2].kind in _LENGTH:
            return Argument(self.points(), name, token.column)
        return Argument(self.chain(), name, token.column)

    def points(self) -> Points:
        opening = self.rest.pop()
        lengths = [self.length()]
        while self.next.kind == ",":
            self.rest.pop()
            lengths.append(self.length())
        self.close(opening, "',' or ')'")
        if len(lengths) % 2:
            what = f"points are x and y of each, got {len(lengths)} number{'s' * (len(lengths) > 1)}"
            raise problem(self.text, opening.column, what)
        return Points(tuple(lengths))

    def length(self) -> Length:
        sign = -1 if self.next.kind == "-" else 1
        if sign < 0:
            self.rest.pop()
        match = _NUMBER.fullmatch(self.next.text)
        if match is None:
            raise self.unexpected("a number")
        if float(match[1]) > _LARGEST_NUMBER:
            what = f"{short(self.next.text)} is too large (at most {_LARGEST_NUMBER})"
            raise problem(self.text, self.next.column, what)
        self.rest.pop()
        return Length(sign * float(match[1]), match[2])

    def enter(self) -> None:
        token = self.rest.pop()
        self.depth += 1
        if self.depth > _DEEPEST_NESTING:
            what = f"nested more than {_DEEPEST_NESTING} deep"
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
