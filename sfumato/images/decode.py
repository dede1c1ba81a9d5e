"""Decoding of pixels in the file's own depth."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import IO

import numpy as np
from PIL import ImageFile

from sfumato.errors import ImageError
from sfumato.images.profile import Space

__all__ = ["STRETCHED", "decoded", "rawmode"]

#: Factors by which Pillow stretches small values, by raw mode.
STRETCHED = {"1": 255, "L;2": 85, "L;4": 17}
_EIGHT_BITS = {"1": "L", "P": "RGB", "PA": "RGBA", "RGBX": "RGB", "YCbCr": "RGB"}
_EIGHT_BITS |= {mode: mode for mode in ("L", "LA", "RGB", "RGBA", "CMYK")}


def rawmode(image: ImageFile.ImageFile) -> str:
    """Return Pillow's raw mode of the file: how it stores values."""
    args = image.tile[0].args if image.tile else None
    return args if isinstance(args, str) else str(args[0]) if args else ""


def decoded(path: Path, file: IO[bytes], image: ImageFile.ImageFile) -> tuple[np.ndarray, Space]:
    """Decode the pixels, alpha last, in the file's own depth."""
    raw, key = rawmode(image), image.info.get("transparency")
    if raw == "LA;16B":  # four bytes, which Pillow leaves unchanged as RGBA
        image._mode, image.tile = "RGBA", [tile._replace(args="RGBA") for tile in image.tile]
        return np.array(image).view(">u2").astype(np.uint16), "gray"
    if image.mode.startswith("I;16"):
        values = np.array(image).astype(np.uint16)[..., None]
        if getattr(image, "tag_v2", {}).get(262) == 0:  # white is zero
            values = 65535 - values
    elif ";16" in raw:
        values = _two_bytes(file, image, raw)
    else:
        if image.mode not in _EIGHT_BITS:
            raise ImageError(f"{path}: {image.mode} pixels are not supported; save it as RGB")
        mode = _EIGHT_BITS[image.mode]
        if image.mode == "P" and key is not None:
            mode, key = "RGBA", None
        values = np.array(image if mode == image.mode else image.convert(mode))
        values = values.reshape(*values.shape[:2], -1)
        if key is not None:  # in the bits of the file, not stretched to 8
            key = np.multiply(key, 1 if raw == "1" else STRETCHED.get(raw, 1))
    if key is not None:
        opaque = (values != key).any(axis=-1, keepdims=True)
        limit = values.dtype.type(np.iinfo(values.dtype).max)
        values = np.concatenate([values, opaque * limit], axis=-1)
    if image.mode == "CMYK":
        return values, "cmyk"
    return values, "rgb" if values.shape[2] >= 3 else "gray"


def _two_bytes(file: IO[bytes], image: ImageFile.ImageFile, rawmode: str) -> np.ndarray:
    """Decode 16-bit samples exactly.

    Pillow keeps one byte of each sample: the first as big-endian, the second as little-endian. Therefore every file is
    decoded twice.
    """
    planes = []
    for order in "BL":
        file.seek(0)
        part = type(image)(file) if order == "L" else image
        name = rawmode[:-1].replace("a", "A") + order  # "a" would divide by alpha, byte by byte
        for index, tile in enumerate(part.tile):
            rest = () if tile.args is None or isinstance(tile.args, str) else tile.args[1:]
            part.tile[index] = tile._replace(args=(name, *rest))
        planes.append(np.array(part))
    big = rawmode.endswith("B") or (rawmode.endswith("N") and sys.byteorder == "big")
    values = np.stack(planes, axis=-1).view(">u2" if big else "<u2")[..., 0].astype(np.uint16)
    if rawmode.startswith("RGBa"):
        alpha = np.maximum(values[..., 3:], 1).astype(np.uint32)
        colors = (values[..., :3] * np.uint32(65535) + alpha // 2) // alpha
        values[..., :3] = np.minimum(colors, 65535)
    return values
