"""Opening of picture files: recognize the format and read the header, with one clear line if that fails."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

import numpy as np
from PIL import ImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.TiffImagePlugin import ImageFileDirectory_v2, TiffImageFile
from PIL.WebPImagePlugin import WebPImageFile

from sfumato.errors import ImageError
from sfumato.images import kinds
from sfumato.images.chunks import without_large_texts

__all__ = ["opened"]

# Pillow's readers are called directly, because Image.open has a size limit for the whole process.
_READERS: dict[bytes, Callable[[IO[bytes]], ImageFile.ImageFile]] = {
    b"\x89PNG": PngImageFile,
    b"\xff\xd8\xff": JpegImageFile,
    b"II*\0": TiffImageFile,
    b"MM\0*": TiffImageFile,
    b"II+\0": TiffImageFile,
    b"MM\0+": TiffImageFile,
    b"RIFF": WebPImageFile,
}


@contextmanager
def opened(path: Path) -> Iterator[tuple[IO[bytes], ImageFile.ImageFile, list[str]]]:
    """Open a file, read its header and yield both with notes; any failure in the block becomes an `ImageError`."""
    with _file(path) as file, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow's; what matters raises, or `load` warns about it
        try:
            head = file.read(kinds.HEAD)
            if not head:
                raise ImageError(f"{path}: the file is empty")
            reader = next((r for start, r in _READERS.items() if head.startswith(start)), None)
            if reader is None or (reader is WebPImageFile and head[8:12] != b"WEBP"):
                found = kinds.refusal(head) or f"not a PNG, JPEG, TIFF or WebP picture; {kinds.AGAIN}"
                raise ImageError(f"{path}: {found}")
            notes: list[str] = []
            if reader is TiffImageFile:
                _check_tiff(path, file, head)
            file.seek(0)
            if reader is PngImageFile:
                file, notes = without_large_texts(file)
            with _silent_libtiff(reader is TiffImageFile), reader(file) as image:
                yield file, image, notes
        except (ImageError, MemoryError):
            raise
        except Exception as error:  # for damaged files, Pillow raises nearly anything
            reason = (str(error) or type(error).__name__).splitlines()[0]
            raise ImageError(
                f"{path}: the picture cannot be decoded ({reason}); the file is cut short, damaged "
                "or of a rare kind: get it again, or save it anew as PNG"
            ) from error


@contextmanager
def _silent_libtiff(needed: bool) -> Iterator[None]:
    """Keep libtiff from writing to the process's standard error; failures are raised anyway."""
    kept = None
    with suppress(OSError):  # a process may have no standard error
        kept = os.dup(2) if needed else None
    try:
        if kept is not None:
            with open(os.devnull, "wb") as nothing:  # noqa: PTH123
                os.dup2(nothing.fileno(), 2)
        yield
    finally:
        if kept is not None:
            os.dup2(kept, 2)
            os.close(kept)


def _file(path: Path) -> IO[bytes]:
    """Open a regular file for reading."""
    try:
        if path.exists() and not path.is_file():
            raise ImageError(f"{path}: a folder or a device, not a picture file")
        return path.open("rb")
    except ImageError:
        raise
    except FileNotFoundError as error:
        raise ImageError(f"{path}: no such file") from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise ImageError(f"{path}: cannot be opened ({reason.lower()})") from error


def _check_tiff(path: Path, file: IO[bytes], head: bytes) -> None:
    """Refuse files that Pillow cannot read exactly, and raw files, of which it would read a small preview."""
    tags = ImageFileDirectory_v2(head[:16] if b"+" in head[:4] else head[:8])
    file.seek(tags.next)
    tags.load(file)
    if kinds.is_raw(head, tags):
        raise ImageError(f"{path}: {kinds.RAW}")
    formats, bits = np.ravel(tags.get(339, 1)), max(np.ravel(tags.get(258, 1)))
    if 3 in formats:
        raise ImageError(f"{path}: a TIFF of floating-point values has no fixed white; save it with 8 or 16 bits")
    if 2 in formats or bits not in (1, 2, 4, 8, 16):
        raise ImageError(f"{path}: a TIFF of {bits}-bit signed or odd-sized values; save it with 8 or 16 bits")
    if bits == 16 and tags.get(277, 1) > 1 and tags.get(284) == 2:
        raise ImageError(f"{path}: a TIFF of 16-bit planes; save it with interleaved channels")
