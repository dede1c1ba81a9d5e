"""List the files that a region expression names, and rename them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from sfumato.errors import RegionError
from sfumato.regions.binding import bind
from sfumato.regions.evaluation import parse
from sfumato.regions.expression import Argument, Call, Chain, Complement, File, Length, Node, Points

__all__ = ["files_in", "with_files"]


def with_files(text: str, rename: Callable[[str], str], folder: str | Path | None = None) -> str:
    """Return a region expression with other names for its files.

    Parameters
    ----------
    text : str
        The expression. If it cannot be read, it is returned unchanged; evaluating it later raises the error.
    rename : callable
        Takes a file's name and returns another.
    folder : str or Path, optional
        Folder in which a file whose name is the whole text is looked up first.

    Returns
    -------
    str
        The expression with the new names, or the text itself if no name changes.

    Examples
    --------
    >>> with_files("subject & sky.png", lambda name: f"masks/{name}")
    'subject & "masks/sky.png"'
    """
    try:
        node = parse(text, folder)
        renamed = _renamed(node, rename, text)
    except RegionError:
        return text
    return text if renamed == node else str(renamed)


def files_in(text: str, folder: str | Path | None = None) -> list[str]:
    """List the files that a region expression names. The list is empty if the expression cannot be read.

    Examples
    --------
    >>> files_in('painted(map.png, "blue") - "my mask.png"')
    ['map.png', 'my mask.png']
    """
    found: list[str] = []

    def note(name: str) -> str:
        found.append(name)
        return name

    with_files(text, note, folder)
    return found


def _renamed(node: Node, rename: Callable[[str], str], text: str) -> Node:
    match node:
        case File(path):
            return replace(node, path=rename(path))
        case Complement(region):
            return Complement(_renamed(region, rename, text))
        case Chain(first, rest):
            # Rename from left to right, the order of `files_in`.
            first = _renamed(first, rename, text)
            return Chain(first, tuple((operator, _renamed(region, rename, text)) for operator, region in rest))
        case Call(arguments=arguments):
            kinds = [kind for _, kind, _ in bind(node, text)[1]]
            pairs = zip(arguments, kinds, strict=True)
            return replace(node, arguments=tuple(_argument(each, kind, rename, text) for each, kind in pairs))


def _argument(argument: Argument, kind: str, rename: Callable[[str], str], text: str) -> Argument:
    """Rename the files in an argument. A text in quotes is not a file."""
    if isinstance(argument.value, Length | Points) or kind == "text":
        return argument
    return replace(argument, value=_renamed(argument.value, rename, text))
