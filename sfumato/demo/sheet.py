"""Pictures side by side with captions."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from PIL import Image, ImageDraw, ImageFont

__all__ = ["sheet"]


def sheet(pictures: Mapping[str, np.ndarray], *, height: int = 360, columns: int = 3) -> np.ndarray:
    """Arrange pictures in rows, each under its caption.

    Parameters
    ----------
    pictures : mapping of str to ndarray (H, W, 3)
        Pictures by caption, RGB in [0, 1].
    height : int
        Height of each picture on the sheet, in pixels.
    columns : int
        Maximum number of pictures in a row.

    Returns
    -------
    ndarray (h, w, 3)
        The sheet, RGB in [0, 1].

    Examples
    --------
    >>> sheet({"a": np.zeros((10, 20, 3)), "b": np.ones((10, 10, 3))}, height=50).shape
    (82, 180, 3)
    """
    margin, caption = 10, 22
    font = ImageFont.load_default(14)
    scaled = [
        (text, Image.fromarray((image.clip(0, 1) * 255 + 0.5).astype(np.uint8))) for text, image in pictures.items()
    ]
    scaled = [
        (text, image.resize((max(1, round(image.width * height / image.height)), height), Image.Resampling.LANCZOS))
        for text, image in scaled
    ]
    # A caption may be wider than its picture.
    places = [(text, image, max(image.width, math.ceil(font.getlength(text)))) for text, image in scaled]
    rows = [places[start : start + columns] for start in range(0, len(places), columns)]
    width = max(sum(room + margin for _, _, room in row) for row in rows) + margin
    canvas = Image.new("RGB", (width, len(rows) * (height + caption) + margin), "white")
    draw = ImageDraw.Draw(canvas)
    for number, row in enumerate(rows):
        left, top = margin, number * (height + caption)
        for text, image, room in row:
            draw.text((left, top + 4), text, fill="black", font=font)
            canvas.paste(image, (left, top + caption))
            left += room + margin
    return np.asarray(canvas, np.float32) / 255
