"""A picture as stored in its file, with conversion to sRGB and back."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np

from sfumato.errors import warn
from sfumato.images import profile
from sfumato.images.profile import Space

__all__ = ["Box", "Numbers", "Picture"]

Box = tuple[int, int, int, int]

_CHANNELS = {"gray": 1, "rgb": 3, "cmyk": 4}


class Numbers(NamedTuple):
    """The stored numbers of a gray or palette picture.

    Attributes
    ----------
    values : ndarray of int, shape (H, W)
        Values as stored, not stretched to 8 bits.
    palette : ndarray of uint8, shape (n, 3), or None
        Colors of the values.
    """

    values: np.ndarray
    palette: np.ndarray | None


@dataclass(frozen=True, eq=False, repr=False)
class Picture:
    """Pixels exactly as stored in a file, upright, with everything needed to interpret them.

    Parameters
    ----------
    pixels : ndarray (H, W, C), uint8 or uint16
        Color channels only: 1 for gray, 3 for rgb, 4 for cmyk.
    alpha : ndarray (H, W) of the same dtype, or None
        Opacity, not multiplied into the colors.
    space : {"gray", "rgb", "cmyk"}
        Meaning of the channels.
    icc : bytes or None
        ICC profile of `pixels`.
    exif : bytes or None
        EXIF block, with the orientation reset to upright.
    dpi : (float, float) or None
        Dots per inch across and down.
    path : Path or None
        File of the picture.
    format : {"PNG", "JPEG", "TIFF", "WEBP"} or None
        Format of that file.
    numbers : Numbers or None
        Numbers of a palette image in memory, before their conversion to colors.

    Raises
    ------
    ValueError
        If the shapes, dtypes and `space` do not fit together.

    Examples
    --------
    >>> picture = Picture(np.zeros((20, 30, 3), np.uint8))
    >>> picture.shape
    (20, 30)
    """

    pixels: np.ndarray
    alpha: np.ndarray | None = None
    space: Space = "rgb"
    icc: bytes | None = None
    exif: bytes | None = None
    dpi: tuple[float, float] | None = None
    path: Path | None = None
    format: str | None = None
    numbers: Numbers | None = None

    def __post_init__(self) -> None:
        shape, dtype = self.pixels.shape, self.pixels.dtype
        if dtype not in (np.uint8, np.uint16) or shape[2:] != (_CHANNELS[self.space],):
            raise ValueError(f"pixels of shape {shape} and type {dtype} are not {self.space}")
        if self.alpha is not None and (
            self.alpha.shape != shape[:2] or self.alpha.dtype != dtype or self.space == "cmyk"
        ):
            raise ValueError(
                f"alpha of shape {self.alpha.shape} and type {self.alpha.dtype} does not fit "
                f"{self.space} pixels of shape {shape} and type {dtype}"
            )

    def __repr__(self) -> str:
        depth, alpha = 8 * self.pixels.itemsize, ", alpha" * (self.alpha is not None)
        return f"<Picture {self.width}x{self.height}, {self.space}, {depth} bits{alpha}>"

    @property
    def height(self) -> int:
        """Number of rows."""
        return int(self.pixels.shape[0])

    @property
    def width(self) -> int:
        """Number of columns."""
        return int(self.pixels.shape[1])

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width, in NumPy's order."""
        return self.height, self.width

    def rgb(self, box: Box | None = None) -> np.ndarray:
        """Return the colors of a box as sRGB, converted from the profile.

        Only the box is converted, so that a small region of a large photo takes little memory. A gray picture yields
        three equal channels unless its profile says otherwise.

        Parameters
        ----------
        box : (top, left, bottom, right), optional
            Half-open, in pixels; the whole picture by default.

        Returns
        -------
        ndarray (h, w, 3), float32
            sRGB in [0, 1]. Colors outside sRGB are clipped to it.

        Raises
        ------
        ValueError
            If the box is empty or leaves the picture.

        Examples
        --------
        >>> Picture(np.full((20, 30, 3), 255, np.uint8)).rgb((0, 0, 1, 2)).tolist()
        [[[1.0, 1.0, 1.0], [1.0, 1.0, 1.0]]]
        """
        return profile.to_srgb(self.pixels[self._slices(box)], self.space, self.icc)

    def encode(self, rgb: np.ndarray) -> np.ndarray:
        """Convert sRGB to this picture's own profile and range: the inverse of `rgb`.

        Parameters
        ----------
        rgb : ndarray (h, w, 3)
            sRGB in [0, 1]; values outside are clipped.

        Returns
        -------
        ndarray (h, w, C), float32
            Code values in [0, 255] or [0, 65535], not rounded.

        Raises
        ------
        ValueError
            If the picture is gray: call `in_color` first.

        Examples
        --------
        >>> Picture(np.zeros((1, 1, 3), np.uint8)).encode(np.full((1, 1, 3), 0.5)).tolist()
        [[[127.5, 127.5, 127.5]]]
        """
        return profile.from_srgb(rgb, self.space, self.icc, self.pixels.dtype)

    def in_color(self) -> Picture:
        """Return a gray picture as RGB, with each value in all three channels; other pictures unchanged.

        A gray profile cannot describe RGB values: it is dropped, with a `SfumatoWarning`.

        Returns
        -------
        Picture

        Examples
        --------
        >>> Picture(np.full((1, 1, 1), 7, np.uint8), space="gray").in_color().pixels.tolist()
        [[[7, 7, 7]]]
        """
        if self.space != "gray":
            return self
        icc = self.icc if profile.describes(self.icc, "rgb") else None
        if icc != self.icc:
            warn(
                f"{self.path or 'the picture'}: its gray color profile cannot describe colors and "
                "is left out; the gray values are taken as sRGB"
            )
        return replace(self, pixels=np.repeat(self.pixels, 3, axis=-1), space="rgb", icc=icc)

    def in_8_bits(self) -> Picture:
        """Return the picture with values rounded to 8 bits, or itself if it has 8 bits.

        Examples
        --------
        >>> Picture(np.full((1, 1, 1), 65535, np.uint16), space="gray").in_8_bits().pixels.item()
        255
        """
        if self.pixels.dtype == np.uint8:
            return self
        pixels, alpha = (
            None if values is None else ((values.astype(np.uint32) + 128) // 257).astype(np.uint8)
            for values in (self.pixels, self.alpha)
        )
        assert pixels is not None
        return replace(self, pixels=pixels, alpha=alpha)

    def replaced(self, box: Box, values: np.ndarray) -> Picture:
        """Return a copy with new colors inside a box; alpha is kept.

        Parameters
        ----------
        box : (top, left, bottom, right)
            Half-open, in pixels.
        values : ndarray (h, w, C), of the dtype of `pixels`
            Code values of the box.

        Returns
        -------
        Picture

        Raises
        ------
        ValueError
            If the box is empty or leaves the picture, or `values` has another shape or dtype.

        Examples
        --------
        >>> picture = Picture(np.zeros((1, 2, 1), np.uint8), space="gray")
        >>> picture.replaced((0, 1, 1, 2), np.full((1, 1, 1), 9, np.uint8)).pixels.tolist()
        [[[0], [9]]]
        """
        where = self._slices(box)
        old = self.pixels[where]
        if values.shape != old.shape or values.dtype != old.dtype:
            raise ValueError(
                f"values of shape {values.shape} and type {values.dtype} do not fit a box of "
                f"shape {old.shape} and type {old.dtype}"
            )
        pixels = self.pixels.copy()
        pixels[where] = values
        return replace(self, pixels=pixels)

    def _slices(self, box: Box | None) -> tuple[slice, slice]:
        top, left, bottom, right = (0, 0, *self.shape) if box is None else box
        if not (0 <= top < bottom <= self.height and 0 <= left < right <= self.width):
            raise ValueError(f"box {box} is empty or leaves the {self.width} x {self.height} pixels")
        return slice(top, bottom), slice(left, right)
