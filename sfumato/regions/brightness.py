"""Interpret a picture as a mask: white where to restyle, or one of the other forms that people and programs use."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sfumato import images
from sfumato.errors import RegionError
from sfumato.images import Picture

__all__ = ["meant", "voc_colors"]

_LUMA = np.array([0.2126, 0.7152, 0.0722])  # ITU-R BT.709, applied to the coded values
_FRINGE = 12.5 / 255  # 12 levels, with rounding

# A style is invisible if the mask's brightest value is below the first, and hardly visible if it is below the second.
_FAINT, _DIM = 1 / 16, 1 / 8

# Minimum saturation of a colored pixel (brightest minus darkest channel, divided by the brightest), and minimum share
# of colored pixels, among those that are not black, in a picture in color.
_SATURATED, _COLORED = 0.25, 0.01

# An object cut out along its alpha has at least a tint; masks are painted in exact grays. Minimum difference of the
# channels of a tinted pixel, and minimum share of tinted pixels in an object.
_TINTED, _CUTOUT = 8 / 255, 0.02

# Maximum number of colors in a label map, and maximum difference of shades of one color in the share of each channel.
_LABELS, _ALIKE = 24, 0.1


def meant(picture: Picture, name: str) -> tuple[NDArray[np.float32], str]:
    """Return the mask that a picture means.

    Parameters
    ----------
    picture : Picture
        A picture, as read from a file.
    name : str
        Name of the file, for messages.

    Returns
    -------
    mask : ndarray (H, W)
        float32 in [0, 1].
    note : str
        What the user should know about the interpretation; often empty.

    Raises
    ------
    RegionError
        If the picture is too dark to have a visible effect, or is in color and nowhere black.

    Examples
    --------
    >>> meant(images.from_array(np.array([[0, 128, 255]], np.uint8)), "a.png")[0].round(2)
    array([[0. , 0.5, 1. ]], dtype=float32)
    """
    rgb, opacity = picture.rgb(), _opacity(picture)
    mask, note = np.asarray(rgb @ _LUMA, np.float32), ""
    if opacity is not None:
        mask, note = _with_opacity(rgb, mask, opacity, name)
    elif picture.space != "gray":
        mask, note = _in_color(picture, rgb, mask, name)
    limit = int(np.iinfo(picture.pixels.dtype).max)
    brightest = round(float(mask.max()) * limit)
    if 0 < brightest < _FAINT * limit:
        raise RegionError(
            f"mask {name!r} is nearly black: its brightest value is {brightest} of {limit}, too little to be seen;"
            f" multiply its values by {limit // brightest}, or paint white where to restyle"
        )
    if 0 < brightest < _DIM * limit:
        note = f"mask {name!r} is dark: its brightest value is {brightest} of {limit}, and no more of a style shows"
    if picture.format == "JPEG":
        mask[mask <= _FRINGE] = 0
        mask[mask >= 1 - _FRINGE] = 1
    return mask, note


def _opacity(picture: Picture) -> NDArray[np.float32] | None:
    """Return a picture's opacity, or None if it is opaque everywhere."""
    if picture.alpha is None:
        return None
    opacity = np.asarray(picture.alpha / np.float32(np.iinfo(picture.alpha.dtype).max), np.float32)
    return None if opacity.min() == 1 else opacity


def _with_opacity(
    rgb: np.ndarray, luma: NDArray[np.float32], opacity: NDArray[np.float32], name: str
) -> tuple[NDArray[np.float32], str]:
    """Multiply brightness by opacity, or use opacity alone for a cut-out object or its black silhouette."""
    tinted = np.ptp(rgb, axis=-1) > _TINTED
    product = luma * opacity
    seen = float(opacity.sum(dtype=float))
    if (tinted * opacity).sum(dtype=float) > _CUTOUT * seen or product.max() < _FAINT <= opacity.max():
        return opacity, f"mask {name!r} has transparent parts: its opacity counts, and not its colors"
    return product, ""


def _in_color(
    picture: Picture, rgb: np.ndarray, luma: NDArray[np.float32], name: str
) -> tuple[NDArray[np.float32], str]:
    """Use the brightest channel of colors, or 1 for the colors of a label map; leave grays unchanged."""
    labels = f"mask {name!r} is a label map: all of it that is not black counts in full"
    numbers = images.numbers_of(picture)
    if numbers is not None and numbers.palette is not None:
        most = int(numbers.values.max())
        if most and np.array_equal(numbers.palette[: most + 1], voc_colors(most + 1)):
            return (numbers.values > 0).astype(np.float32), labels
    value = rgb.max(-1)
    bright = value > _FAINT
    colored = bright & (value - rgb.min(-1) > _SATURATED * value)
    if np.count_nonzero(colored) <= _COLORED * np.count_nonzero(bright):
        return luma, ""
    if _are_labels(rgb[bright]):
        mask, note = bright.astype(np.float32), labels
    else:
        mask = np.asarray(value / value.max(), np.float32)
        note = f"mask {name!r} is in color: it counts by its brightest channel, and the brightest pixel in full"
    if mask.min() > 0.5 and np.ptp(rgb, axis=(0, 1)).max() > _TINTED:
        raise RegionError(
            f"mask {name!r} is in color and nowhere black, so it does not say where: paint white where to restyle, and"
            " black elsewhere"
        )
    return mask, note


def _are_labels(colors: NDArray[np.float32]) -> bool:
    """Tell whether colors (n, 3) are few, and not just shades of one color."""
    codes = np.rint(colors * 255).astype(np.int32) @ np.array([1 << 16, 1 << 8, 1])
    few = np.unique(codes)
    if len(few) > _LABELS:
        return False
    kinds = np.stack([few >> 16, few >> 8 & 255, few & 255], -1)
    shares = kinds / kinds.max(-1, keepdims=True)
    return bool(np.ptp(shares, axis=0).max() > _ALIKE)


def voc_colors(count: int) -> NDArray[np.uint8]:
    """Return the first colors of the PASCAL VOC palette, which most segmentation tools use for their labels.

    Parameters
    ----------
    count : int
        Number of colors, up to 256.

    Returns
    -------
    ndarray of uint8, shape (count, 3)
        RGB. The bits of a label's number, from the lowest on, become the highest bits of red, green and blue in turn.

    Examples
    --------
    >>> voc_colors(3).tolist()
    [[0, 0, 0], [128, 0, 0], [0, 128, 0]]
    """
    label = np.arange(count)[:, None]
    bits = [(label >> 3 * place + np.arange(3) & 1) << 7 - place for place in range(8)]
    colors: NDArray[np.uint8] = np.sum(bits, axis=0).astype(np.uint8)
    return colors
