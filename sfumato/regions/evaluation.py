"""From a region expression to a mask."""

import difflib
from collections.abc import Callable, Collection, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sfumato.errors import ModelError, RegionError
from sfumato.regions import expression, segmenters
from sfumato.regions.expression import Argument, Call, Chain, Complement, File, Length, Node, short
from sfumato.regions.files import find
from sfumato.regions.functions import FUNCTIONS, Function, Kind, Mask
from sfumato.regions.semantic import label, listed

__all__ = ["evaluate", "models_needed", "needs_photo", "parse"]

_WANTED: dict[Kind, str] = {
    "x": "a length",
    "y": "a length",
    "radius": "a length",
    "number": "a plain number",
    "region": "a region",
    "file": "a file's name",
    "text": "a text in quotes",
}
_OPERATORS: dict[str, Callable[[Mask, Mask], Mask]] = {
    "&": np.minimum,
    "|": np.maximum,
    "-": lambda a, b: np.minimum(a, 1 - b),
}


def _function(call: Call) -> Function | None:
    """Return what a call means: a function, or, of a bare name that is none, a label."""
    function = FUNCTIONS.get(call.name)
    if function is None and not call.arguments:
        return Function(partial(label, call.name), "a label", needs=("photo", "number", "segmenter"))
    return function


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
        If the expression cannot be read, or uses a function or an argument that does not exist. A bare name may be a
        label: only `evaluate` knows.

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


def evaluate(text: str, photo: NDArray[Any], folder: str | Path | None = None, *, segmenter: str = "auto") -> Mask:
    """Turn a region expression into a mask of the photo.

    Parameters
    ----------
    text : str
        The expression.
    photo : ndarray
        Image (H, W, 3). Only its shape counts unless the expression asks for what it shows.
    folder : str or Path, optional
        A second place to look for mask files, after the current folder.
    segmenter : str
        What finds labels; see `sfumato.regions.segmenters.choose`.

    Returns
    -------
    ndarray
        float32 (H, W) in [0, 1]; 1 where to restyle.

    Raises
    ------
    RegionError
        If the expression cannot be read, a mask file is missing or does not fit the photo,
        numbers make no sense, or a label is unknown or not in the photo. The message points at the place.
    ImageError
        If a mask file cannot be read.

    Examples
    --------
    >>> evaluate("rect(0, 0, 50%, 100%) - linear(0, 0, 0, 100%)", np.zeros((2, 4, 3)))
    array([[0.75, 0.75, 0.  , 0.  ],
           [0.25, 0.25, 0.  , 0.  ]], dtype=float32)
    """
    node, evaluation = parse(text, folder), _Evaluation(text, photo, folder, segmenter)
    for call in _calls(node):
        if call.name not in FUNCTIONS:
            evaluation.check_label(call)
    return evaluation.mask(node)


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
    return any("photo" in _bind(call, text)[0].needs for call in _calls(parse(text, folder)))


def models_needed(text: str, folder: str | Path | None = None, *, segmenter: str = "auto") -> set[str]:
    """Tell which network files of the model store a region expression uses.

    Parameters
    ----------
    text : str
        The expression.
    folder : str or Path, optional
        As for `evaluate`.
    segmenter : str
        As for `evaluate`.

    Returns
    -------
    set of str
        Names out of `sfumato.models.MODELS`.

    Raises
    ------
    RegionError
        If the expression cannot be read.

    Examples
    --------
    >>> models_needed("grow(subject, 3) - rect(0, 0, 5, 5)")
    {'u2netp'}
    """
    needed = set()
    for call in _calls(parse(text, folder)):
        function, _ = _bind(call, text)
        needed.add(segmenters.model_of(segmenter) if "segmenter" in function.needs else function.model)
    return needed - {""}


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

    def __init__(self, text: str, photo: NDArray[Any], folder: str | Path | None, segmenter: str) -> None:
        height, width = photo.shape[:2]
        self.text = text
        self.given: dict[str, Any] = {
            "photo": photo,
            "shape": (height, width),
            "folder": folder,
            "segmenter": segmenter,
        }
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

    def check_label(self, call: Call) -> None:
        """Refuse a name that is neither a function nor a label, with both in mind."""
        labels: Mapping[str, str] = {}
        lacking = ""
        try:
            labels = segmenters.choose(self.given["segmenter"]).names
            if call.name in labels:
                return
        except ModelError as error:
            lacking = f"as a label, it needs a segmenter: {error}"
        hints = [_known(call.name, FUNCTIONS, labels), lacking, expression.quoting(self.text)]
        what = f"nothing is called {short(call.name)}"
        raise expression.problem(self.text, call.column, what, "; ".join(filter(None, hints)))

    def value(self, kind: Kind, value: Length | Node) -> Any:
        match value:
            case Length(number, unit):
                return number * self.sides[kind] / 100 if unit == "%" else number
            case File(path) if kind in ("file", "text"):
                return path
            case _:
                return self.mask(value)


def _bind(call: Call, text: str) -> tuple[Function, list[tuple[str, Kind, Length | Node]]]:
    """Find the function that is called, and each argument's option name ("" if none) and kind."""
    wrong = partial(expression.problem, text, call.column)
    function = _function(call)
    if function is None:
        hint = "; ".join(filter(None, [_known(call.name, FUNCTIONS), expression.quoting(text)]))
        raise wrong(f"no function is called {short(call.name)}", hint)
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
        case "file" | "text":
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


def _known(name: str, names: Collection[str], labels: Mapping[str, str] | None = None) -> str:
    """Suggest the name or label that looks most like this one, and list them all, of very many labels the first."""
    labels = labels or {}
    near = difflib.get_close_matches(name, [*names, *labels], 1, 0.7)
    question = f"did you mean {near[0]!r}? " if near else ""
    more = f"; labels: {listed(sorted(set(labels.values())))}" if labels else ""
    return f"{question}Known: {', '.join(sorted(names)) or 'none'}{more}"
