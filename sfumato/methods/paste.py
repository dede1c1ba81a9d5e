"""Cut an object out of one picture and paste it into another, such as a painting."""

from __future__ import annotations

import math
from pathlib import Path
from typing import NamedTuple, Unpack

import cv2
import numpy as np

from sfumato import blend, images
from sfumato.errors import RecipeError, RegionError
from sfumato.images import Box, Picture
from sfumato.images.resizing import shrunk
from sfumato.methods.cutout import EDGE, VISIBLE, Cutout, cut_out
from sfumato.regions import Finders, parser
from sfumato.regions.expression import Argument, Call, Length

__all__ = ["Pasted", "paste"]

# Maximum number of samples along a side of a pixel; with more, which is 256 for each pixel, nothing visible changes.
_MAX_SAMPLES = 16


class Pasted(NamedTuple):
    """A picture with a pasted object, and the mask of the object.

    Attributes
    ----------
    picture : Picture
        Equal to the painting, byte for byte, where `mask` is 0; a gray painting becomes RGB.
    mask : ndarray (H, W)
        How much of each pixel the object covers, float32 in [0, 1], of the painting's size.
    """

    picture: Picture
    mask: np.ndarray


def paste(
    object: images.Given,
    painting: images.Given,
    *,
    region: str = "subject",
    at: tuple[str | float, str | float] | str = ("50%", "50%"),
    scale: float | None = None,
    rotate: float = 0.0,
    feather: float | None = None,
    folder: str | Path | None = None,
    **finders: Unpack[Finders],
) -> Pasted:
    """Cut an object out of a picture and paste it into another, without a fringe of its old background.

    Parameters
    ----------
    object : path, PIL.Image.Image, ndarray or Picture
        Picture that contains the object. Its transparent parts stay transparent.
    painting : path, PIL.Image.Image, ndarray or Picture
        Picture to paste into. Its profile, depth, alpha and metadata are kept.
    region : str
        Where the object is: a region expression. "all" pastes the whole picture.
    at : (x, y) or text such as "60%,40%"
        Center of the object's box, to the nearest pixel: in pixels from the painting's left and upper border, or with
        "%" relative to its width and height. Parts outside the painting are cut off.
    scale : float, optional
        Fraction of the painting's width and height, above 0 and up to 1, that the object's box fits into before it is
        turned. By default the object keeps its size in pixels.
    rotate : float
        Degrees, counter-clockwise.
    feather : float, optional
        Width of a soft edge, in pixels of the painting. It lies inside the edge that hides the old background, which is
        about two of the object's own pixels wide and is the only edge by default. 0 uses the region unchanged, which
        suits mattes.
    folder : str or Path, optional
        Where to look for mask files, before the current folder.
    **finders : str
        Networks that find what the region mentions: `segmenter`, `clicker` and `text_segmenter`.

    Returns
    -------
    Pasted
        The picture, and the object's mask in it.

    Raises
    ------
    RecipeError
        If `at` is not a position, or `scale`, `rotate` or `feather` is out of range.
    RegionError
        If the region cannot be understood or selects nothing, the object is larger than the painting and there is no
        `scale`, or no part of it is visible.
    ImageError
        If a picture cannot be read.

    Notes
    -----
    At a soft edge, the object's own colors are estimated from those inside (`sfumato.blend.foreground`), since masks
    are not exact to the pixel. The alpha of a cutout is taken as exact, but not the colors at its soft edge, which may
    be mixed with black or another background (`sfumato.blend.unmatted`). Premultiplied colors are resampled once, with
    as many samples per pixel as the object shrinks by.

    Examples
    --------
    >>> red, black = np.full((20, 20, 3), (255, 0, 0), np.uint8), np.zeros((40, 60, 3), np.uint8)
    >>> pasted = paste(red, black, region="rect(5, 5, 15, 15)", at=("50%", 30), feather=0)
    >>> pasted.picture.pixels[30, 28].tolist(), float(pasted.mask.sum())
    ([255, 0, 0], 100.0)
    """
    if scale is not None and not 0 < scale <= 1:
        raise RecipeError(f"scale {scale:g} is out of range; choose more than 0 and up to 1, the painting's size")
    if not math.isfinite(rotate):
        raise RecipeError(f"rotate {rotate:g} is not an angle; give degrees")
    if feather is not None and not 0 <= feather < math.inf:
        raise RecipeError(f"feather {feather:g} is out of range; give pixels, 0 or more")
    target = images.as_picture(painting)
    place = _place(at, target)
    cutout = cut_out(images.as_picture(object), region, 0 if feather == 0 else EDGE, folder, finders)
    factor = _factor(cutout, target, scale)
    found = _laid(cutout, target, place, factor, math.radians(rotate))
    width, height = factor * cutout.extent
    if found is not None and (feather or 0) < min(width, height):
        layers, box = found
        alpha = blend.soft_edge(layers[..., 3].clip(0, 1), feather or 0, "inside")
        alpha[alpha < VISIBLE] = 0
        alpha[alpha > 1 - VISIBLE] = 1
        if alpha.any():
            colors = layers[..., :3] / np.maximum(layers[..., 3:], VISIBLE)
            mask = np.zeros(target.shape, np.float32)
            mask[box[0] : box[2], box[1] : box[3]] = alpha
            return Pasted(blend.compose(target, colors.clip(0, 1), alpha, box), mask)
    raise RegionError(
        f"no part of the object is visible: {width:.3g} x {height:.3g} pixels around ({place[0]:g}, {place[1]:g}), in a"
        f" painting of {target.width} x {target.height}; move it inside, or choose a larger scale or a smaller feather"
    )


def _place(at: tuple[str | float, str | float] | str, painting: Picture) -> np.ndarray:
    """Return x and y in pixels."""
    text = at if isinstance(at, str) else ",".join(value if isinstance(value, str) else f"{value:f}" for value in at)
    try:
        match parser.parse(f"at({text})"):
            case Call(arguments=(Argument(Length() as x, ""), Argument(Length() as y, ""))):
                lengths = zip((x, y), (painting.width, painting.height), strict=True)
                return np.array([one.value * side / 100 if one.unit == "%" else one.value for one, side in lengths])
    except RegionError:
        pass
    raise RecipeError(f"at {text!r} is not a position; give x and y, as 60%,40% or 120,80")


def _factor(cutout: Cutout, painting: Picture, scale: float | None) -> float:
    """Return the scale factor of the object."""
    room = np.array([painting.width, painting.height]) / cutout.extent
    if scale is not None:
        return float(scale * room.min())
    if room.min() < 1:
        width, height = cutout.extent
        raise RegionError(
            f"the object is {width:g} x {height:g} pixels and the painting {painting.width} x {painting.height};"
            " choose a scale, such as 0.5"
        )
    return 1.0


def _laid(
    cutout: Cutout, painting: Picture, place: np.ndarray, factor: float, angle: float
) -> tuple[np.ndarray, Box] | None:
    """Scale, turn and move the layers of an object; return the part inside the painting and its box, or None."""
    turn = factor * np.array([[math.cos(angle), math.sin(angle)], [-math.sin(angle), math.cos(angle)]])
    reach = abs(turn) @ cutout.extent / 2
    # Whole pixels keep upright edges sharp, and leave a picture that is neither scaled nor turned unchanged.
    corner = np.floor(place - reach + 0.5)
    limits = painting.width, painting.height
    left, top = (int(value) for value in np.clip(corner - 1, 0, limits))
    right, bottom = (int(value) for value in np.clip(np.ceil(corner + 2 * reach) + 1, 0, limits))
    if left >= right or top >= bottom:
        return None
    matrix = np.c_[turn, corner + reach - (left, top) - turn @ cutout.middle]
    return _warped(cutout.layers, matrix, (bottom - top, right - left), factor), (top, left, bottom, right)


def _warped(layers: np.ndarray, matrix: np.ndarray, size: tuple[int, int], factor: float) -> np.ndarray:
    """Resample layers once, with as many samples along a pixel as they shrink by; outside, they are transparent."""
    height, width = size
    samples = min(max(1, math.ceil(1 / factor - 0.1)), _MAX_SAMPLES)
    fine = samples * matrix
    # The matrix refers to pixel borders; that of OpenCV refers to pixel centers.
    fine[:, 2] += fine[:, :2].sum(1) / 2 - 0.5
    warped = cv2.warpAffine(
        layers, fine, (width * samples, height * samples), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_CONSTANT
    )
    return np.asarray(shrunk(warped, height, width), np.float32)
