"""PNG files without texts and profiles that are too large for Pillow.

A compressed text can expand to a thousand times its size, so Pillow refuses files with texts that expand to more than
1 MiB. A picture does not need them: they are skipped here, and nothing is expanded beyond that size.
"""

from __future__ import annotations

import io
import zlib
from collections.abc import Iterator
from typing import IO

from PIL import PngImagePlugin

from sfumato.images.metadata import RECIPE_KEY

__all__ = ["without_large_texts"]

_PIECE = 1 << 16
_RECIPE = RECIPE_KEY.encode() + b"\0"


def without_large_texts(file: IO[bytes]) -> tuple[IO[bytes], list[str]]:
    """Leave out the texts and profiles of a PNG file that are too large.

    Parameters
    ----------
    file : binary file
        At any position; stays open.

    Returns
    -------
    file : binary file
        The same file at its start, or one that reads as if the chunks were not there.
    notes : list of str
        Notes on what was left out.

    Examples
    --------
    >>> file, notes = without_large_texts(io.BytesIO(b"no PNG at all"))
    >>> file.read(), notes
    (b'no PNG at all', [])
    """
    most, room = PngImagePlugin.MAX_TEXT_CHUNK, PngImagePlugin.MAX_TEXT_MEMORY
    gaps, texts, profiles = [], [], 0
    for kind, start, length in _chunks(file):
        if kind not in (b"tEXt", b"zTXt", b"iTXt", b"iCCP"):
            continue
        # The text follows a keyword of up to 79 bytes and, in iTXt, a language and a translated keyword.
        data = file.read(min(length, _PIECE))
        size = _size(file, kind, data, length, most)
        if kind != b"iCCP":
            texts.append((not data.startswith(_RECIPE), start, start + length + 12, size))
        elif size is None:
            gaps.append((start, start + length + 12))
            profiles += 1
    for _, start, stop, size in sorted(texts, key=lambda text: text[0]):  # recipes come first
        if size is None or size > room:
            gaps.append((start, stop))
        else:
            room -= size
    count = len(gaps) - profiles
    file.seek(0)
    notes = []
    if count:
        what = "a text in it is" if count == 1 else f"{count} texts in it are"
        notes.append(f"{what} too large and left out")
    if profiles:
        notes.append(f"its color profile of more than {most >> 20} MiB is left out, and its values are taken as sRGB")
    return (io.BufferedReader(_Gapped(file, sorted(gaps))) if gaps else file), notes


def _chunks(file: IO[bytes]) -> Iterator[tuple[bytes, int, int]]:
    """Yield the kind of each chunk, its start and the length of its data, with the file positioned at the data."""
    start = 8
    while True:
        file.seek(start)
        head = file.read(8)
        kind = head[4:]
        if len(head) < 8 or kind == b"IEND" or not kind.isalpha():
            return
        length = int.from_bytes(head[:4])
        yield kind, start, length
        start += length + 12


def _size(file: IO[bytes], kind: bytes, data: bytes, length: int, most: int) -> int | None:
    """Return the expanded size of a text that begins with `data`; None if it is compressed and too large."""
    if kind == b"tEXt":
        return length
    rest = length - len(data)
    _, _, after = data.partition(b"\0")
    if kind == b"iTXt":
        if after[:1] == b"\0":
            return length
        _, _, after = after[2:].partition(b"\0")
        _, _, after = after.partition(b"\0")
    else:
        after = after[1:]
    unpacker, size = zlib.decompressobj(), 0
    try:
        while after and not unpacker.eof:
            size += len(unpacker.decompress(after, most - size))
            if size >= most:
                return None
            after = unpacker.unconsumed_tail
            if not after and rest > 0:
                after = file.read(min(rest, _PIECE))
                rest -= len(after)
    except zlib.error:  # Pillow ignores damaged chunks
        pass
    return size


class _Gapped(io.RawIOBase):
    """A file that reads as if some parts of it were not there."""

    def __init__(self, file: IO[bytes], gaps: list[tuple[int, int]]) -> None:
        end = file.seek(0, io.SEEK_END)
        starts, stops = [0, *(stop for _, stop in gaps)], [*(start for start, _ in gaps), end]
        self._file, self._place = file, 0
        self._parts = [(start, stop) for start, stop in zip(starts, stops, strict=True) if start < stop]

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move to a position, counted without the gaps."""
        length = sum(stop - start for start, stop in self._parts)
        self._place = max(0, offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._place, io.SEEK_END: length}[whence])
        return self._place

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Read up to the next gap."""
        before = 0
        for start, stop in self._parts:
            inside = self._place - before
            if inside < stop - start:
                self._file.seek(start + inside)
                data = self._file.read(min(len(buffer), stop - start - inside))
                buffer[: len(data)] = data
                self._place += len(data)
                return len(data)
            before += stop - start
        return 0
