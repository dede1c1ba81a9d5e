"""Find things in a photo by name: the labels, and the single things, that a segmenter finds."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Sequence
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sfumato import images
from sfumato.arrays import as_float_image, checked
from sfumato.errors import RegionError, warn
from sfumato.regions import segmenters, words
from sfumato.regions.cache import remembered
from sfumato.regions.segmenters import Segmenter, Segments
from sfumato.regions.things import faces_in, full, instances

__all__ = ["find", "label", "listed", "look"]

Mask = NDArray[np.float32]

# A label is in a photo if its probability exceeds this somewhere. Networks see a little of everything everywhere.
_THERE = 0.5

_LISTED = 25  # maximum number of names in a message


def find(photo: str | Path | NDArray[np.float32], segmenter: str = "auto", *, fetch: bool = True) -> dict[str, Mask]:
    """Find what is in a photo.

    Parameters
    ----------
    photo : path or ndarray
        A file, or an image (H, W, 3) in [0, 1].
    segmenter : str
        See `sfumato.regions.segmenters.choose`.
    fetch : bool
        Fetch the networks that find faces, which tell people apart who touch; if false, use them if they are there.

    Returns
    -------
    dict of str to ndarray
        A soft mask, float32 (H, W), for each label, the largest first. If there are several things of a label, their
        masks follow, such as "person#1".

    Raises
    ------
    ImageError
        If the photo cannot be read, or the array is not an image.
    ModelError
        If there is no such segmenter.

    Examples
    --------
    >>> masks = find("photo.jpg")  # doctest: +SKIP
    >>> list(masks)  # doctest: +SKIP
    ['person', 'person#1', 'person#2', 'dog']
    """
    image = images.load(photo).rgb() if isinstance(photo, str | Path) else as_float_image(photo, "the photo")
    network = segmenters.choose(segmenter)
    seen = look(image, network)
    labels = {name: words.labels_of(name, network.names) for name in seen.labels}
    masks = {name: _mask(labels[name], seen, image) for name in seen.labels}
    found: dict[str, Mask] = {}
    for name in sorted((name for name in masks if masks[name].any()), key=lambda name: -float(masks[name].sum())):
        found[name] = masks[name]
        parts = instances(labels[name], seen, image, masks[name], partial(faces_in, fetch=fetch))
        if len(parts) > 1:
            found |= {f"{name}#{number}": part for number, part in enumerate(parts, start=1)}
    return found


def look(photo: NDArray[np.float32], segmenter: Segmenter) -> Segments:
    """Return what a segmenter finds in a photo, or the cached result, without labels that are unlikely everywhere.

    Parameters
    ----------
    photo : ndarray of float32, shape (H, W, 3)
        sRGB in [0, 1].
    segmenter : Segmenter
        See `sfumato.regions.segmenters.choose`.

    Returns
    -------
    Segments
        Small soft maps.
    """

    def ask() -> dict[str, Mask]:
        found = segmenter(photo)
        flat = {f"label {name}": small for name, small in found.labels.items()}
        flat |= {f"{number} {name}": small for number, (name, small) in enumerate(found.instances)}
        return flat

    flat = remembered(photo, f"segmenter {segmenter.key}", ask)
    labels: dict[str, Mask] = {}
    things: list[tuple[str, Mask]] = []
    for entry, small in flat.items():
        kind, _, name = entry.partition(" ")
        if kind == "words":
            continue  # written by earlier versions
        if kind == "label":
            if small.max() > _THERE:
                labels[name] = small
        else:
            things.append((name, small))
    return Segments(labels, tuple(thing for thing in things if thing[0] in labels))


@checked("photo")
def label(name: str, *, photo: NDArray[np.float32], segmenter: str = "auto", number: int | None = None) -> Mask:
    """Find everything of a label in a photo, or one thing of that label.

    Parameters
    ----------
    name : str
        A label, or one of its synonyms.
    photo : ndarray of float32, shape (H, W, 3)
        sRGB in [0, 1].
    segmenter : str
        See `sfumato.regions.segmenters.choose`.
    number : int, optional
        Number of the thing, starting with 1 for the largest; by default, all of the label.

    Returns
    -------
    ndarray
        Soft mask, float32 (H, W).

    Raises
    ------
    RegionError
        If the segmenter does not know the name, or the photo has nothing of that label, or fewer things than `number`.
    ModelError
        If there is no such segmenter.

    Warns
    -----
    SfumatoWarning
        If another segmenter than DeepLab was chosen for the word.

    Examples
    --------
    >>> label("person", photo=photo, number=2)  # doctest: +SKIP
    """
    chosen = words.segmenter_for(name, segmenter)
    if chosen != segmenter:
        warn(f"{name!r} is found by {chosen}; the option segmenter selects another")
    network = segmenters.choose(chosen)
    known = words.labels_of(name, network.names)
    if not known:
        near = difflib.get_close_matches(name, network.names, 1, 0.7)
        question = f"did you mean {near[0]!r}? " if near else ""
        labels = sorted(set(network.names.values()))
        raise RegionError(f"{network.name} has no label {name!r}; {question}it knows {listed(labels)}")
    seen = look(photo, network)
    mask = _mask(known, seen, photo)
    meant = known[0] if len(known) == 1 else name
    if not mask.any():
        others = [other for other in seen.labels if other not in known]
        there = f"it finds {', '.join(others)}" if others else "and none of its other labels"
        raise RegionError(f"{network.name} finds no {meant} in this photo; {there}")
    if number is None:
        return mask
    parts = instances(known, seen, photo, mask)
    if not 1 <= number <= len(parts):
        raise RegionError(
            f"there is no {meant}#{number} in this photo: {network.name} finds {len(parts)}, and #1 is the largest"
        )
    return parts[number - 1]


def listed(names: Collection[str]) -> str:
    """Join names for a message; if there are very many, only the first.

    Examples
    --------
    >>> listed(["cat", "dog"]), listed("abcdefghijklmnopqrstuvwxyz")[-19:]
    ('cat, dog', 'w, x, y, and 1 more')
    """
    more = f", and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
    return ", ".join(list(names)[:_LISTED]) + more


def _mask(labels: Sequence[str], seen: Segments, photo: NDArray[np.float32]) -> Mask:
    """Return the mask of all labels that a word stands for, which add up; all 0 if none is in the photo."""
    maps = [seen.labels[label] for label in labels if label in seen.labels]
    if not maps:
        return np.zeros(photo.shape[:2], np.float32)
    return full(labels, np.minimum(np.sum(maps, axis=0), 1, dtype=np.float32) if len(maps) > 1 else maps[0], photo)
