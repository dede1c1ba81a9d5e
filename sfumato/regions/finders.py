"""The networks that look for things in a photo, chosen by name."""

from __future__ import annotations

from typing import TypedDict

from sfumato.regions import segmenters
from sfumato.regions.segmenters.loading import placed

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
        If there is no such network or folder.

    Examples
    --------
    >>> located({"segmenter": "deeplab"})
    {'segmenter': 'deeplab'}
    """
    found = finders.copy()
    if "segmenter" in found:
        found["segmenter"] = segmenters.anywhere(found["segmenter"])
    if found.get("clicker", "auto") != "auto":
        found["clicker"] = placed(found["clicker"], "clicker", "Segment Anything")
    if found.get("text_segmenter", "auto") != "auto":
        found["text_segmenter"] = placed(found["text_segmenter"], "text segmenter", "CLIPSeg")
    return found
