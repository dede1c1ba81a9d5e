"""Find the function that a call in a region expression means, and the kinds of its arguments."""

import difflib
from collections.abc import Collection, Mapping
from functools import partial

from sfumato.regions import expression
from sfumato.regions.expression import Call, File, Length, Node, Points, short
from sfumato.regions.functions import FUNCTIONS, Function, Kind
from sfumato.regions.semantic import label, listed

__all__ = ["bind", "known"]

_WANTED: dict[Kind, str] = {
    "x": "a length",
    "y": "a length",
    "radius": "a length",
    "points": "points in parentheses, such as (10%, 90%),",
    "number": "a plain number",
    "region": "a region",
    "file": "a file's name",
    "text": "a text in quotes",
}


def bind(call: Call, text: str) -> tuple[Function, list[tuple[str, Kind, Length | Points | Node]]]:
    """Return the function that is called, and for each argument its option name ("" if none), kind and value."""
    wrong = partial(expression.problem, text, call.column)
    function = _function(call)
    if function is None:
        hint = "; ".join(filter(None, [known(call.name, FUNCTIONS), expression.quoting(text)]))
        raise wrong(f"no function is called {short(call.name)}", hint)
    if call.number is not None and "number" not in function.needs:
        raise wrong(f"{call.name!r} has no numbered parts", f"write it without #{call.number}")
    for argument in call.arguments:
        if argument.name and argument.name not in function.options:
            what = f"{call.name}() has no option {short(argument.name)}"
            hint = "give its values without names"
            if function.options:
                hint = known(argument.name, function.options)
            raise expression.problem(text, argument.column, what, hint)
    kinds = list(function.parameters.values())
    count = sum(not argument.name for argument in call.arguments)
    while function.repeats and len(kinds) < count:
        kinds += kinds[-function.repeats :]
    if len(kinds) != count:
        raise wrong(f"{call.name}() takes {_signature(function)}, got {count}")
    bound: list[tuple[str, Kind, Length | Points | Node]] = []
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


def _fits(kind: Kind, value: Length | Points | Node) -> bool:
    """Tell whether an argument is of the given kind."""
    match kind:
        case "region":
            return not isinstance(value, Length | Points)
        case "points":
            return isinstance(value, Points)
        case "file" | "text":
            return isinstance(value, File)
        case "number":
            return isinstance(value, Length) and not value.unit
        case _:
            return isinstance(value, Length)


def _signature(function: Function) -> str:
    """Return what a function takes, such as "2 lengths (cx, cy)"."""
    kinds, count = set(function.parameters.values()), len(function.parameters)
    noun = "length" if kinds and kinds <= {"x", "y", "radius"} else "value"
    words = f"{count} {noun}{'s' * (count != 1)}"
    words += f" ({', '.join(function.parameters)})" * (count > 0)
    return words + f", or {function.repeats} more at a time" * (function.repeats > 0)


def known(
    name: str, names: Collection[str], labels: Mapping[str, str] | None = None, others: Collection[str] = ()
) -> str:
    """Suggest the most similar name, label or other word, and list all names and the first labels."""
    labels = labels or {}
    words = [*names, *labels]
    near = difflib.get_close_matches(name, words, 1, 0.7) or difflib.get_close_matches(name, sorted(others), 1, 0.7)
    question = f"did you mean {near[0]!r}? " if near else ""
    more = f"; labels: {listed(sorted(set(labels.values())))}" if labels else ""
    return f"{question}Known: {', '.join(sorted(names)) or 'none'}{more}"


def _function(call: Call) -> Function | None:
    """Return the function that a call means. A bare name that is not a function is a label."""
    function = FUNCTIONS.get(call.name)
    if function is None and not call.arguments:
        return Function(partial(label, call.name), "a label", needs=("photo", "number", "segmenter"))
    return function
