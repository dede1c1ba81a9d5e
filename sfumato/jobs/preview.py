"""Pictures of regions: one over the rest in pale gray, or all that were found, in colors with a legend."""

from __future__ import annotations

from collections.abc import Mapping

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from sfumato.color import luminance
from sfumato.images.resizing import resized, scaled_size

__all__ = ["chart", "preview"]

# Colors that color-blind people can tell apart (Okabe and Ito 2008); further regions get lighter shades of them.
_COLORS = (
    (0.00, 0.45, 0.70),
    (0.90, 0.62, 0.00),
    (0.00, 0.62, 0.45),
    (0.80, 0.47, 0.65),
    (0.84, 0.37, 0.00),
    (0.34, 0.71, 0.91),
    (0.94, 0.89, 0.26),
)
_MIN_SIDE, _MAX_SIDE = 900, 1400  # range of a chart's longer side, in pixels


def preview(image: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Draw a region in its own colors, with a bright outline, over the rest in pale gray.

    Parameters
    ----------
    image : ndarray (H, W, 3)
        RGB in [0, 1].
    mask : ndarray (H, W)
        In [0, 1].

    Returns
    -------
    ndarray (H, W, 3)
        RGB in [0, 1].

    Examples
    --------
    >>> preview(np.zeros((8, 8, 3), np.float32), np.zeros((8, 8), np.float32)).shape
    (8, 8, 3)
    """
    weight = mask[..., None]
    pale = 0.55 + 0.4 * luminance(image)[..., None]
    shown: np.ndarray = image * weight + pale * (1 - weight)
    thickness = max(1, round(min(mask.shape) / 300))
    hard = (mask > 0.5).astype(np.uint8)
    outline = cv2.morphologyEx(hard, cv2.MORPH_GRADIENT, np.ones((2 * thickness + 1,) * 2, np.uint8)) > 0
    shown[outline] = (1.0, 0.25, 0.1)
    return shown.astype(np.float32, copy=False)


def chart(image: np.ndarray, masks: Mapping[str, np.ndarray]) -> np.ndarray:
    """Draw all regions in colors over the photo in gray, outlined, with a legend beside it.

    Parameters
    ----------
    image : ndarray (H, W, 3)
        RGB in [0, 1].
    masks : mapping of str to ndarray (H, W)
        Name and mask, in [0, 1]. A name such as "person#2" is drawn as a part of "person".

    Returns
    -------
    ndarray (h, w, 3)
        RGB in [0, 1]; the photo's longer side is scaled to between 900 and 1400 pixels.

    Examples
    --------
    >>> chart(np.zeros((40, 60, 3), np.float32), {"sky": np.ones((40, 60), np.float32)}).shape[0]
    600
    """
    side = max(image.shape[:2])
    scale = np.clip(side, _MIN_SIDE, _MAX_SIDE) / side
    size = scaled_size(image, scale)
    pale = 0.35 + 0.6 * luminance(resized(image, *size, cubic=True).clip(0, 1))[..., None]
    shown = np.repeat(pale, 3, axis=2)
    small = {name: resized(mask, *size, cubic=True).clip(0, 1) for name, mask in masks.items()}
    whole = [name for name in small if "#" not in name]
    colors = {name: _shade(number) for number, name in enumerate(whole)}
    for name in whole:
        weight = 0.62 * small[name][..., None]
        shown = shown * (1 - weight) + pale * colors[name] * 1.25 * weight
    thickness = max(1, round(min(size) / 300))
    for name, mask in small.items():
        hard = (mask > 0.5).astype(np.uint8)
        outlines, _ = cv2.findContours(hard, cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
        shown = np.ascontiguousarray(shown.clip(0, 1), np.float32)
        color = tuple(float(value) for value in colors[name.partition("#")[0]] * 0.75)
        cv2.drawContours(shown, outlines, -1, color, thickness, cv2.LINE_AA)
    return _with_legend(shown, {name: (colors[name], float(masks[name].mean())) for name in whole}, small)


def _shade(number: int) -> np.ndarray:
    """Return a color for the n-th region; beyond the palette, the colors repeat in lighter shades."""
    light = 1 - 0.6 ** (number // len(_COLORS))
    return np.array(_COLORS[number % len(_COLORS)], np.float32) * (1 - light) + light


def _with_legend(
    shown: np.ndarray, entries: Mapping[str, tuple[np.ndarray, float]], masks: Mapping[str, np.ndarray]
) -> np.ndarray:
    """Label single instances in place, and add the legend: color, name, share of the picture."""
    height, width = shown.shape[:2]
    text = int(np.clip(min(height, width) / 28, 12, 26))
    font = ImageFont.load_default(text)
    rows = [(name, f"{name}  {share:.1%}") for name, (_, share) in entries.items()]
    column = round(2.4 * text + max((font.getlength(words) for _, words in rows), default=0)) if rows else 0
    line = round(1.7 * text)
    picture = Image.new("RGB", (width + column, max(height, line * len(rows) + text)), "white")
    picture.paste(Image.fromarray((shown.clip(0, 1) * 255 + 0.5).astype(np.uint8)))
    draw = ImageDraw.Draw(picture)
    for number, (name, words) in enumerate(rows):
        top = text // 2 + number * line
        chip = tuple(int(255 * value) for value in entries[name][0])
        draw.rounded_rectangle((width + text // 2, top, width + text // 2 + text, top + text), 3, fill=chip)
        draw.text((width + 2 * text, top + text / 2), words, fill="black", font=font, anchor="lm")
    for name, mask in masks.items():
        if "#" in name:
            x, y = _middle(mask)
            half = font.getlength(name) / 2 + text / 4
            x = int(np.clip(x, half, max(half, width - half)))
            draw.text((x, y), name, "white", font, "mm", stroke_width=max(2, text // 8), stroke_fill="black")
    return np.asarray(picture, np.float32) / 255


def _middle(mask: np.ndarray) -> tuple[int, int]:
    """Return x and y of the point deepest inside a mask."""
    padded = cv2.copyMakeBorder((mask > 0.5).astype(np.uint8), 1, 1, 1, 1, cv2.BORDER_CONSTANT)
    depth = cv2.distanceTransform(padded, cv2.DIST_L2, cv2.DIST_MASK_5)
    row, column = np.unravel_index(int(depth.argmax()), depth.shape)
    return int(column) - 1, int(row) - 1
