"""The copy of a photo that is shown on the screen, and pictures as the browser takes them."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from sfumato import images
from sfumato.images import Picture
from sfumato.images.resizing import at_most, scaled_size
from sfumato.regions.evaluation import Memory

__all__ = ["LONGEST", "Screen", "gray_png", "jpeg", "opacity_of", "reduced", "scaled_jpeg"]

#: Longer side of pictures on the screen, in pixels.
LONGEST = 2048

_GRAY = np.float32(0.5)  # beneath what is transparent

_ROWS = 512  # rows that are converted at a time


@dataclass
class Screen:
    """A photo at the size of the screen: `image` (h, w, 3) in sRGB, `scale` times the photo of shape `full`.

    `memory` holds what regions found in it, `ids` the ID map of things.
    """

    image: NDArray[np.float32] = field(repr=False)
    full: tuple[int, int]
    memory: Memory = field(default_factory=dict, repr=False)
    ids: NDArray[np.uint8] | None = field(default=None, repr=False)

    @property
    def scale(self) -> float:
        """Size of the copy as a fraction of the photo's."""
        return float(max(self.image.shape[:2]) / max(self.full))

    @classmethod
    def of(cls, picture: Picture, longest: int = LONGEST) -> Screen:
        """Make the copy."""
        return cls(reduced(picture, longest), picture.shape)

    def copy(self, longest: int) -> Picture:
        """Return the photo as a picture at most so large."""
        return images.from_array(at_most(self.image, longest).clip(0, 1))

    @classmethod
    def load(cls, path: Path) -> Screen:
        """Make the copy of a file."""
        return cls.of(images.load(path))


def reduced(picture: Picture, longest: int) -> NDArray[np.float32]:
    """Return the colors of a picture at the size of the screen, float32 (h, w, 3); large ones band by band."""
    factor = min(1.0, longest / max(picture.shape))
    if factor == 1.0:
        return np.asarray(picture.rgb(), np.float32)
    # Whole pixels are averaged first, as many as fit, so that no more than a band is converted at a time.
    step = max(1, int(1 / factor))
    bands = []
    for top in range(0, picture.height, step * _ROWS):
        bottom = min(picture.height, top + step * _ROWS)
        band = picture.rgb((top, 0, bottom, picture.width))
        height, width = max(1, round((bottom - top) / step)), max(1, round(picture.width / step))
        bands.append(cv2.resize(band, (width, height), interpolation=cv2.INTER_AREA))
    return np.asarray(at_most(np.concatenate(bands), longest), np.float32)


def opacity_of(picture: Picture, longest: int) -> NDArray[np.float32]:
    """Return the alpha of a picture at the size of the screen, float32 (h, w) in [0, 1]."""
    if picture.alpha is None:
        return np.ones(scaled_size(picture.pixels, min(1.0, longest / max(picture.shape))), np.float32)
    values = picture.alpha.astype(np.float32) / np.iinfo(picture.alpha.dtype).max
    return np.asarray(at_most(values, longest), np.float32)


def jpeg(image: np.ndarray, quality: int = 85) -> bytes:
    """Encode colors (h, w, 3) in [0, 1] as JPEG.

    Examples
    --------
    >>> jpeg(np.zeros((2, 2, 3)))[:2]
    b'\\xff\\xd8'
    """
    values = np.rint(np.clip(image, 0, 1) * 255).astype(np.uint8)[..., ::-1]
    return bytes(cv2.imencode(".jpg", values, [cv2.IMWRITE_JPEG_QUALITY, quality])[1])


def scaled_jpeg(picture: Picture, longest: int = LONGEST) -> bytes:
    """Encode a picture as JPEG, at most so large; what is transparent is gray."""
    shown = reduced(picture, longest)
    if picture.alpha is not None:
        opacity = opacity_of(picture, longest)[..., None]
        shown = shown * opacity + _GRAY * (1 - opacity)
    return jpeg(shown)


def gray_png(values: NDArray[np.uint8]) -> bytes:
    """Encode gray values (h, w), or colors with alpha (h, w, 4), as PNG, quickly.

    Examples
    --------
    >>> gray_png(np.zeros((2, 2), np.uint8))[1:4]
    b'PNG'
    """
    return bytes(cv2.imencode(".png", values, [cv2.IMWRITE_PNG_COMPRESSION, 1])[1])
