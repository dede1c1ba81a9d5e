"""Segmenters: networks that find things in a photo by name.

=================  ==============================================================================
``auto``           DeepLab if LiteRT is installed
``deeplab``        DeepLab v3: people, animals, vehicles and furniture; 2 MB
``hf:ORG/NAME``    a model of the Hugging Face hub, downloaded once
a folder           the same in a local folder
``…+crf``          any of these, followed by a dense CRF that sharpens the edges
=================  ==============================================================================

A segmenter looks at a photo once and returns small soft maps of all labels that it finds (`Segments`). `enlarge` makes
a mask of the photo's size from one of them.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

from sfumato import models
from sfumato.errors import ModelError
from sfumato.regions.segmenters.deeplab import NAMES, DeepLab
from sfumato.regions.segmenters.enlarge import enlarge
from sfumato.regions.segmenters.hub import demand, names_in, place_of
from sfumato.regions.segmenters.huggingface import HuggingFace
from sfumato.regions.segmenters.segments import Segmenter, Segments
from sfumato.regions.segmenters.sharpened import Sharpened

__all__ = [
    "DeepLab",
    "HuggingFace",
    "Segmenter",
    "Segments",
    "Sharpened",
    "anywhere",
    "choose",
    "enlarge",
    "known_names",
    "model_of",
]


def choose(name: str = "auto") -> Segmenter:
    """Load a segmenter, unless it is loaded already.

    The last two are kept. A folder is not read again if its files change while its model is kept.

    Parameters
    ----------
    name : str
        "auto", "deeplab", "hf:ORG/NAME", or the path of a folder with a Hugging Face model. If "+crf" is appended, a
        dense CRF sharpens the maps.

    Returns
    -------
    Segmenter
        The segmenter; call it with a photo.

    Raises
    ------
    ModelError
        If there is no such segmenter, if a library that it needs is not installed, or if its files are missing,
        damaged, of another kind, or cannot be downloaded.

    Examples
    --------
    >>> choose("deeplap")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    sfumato.errors.ModelError: no segmenter is called "deeplap", ...
    """
    plain = name.removesuffix("+crf")
    return _plain(plain) if plain == name else Sharpened(_plain(plain))


def anywhere(name: str) -> str:
    """Return a segmenter's name that means the same in any current folder, without loading the segmenter.

    Raises
    ------
    ModelError
        If there is no such segmenter, or its folder holds no model.

    Examples
    --------
    >>> anywhere("deeplab+crf")
    'deeplab+crf'
    """
    plain = name.removesuffix("+crf")
    if plain in ("auto", "deeplab") or plain.startswith("hf:"):
        return name
    folder = _folder(plain)
    demand(plain, folder, "config.json")
    return f"{folder}{name.removeprefix(plain)}"


def model_of(name: str) -> str:
    """Return the network file of the model store that a segmenter uses, or "" if it uses none or is not available.

    Examples
    --------
    >>> model_of("deeplab"), model_of("hf:nvidia/segformer-b0-finetuned-ade-512-512")
    ('deeplab', '')
    """
    plain = name.removesuffix("+crf")
    there = importlib.util.find_spec("ai_edge_litert") is not None
    return "deeplab" if plain == "deeplab" or (plain == "auto" and there) else ""


def known_names(name: str = "auto") -> Mapping[str, str] | None:
    """Return the names that a segmenter understands, with the label of each, without loading the segmenter.

    Parameters
    ----------
    name : str
        As for `choose`.

    Returns
    -------
    mapping of str to str or None
        None if only loading the segmenter can tell, because it is a hub model that is not in the cache, or if there is
        no such segmenter.

    Examples
    --------
    >>> known_names("deeplab")["people"], known_names("hf:no/such-model")
    ('person', None)
    """
    plain = name.removesuffix("+crf")
    if plain in ("auto", "deeplab"):
        return NAMES
    place = place_of(plain)
    return None if place is None else names_in(place)


def _plain(name: str) -> Segmenter:
    """Load a segmenter without a CRF."""
    if name == "auto":
        if not importlib.util.find_spec("ai_edge_litert"):
            raise ModelError(
                'no segmenter is installed; run: pip install "sfumato[deeplab]", or pip install "sfumato[huggingface]" '
                f"and name a model (hf:ORG/NAME, or a folder); {models.MODELS['deeplab'].without}"
            )
        return _load("deeplab")
    if name == "deeplab" or name.startswith("hf:"):
        return _load(name)
    return _load(str(_folder(name)))


def _folder(name: str) -> Path:
    """Return the folder of a segmenter."""
    with suppress(OSError):  # the name is too long for a path
        if name and Path(name).is_dir():
            return Path(name).resolve()
    raise ModelError(
        f'no segmenter is called "{name}", and no folder either; use "auto", "deeplab", "hf:ORG/NAME", '
        "or the path of a folder with a Hugging Face model"
    )


@lru_cache(maxsize=2)
def _load(name: str) -> Segmenter:
    """Load a segmenter; networks are large, so only the last two are kept."""
    return DeepLab() if name == "deeplab" else HuggingFace(name)
