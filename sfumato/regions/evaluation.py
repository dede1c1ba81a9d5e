"""Evaluate a region expression into a mask."""

from collections.abc import Callable, MutableMapping
from pathlib import Path
from typing import Any, TypeAlias, Unpack

import numpy as np
from numpy.typing import NDArray

from sfumato.arrays import checked
from sfumato.errors import RegionError
from sfumato.regions import expression, parser, segmenters, words
from sfumato.regions.binding import bind
from sfumato.regions.checks import check_labels, located
from sfumato.regions.expression import Argument, Call, Chain, Complement, File, Length, Node, Points
from sfumato.regions.files import find, in_memory
from sfumato.regions.finders import Finders
from sfumato.regions.functions import Kind, Mask

__all__ = ["Memory", "evaluate", "models_needed", "needs_photo", "parse"]

Memory: TypeAlias = MutableMapping[Call, Mask]  # what calls found in a photo

_OPERATORS: dict[str, Callable[[Mask, Mask], Mask]] = {
    "&": np.minimum,
    "|": np.maximum,
    "-": lambda a, b: np.minimum(a, 1 - b),
}


def parse(text: str, folder: str | Path | None = None) -> Node:
    """Read a region expression and check its names and arguments, without evaluating it.

    Parameters
    ----------
    text : str
        The expression. A text that is the name of an existing file means that file, whatever its characters, unless it
        could be a name such as `subject`.
    folder : str or Path, optional
        A first place to look for that file, before the current folder.

    Returns
    -------
    Node
        The expression as a tree of frozen values. `str` writes it in its plainest form.

    Raises
    ------
    RegionError
        If the expression cannot be read, or uses a function or an argument that does not exist. Bare names may be
        labels, so they are only checked by `evaluate`.

    Examples
    --------
    >>> print(parse("(subject)|rect(0,0,50%,120)"))
    subject | rect(0, 0, 50%, 120)
    """
    name = text.strip()
    if in_memory(name) and not find(name, folder):
        raise RegionError(f"region {name!r} was given as a picture in memory, and no file holds it; give it again")
    if name and not name.isidentifier() and find(name, folder):
        return File(name)
    node = parser.parse(text)
    for call in expression.calls(node):
        bind(call, text)
    return node


@checked("photo")
def evaluate(
    text: str,
    photo: NDArray[Any],
    folder: str | Path | None = None,
    *,
    memory: Memory | None = None,
    **finders: Unpack[Finders],
) -> Mask:
    """Evaluate a region expression into a mask of the photo.

    Parameters
    ----------
    text : str
        The expression.
    photo : ndarray
        Image (H, W, 3). Only its shape matters, unless the expression depends on its content.
    folder : str or Path, optional
        A first place to look for mask files, before the current folder.
    memory : mutable mapping, optional
        What the same networks found in this photo before; it is added to, but for what depends on files.
    **finders : str
        Networks that look for things, by name: `segmenter`, `clicker` and `text_segmenter`; see
        `sfumato.regions.finders.Finders`.

    Returns
    -------
    ndarray
        float32 (H, W) in [0, 1]; 1 where to restyle.

    Raises
    ------
    RegionError
        If the expression cannot be read, a mask file is missing or does not fit the photo, a number is out of range, or
        a label is unknown or not in the photo. The message gives the position in the text.
    ImageError
        If a mask file cannot be read.

    Examples
    --------
    >>> evaluate("rect(0, 0, 50%, 100%) - linear(0, 0, 0, 100%)", np.zeros((2, 4, 3)))
    array([[0.75, 0.75, 0.  , 0.  ],
           [0.25, 0.25, 0.  , 0.  ]], dtype=float32)
    """
    node = parse(text, folder)
    check_labels(node, text, finders.get("segmenter", "auto"))
    return _Evaluation(text, photo, folder, finders, {} if memory is None else memory).mask(node)


def needs_photo(text: str, folder: str | Path | None = None) -> bool:
    """Tell whether a region expression depends on the photo's content, or only on its shape.

    Parameters
    ----------
    text : str
        The expression.
    folder : str or Path, optional
        As for `evaluate`.

    Returns
    -------
    bool
        False if `evaluate` needs only the photo's shape.

    Raises
    ------
    RegionError
        If the expression cannot be read.

    Examples
    --------
    >>> needs_photo("rect(0, 0, 1, 1)"), needs_photo("~grow(subject, 4)")
    (False, True)
    """
    return any("photo" in bind(call, text)[0].needs for call in expression.calls(parse(text, folder)))


def models_needed(text: str, folder: str | Path | None = None, **finders: Unpack[Finders]) -> set[str]:
    """Return the network files of the model store that a region expression uses.

    Parameters
    ----------
    text : str
        The expression.
    folder : str or Path, optional
        As for `evaluate`.
    **finders : str
        As for `evaluate`.

    Returns
    -------
    set of str
        Names from `sfumato.models.MODELS`.

    Raises
    ------
    RegionError
        If the expression cannot be read, or a word is neither a function nor a label that the segmenter knows.

    Examples
    --------
    >>> models_needed("grow(subject, 3) - rect(0, 0, 5, 5)")
    {'u2netp'}
    """
    needed, node = set[str](), parse(text, folder)
    segmenter, clicker = finders.get("segmenter", "auto"), finders.get("clicker", "auto")
    if segmenters.known_names(segmenter) is not None:
        check_labels(node, text, segmenter)
    for call in expression.calls(node):
        function, _ = bind(call, text)
        if "segmenter" in function.needs:
            needed.add(segmenters.model_of(words.segmenter_for(call.name, segmenter)))
        elif clicker == "auto" or "clicker" not in function.needs:
            needed |= set(function.models)
    return needed - {""}


class _Evaluation:
    """The evaluation of one expression over one photo; masks that depend on its content are computed once."""

    def __init__(
        self, text: str, photo: NDArray[Any], folder: str | Path | None, finders: Finders, memory: Memory
    ) -> None:
        height, width = photo.shape[:2]
        self.text = text
        self.given: dict[str, Any] = {
            "photo": photo,
            "shape": (height, width),
            "folder": folder,
            **{name: finders.get(name, "auto") for name in Finders.__annotations__},
        }
        self.sides: dict[Kind, int] = {"x": width, "y": height, "radius": min(height, width)}
        self.memory, self.found = memory, dict(memory)

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
        function, bound = bind(call, self.text)
        values = [self.value(kind, value) for name, kind, value in bound if not name]
        options = {name: self.value(kind, value) for name, kind, value in bound if name}
        given = {**self.given, "number": call.number}
        options |= {need: given[need] for need in function.needs}
        try:
            mask = function.run(*values, **options)
        except RegionError as error:
            raise located(self.text, call.column, error) from error
        if "photo" in function.needs:
            self.found[call] = mask
            if not any(isinstance(each, File) for each in expression.nodes(call)):
                self.memory[call] = mask
        return mask

    def value(self, kind: Kind, value: Length | Points | Node) -> Any:
        match value:
            case Points(lengths):
                pixels = [self.value("y" if n % 2 else "x", each) for n, each in enumerate(lengths)]
                return list(zip(pixels[::2], pixels[1::2], strict=True))
            case Length(number, unit):
                return number * self.sides[kind] / 100 if unit == "%" else number
            case File(path) if kind in ("file", "text"):
                return path
            case _:
                return self.mask(value)
