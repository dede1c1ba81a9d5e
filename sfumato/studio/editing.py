"""Regions changed by pointing: each operation makes a region expression of the one before."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from sfumato.errors import InputError
from sfumato.regions.expression import Argument, Call, Chain, Complement, Length, Node, Points
from sfumato.regions.parser import parse
from sfumato.studio.document import NOTHING

__all__ = ["edited", "joined"]

Point = Sequence[float]

# Number of corners of a polygon that an expression still shows well; more are for the brush.
_MOST_CORNERS = 200

# Largest coordinate of a point, in pixels.
_FARTHEST = 1e6


def edited(region: str, change: dict[str, Any], word_at: Callable[[float, float], str | None]) -> str:
    """Return a region after an operation.

    Parameters
    ----------
    region : str
        The region so far.
    change : dict
        "op" with what belongs to it; points are in pixels of the photo. With "remove", what is meant is taken away;
        with "more", a click belongs to the one before.
    word_at : callable (x, y) -> str or None
        The word for the thing at a point.

    Returns
    -------
    str
        The new expression.

    Raises
    ------
    InputError
        If there is no such operation, or something of it is missing.

    Examples
    --------
    >>> edited("all", {"op": "rect", "points": [[10, 20], [30, 40]]}, lambda x, y: None)
    'rect(10, 20, 30, 40)'
    >>> edited("person", {"op": "click", "x": 3, "y": 4, "remove": True}, lambda x, y: "dog#1")
    'person - dog#1'
    >>> edited("person", {"op": "click", "x": 3, "y": 4}, lambda x, y: None)
    'person | click(3, 4)'
    """
    operation, remove, more = change.get("op"), change.get("remove", False), change.get("more", False)
    for name, value in (("remove", remove), ("more", more)):
        if not isinstance(value, bool):
            raise InputError(f"{name} should be true or false, got {value!r}")
    match operation:
        case "all":
            return "all"
        case "clear":
            return NOTHING
        case "invert":
            return _inverted(region)
        case "grow" | "shrink" | "feather" | "refine":
            return _wrapped(region, operation, change.get("amount"))
        case "click":
            x, y = _point([change.get("x"), change.get("y")])
            return _clicked(region, x, y, word_at(x, y), remove=remove, more=more)
        case "grabcut":
            box = change.get("box")
            if not isinstance(box, list | tuple) or len(box) != 4:
                raise InputError(f"box should be four numbers, got {box!r}")
            return joined(region, Call("grabcut", (Argument(_rect([box[:2], box[2:]])),)), remove=remove)
        case "rect" | "ellipse" | "polygon" | "linear" | "radial":
            shape = _shape(operation, [_point(point) for point in _points(change)])
            # A gradient fades what is there; a shape is added to it.
            return joined(region, shape, remove=remove, within=operation in ("linear", "radial"))
    raise InputError(
        f"no operation is called {operation!r}; use click, rect, ellipse, polygon, linear, radial, grabcut, grow,"
        " shrink, feather, refine, invert, clear or all"
    )


def joined(region: str, part: Node, *, remove: bool = False, within: bool = False) -> str:
    """Return a region with a part added, taken away, or laid over it.

    A part that was added, and is taken away, is no longer mentioned.

    Examples
    --------
    >>> joined("subject | person#1", parse("person#1"), remove=True)
    'subject'
    """
    if region == "all" and not remove:
        return str(part)
    if region == "all":
        return str(Complement(part))
    if region == NOTHING:
        return NOTHING if remove else str(part)
    node = parse(region)
    if within and not remove:
        whole = node if isinstance(node, Chain) and node.rest[0][0] == "&" else Chain(node, ())
        return str(Chain(whole.first, (*whole.rest, ("&", part))))
    sums = node if isinstance(node, Chain) and node.rest[0][0] in ("|", "-") else Chain(node, ())
    mine, other = ("-", "|") if remove else ("|", "-")
    if sums.rest and sums.rest[-1] == (other, part):
        # Taken back at once: the expression is as before.
        rest = sums.rest[:-1]
        return str(Chain(sums.first, rest) if rest else sums.first)
    if (mine, part) in sums.rest[-1:]:
        return region
    if remove and sums.first == part and not sums.rest:
        return NOTHING
    if not remove and sums.first == part and not sums.rest:
        return region
    rest = tuple(each for each in sums.rest if each[1] != part)
    return str(Chain(sums.first, (*rest, (mine, part))))


def _clicked(region: str, x: float, y: float, word: str | None, *, remove: bool, more: bool) -> str:
    """Return a region after a click: a known thing by its word, else what a network finds there."""
    part = _call("click", x, y) if word is None else parse(word)
    if region not in ("all", NOTHING) and (more or (remove and word is None)):
        node = parse(region)
        last = node.rest[-1] if isinstance(node, Chain) else ("|", node)
        if last[0] == "|" and isinstance(last[1], Call) and last[1].name == "click":
            refined = _refined(last[1], x, y, remove=remove)
            return str(Chain(node.first, (*node.rest[:-1], ("|", refined))) if isinstance(node, Chain) else refined)
    return joined(region, part, remove=remove)


def _refined(click: Call, x: float, y: float, *, remove: bool) -> Call:
    """Return a click with one more place, on the thing or not on it."""
    place = Length(round(x, 1)), Length(round(y, 1))
    on = [argument for argument in click.arguments if not argument.name]
    off = [argument for argument in click.arguments if argument.name]
    if not remove:
        return Call("click", (*on, *map(Argument, place), *off))
    before = off[0].value.lengths if off and isinstance(off[0].value, Points) else ()
    return Call("click", (*on, Argument(Points((*before, *place)), "not")))


def _inverted(region: str) -> str:
    if region == NOTHING:
        return "all"
    if region == "all":
        return NOTHING
    node = parse(region)
    return str(node.region if isinstance(node, Complement) else Complement(node))


def _wrapped(region: str, name: str, amount: Any) -> str:
    """Return a region inside a function; the amounts of equal functions add up."""
    node = parse(region)
    if name == "refine" and amount is None:
        return str(Call(name, (Argument(node),)))
    if isinstance(amount, bool) or not isinstance(amount, int | float) or not 0 < amount <= 10_000:
        raise InputError(f"amount should be pixels, more than 0 and up to 10000, got {amount!r}")
    if name == "refine":
        inner = node.arguments[0].value if isinstance(node, Call) and node.name == name else node
        return str(Call(name, (Argument(inner), Argument(Length(float(amount)), "width"))))
    match node:
        case Call(name=before, arguments=(Argument() as inside, Argument(Length(value, unit), ""))):
            if before == name and unit != "%":
                return str(Call(name, (inside, Argument(Length(value + amount)))))
    return str(Call(name, (Argument(node), Argument(Length(float(amount))))))


def _shape(name: str, points: list[tuple[float, float]]) -> Node:
    needed = 3 if name == "polygon" else 2
    if len(points) < needed:
        raise InputError(f"{name} needs {needed} points or more, got {len(points)}")
    if name == "polygon":
        if len(points) > _MOST_CORNERS:
            raise InputError(f"a polygon of {len(points)} corners is too long to write; give up to {_MOST_CORNERS}")
        return _call(name, *(value for point in points for value in point))
    (x0, y0), (x1, y1) = points[:2]
    if name in ("linear", "radial") and points[0] == points[1]:
        raise InputError("a gradient needs two different points; drag farther")
    if name == "linear":
        return _call(name, x0, y0, x1, y1)
    if name == "radial":
        ends = [math.hypot(x - x0, y - y0) for x, y in points[1:3]]
        return _call(name, x0, y0, *(sorted(ends) if len(ends) == 2 else (0, ends[0])))
    if name == "ellipse":
        return _call(name, (x0 + x1) / 2, (y0 + y1) / 2, abs(x1 - x0) / 2, abs(y1 - y0) / 2)
    return _rect(points)


def _rect(points: Sequence[Point]) -> Node:
    (x0, y0), (x1, y1) = (_point(point) for point in points[:2])
    return _call("rect", min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1))


def _call(name: str, *values: float) -> Call:
    return Call(name, tuple(Argument(Length(round(value, 1))) for value in values))


def _points(change: dict[str, Any]) -> list[Any]:
    points = change.get("points")
    if not isinstance(points, list | tuple):
        raise InputError(f"points should be a list of x and y, got {points!r}")
    return list(points)


def _point(value: Any) -> tuple[float, float]:
    match value:
        case [int() | float() as x, int() | float() as y] if abs(x) <= _FARTHEST and abs(y) <= _FARTHEST:
            return float(x), float(y)
    raise InputError(f"a point should be x and y in pixels, got {value!r}")
