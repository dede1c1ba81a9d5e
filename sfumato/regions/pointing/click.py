"""Find the thing at a click."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from sfumato import models
from sfumato.arrays import checked
from sfumato.errors import RegionError
from sfumato.images import Box
from sfumato.images.boxes import bounding_box, slices
from sfumato.images.resizing import at_most
from sfumato.regions.cache import remembered
from sfumato.regions.pointing.alike import alike
from sfumato.regions.pointing.candidates import Candidate, best, candidates, overlap
from sfumato.regions.pointing.crops import COARSE, FINE, Look, Mask, around, look, squares
from sfumato.regions.pointing.segment_anything import segment_anything
from sfumato.regions.pointing.walker import corrected
from sfumato.regions.refine import stretch
from sfumato.regions.segmenters import enlarge
from sfumato.regions.strands import strands

__all__ = ["Points", "click"]

#: Places as (x, y) in pixels.
Points: TypeAlias = Sequence[tuple[float, float]]

_COPY = 448  # longer side of the copy that candidates are compared in
_WALKED = 192  # longer side of the copy that is corrected
_MARGIN = 0.25  # around the chosen thing, for a last look
_SAME = 0.5  # overlap from which the last look shows the thing that was chosen
_DECIDED = 0.25  # values up to this become 0, and those from 1 minus this become 1


@checked("photo")
def click(points: Points, *, photo: NDArray[np.float32], drop: Points = (), clicker: str = "auto") -> Mask:
    """Find the thing at a click.

    A saliency network looks at the photo and at squares around the first click. In a square, a thing that is small in
    the photo becomes the subject. Each square shows something at the click; the choice is the one that two others agree
    with, whose map is decided, and which does not touch its square's border. The network looks at this once more,
    larger. Where it shows nothing at the click, such as in a sky, the mask is what is connected and looks alike.

    Further clicks correct the mask: those that are right already change nothing, and the others spread over what looks
    like them. What the network saw is kept, so that they take a fraction of the time.

    Parameters
    ----------
    points : sequence of (x, y)
        Clicks on the thing, in pixels from the left and the top; one or more.
    photo : ndarray of float32, shape (H, W, 3)
        sRGB in [0, 1].
    drop : sequence of (x, y)
        Clicks on what does not belong to it.
    clicker : str
        "auto" for this method, or "hf:ORG/NAME" or a folder with a Segment Anything model.

    Returns
    -------
    ndarray of float32, shape (H, W)
        Mask in [0, 1].

    Raises
    ------
    RegionError
        If there is no click, or one is not in the picture.
    ModelError
        If the network file "u2netp" is not in the model store and cannot be fetched; or if the Segment Anything model
        cannot be used.

    References
    ----------
    Qin et al., "U2-Net: Going deeper with nested U-structure for salient object detection", Pattern Recognition 106,
    2020, for the network; Grady, "Random walks for image segmentation", TPAMI 28(11), 2006, for corrections.

    Examples
    --------
    >>> photo = np.full((120, 160, 3), 0.8, np.float32)
    >>> photo[40:80, 50:110] = 0.9, 0.1, 0.1
    >>> mask = click([(80, 60)], photo=photo)
    >>> float(mask[60, 80]), float(mask[10, 10])
    (1.0, 0.0)
    """
    if not len(points):
        raise RegionError("click needs a place on the thing; give x and y")
    for x, y in (*points, *drop):
        if not (0 <= x <= photo.shape[1] and 0 <= y <= photo.shape[0]):
            sides = f"{photo.shape[1]} x {photo.shape[0]}"
            raise RegionError(f"click needs a place in the picture, {sides} pixels, got ({x:g}, {y:g})")
    photo = np.asarray(photo, np.float32)
    if clicker != "auto":
        masks, scores = segment_anything(clicker)(photo, points, drop)
        return enlarge(masks[int(scores.argmax())], photo)
    mask = _first(photo, points[0])
    wrong = any(_at(mask, place) <= 0.5 for place in points) or any(_at(mask, place) > 0.5 for place in drop)
    return _corrected(mask, photo, points, drop) if wrong else mask


def _first(photo: NDArray[np.float32], place: tuple[float, float]) -> Mask:
    """Return the thing at the first click."""
    small = at_most(photo, _COPY)
    size = small.shape[0], small.shape[1]
    there = place[0] * size[1] / photo.shape[1], place[1] * size[0] / photo.shape[0]
    found: list[Candidate] = []
    for small_ones in (False, True):
        boxes = squares(*place, photo.shape, small=small_ones)
        found = found or candidates(_looks(photo, boxes, COARSE), there, photo.shape, size)
    if not found:
        return alike(place, photo=photo)
    seen = _last_look(photo, best(found), size)
    mask = np.zeros(photo.shape[:2], np.float32)
    part = photo[slices(seen.box)]
    mask[slices(seen.box)] = strands(enlarge(stretch(seen.map, _DECIDED), part), part)
    return mask


def _looks(photo: NDArray[np.float32], boxes: Sequence[Box], side: int) -> list[Look]:
    """Return what the network sees in parts of a photo, or saw before."""

    def ask() -> dict[str, Mask]:
        return {str(number): look(photo, box, side).map for number, box in enumerate(boxes)}

    seen = remembered(photo, f"crops {models.MODELS['u2netp'].sha256} {side} {boxes}", ask)
    return [Look(box, seen[str(number)]) for number, box in enumerate(boxes)]


def _last_look(photo: NDArray[np.float32], chosen: Candidate, size: tuple[int, int]) -> Look:
    """Look at the chosen thing once more, larger, and keep only it of what is seen."""
    box = bounding_box(chosen.mask)
    assert box is not None
    scale = photo.shape[0] / size[0], photo.shape[1] / size[1]
    box = round(box[0] * scale[0]), round(box[1] * scale[1]), round(box[2] * scale[0]), round(box[3] * scale[1])
    (seen,) = _looks(photo, [around(box, photo.shape, margin=_MARGIN)], FINE)
    # If it shows something else, what was chosen stays.
    for each in (seen, chosen.look):
        side = each.map.shape[0], each.map.shape[1]
        wanted = _cropped(chosen.mask, each.box, photo.shape, side)
        kept = _only(each.map, wanted)
        if overlap(kept > 0.5, wanted) > _SAME:
            break
    return Look(each.box, kept)


def _cropped(mask: NDArray[np.bool_], box: Box, shape: tuple[int, ...], side: tuple[int, int]) -> NDArray[np.bool_]:
    """Return the part of a mask of the whole photo that lies in a box, at the size of a map."""
    height, width = mask.shape
    rows = (np.arange(side[0]) + 0.5) * (box[2] - box[0]) / side[0] + box[0]
    columns = (np.arange(side[1]) + 0.5) * (box[3] - box[1]) / side[1] + box[1]
    at = (rows * height / shape[0]).astype(int), (columns * width / shape[1]).astype(int)
    return mask[np.ix_(at[0].clip(0, height - 1), at[1].clip(0, width - 1))]


def _only(values: Mask, wanted: NDArray[np.bool_]) -> Mask:
    """Keep the parts of a map that mostly lie in a mask, or else the largest; soft pixels go with the nearest part."""
    number, parts = cv2.connectedComponents((values > 0.5).astype(np.uint8))
    inside = np.bincount(parts[wanted], minlength=number)
    inside[0] = 0
    share = inside / np.maximum(1, np.bincount(parts.ravel(), minlength=number))
    kept = np.flatnonzero(share > 0.5)
    kept = kept if len(kept) else np.array([int(inside.argmax())])
    _, places = cv2.distanceTransformWithLabels(
        (parts == 0).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5, labelType=cv2.DIST_LABEL_PIXEL
    )
    owner = np.zeros(int(places.max()) + 1, parts.dtype)
    owner[places[parts > 0]] = parts[parts > 0]
    return np.where(np.isin(owner[places], kept), values, np.float32(0))


def _corrected(mask: Mask, photo: NDArray[np.float32], points: Points, drop: Points) -> Mask:
    """Correct a mask at the places that were clicked, on a small copy of what is around it and them."""
    marked = mask > 0.5
    for x, y in (*points, *drop):
        marked[_index(marked, (x, y))] = True
    found = bounding_box(marked)
    assert found is not None
    box = around(found, photo.shape, margin=_MARGIN)
    part, prior = photo[slices(box)], mask[slices(box)]
    tiny = at_most(part, _WALKED)
    prior = cv2.resize(prior, tiny.shape[1::-1], interpolation=cv2.INTER_AREA).astype(np.float32)
    factor = tiny.shape[1] / part.shape[1], tiny.shape[0] / part.shape[0]
    marks = [[((x - box[1]) * factor[0], (y - box[0]) * factor[1]) for x, y in places] for places in (points, drop)]
    result = np.zeros_like(mask)
    result[slices(box)] = enlarge(corrected(prior, np.asarray(tiny, np.float32), *marks), part)
    return result


def _at(mask: Mask, place: tuple[float, float]) -> float:
    return float(mask[_index(mask, place)])


def _index(values: NDArray[np.generic], place: tuple[float, float]) -> tuple[int, int]:
    """Return row and column of the pixel at a place."""
    return min(int(place[1]), values.shape[0] - 1), min(int(place[0]), values.shape[1] - 1)
