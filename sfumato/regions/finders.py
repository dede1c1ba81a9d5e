"""The networks that look for things in a photo, chosen by name."""

from __future__ import annotations

from typing import TypedDict

from sfumato.regions import segmenters

__all__ = ["Finders", "located"]


class Finders(TypedDict, total=False):
    """Names of the networks that find what an expression mentions; each is "auto" when left out.

    Attributes
    ----------
    segmenter : str
        Finds labels such as ``person``; see `sfumato.regions.segmenters.choose`.
    clicker : str
        Finds the thing at a ``click``: "auto", "hf:ORG/NAME" or a folder with a Segment Anything model.
    text_segmenter : str
        Finds what a ``text`` describes: "auto", "hf:ORG/NAME" or a folder.

    Examples
    --------
    >>> Finders(segmenter="deeplab")
    {'segmenter': 'deeplab'}
    """

    segmenter: str
    clicker: str
    text_segmenter: str


def located(finders: Finders) -> Finders:
    """Return networks by names that mean the same in any current folder, without loading them.

    Raises
    ------
    ModelError
        If there is no such network, or its folder holds no model.

    Examples
    --------
    >>> located({"segmenter": "deeplab"})
    {'segmenter': 'deeplab'}
    """
    found = finders.copy()
    for name in found:
        found[name] = segmenters.anywhere(found[name])  # type: ignore[literal-required]
    return found
