"""Tell the single things of a label apart: by the network, by what is connected, by waists, and by faces."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from sfumato import models
from sfumato.errors import ModelError, warn
from sfumato.regions import words
from sfumato.regions.faces.masks import OVAL
from sfumato.regions.faces.search import Face, find_faces
from sfumato.regions.segmenters import Segments, enlarge
from sfumato.regions.splitting import JOINED, SIDE, divide, reduced, waists
from sfumato.regions.strands import strands

__all__ = ["connected", "faces_in", "full", "instances"]

Mask = NDArray[np.float32]

# Minimum value of a mask somewhere in a thing.
_THERE = 0.5

# Minimum area of a separate part, as a share of the label's largest part; smaller ones are not things of their own.
_CRUMB = 0.02

# Groups of labels whose things are compact: in one of them, a waist shows that there are two.
_COMPACT = ("animal", "vehicle")

# Length and half the width of the seed below a chin, as a fraction of the face's height and width.
_CHEST, _CHEST_WIDTH = 1.0, 0.35
_TOP, _CHIN = 10, 152  # points of the mesh

# Labels whose edges may be hair, fur or feathers: those of PASCAL VOC, and what else common networks know.
_WITH_HAIR = {"person", "bird", "cat", "dog", "horse", "sheep", "cow", "animal", "bear"}


def full(labels: Iterable[str], small: Mask, photo: NDArray[np.float32]) -> Mask:
    """Enlarge the map of labels, (h, w), to the photo's size; edges of people and animals follow their hair."""
    mask = enlarge(small, photo)
    return strands(mask, photo) if _WITH_HAIR.intersection(labels) else mask


def faces_in(photo: NDArray[np.float32], *, fetch: bool = True) -> list[Face]:
    """Find the faces in a photo (H, W, 3); none if the networks for it are not available, or not to be fetched."""
    if not fetch and any(models.state(name) != "ready" for name in ("face-detection", "face-mesh")):
        return []
    try:
        return find_faces(photo)
    except ModelError:
        return []


def instances(
    labels: Sequence[str],
    seen: Segments,
    photo: NDArray[np.float32],
    mask: Mask,
    faces: Callable[[NDArray[np.float32]], Sequence[Face]] = faces_in,
) -> list[Mask]:
    """Separate the single things of some labels, the largest first.

    They are the network's instances if it finds any, else the connected parts of the mask. A part is divided further
    where that can be known: people, animals and cars at a waist (see `splitting.waists`), and people by their faces.
    The cut follows the edges of the photo.

    Parameters
    ----------
    labels : sequence of str
        Labels of `seen`.
    seen : Segments
        What `look` found.
    photo : ndarray of float32, shape (H, W, 3)
        sRGB in [0, 1].
    mask : ndarray of float32, shape (H, W)
        All of the labels, enlarged.
    faces : callable, optional
        Returns the faces in a photo; asked for people only.

    Returns
    -------
    list of ndarray
        Soft masks, float32 (H, W). None is empty unless `mask` is.

    Warns
    -----
    SfumatoWarning
        If people touch, as their faces show, and cannot be told apart.

    Examples
    --------
    >>> small = np.zeros((8, 12), np.float32)
    >>> small[2:6, 1:3], small[2:6, 6:11] = 1, 1
    >>> photo = np.repeat(small[..., None], 3, axis=2)
    >>> [int(part.sum()) for part in instances(["dog"], Segments({"dog": small}, ()), photo, small)]
    [20, 8]
    """
    things = [full([thing], small, photo) for thing, small in seen.instances if thing in labels]
    things = [thing for thing in things if thing.any()]
    if not things:
        cores = _cores(labels, seen, photo.shape)
        people = faces(photo) if "person" in labels else []
        things = [part for each in connected(mask) for part in _divided(each, photo, cores, people)]
    return sorted(things, key=lambda thing: -float(thing.sum()))


def connected(mask: Mask) -> list[Mask]:
    """Split a mask into its connected parts. Soft pixels go to the nearest part.

    Parameters
    ----------
    mask : ndarray of float32, shape (H, W)
        In [0, 1].

    Returns
    -------
    list of ndarray
        Masks, float32 (H, W), which sum to the mask. Parts of less than 2 % of the largest belong to the nearest one.

    Examples
    --------
    >>> [part.tolist() for part in connected(np.float32([[1, 1, 0, 0.2, 1]]))]
    [[[1.0, 1.0, 0.0, 0.0, 0.0]], [[0.0, 0.0, 0.0, 0.20000000298023224, 1.0]]]
    """
    _, parts = cv2.connectedComponents((mask > JOINED).astype(np.uint8))
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


def _cores(labels: Sequence[str], seen: Segments, shape: tuple[int, ...]) -> NDArray[np.int32] | None:
    """Return the cores of things that touch at a waist, on the grid; None if single things may have waists as well.

    Networks take half of a dog for a sheep, so animals are looked at together. Enlarged masks have dents where a thing
    has the color of its surroundings, so the network's own map is looked at.
    """
    groups = words.groups()
    alike = next((groups[name] for name in _COMPACT if set(labels) <= set(groups[name])), None)
    if alike is None and set(labels) != {"person"}:
        return None
    maps = [small for label, small in seen.labels.items() if label in (alike or labels)]
    return waists(reduced(np.minimum(np.sum(maps, axis=0, dtype=np.float32), 1), shape))


def _divided(
    part: Mask, photo: NDArray[np.float32], cores: NDArray[np.int32] | None, faces: Sequence[Face]
) -> list[Mask]:
    """Divide a connected part between its cores, and each core between its faces if it has several."""
    from scipy import ndimage

    small = reduced(part)
    inside = small > JOINED
    seeds = np.zeros(small.shape, np.int32)
    for number in np.unique(cores[inside & (cores > 0)]) if cores is not None else ():
        if inside[cores == number].mean() > _THERE:
            seeds[inside & (cores == number)] = number
    scale = SIDE / max(part.shape)
    heads = [(oval, chest) for oval, chest in (_drawn(face, scale, small.shape) for face in faces) if _in(oval, inside)]
    if seeds.any():
        rows, columns = ndimage.distance_transform_edt(seeds == 0, return_distances=False, return_indices=True)
        nearest = seeds[rows, columns]
    else:
        nearest = seeds
    owners = [int(np.bincount(nearest[oval]).argmax()) for oval, _ in heads]
    several = {owner for owner in owners if owners.count(owner) > 1}
    seeds[np.isin(seeds, list(several))] = 0
    numbers = [
        len(heads) + int(seeds.max()) + n if owner in several else owner for n, owner in enumerate(owners, start=1)
    ]
    for number, (_, chest) in zip(numbers, heads, strict=True):
        seeds[chest & inside] = number
    for number, (oval, _) in zip(numbers, heads, strict=True):  # a face goes before the chest of another
        seeds[oval & inside] = number
    found = divide(part, photo, seeds)
    if found is None and several:
        warn(f"{len(heads)} people touch in this photo and cannot be told apart; they count as one")
    return [each for each in found or [part] if each.any()] or [part]


def _drawn(face: Face, scale: float, shape: tuple[int, ...]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return what a face covers on the grid, and a stripe below its chin, which is the chest."""
    points = face.points * scale
    down = points[_CHIN] - points[_TOP]
    across = np.array([-down[1], down[0]]) / max(float(np.hypot(*down)), 1e-6)
    oval = points[list(OVAL)]
    half = across * np.ptp(oval @ across) * _CHEST_WIDTH
    chin, end = points[_CHIN], points[_CHIN] + _CHEST * down
    stripe = np.array([chin - half, chin + half, end + half, end - half])
    drawn = [cv2.fillPoly(np.zeros(shape, np.uint8), [np.rint(each).astype(np.int32)], 1) for each in (oval, stripe)]
    return drawn[0] > 0, drawn[1] > 0


def _in(oval: NDArray[np.bool_], inside: NDArray[np.bool_]) -> bool:
    """Tell whether most of a face lies in a part."""
    return bool(oval.any()) and float(inside[oval].mean()) > _THERE
