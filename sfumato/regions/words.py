"""The words for what is in a photo: the classes that each stands for, and the segmenter that knows it."""

from __future__ import annotations

import importlib.util
import tomllib
from collections.abc import Collection, Mapping
from functools import lru_cache
from importlib import resources
from typing import Any

from sfumato.errors import RegionError
from sfumato.regions import segmenters
from sfumato.regions.segmenters.deeplab import NAMES
from sfumato.regions.segmenters.hub import cached
from sfumato.regions.segmenters.segments import spelled, vocabulary

__all__ = ["by_network", "groups", "installed", "known", "labels_of", "networks", "segmenter_for", "singular"]


def groups() -> dict[str, list[str]]:
    """Return the labels that look alike, by the name of their group.

    Examples
    --------
    >>> groups()["mountain"]
    ['mountain', 'hill', 'rock']
    """
    return {group: list(members) for group, members in _table()["groups"].items()}


@lru_cache(maxsize=1)
def known() -> frozenset[str]:
    """Return all words that the table has, and all classes of the networks in it.

    Examples
    --------
    >>> {"sky", "swimming_pool", "furniture", "people"} <= known()
    True
    """
    meanings, synonyms = _meanings(), _synonyms()
    classes = {name for names in networks().values() for name in names}
    return frozenset({*meanings, *synonyms, *classes, *NAMES})


@lru_cache(maxsize=1)
def networks() -> Mapping[str, Mapping[str, str]]:
    """Return the networks of the table, the smallest first, with the names that each understands.

    Examples
    --------
    >>> {name: "sky" in names for name, names in networks().items()}
    {'hf:nvidia/segformer-b0-finetuned-ade-512-512': True, 'hf:facebook/mask2former-swin-tiny-coco-panoptic': True}
    """
    sets = {
        name: vocabulary([" ".join(label.split()) for label in classes.split(",")])[1]
        for name, classes in _table()["sets"].items()
    }
    return {name: sets[about["set"]] for name, about in _table()["networks"].items()}


def installed() -> list[str]:
    """List the segmenters that are there: DeepLab if LiteRT is, and models in the cache of the Hugging Face hub.

    Examples
    --------
    >>> set(installed()) <= {"deeplab", *cached()}
    True
    """
    return ["deeplab"] * bool(segmenters.model_of("auto")) + cached()


def by_network() -> dict[str, list[str]]:
    """List the words that each segmenter knows: of DeepLab, of models in the hub's cache, and of those in the table.

    Examples
    --------
    >>> by_network()["deeplab"][:3]
    ['aeroplane', 'aircraft', 'airplane']
    """
    names = {"deeplab": NAMES, **networks()}
    names |= {name: segmenters.known_names(name) or {} for name in cached()}
    return {name: sorted(word for word in {*known(), *own} if labels_of(word, own)) for name, own in names.items()}


def labels_of(word: str, names: Mapping[str, str]) -> list[str]:
    """Return the labels of a segmenter that a word stands for.

    Parameters
    ----------
    word : str
        A word as region expressions spell it, in the singular or the plural.
    names : mapping of str to str
        Every name that the segmenter understands, with its label; see `Segmenter.names`.

    Returns
    -------
    list of str
        Labels, the word's own first; empty if the segmenter knows nothing of the kind.

    Examples
    --------
    >>> labels_of("water", {"sky": "sky", "sea": "sea", "lake": "lake"})
    ['sea', 'lake']
    >>> labels_of("trees", {"tree": "tree"}), labels_of("tree", {"sky": "sky"})
    (['tree'], [])
    """
    for spelling in [word] if word in known() else [word, *singular(word)]:
        own = [names[spelling]] if spelling in names else []
        # A synonym of the network counts for the word itself only: DeepLab's potted plants are called plants as well,
        # but they are not the plants of a landscape.
        others = [label for label in _classes(spelling) if names.get(label) == label]
        if found := list(dict.fromkeys(own + others)):
            return found
    return []


def singular(word: str) -> list[str]:
    """Return the words of which a word may be the plural.

    Examples
    --------
    >>> singular("trees"), singular("skies"), singular("sky")
    (['tree', 'tre'], ['skie', 'ski', 'sky'], [])
    """
    if len(word) < 3 or not word.endswith("s"):
        return []
    return [word[:-1]] + [word[:-2]] * word.endswith("es") + [f"{word[:-3]}y"] * word.endswith("ies")


def segmenter_for(word: str, segmenter: str = "auto") -> str:
    """Choose the segmenter that finds a word.

    "auto" is DeepLab for all that it knows. For other words it is a model in the cache of the Hugging Face hub, if one
    there knows the word: with a hundred labels or more if possible, since those are for photos of all kinds, and then
    the smallest. Nothing is downloaded.

    Parameters
    ----------
    word : str
        A word that is no function.
    segmenter : str
        As for `sfumato.regions.segmenters.choose`.

    Returns
    -------
    str
        Name for `choose`; `segmenter` itself if it knows the word, if only loading it can tell, or if the word is
        unknown everywhere.

    Raises
    ------
    RegionError
        If the segmenter, or all that is installed, does not know the word, but a network of the table does.

    Examples
    --------
    >>> segmenter_for("person"), segmenter_for("person", "deeplab+crf")
    ('auto', 'deeplab+crf')
    """
    plain = segmenter.removesuffix("+crf")
    names = segmenters.known_names(segmenter)
    if names is None:
        return segmenter
    understood = bool(labels_of(word, names))
    if understood and (plain != "auto" or segmenters.model_of("auto")):
        return segmenter
    if plain == "auto":
        for name in cached():
            if labels_of(word, segmenters.known_names(name) or {}):
                return name + segmenter.removeprefix(plain)
    better = next((name for name, others in networks().items() if labels_of(word, others)), None)
    if understood or better is None:
        return segmenter
    what = "nothing that is installed knows" if plain == "auto" else f'"{plain}" does not know'
    size = _table()["networks"][better]["size"]
    there = importlib.util.find_spec("transformers") is not None
    do = "give it" if there else "install the extra huggingface, and give it"
    raise RegionError(
        f'{what} "{word}"; {better} does ({size} MB, fetched once): {do} as segmenter', option="segmenter"
    )


@lru_cache(maxsize=1)
def _table() -> dict[str, Any]:
    return tomllib.loads((resources.files("sfumato.regions") / "words.toml").read_text("utf-8"))


@lru_cache(maxsize=1)
def _meanings() -> Mapping[str, Collection[str]]:
    """Return what each word stands for, where that is more than one thing."""
    table = {**_table()["groups"], **_table()["words"]}
    return {spelled(word): [spelled(name) for name in names] for word, names in table.items()}


@lru_cache(maxsize=1)
def _synonyms() -> Mapping[str, Collection[str]]:
    """Return for each name of a thing all its names."""
    sets = [[spelled(name) for name in (first, *others)] for first, others in _table()["synonyms"].items()]
    return {name: names for names in sets for name in names}


def _classes(word: str) -> list[str]:
    """Return the classes that a word stands for, in all spellings."""
    synonyms, meanings = _synonyms(), _meanings()
    meant = [name for own in synonyms.get(word, [word]) for name in meanings.get(own, [own])]
    return [spelling for name in meant for spelling in synonyms.get(name, [name])]
