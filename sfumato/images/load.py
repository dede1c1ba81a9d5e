"""Read a picture file: upright, in its own depth, and with one clear line if it cannot be read."""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import IO

import numpy as np
from PIL import ExifTags, ImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.TiffImagePlugin import ImageFileDirectory_v2, TiffImageFile
from PIL.WebPImagePlugin import WebPImageFile

from sfumato.errors import ImageError, SfumatoWarning
from sfumato.images import metadata, profile
from sfumato.images.picture import Picture
from sfumato.images.profile import Space

__all__ = ["at_most", "load", "read_recipe"]

_MOST_PIXELS: ContextVar[int] = ContextVar("most pixels", default=200_000_000)

# Pillow's readers are called by name: Image.open has its own size limit, for the whole process.
_READERS: dict[bytes, Callable[[IO[bytes]], ImageFile.ImageFile]] = {
    b"\x89PNG": PngImageFile,
    b"\xff\xd8\xff": JpegImageFile,
    b"II*\0": TiffImageFile,
    b"MM\0*": TiffImageFile,
    b"II+\0": TiffImageFile,
    b"MM\0+": TiffImageFile,
    b"RIFF": WebPImageFile,
}
_EIGHT_BITS = {"1": "L", "P": "RGB", "PA": "RGBA", "RGBX": "RGB", "YCbCr": "RGB"}
_EIGHT_BITS |= {mode: mode for mode in ("L", "LA", "RGB", "RGBA", "CMYK")}
_UPRIGHT: dict[int, Callable[[np.ndarray], np.ndarray]] = {
    2: lambda v: v[:, ::-1],
    3: lambda v: v[::-1, ::-1],
    4: lambda v: v[::-1],
    5: lambda v: v.swapaxes(0, 1),
    6: lambda v: v[::-1].swapaxes(0, 1),
    7: lambda v: v[::-1, ::-1].swapaxes(0, 1),
    8: lambda v: v[:, ::-1].swapaxes(0, 1),
}


def load(path: str | os.PathLike[str], *, max_pixels: int | None = None, min_side: int = 16) -> Picture:
    """Read a PNG, JPEG, TIFF or WebP file.

    The EXIF orientation is applied. Palettes become RGB, 1-bit pictures 8-bit gray; nothing else
    changes a value. Of several frames the first is read. A profile that cannot be used stays with
    the picture, whose values then count as sRGB. These last two give a `SfumatoWarning`.

    Parameters
    ----------
    path : str or Path
        The file.
    max_pixels : int, optional
        The most pixels to accept, read from the header before anything is decoded; 200 million, or what `at_most` says.
    min_side : int
        The fewest pixels to accept on a side.

    Returns
    -------
    Picture

    Raises
    ------
    ImageError
        If the file is not there, cannot be opened, is not a picture of these kinds, is damaged or
        cut short, holds values other than 1 to 8 or 16 bits, or is too large or too small.

    Examples
    --------
    >>> load("no-such-file.png")
    Traceback (most recent call last):
    ...
    sfumato.errors.ImageError: no-such-file.png: no such file
    """
    path = Path(path)
    notes: list[str] = []
    with _opened(path) as (file, image):
        _check_size(path, image.size, _MOST_PIXELS.get() if max_pixels is None else max_pixels, min_side)
        kind = image.format
        frames = getattr(image, "n_frames", 1)
        if frames > 1:
            notes.append(f"it holds {frames} pictures, and only the first is read")
        if 0 in np.ravel(getattr(image, "tag_v2", {}).get(338, 1)):
            notes.append("its extra channels are left out")
        values, space = _values(path, file, image)
        try:
            # TIFF files come out of Pillow upright already, and without this tag.
            turn = _UPRIGHT.get(image.getexif().get(ExifTags.Base.Orientation, 1))
            dpi, exif = metadata.dpi_of(image), metadata.upright_exif(image)
        except Exception:  # on damaged EXIF data Pillow raises nearly anything
            turn, dpi, exif = None, None, None
            notes.append("its EXIF data is damaged and left out")
        icc = image.info.get("icc_profile") or None
    reason = profile.problem(icc, space) if icc else None
    if reason:
        notes.append(f"its color profile is not used, and its values are taken as sRGB: {reason}")
    if notes:
        warnings.warn(f"{path}: {'; '.join(notes)}", SfumatoWarning, stacklevel=2)
    if turn:
        values = turn(values)
    colors = {"gray": 1, "rgb": 3, "cmyk": 4}[space]
    return Picture(
        pixels=np.ascontiguousarray(values[..., :colors]),
        alpha=np.ascontiguousarray(values[..., colors]) if values.shape[2] > colors else None,
        space=space,
        icc=icc,
        exif=exif,
        dpi=dpi,
        path=path,
        format=kind,
    )


@contextmanager
def at_most(pixels: int) -> Iterator[None]:
    """Accept pictures of so many pixels within the block, whatever reads them: photos, styles and masks.

    Parameters
    ----------
    pixels : int
        The most pixels; a picture with more is refused.

    Examples
    --------
    >>> with at_most(1_000_000_000):
    ...     load("no-such-file.png")
    Traceback (most recent call last):
    ...
    sfumato.errors.ImageError: no-such-file.png: no such file
    """
    before = _MOST_PIXELS.set(pixels)
    try:
        yield
    finally:
        _MOST_PIXELS.reset(before)


def read_recipe(path: str | os.PathLike[str]) -> str | None:
    """Read the recipe's text that `save` stored in a picture file; no pixel is decoded.

    Parameters
    ----------
    path : str or Path
        The file.

    Returns
    -------
    str or None
        None when the file carries none.

    Raises
    ------
    ImageError
        If the file cannot be opened or is not a picture.

    Examples
    --------
    >>> read_recipe("no-such-file.png")
    Traceback (most recent call last):
    ...
    sfumato.errors.ImageError: no-such-file.png: no such file
    """
    with _opened(Path(path)) as (_, image):
        return metadata.recipe_in(image)


@contextmanager
def _opened(path: Path) -> Iterator[tuple[IO[bytes], ImageFile.ImageFile]]:
    """Open a file and read its header; whatever fails in the block becomes one ImageError."""
    with _file(path) as file, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow's; what matters here raises, or is said by load
        try:
            head = file.read(16)
            if not head:
                raise ImageError(f"{path}: the file is empty")
            reader = next((r for start, r in _READERS.items() if head.startswith(start)), None)
            if reader is None or (reader is WebPImageFile and head[8:12] != b"WEBP"):
                raise ImageError(f"{path}: not a PNG, JPEG, TIFF or WebP picture")
            if reader is TiffImageFile:
                _check_tiff(path, file, head)
            file.seek(0)
            with reader(file) as image:
                yield file, image
        except (ImageError, MemoryError):
            raise
        except Exception as error:  # on damaged files Pillow raises nearly anything
            reason = (str(error) or type(error).__name__).splitlines()[0]
            raise ImageError(
                f"{path}: the picture cannot be decoded ({reason}); the file is cut short, damaged "
                "or of a rare kind: get it again, or save it anew as PNG"
            ) from error


def _file(path: Path) -> IO[bytes]:
    """Open a regular file for reading."""
    try:
        if path.exists() and not path.is_file():
            raise ImageError(f"{path}: a folder or a device, not a picture file")
        return path.open("rb")
    except FileNotFoundError as error:
        raise ImageError(f"{path}: no such file") from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise ImageError(f"{path}: cannot be opened ({reason.lower()})") from error


def _check_size(path: Path, size: tuple[int, int], max_pixels: int, min_side: int) -> None:
    width, height = size
    if width * height > max_pixels:
        raise ImageError(
            f"{path}: {width} x {height} is {width * height / 1e6:g} megapixels, and the limit is "
            f"{max_pixels / 1e6:g}; make it smaller, or allow more",
            option="max_megapixels",
        )
    if min(size) < min_side:
        raise ImageError(f"{path}: {width} x {height} pixels are too few; each side needs at least {min_side}")


def _check_tiff(path: Path, file: IO[bytes], head: bytes) -> None:
    """Refuse what Pillow cannot read exactly."""
    tags = ImageFileDirectory_v2(head if b"+" in head[:4] else head[:8])
    file.seek(tags.next)
    tags.load(file)
    kinds, bits = np.ravel(tags.get(339, 1)), max(np.ravel(tags.get(258, 1)))
    if 3 in kinds:
        raise ImageError(f"{path}: a TIFF of floating-point values has no fixed white; save it with 8 or 16 bits")
    if 2 in kinds or bits not in (1, 2, 4, 8, 16):
        raise ImageError(f"{path}: a TIFF of {bits}-bit signed or odd-sized values; save it with 8 or 16 bits")
    if bits == 16 and tags.get(277, 1) > 1 and tags.get(284) == 2:
        raise ImageError(f"{path}: a TIFF of 16-bit planes; save it with interleaved channels")


def _values(path: Path, file: IO[bytes], image: ImageFile.ImageFile) -> tuple[np.ndarray, Space]:
    """Decode the pixels, alpha last, in the file's own depth."""
    args = image.tile[0].args if image.tile else None
    rawmode = args if isinstance(args, str) else str(args[0]) if args else ""
    key = image.info.get("transparency")
    if rawmode == "LA;16B":  # four bytes, which Pillow can be told to leave alone
        image._mode, image.tile = "RGBA", [tile._replace(args="RGBA") for tile in image.tile]
        return np.array(image).view(">u2").astype(np.uint16), "gray"
    if image.mode.startswith("I;16"):
        values = np.array(image).astype(np.uint16)[..., None]
        if getattr(image, "tag_v2", {}).get(262) == 0:  # white is zero
            values = 65535 - values
    elif ";16" in rawmode:
        values = _two_bytes(file, image, rawmode)
    else:
        if image.mode not in _EIGHT_BITS:
            raise ImageError(f"{path}: {image.mode} pixels are not supported; save it as RGB")
        mode = _EIGHT_BITS[image.mode]
        if image.mode == "P" and key is not None:
            mode, key = "RGBA", None
        values = np.array(image if mode == image.mode else image.convert(mode))
        values = values.reshape(*values.shape[:2], -1)
        if key is not None:  # given in the bits of the file, not stretched to 8
            key = np.multiply(key, {"L;2": 85, "L;4": 17}.get(rawmode, 1))
    if key is not None:
        opaque = (values != key).any(axis=-1, keepdims=True)
        limit = values.dtype.type(np.iinfo(values.dtype).max)
        values = np.concatenate([values, opaque * limit], axis=-1)
    if image.mode == "CMYK":
        return values, "cmyk"
    return values, "rgb" if values.shape[2] >= 3 else "gray"


def _two_bytes(file: IO[bytes], image: ImageFile.ImageFile, rawmode: str) -> np.ndarray:
    """Decode 16-bit samples exactly.

    Pillow keeps one byte of each: the first when told that they are big-endian, the second when
    told little-endian. So every file is decoded twice.
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
