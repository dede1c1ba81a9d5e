"""A contact sheet: pictures in rows and columns, with headings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

__all__ = ["Heading", "contact_sheet"]

_PAPER, _INK, _FAINT = "white", (34, 34, 34), (118, 118, 118)
_GAP = 12  # pixels between pictures
_SIDE = 0.5  # width of the headings on the left, relative to a picture
_LEAST = 120  # minimum width of these in pixels


@dataclass(frozen=True)
class Heading:
    """The heading of a row: a picture (H, W, 3) or None, a name, and more lines."""

    picture: np.ndarray | None
    name: str
    lines: Sequence[str] = ()


def contact_sheet(
    photo: np.ndarray,
    title: Sequence[str],
    columns: Sequence[str],
    rows: Sequence[Heading],
    cells: Sequence[Sequence[np.ndarray]],
) -> np.ndarray:
    """Arrange pictures in a table: the photo in the corner, headings above and on the left.

    Parameters
    ----------
    photo : ndarray (h, w, 3)
        The photo that the pictures were made of, RGB in [0, 1].
    title : sequence of str
        Lines beside it.
    columns : sequence of str
        Headings of the columns.
    rows : sequence of Heading
        Headings of the rows.
    cells : sequence of sequence of ndarray (h, w, 3)
        The pictures by row and column, all of one size.

    Returns
    -------
    ndarray (H, W, 3)
        The sheet.

    Examples
    --------
    >>> gray = np.zeros((60, 90, 3), np.float32)
    >>> contact_sheet(gray, ["a.jpg"], ["strength 1"], [Heading(None, "b.jpg")], [[gray]]).shape
    (164, 246, 3)
    """
    height, width = cells[0][0].shape[:2]
    side = max(_LEAST, round(_SIDE * width))
    text = int(np.clip(width / 22, 12, 20))
    line, font = round(1.4 * text), _font(text)
    corner = _fitted(photo, side, height)
    band = _GAP + max(corner.height, (len(title) + 2) * line) + line // 2
    left, top = side + 2 * _GAP, band + _GAP
    lines = max(1 + len(row.lines) for row in rows)
    tall = max(height, lines * line + side // 3) + _GAP
    wide = max(width, max(round(font.getlength(words)) for words in columns)) + _GAP
    whole = left + max(wide * len(columns), round(max(font.getlength(words) for words in title)) + _GAP)
    sheet = Image.new("RGB", (whole, top + tall * len(rows)), _PAPER)
    draw = ImageDraw.Draw(sheet)
    sheet.paste(corner, (_GAP + side - corner.width, _GAP))
    for number, words in enumerate(title):
        draw.text((left, _GAP + number * line), words, _FAINT, font)
    for number, words in enumerate(columns):
        draw.text((left + number * wide, top - line // 4), words, _INK, font, "ls")
    for number, (row, pictures) in enumerate(zip(rows, cells, strict=True)):
        y = top + number * tall
        if row.picture is not None:
            thumb = _fitted(row.picture, side, height - lines * line)
            sheet.paste(thumb, (_GAP + side - thumb.width, y))
            below = y + thumb.height + line // 4
        else:
            below = y
        for place, words in enumerate([row.name, *row.lines]):
            shown = _shortened(words, font, side)
            draw.text((_GAP + side, below + place * line), shown, _INK if place == 0 else _FAINT, font, "ra")
        for column, picture in enumerate(pictures):
            sheet.paste(_image(picture), (left + column * wide, y))
    return np.asarray(sheet, np.float32) / 255


def _font(size: int) -> ImageFont.FreeTypeFont:
    """Return the font of Matplotlib, which has the letters of most languages."""
    import matplotlib

    return ImageFont.truetype(Path(matplotlib.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf", size)


def _image(picture: np.ndarray) -> Image.Image:
    return Image.fromarray(np.rint(picture.clip(0, 1) * 255).astype(np.uint8))


def _fitted(picture: np.ndarray, width: int, height: int) -> Image.Image:
    """Return a picture shrunk to fit into a size."""
    image = _image(picture)
    image.thumbnail((width, max(1, height)), Image.Resampling.LANCZOS)
    return image


def _shortened(words: str, font: ImageFont.FreeTypeFont, width: int) -> str:
    """Leave out the middle of a text that is too wide."""
    if font.getlength(words) <= width:
        return words
    kept = len(words) - 1
    while kept > 2 and font.getlength(f"{words[: kept // 2]}…{words[-(kept - kept // 2) :]}") > width:
        kept -= 1
    return f"{words[: kept // 2]}…{words[-(kept - kept // 2) :]}"
