"""Files that a browser sends: their names made safe, and their content written to disk as it comes."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import unquote

from starlette.requests import Request

__all__ = ["received", "safe_name", "unique_name"]

_SUFFIXES = {"PNG": (".png",), "JPEG": (".jpg", ".jpeg"), "TIFF": (".tif", ".tiff"), "WEBP": (".webp",)}

# Length of a name without its ending, in bytes; a result has the names of its photo and its style.
_LONGEST = 90


def safe_name(name: str, format: str | None, default: str = "picture") -> str:
    r"""Return a file's name as it may be written to disk, and typed in a command, with the ending of its format.

    Folders, control characters and what has a meaning in recipes or commands are left out.

    Examples
    --------
    >>> safe_name("..\\..%2Fmy%20photo.jpeg", "JPEG")
    'my photo.jpeg'
    """
    plain = unquote(name).replace("\\", "/").rsplit("/", 1)[-1]
    plain = "".join(letter for letter in plain if letter.isprintable() and letter not in '<>:"|?*@#\ufffd')
    stem, dot, suffix = plain.rpartition(".")
    endings = _SUFFIXES.get(format or "", (".png",))
    if not dot or f".{suffix.lower()}" not in endings:
        stem, suffix = (stem if dot and len(suffix) <= 4 else plain), endings[0][1:]
    stem = stem.encode("utf-8", "ignore")[:_LONGEST].decode("utf-8", "ignore").strip(" .-'") or default
    return f"{stem}.{suffix}"


def unique_name(name: str, taken: Collection[str]) -> str:
    """Return a name that is not taken, whatever its case.

    Examples
    --------
    >>> unique_name("a.png", ["A.png", "b.png"])
    'a-2.png'
    """
    path, lower = Path(name), {other.lower() for other in taken}
    found, number = name, 1
    while found.lower() in lower:
        number += 1
        found = f"{path.stem}-{number}{path.suffix}"
    return found


@asynccontextmanager
async def received(request: Request, folder: Path) -> AsyncIterator[Path]:
    """Write the body of a request to a file of its own, piece by piece; remove it at the end unless it was moved."""
    temporary = folder / f".incoming-{secrets.token_hex(8)}"
    temporary.mkdir()
    try:
        place = temporary / Path(safe_name(request.headers.get("x-name", ""), None, "the file")).stem
        with place.open("xb") as file:
            async for piece in request.stream():
                file.write(piece)
        yield place
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
