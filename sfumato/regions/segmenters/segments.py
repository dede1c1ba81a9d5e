"""What a segmenter returns, and the names of its labels."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

__all__ = ["Mask", "Segmenter", "Segments", "gather", "separate", "spelled", "vocabulary"]

Mask: TypeAlias = NDArray[np.float32]

_VOID = {"", "background", "ignore", "ignored", "no_label", "none", "unlabeled", "unlabelled", "void"}
_PRESENT = 0.2  # a label must exceed this somewhere; `enlarge` turns lower values into 0
_OWN = 0.8  # minimum share of its pixels that a mask must own


@dataclass(frozen=True)
class Segments:
    """What a segmenter found in a photo, on a small grid that covers exactly the photo.

    Parameters
    ----------
    labels : mapping of str to ndarray
        The soft map of each label that is present, float32 (h, w) in [0, 1], all on the same grid. The maps sum to at
        most 1; the rest is background or other things.
    instances : tuple of (str, ndarray)
        Label and soft map of each single thing, on the same grid, the largest first. The maps sum to at most 1. Empty
        if the network does not separate things.
    """

    labels: Mapping[str, Mask]
    instances: tuple[tuple[str, Mask], ...]


class Segmenter(Protocol):
    """A network that finds things by name; call it with a photo, float32 (H, W, 3) in [0, 1]."""

    @property
    def name(self) -> str:
        """The name of the segmenter for `choose`."""

    @property
    def key(self) -> str:
        """A hash that identifies the network."""

    @property
    def names(self) -> Mapping[str, str]:
        """Every name that the segmenter understands, with synonyms, and the label that each stands for."""

    def __call__(self, photo: NDArray[np.float32]) -> Segments:
        """Find what is where in a photo."""


def vocabulary(classes: Sequence[str]) -> tuple[list[str], dict[str, str]]:
    """Turn a network's class names into labels that region expressions can use.

    The label of a class such as "Car, auto; motor-car" is its first name, "car"; the other names are synonyms. Names
    are in lower case with "_" between words, without the endings "-other", "-merged" and "-stuff" of the COCO data set.
    Background, void and similar classes have no label.

    Parameters
    ----------
    classes : sequence of str
        Names of the classes, in the network's order.

    Returns
    -------
    labels : list of str
        One label for each class, "" for background. Classes with the same name share a label.
    names : dict of str to str
        Every label and synonym, with the label it stands for. A name that is a label stands for itself; a synonym of
        several classes stands for the first.

    Examples
    --------
    >>> labels, names = vocabulary(["background", "Car, auto", "sky-other-merged", "traffic light"])
    >>> labels
    ['', 'car', 'sky', 'traffic_light']
    >>> names["auto"]
    'car'
    """
    spellings = [[spelled(name) for name in re.split("[,;]", text)] for text in classes]
    labels = ["" if first in _VOID else first for first, *_ in spellings]
    names = {label: label for label in labels if label}
    for label, synonyms in zip(labels, spellings, strict=True):
        for name in filter(None, synonyms if label else []):
            names.setdefault(name, label)
    return labels, names


def gather(maps: NDArray[np.float32], labels: Sequence[str]) -> dict[str, Mask]:
    """Return the maps of the labels that are present, by name.

    Parameters
    ----------
    maps : ndarray of float32, shape (classes, h, w)
        Values of 0 or more. Where they sum to more than 1, they are divided by their sum.
    labels : sequence of str
        Labels of the classes, as returned by `vocabulary`.

    Returns
    -------
    dict of str to ndarray
        Maps, float32 (h, w), of the labels that exceed 0.2 somewhere. They sum to at most 1.

    Examples
    --------
    >>> maps = np.float32([[[0.0]], [[1.5]], [[0.5]]])
    >>> gather(maps, ["sky", "tree", ""])
    {'tree': array([[0.75]], dtype=float32)}
    """
    total = np.maximum(maps.sum(0), 1)
    found: dict[str, Mask] = {}
    for label, values in zip(labels, maps, strict=True):
        if label:
            found[label] = found.get(label, np.float32(0)) + values / total
    return {label: np.minimum(values, 1) for label, values in found.items() if values.max() > _PRESENT}


def separate(scores: NDArray[np.float32], masks: Mask) -> list[tuple[int, Mask]]:
    """Decide which pixels belong to which of several masks that may overlap.

    Each pixel is owned by the mask with the largest product of score and value. A mask that owns less than 0.8 of its
    pixels above 0.5 duplicates others, and is dropped. Where the remaining masks overlap, each is multiplied by its
    share of the sum of these products.

    Parameters
    ----------
    scores : ndarray of float32, shape (n,)
        Confidence of each mask, above 0.
    masks : ndarray of float32, shape (n, h, w)
        Soft masks in [0, 1].

    Returns
    -------
    list of (int, ndarray)
        Index and soft mask, float32 (h, w), of each remaining mask, the largest first. The masks sum to at most 1.

    References
    ----------
    Cheng, Schwing and Kirillov, "Per-pixel classification is not all you need for semantic
    segmentation", NeurIPS 2021, section 3.4. The shares are an addition.

    Examples
    --------
    >>> for index, mask in separate(np.float32([0.6, 0.8, 0.9]), np.float32([[[1, 1, 0]], [[0, 0, 1]], [[1, 1, 0.2]]])):
    ...     print(index, mask.round(3))
    2 [[1.    1.    0.037]]
    1 [[0.    0.    0.816]]
    """
    if not len(masks):
        return []
    weighted = masks * scores[:, None, None]
    inside = masks > 0.5
    owned = inside & (np.argmax(weighted, 0) == np.arange(len(masks))[:, None, None])
    area, own = inside.sum((1, 2)), owned.sum((1, 2))
    kept = [n for n in range(len(masks)) if own[n] and own[n] >= _OWN * area[n]]
    total = np.maximum(weighted[kept].sum(0), np.finfo(np.float32).tiny)
    kept.sort(key=lambda n: -int(own[n]))
    return [(n, masks[n] * (weighted[n] / total)) for n in kept]


def spelled(name: str) -> str:
    """Return a class name as region expressions spell it.

    Examples
    --------
    >>> spelled("Traffic light"), spelled("sky-other-merged"), spelled("3D screen")
    ('traffic_light', 'sky', 'label_3d_screen')
    """
    plain = re.sub(r"(-(other|merged|stuff))+$", "", name.strip().lower())
    plain = re.sub(r"\W+", "_", plain).strip("_")
    return f"label_{plain}" if plain[:1].isdigit() else plain
