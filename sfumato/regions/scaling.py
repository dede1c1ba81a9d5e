"""Region expressions for a smaller copy of a photo."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from sfumato.regions.binding import bind
from sfumato.regions.evaluation import parse
from sfumato.regions.expression import Argument, Call, Chain, Complement, File, Length, Node, Points

__all__ = ["scaled"]


def scaled(text: str, factor: float, folder: str | Path | None = None) -> str:
    """Return a region expression with its lengths in pixels multiplied by a factor; other numbers stay.

    Parameters
    ----------
    text : str
        The expression.
    factor : float
        Size of the copy as a fraction of the photo's.
    folder : str or Path, optional
        Folder in which a file whose name is the whole text is looked up first.

    Returns
    -------
    str
        The expression for the copy.

    Raises
    ------
    RegionError
        If the expression cannot be read.

    Examples
    --------
    >>> scaled("grow(rect(10, 20, 50%, 40), 6) | flood(8, 4, tolerance=12)", 0.5)
    'grow(rect(5, 10, 50%, 20), 3) | flood(4, 2, tolerance=12)'
    """
    return text if factor == 1 else str(_scaled(parse(text, folder), factor, text))


def _scaled(node: Node, factor: float, text: str) -> Node:
    match node:
        case File():
            return node
        case Complement(region):
            return Complement(_scaled(region, factor, text))
        case Chain(first, rest):
            others = tuple((operator, _scaled(region, factor, text)) for operator, region in rest)
            return Chain(_scaled(first, factor, text), others)
        case Call(arguments=arguments):
            # Named arguments and others are bound in their order.
            kinds = [kind for _, kind, _ in bind(node, text)[1]]
            pairs = zip(arguments, kinds, strict=True)
            return replace(node, arguments=tuple(_argument(each, kind, factor, text) for each, kind in pairs))


def _argument(argument: Argument, kind: str, factor: float, text: str) -> Argument:
    value = argument.value
    if isinstance(value, Length):
        return replace(argument, value=_shorter(value, factor)) if kind in ("x", "y", "radius") else argument
    if isinstance(value, Points):
        return replace(argument, value=Points(tuple(_shorter(each, factor) for each in value.lengths)))
    return argument if kind == "text" else replace(argument, value=_scaled(value, factor, text))


def _shorter(length: Length, factor: float) -> Length:
    """Multiply a length in pixels; a share of the picture's side stays."""
    return length if length.unit == "%" else replace(length, value=length.value * factor)
