"""Encoding of PNG, TIFF, JPEG and WebP files.

Pillow writes JPEG and WebP. It has no 16-bit RGB, so PNG and TIFF are written here for both depths, with zlib and
Pillow's TIFF directory writer.
"""

from __future__ import annotations

import struct
import zlib
from io import BytesIO
from typing import Any

import numpy as np
from PIL import Image, TiffImagePlugin, TiffTags

from sfumato.images import metadata
from sfumato.images.picture import Picture

__all__ = ["jpeg", "pillow", "png", "tiff", "webp"]

_STRIP = 1 << 20  # size of a TIFF strip in bytes, before compression


def _stacked(picture: Picture) -> np.ndarray:
    """Return colors and alpha in one array (H, W, n)."""
    return picture.pixels if picture.alpha is None else np.dstack([picture.pixels, picture.alpha])


def _chunk(kind: bytes, data: bytes) -> bytes:
    """Return a PNG chunk: length, kind, data, checksum."""
    checksum = zlib.crc32(data, zlib.crc32(kind))
    return b"".join([struct.pack(">I", len(data)), kind, data, struct.pack(">I", checksum)])


def png(picture: Picture, recipe: str | None) -> bytes:
    """Encode a gray or RGB picture of either depth as PNG.

    Parameters
    ----------
    picture : Picture
        Picture, not CMYK.
    recipe : str or None
        Text for an iTXt chunk.

    Returns
    -------
    bytes

    Examples
    --------
    >>> png(Picture(np.zeros((1, 1, 3), np.uint16)), None)[:4]
    b'\\x89PNG'
    """
    values = _stacked(picture)
    rows = np.ascontiguousarray(values, values.dtype.newbyteorder(">")).view(np.uint8)
    rows = rows.reshape(picture.height, -1)
    # Filter 2, "up", on every row compresses photos as well as libpng's choice for each row.
    filtered = np.full((picture.height, rows.shape[1] + 1), 2, dtype=np.uint8)
    filtered[:, 1:] = rows
    filtered[1:, 1:] -= rows[:-1]
    color_type = (2 if picture.space == "rgb" else 0) + (0 if picture.alpha is None else 4)
    depth = 8 * values.itemsize
    header = struct.pack(">IIBBBBB", picture.width, picture.height, depth, color_type, 0, 0, 0)
    chunks = [_chunk(b"IHDR", header)]
    if picture.icc:
        chunks.append(_chunk(b"iCCP", b"ICC profile\0\0" + zlib.compress(picture.icc)))
    if picture.dpi:
        per_meter = [round(value / 0.0254) for value in picture.dpi]
        chunks.append(_chunk(b"pHYs", struct.pack(">IIB", *per_meter, 1)))
    if picture.exif:
        chunks.append(_chunk(b"eXIf", picture.exif.removeprefix(b"Exif\0\0")))
    if recipe is not None:
        text = f"{metadata.RECIPE_KEY}\0\0\0\0\0{recipe}".encode()
        chunks.append(_chunk(b"iTXt", text))
    chunks += [_chunk(b"IDAT", zlib.compress(filtered.data)), _chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def tiff(picture: Picture, recipe: str | None) -> bytes:
    """Encode a picture as TIFF, compressed with deflate and the horizontal predictor.

    Parameters
    ----------
    picture : Picture
        Any picture.
    recipe : str or None
        Text for a private tag.

    Returns
    -------
    bytes

    Examples
    --------
    >>> tiff(Picture(np.zeros((1, 1, 3), np.uint16)), None)[:4]
    b'II*\\x00'
    """
    values = _stacked(picture).astype(picture.pixels.dtype.newbyteorder("<"), copy=False)
    channels = values.shape[2]
    rows = max(1, _STRIP // (picture.width * channels * values.itemsize))
    strips = [
        zlib.compress(np.diff(values[top : top + rows], axis=1, prepend=values.dtype.type(0)).tobytes())
        for top in range(0, picture.height, rows)
    ]
    sizes = [len(strip) for strip in strips]
    tags = TiffImagePlugin.ImageFileDirectory_v2()
    if picture.exif:
        exif = Image.Exif()
        exif.load(picture.exif)
        for tag, value in metadata.sorted_exif(exif).items():
            tags[tag] = value
    if picture.dpi:
        tags[TiffImagePlugin.X_RESOLUTION], tags[TiffImagePlugin.Y_RESOLUTION] = picture.dpi
        tags[TiffImagePlugin.RESOLUTION_UNIT] = 2
    layout: dict[int, Any] = {
        TiffImagePlugin.IMAGEWIDTH: picture.width,
        TiffImagePlugin.IMAGELENGTH: picture.height,
        TiffImagePlugin.BITSPERSAMPLE: (8 * values.itemsize,) * channels,
        TiffImagePlugin.COMPRESSION: 8,
        TiffImagePlugin.PHOTOMETRIC_INTERPRETATION: {"gray": 1, "rgb": 2, "cmyk": 5}[picture.space],
        TiffImagePlugin.SAMPLESPERPIXEL: channels,
        TiffImagePlugin.ROWSPERSTRIP: rows,
        TiffImagePlugin.PLANAR_CONFIGURATION: 1,
        TiffImagePlugin.PREDICTOR: 2,
        TiffImagePlugin.STRIPBYTECOUNTS: tuple(sizes),
        # the directory writer adds its own length to these
        TiffImagePlugin.STRIPOFFSETS: tuple(sum(sizes[:index]) for index in range(len(sizes))),
    }
    if picture.alpha is not None:
        layout[TiffImagePlugin.EXTRASAMPLES] = 2  # alpha not premultiplied
    if picture.icc:
        layout[TiffImagePlugin.ICCPROFILE] = picture.icc
    if recipe is not None:
        tags.tagtype[metadata.RECIPE_TAG] = TiffTags.UNDEFINED
        layout[metadata.RECIPE_TAG] = metadata.marked(recipe)
    for tag, value in layout.items():
        tags[tag] = value
    out = BytesIO()
    tags.save(out)
    return out.getvalue() + b"".join(strips)


def pillow(picture: Picture) -> Image.Image:
    """Return an 8-bit picture as a Pillow image, without its profile.

    Examples
    --------
    >>> pillow(Picture(np.zeros((2, 3, 3), np.uint8))).size
    (3, 2)
    """
    values = np.ascontiguousarray(_stacked(picture))
    mode = {1: "L", 2: "LA", 3: "RGB", 4: "CMYK" if picture.space == "cmyk" else "RGBA"}
    size = (picture.width, picture.height)
    return Image.frombytes(mode[values.shape[2]], size, values.tobytes())


def jpeg(picture: Picture, recipe: str | None, quality: int) -> bytes:
    """Encode an 8-bit picture without alpha as JPEG, with full color resolution.

    Parameters
    ----------
    picture : Picture
        Picture, gray, RGB or CMYK.
    recipe : str or None
        Text for a comment.
    quality : int
        Quality from 1 to 100.

    Returns
    -------
    bytes

    Examples
    --------
    >>> jpeg(Picture(np.zeros((1, 1, 3), np.uint8)), None, 95)[:2]
    b'\\xff\\xd8'
    """
    options: dict[str, Any] = {"quality": quality, "subsampling": 0, "icc_profile": picture.icc}
    if recipe is not None:
        options["comment"] = metadata.marked(recipe)
    if picture.exif:
        options["exif"] = picture.exif
    if picture.dpi:
        options["dpi"] = picture.dpi
    out = BytesIO()
    pillow(picture).save(out, "JPEG", **options)
    return out.getvalue()


def webp(picture: Picture, recipe: str | None) -> bytes:
    """Encode an 8-bit RGB picture as lossless WebP, including colors under alpha 0.

    Parameters
    ----------
    picture : Picture
        RGB picture, with or without alpha.
    recipe : str or None
        Text for the XMP packet.

    Returns
    -------
    bytes

    Examples
    --------
    >>> webp(Picture(np.zeros((1, 1, 3), np.uint8)), None)[8:12]
    b'WEBP'
    """
    options: dict[str, Any] = {"icc_profile": picture.icc}
    if recipe is not None:
        options["xmp"] = metadata.xmp_packet(recipe)
    exif = metadata.exif_with_dpi(picture.exif, picture.dpi)
    if exif:
        options["exif"] = exif
    out = BytesIO()
    pillow(picture).save(out, "WEBP", lossless=True, exact=True, **options)
    return out.getvalue()
