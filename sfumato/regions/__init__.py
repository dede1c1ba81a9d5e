"""Everything that answers "where": regions of a picture as soft masks.

A region is written as an expression, which means the same on a picture of any size::

    subject & ~rect(0, 0, 200, 80)
    feather(ellipse(50%, 40%, 30%, 25%), 5%) | "my mask.png"

====================  ===========================================================================
``a | b``             either: the larger value of both
``a - b``             a without b: ``a & ~b``; same level as ``|``, from left to right
``a & b``             both: the smaller value of both; binds more tightly than ``|`` and ``-``
``~a``                everything else: 1 - a; binds most tightly
``120``, ``120px``    a length in pixels
``50%``               a share: of the width along x, of the height along y, and of the shorter
                      side where there is no direction (radial, grow, shrink, feather)
``mask.png``          a mask file; in quotes if its name has spaces or dashes
====================  ===========================================================================

Soft masks stay soft: smaller, larger and 1 - a (the operators of Zadeh's fuzzy sets, 1965) hold
to the rules people expect, ``a & a`` = ``a`` and ``~(a & b)`` = ``~a | ~b`` among them; only
``a & ~a`` is not empty where a is between 0 and 1.

`FUNCTIONS` says which names there are. A new one is a module with a function that returns a
mask, and an entry there. Each function is also useful alone, on plain arrays.
"""

import difflib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from sfumato.errors import RegionError
from sfumato.regions import expression
from sfumato.regions.expression import Argument, Call, Chain, Complement, File, Length, Node, short
from sfumato.regions.files import find, mask_from_file
from sfumato.regions.flood import flood
from sfumato.regions.grabcut import grabcut
from sfumato.regions.morphology import feather, grow, shrink
from sfumato.regions.refine import matte, refine
from sfumato.regions.shapes import ellipse, linear, polygon, radial, rect
from sfumato.regions.subject import subject

__all__ = [
    "FUNCTIONS",
    "Function",
    "ellipse",
    "evaluate",
    "feather",
    "flood",
    "grabcut",
    "grow",
    "linear",
    "mask_from_file",
    "matte",
    "needs_photo",
    "parse",
    "polygon",
    "radial",
    "rect",
    "refine",
    "shrink",
    "subject",
]

Mask: TypeAlias = NDArray[np.float32]
Kind: TypeAlias = Literal["x", "y", "radius", "number", "region", "file"]

_WANTED: dict[Kind, str] = {
    "x": "a length",
    "y": "a length",
    "radius": "a length",
    "number": "a plain number",
    "region": "a region",
    "file": "a file's name",
}
_OPERATORS: dict[str, Callable[[Mask, Mask], Mask]] = {
    "&": np.minimum,
    "|": np.maximum,
    "-": lambda a, b: np.minimum(a, 1 - b),
}


@dataclass(frozen=True)
class Function:
    """A name that region expressions can use.

    Parameters
    ----------
    run : callable
        Returns the mask, float32 (H, W) in [0, 1].
    help : str
        One line on what it is.
    parameters : mapping of str to kind, optional
        What must be given, in order, handed to `run` by position. Kinds "x", "y" and "radius"
        are lengths and arrive in pixels; "number" is a number without a unit; "region" arrives
        as a mask, "file" as a path.
    options : mapping of str to kind, optional
        What may be given as ``name=value``, handed to `run` by the same name.
    needs : tuple of str, optional
        What else `run` gets, by name: "photo" (the image), "shape" (H, W), "folder" (where the
        recipe lies), "number" (2 for "person#2", else None). A function that needs the photo
        runs only once for each way it occurs in an expression.
    repeats : int, optional
        So many of the last parameters may be given again, any number of times.
    """

    run: Callable[..., Mask]
    help: str
    parameters: Mapping[str, Kind] = field(default_factory=dict)
    options: Mapping[str, Kind] = field(default_factory=dict)
    needs: tuple[Literal["photo", "shape", "folder", "number"], ...] = ()
    repeats: int = 0


def _all(shape: tuple[int, int]) -> Mask:
    """Cover the whole picture."""
    return np.ones(shape, np.float32)


FUNCTIONS: dict[str, Function] = {
    "all": Function(_all, "the whole picture", needs=("shape",)),
    "ellipse": Function(
        ellipse,
        "an upright ellipse, by its center and half its width and height",
        {"cx": "x", "cy": "y", "rx": "x", "ry": "y"},
        needs=("shape",),
    ),
    "feather": Function(feather, "a region with soft edges, so wide in all", {"region": "region", "amount": "radius"}),
    "file": Function(
        mask_from_file, "a mask file, white where to restyle", {"path": "file"}, needs=("shape", "folder")
    ),
    "flood": Function(
        flood,
        "what is connected to a place and has its color",
        {"x": "x", "y": "y"},
        {"tolerance": "number"},
        needs=("photo",),
    ),
    "grabcut": Function(
        grabcut,
        "the object inside a region, told from its surroundings by color",
        {"region": "region"},
        {"keep": "region", "drop": "region"},
        needs=("photo",),
    ),
    "grow": Function(grow, "a region made wider on all sides", {"region": "region", "amount": "radius"}),
    "linear": Function(
        linear,
        "a straight ramp, from 0 at the first point to 1 at the second",
        {"x0": "x", "y0": "y", "x1": "x", "y1": "y"},
        needs=("shape",),
    ),
    "matte": Function(
        matte,
        "a region with soft edges found in the photo, such as hair",
        {"region": "region"},
        {"width": "radius"},
        needs=("photo",),
    ),
    "polygon": Function(
        polygon,
        "a polygon, by three corners or more",
        {"x1": "x", "y1": "y", "x2": "x", "y2": "y", "x3": "x", "y3": "y"},
        needs=("shape",),
        repeats=2,
    ),
    "radial": Function(
        radial,
        "a round ramp, from 1 at the inner radius to 0 at the outer",
        {"cx": "x", "cy": "y", "inner": "radius", "outer": "radius"},
        needs=("shape",),
    ),
    "rect": Function(
        rect,
        "an upright rectangle, by its four sides",
        {"left": "x", "top": "y", "right": "x", "bottom": "y"},
        needs=("shape",),
    ),
    "refine": Function(
        refine,
        "a region whose edges follow the photo's",
        {"region": "region"},
        {"width": "radius"},
        needs=("photo",),
    ),
    "shrink": Function(shrink, "a region made narrower on all sides", {"region": "region", "amount": "radius"}),
    "subject": Function(subject, "what the picture shows, found by a network", needs=("photo",)),
}


def parse(text: str, folder: str | Path | None = None) -> Node:
    """Read a region expression and check its names and arguments, without evaluating it.

    Parameters
    ----------
    text : str
        The expression. A text that names an existing file, whatever its characters, is that
        file, unless it could be a name such as `subject`.
    folder : str or Path, optional
        A second place to look for that file, after the current folder.

    Returns
    -------
    Node
        The expression as a tree of frozen values; `str` of it is the expression written plainly.

    Raises
    ------
    RegionError
        If the expression cannot be read, or uses a name or an argument that does not exist.

    Examples
    --------
    >>> print(parse("(subject)|rect(0,0,50%,120)"))
    subject | rect(0, 0, 50%, 120)
    """
    name = text.strip()
    if name and not name.isidentifier() and find(name, folder):
        return File(name)
    node = expression.parse(text)
    for call in _calls(node):
        _bind(call, text)
    return node


def evaluate(text: str, photo: NDArray[Any], folder: str | Path | None = None) -> Mask:
    """Turn a region expression into a mask of the photo.

    Parameters
    ----------
    text : str
        The expression.
    photo : ndarray
        Image (H, W, 3). Only its shape counts unless the expression asks for what it shows.
    folder : str or Path, optional
        A second place to look for mask files, after the current folder.

    Returns
    -------
    ndarray
        float32 (H, W) in [0, 1]; 1 where to restyle.

    Raises
    ------
    RegionError
        If the expression cannot be read, a mask file is missing or does not fit the photo, or
        numbers make no sense. The message points at the place.
    ImageError
        If a mask file cannot be read.

    Examples
    --------
    >>> evaluate("rect(0, 0, 50%, 100%) - linear(0, 0, 0, 100%)", np.zeros((2, 4, 3)))
    array([[0.75, 0.75, 0.  , 0.  ],
           [0.25, 0.25, 0.  , 0.  ]], dtype=float32)
    """
    return _Evaluation(text, photo, folder).mask(parse(text, folder))


def needs_photo(text: str, folder: str | Path | None = None) -> bool:
    """Tell whether a region expression asks for what the photo shows, or only for its shape.

    Parameters
    ----------
    text : str
        The expression.
    folder : str or Path, optional
        As for `evaluate`.

    Returns
    -------
    bool
        False if `evaluate` needs a photo's shape only.

    Raises
    ------
    RegionError
        If the expression cannot be read.

    Examples
    --------
    >>> needs_photo("rect(0, 0, 1, 1)"), needs_photo("~grow(subject, 4)")
    (False, True)
    """
    return any("photo" in FUNCTIONS[call.name].needs for call in _calls(parse(text, folder)))


def _calls(node: Node | Length) -> Iterator[Call]:
    """Yield all calls in an expression."""
    match node:
        case Complement(region):
            yield from _calls(region)
        case Chain(first, rest):
            for region in (first, *(region for _, region in rest)):
                yield from _calls(region)
        case Call():
            yield node
            for argument in node.arguments:
                yield from _calls(argument.value)


class _Evaluation:
    """One expression over one photo; keeps what was found by looking at the photo."""

    def __init__(self, text: str, photo: NDArray[Any], folder: str | Path | None) -> None:
        height, width = photo.shape[:2]
        self.text = text
        self.given = {"photo": photo, "shape": (height, width), "folder": folder}
        self.sides: dict[Kind, int] = {"x": width, "y": height, "radius": min(height, width)}
        self.found: dict[Call, Mask] = {}

    def mask(self, node: Node) -> Mask:
        match node:
            case Complement(region):
                return 1 - self.mask(region)
            case Chain(first, rest):
                mask = self.mask(first)
                for operator, region in rest:
                    mask = _OPERATORS[operator](mask, self.mask(region))
                return mask
            case File(column=column):
                return self.call(Call("file", (Argument(node),), column=column))
            case Call():
                return self.found[node] if node in self.found else self.call(node)

    def call(self, call: Call) -> Mask:
        function, bound = _bind(call, self.text)
        values = [self.value(kind, value) for name, kind, value in bound if not name]
        options = {name: self.value(kind, value) for name, kind, value in bound if name}
        given = {**self.given, "number": call.number}
        options |= {need: given[need] for need in function.needs}
        try:
            mask = function.run(*values, **options)
        except RegionError as error:
            raise expression.problem(self.text, call.column, str(error)) from error
        if "photo" in function.needs:
            self.found[call] = mask
        return mask

    def value(self, kind: Kind, value: Length | Node) -> Any:
        match value:
            case Length(number, unit):
                return number * self.sides[kind] / 100 if unit == "%" else number
            case File(path) if kind == "file":
                return path
            case _:
                return self.mask(value)


def _bind(call: Call, text: str) -> tuple[Function, list[tuple[str, Kind, Length | Node]]]:
    """Find the function that is called, and each argument's option name ("" if none) and kind."""
    wrong = partial(expression.problem, text, call.column)
    function = FUNCTIONS.get(call.name)
    if function is None:
        hint = "; ".join(filter(None, [_known(call.name, FUNCTIONS), expression.quoting(text)]))
        raise wrong(f"nothing is called {short(call.name)}", hint)
    if call.number is not None and "number" not in function.needs:
        raise wrong(f"{call.name!r} has no numbered parts", f"write it without #{call.number}")
    for argument in call.arguments:
        if argument.name and argument.name not in function.options:
            what = f"{call.name}() has no option {short(argument.name)}"
            hint = "give its values without names"
            if function.options:
                hint = _known(argument.name, function.options)
            raise expression.problem(text, argument.column, what, hint)
    kinds = list(function.parameters.values())
    count = sum(not argument.name for argument in call.arguments)
    while function.repeats and len(kinds) < count:
        kinds += kinds[-function.repeats :]
    if len(kinds) != count:
        raise wrong(f"{call.name}() takes {_signature(function)}, got {count}")
    bound: list[tuple[str, Kind, Length | Node]] = []
    unnamed = iter(kinds)
    for argument in call.arguments:
        wrong = partial(expression.problem, text, argument.column)
        if argument.name in {name for name, _, _ in bound if name}:
            raise wrong(f"{argument.name}= is given twice")
        kind = function.options[argument.name] if argument.name else next(unnamed)
        if not _fits(kind, argument.value):
            raise wrong(f"{call.name}() wants {_WANTED[kind]} here, got {short(argument.value)}")
        bound.append((argument.name, kind, argument.value))
    return function, bound


def _fits(kind: Kind, value: Length | Node) -> bool:
    """Tell whether an argument is of a kind."""
    match kind:
        case "region":
            return not isinstance(value, Length)
        case "file":
            return isinstance(value, File)
        case "number":
            return isinstance(value, Length) and not value.unit
        case _:
            return isinstance(value, Length)


def _signature(function: Function) -> str:
    """Say what a function takes, such as "2 lengths (cx, cy)"."""
    kinds, count = set(function.parameters.values()), len(function.parameters)
    noun = "length" if kinds and kinds <= {"x", "y", "radius"} else "value"
    words = f"{count} {noun}{'s' * (count != 1)}"
    words += f" ({', '.join(function.parameters)})" * (count > 0)
    return words + f", or {function.repeats} more at a time" * (function.repeats > 0)


def _known(name: str, names: Mapping[str, object]) -> str:
    """Suggest the name that looks most like this one, and list them all."""
    near = difflib.get_close_matches(name, names, 1)
    question = f"did you mean {near[0]!r}? " if near else ""
    return f"{question}Known: {', '.join(sorted(names)) or 'none'}"
