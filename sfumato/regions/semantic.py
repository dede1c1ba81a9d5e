"""Find things in a photo by name: the labels, and the single things, that a segmenter finds."""

from __future__ import annotations

import difflib
from collections.abc import Collection
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from sfumato import images
from sfumato.arrays import as_float_image, checked
from sfumato.errors import RegionError
from sfumato.regions import segmenters
from sfumato.regions.cache import remembered
from sfumato.regions.segmenters import Segmenter, Segments, enlarge
from sfumato.regions.strands import strands

__all__ = ["find", "instances", "label", "listed", "look"]

Mask = NDArray[np.float32]

# A label is in a photo if its probability exceeds this somewhere. Networks see a little of everything everywhere.
_THERE = 0.5

# Parts that are joined by values above this are one thing: within a thing, a mask may vary around 0.5.
_JOINED = 0.3

# Minimum area of a separate part, as a share of the label's largest part; smaller ones are not things of their own.
_CRUMB = 0.02

# Labels whose edges may be hair, fur or feathers: those of PASCAL VOC, and what else common networks know.
_WITH_HAIR = {"person", "bird", "cat", "dog", "horse", "sheep", "cow", "animal", "bear"}

_LISTED = 25  # maximum number of names in a message


def find(photo: str | Path | NDArray[np.float32], segmenter: str = "auto") -> dict[str, Mask]:
    """Find what is in a photo.

    Parameters
    ----------
    photo : path or ndarray
        A file, or an image (H, W, 3) in [0, 1].
    segmenter : str
        See `sfumato.regions.segmenters.choose`.

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
    seen = look(image, segmenters.choose(segmenter))
    masks = {name: _full(name, small, image) for name, small in seen.labels.items()}
    found: dict[str, Mask] = {}
    for name in sorted((name for name in masks if masks[name].any()), key=lambda name: -float(masks[name].sum())):
        found[name] = masks[name]
        parts = instances(name, seen, image, masks[name])
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

    Examples
    --------
    >>> label("person", photo=photo, number=2)  # doctest: +SKIP
    """
    network = segmenters.choose(segmenter)
    known = network.names.get(name)
    if known is None:
        near = difflib.get_close_matches(name, network.names, 1, 0.7)
        question = f"did you mean {near[0]!r}? " if near else ""
        labels = sorted(set(network.names.values()))
        raise RegionError(f"{network.name} has no label {name!r}; {question}it knows {listed(labels)}")
    seen = look(photo, network)
    mask = _full(known, seen.labels[known], photo) if known in seen.labels else None
    if mask is None or not mask.any():
        others = [other for other in seen.labels if other != known]
        there = f"it finds {', '.join(others)}" if others else "and none of its other labels"
        raise RegionError(f"{network.name} finds no {known} in this photo; {there}")
    if number is None:
        return mask
    parts = instances(known, seen, photo, mask)
    if not 1 <= number <= len(parts):
        raise RegionError(
            f"there is no {known}#{number} in this photo: {network.name} finds {len(parts)}, and #1 is the largest"
        )
    return parts[number - 1]


def instances(name: str, seen: Segments, photo: NDArray[np.float32], mask: Mask) -> list[Mask]:
    """Separate the single things of a label, the largest first.

    They are the network's instances if it finds any, else the connected parts of the mask.

    Parameters
    ----------
    name : str
        A label of `seen`.
    seen : Segments
        What `look` found.
    photo : ndarray of float32, shape (H, W, 3)
        sRGB in [0, 1].
    mask : ndarray of float32, shape (H, W)
        All of the label, enlarged.

    Returns
    -------
    list of ndarray
        Soft masks, float32 (H, W). None is empty unless `mask` is.

    Examples
    --------
    >>> small = np.zeros((8, 12), np.float32)
    >>> small[2:6, 1:3], small[2:6, 6:11] = 1, 1
    >>> photo = np.repeat(small[..., None], 3, axis=2)
    >>> [int(part.sum()) for part in instances("dog", Segments({"dog": small}, ()), photo, small)]
    [20, 8]
    """
    things = [_full(name, small, photo) for thing, small in seen.instances if thing == name]
    things = [thing for thing in things if thing.any()] or _connected(mask)
    return sorted(things, key=lambda thing: -float(thing.sum()))


def listed(names: Collection[str]) -> str:
    """Join names for a message; if there are very many, only the first.

    Examples
    --------
    >>> listed(["cat", "dog"]), listed("abcdefghijklmnopqrstuvwxyz")[-19:]
    ('cat, dog', 'w, x, y, and 1 more')
    """
    more = f", and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
    return ", ".join(list(names)[:_LISTED]) + more


def _full(name: str, small: Mask, photo: NDArray[np.float32]) -> Mask:
    """Enlarge the map of a label to the photo's size."""
    mask = enlarge(small, photo)
    return strands(mask, photo) if name in _WITH_HAIR else mask


def _connected(mask: Mask) -> list[Mask]:
    """Split a mask into its connected parts. Soft pixels go to the nearest part."""
    _, parts = cv2.connectedComponents((mask > _JOINED).astype(np.uint8))
    areas = np.bincount(parts[mask > _THERE], minlength=1)
    large = np.flatnonzero(areas > _CRUMB * areas.max())
    if len(large) < 2:
        return [mask]
    kept = np.isin(parts, large)
    # Find each pixel's nearest pixel in a part, and from it the nearest part.
    _, places = cv2.distanceTransformWithLabels(
        (~kept).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5, labelType=cv2.DIST_LABEL_PIXEL
    )
    owner = np.zeros(int(places.max()) + 1, parts.dtype)
    owner[places[kept]] = parts[kept]
    nearest_part = owner[places]
    return [np.where(nearest_part == n, mask, np.float32(0)) for n in large]
