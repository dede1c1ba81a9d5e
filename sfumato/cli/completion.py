"""Shell completion: the values that a shell offers for an option.

Typer completes the names of commands and options by itself, and leaves out the values that do not begin with what was
typed. Where nothing is offered, the shell completes the names of files.
"""

from __future__ import annotations

import re
from collections.abc import Callable

__all__ = ["Completer", "devices", "network_files", "networks", "one_of", "region_words", "segmenters"]

#: Takes what was typed of a value; returns values.
Completer = Callable[[str], list[str]]

# The names of `sfumato.regions.FUNCTIONS`, whose import takes longer than a user waits for completion.
_WORDS = (
    "all",
    "background",
    "click",
    "crf",
    "ellipse",
    "eyes",
    "face",
    "feather",
    "file",
    "flood",
    "grabcut",
    "grow",
    "hair",
    "linear",
    "lips",
    "matte",
    "painted",
    "polygon",
    "radial",
    "rect",
    "refine",
    "scribble",
    "shrink",
    "subject",
    "text",
)

# Where a word of an expression may begin, and what of it was typed.
_LAST_WORD = re.compile(r"(?:^|(?<=[\s(|&~,=]))([A-Za-z_]\w*)?$")


def one_of(*values: str) -> Completer:
    """Return a completer that offers fixed values.

    Parameters
    ----------
    *values : str
        The values.

    Returns
    -------
    callable
        The completer.

    Examples
    --------
    >>> one_of("draft", "normal", "fine")("n")
    ['draft', 'normal', 'fine']
    """

    def complete(incomplete: str) -> list[str]:
        return list(values)

    return complete


#: Completes the device; the numbers of several are left to the user.
devices: Completer = one_of("auto", "cpu", "cuda")

#: Completes a network of the Hugging Face kind; a folder's name is completed by the shell.
networks: Completer = one_of("auto", "hf:")

#: Completes the segmenter; a folder's name is completed by the shell.
segmenters: Completer = one_of("auto", "auto+crf", "deeplab", "deeplab+crf", "hf:")


def network_files(incomplete: str) -> list[str]:
    """Offer the names of the network files."""
    from sfumato import models

    return list(models.MODELS)


def region_words(incomplete: str) -> list[str]:
    """Offer the words of region expressions for the last word of an expression.

    Parameters
    ----------
    incomplete : str
        The expression, as far as it was typed.

    Returns
    -------
    list of str
        The expression with each word that continues the one at its end; nothing where no word can be.

    Examples
    --------
    >>> region_words("~subject & fea")
    ['~subject & feather']
    >>> region_words("mask.p")
    []
    """
    found = _LAST_WORD.search(incomplete)
    if found is None:
        return []
    before, begun = incomplete[: found.start()], found.group(1) or ""
    return [before + word for word in _WORDS if word.startswith(begun)]
