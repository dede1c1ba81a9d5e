"""A cache of what networks found in photos, so that they need not run twice on the same photo."""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sfumato import __version__, files, models
from sfumato.errors import OutputError

__all__ = ["folder", "passing", "remembered"]

Arrays = Mapping[str, NDArray[np.float32]]

_MOST = 200  # maximum number of files; the small maps of one photo take a few tens of kilobytes
_DIGEST = 32  # bytes of the sha256 that follows the arrays
_PASSING: ContextVar[bool] = ContextVar("passing", default=False)


def folder() -> Path:
    """Return the folder of the cache: "masks" beside the network files.

    Examples
    --------
    >>> folder().name
    'masks'
    """
    return models.home() / "masks"


@contextmanager
def passing() -> Iterator[None]:
    """Neither read nor fill the cache within the block: frames of a video are seen once, and would push out photos.

    Examples
    --------
    >>> with passing():
    ...     remembered(np.zeros((2, 2, 3), np.float32), "passing", lambda: {"sky": np.float32([0.5])})
    {'sky': array([0.5], dtype=float32)}
    """
    before = _PASSING.set(True)
    try:
        yield
    finally:
        _PASSING.reset(before)


def remembered(photo: NDArray[np.float32], key: str, look: Callable[[], Arrays]) -> Arrays:
    """Return what `look` finds in a photo, from the cache if the photo and the key are known.

    A cache that cannot be read or written is not an error: `look` is called again.

    Parameters
    ----------
    photo : ndarray
        Image (H, W, 3); compared byte by byte.
    key : str
        Identifies the network and how its answer is processed.
    look : callable
        Returns small arrays by name.

    Returns
    -------
    mapping of str to ndarray
        Exactly what `look` returned, now or before.

    Examples
    --------
    >>> remembered(np.zeros((2, 2, 3), np.float32), "doctest", lambda: {"sky": np.float32([0.25])})
    {'sky': array([0.25], dtype=float32)}
    """
    if _PASSING.get():
        return look()
    # Another version of the package may process a network's answer differently.
    digest = hashlib.sha256(f"{__version__} {key} {photo.shape} {photo.dtype}\n".encode())
    digest.update(np.ascontiguousarray(photo).data)
    file = folder() / f"{digest.hexdigest()}.npz"
    found = _read(file)
    if found is None:
        found = look()
        _write(file, found)
    return found


def _read(file: Path) -> Arrays | None:
    """Read a file of arrays; return None if there is none, or if it is damaged."""
    try:
        content = file.read_bytes()
    except OSError:
        return None
    data, digest = content[:-_DIGEST], content[-_DIGEST:]
    if hashlib.sha256(data).digest() != digest:
        return None
    with contextlib.suppress(OSError):
        os.utime(file)  # files that were not used for the longest time are removed first
    with np.load(io.BytesIO(data), allow_pickle=False) as stored:
        return {name: stored[name] for name in stored.files}


def _write(file: Path, arrays: Arrays) -> None:
    """Write a file of arrays, completely or not at all, and remove the least recently used if there are too many."""
    data = io.BytesIO()
    np.savez_compressed(data, allow_pickle=False, **arrays)
    with contextlib.suppress(OSError, OutputError):
        file.parent.mkdir(parents=True, exist_ok=True)
        files.write(file, data.getvalue(), hashlib.sha256(data.getvalue()).digest())
        # Unfinished files of a killed process are removed in the same way.
        stored = [*file.parent.glob(f"*{file.suffix}"), *file.parent.glob(".*.part")]
        stored.sort(key=lambda path: path.stat().st_mtime)
        for path in stored[:-_MOST]:
            path.unlink(missing_ok=True)
