"""Color of video: from luma and chroma samples to RGB and back, with the matrix and the range that a file says."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

__all__ = ["Coding", "matrix_of"]

# Weights of red and blue in luma, by FFmpeg's numbers of color spaces (ITU-T H.273, matrix coefficients).
_WEIGHTS = {
    1: (0.2126, 0.0722),  # BT.709
    4: (0.30, 0.11),  # FCC
    5: (0.299, 0.114),  # BT.470, as BT.601
    6: (0.299, 0.114),  # BT.601
    7: (0.212, 0.087),  # SMPTE 240M
    9: (0.2627, 0.0593),  # BT.2020
}
_HD = 720  # rows from which players take a file that says nothing for BT.709, and not for BT.601


def matrix_of(number: int, height: int) -> tuple[float, float]:
    """Return the weights of red and blue in luma.

    Parameters
    ----------
    number : int
        Matrix coefficients as numbered by ITU-T H.273. Those that are not known here count as not given.
    height : int
        Height of the picture in pixels, which decides if nothing is given: BT.709 from 720 rows on, else BT.601.

    Returns
    -------
    (float, float)
        Weights of red and blue; that of green is what is missing to 1.

    Examples
    --------
    >>> matrix_of(9, 2160), matrix_of(2, 1080), matrix_of(2, 576)
    ((0.2627, 0.0593), (0.2126, 0.0722), (0.299, 0.114))
    """
    return _WEIGHTS.get(number) or _WEIGHTS[1 if height >= _HD else 6]


@dataclass(frozen=True)
class Coding:
    """How colors are written as samples.

    Parameters
    ----------
    red, blue : float
        Weights in luma.
    bits : int
        Bits of a sample: 8 or 10.
    full : bool
        Whether luma takes the full range, and not 16 to 235 (of 255).
    """

    red: float
    blue: float
    bits: int = 8
    full: bool = False

    def to_rgb(self, luma: np.ndarray, cb: np.ndarray, cr: np.ndarray) -> np.ndarray:
        """Convert samples to colors.

        Parameters
        ----------
        luma : ndarray of uint8 or uint16, shape (H, W)
            Luma samples.
        cb, cr : ndarray, of the same or a smaller shape
            Chroma samples; enlarged bilinearly if there are fewer.

        Returns
        -------
        ndarray of uint8 or uint16, shape (H, W, 3)
            RGB over the whole range of its type: 255 or 65535 is white.
        """
        size = (luma.shape[1], luma.shape[0])
        chroma = [
            part if part.shape == luma.shape else cv2.resize(part, size, interpolation=cv2.INTER_LINEAR)
            for part in (cb, cr)
        ]
        samples = cv2.merge([luma.astype(np.float32), *(part.astype(np.float32) for part in chroma)])
        low, luma_span, chroma_span = self._spans()
        middle = 1 << (self.bits - 1)
        matrix, top = np.linalg.inv(self._matrix()), 255 if self.bits == 8 else 65535
        scaled = top * matrix / np.array([luma_span, chroma_span, chroma_span])
        offset = -scaled @ np.array([low, middle, middle])
        colors = cv2.transform(samples, np.column_stack([scaled, offset]).astype(np.float32))
        return np.rint(colors, out=colors).clip(0, top, out=colors).astype(np.uint8 if self.bits == 8 else np.uint16)

    def from_rgb(self, colors: np.ndarray) -> np.ndarray:
        """Convert colors to samples that are not rounded yet.

        Parameters
        ----------
        colors : ndarray of float32, shape (H, W, 3)
            RGB in [0, 1].

        Returns
        -------
        ndarray of float32, shape (H, W, 3)
            Luma, Cb and Cr, in units of samples.

        Examples
        --------
        >>> Coding(0.299, 0.114).from_rgb(np.ones((1, 1, 3), np.float32)).tolist()
        [[[235.0, 128.0, 128.0]]]
        """
        low, luma_span, chroma_span = self._spans()
        middle = 1 << (self.bits - 1)
        scaled = self._matrix() * np.array([[luma_span], [chroma_span], [chroma_span]])
        offset = np.array([low, middle, middle])
        found: np.ndarray = cv2.transform(
            np.ascontiguousarray(colors, np.float32), np.column_stack([scaled, offset]).astype(np.float32)
        )
        return found

    def _matrix(self) -> np.ndarray:
        """Return the matrix from RGB to luma in [0, 1], and Cb and Cr in [-1/2, 1/2]."""
        green = 1 - self.red - self.blue
        luma = np.array([self.red, green, self.blue])
        cb = (np.array([0, 0, 1]) - luma) / (2 * (1 - self.blue))
        cr = (np.array([1, 0, 0]) - luma) / (2 * (1 - self.red))
        return np.stack([luma, cb, cr])

    def _spans(self) -> tuple[float, float, float]:
        """Return the sample of black, and the ranges of luma and chroma."""
        unit = 1 << (self.bits - 8)
        top = (1 << self.bits) - 1
        return (0.0, top, top) if self.full else (16.0 * unit, 219.0 * unit, 224.0 * unit)
