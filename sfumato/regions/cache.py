"""What networks found in photos, kept so that the same photo is not looked at twice."""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sfumato import __version__, files, models
from sfumato.errors import OutputError

__all__ = ["folder", "remembered"]

Arrays = Mapping[str, NDArray[np.float32]]

_MOST = 200  # files; the small maps of one photo take some tens of kilobytes
_DIGEST = 32  # bytes of a sha256, behind those of the arrays


def folder() -> Path:
    """Return where found maps lie: the folder "masks" beside the network files.

    Examples
    --------
    >>> folder().name
    'masks'
    """
    return models.home() / "masks"


def remembered(photo: NDArray[np.float32], key: str, look: Callable[[], Arrays]) -> Arrays:
    """Return what `look` finds in a photo, from the last time if it was the same photo and key.

    A store that cannot be read or written is no error: the photo is then looked at again.

    Parameters
    ----------
    photo : ndarray
        Image (H, W, 3); its bytes count.
    key : str
        Another when the network, or what is done with its answer, is another.
    look : callable
        Returns small arrays by name.

    Returns
    -------
    mapping of str to ndarray
        What `look` returned, now or then, to the last bit.

    Examples
    --------
    >>> remembered(np.zeros((2, 2, 3), np.float32), "doctest", lambda: {"sky": np.float32([0.25])})
    {'sky': array([0.25], dtype=float32)}
    """
    # Another version may do something else with a network's answer.
    digest = hashlib.sha256(f"{__version__} {key} {photo.shape} {photo.dtype}\n".encode())
    digest.update(np.ascontiguousarray(photo).data)
    file = folder() / f"{digest.hexdigest()}.npz"
    found = _read(file)
    if found is None:
        found = look()
        _write(file, found)
    return found


def _read(file: Path) -> Arrays | None:
    """Read a file of arrays, or None if there is none, or not as it was written."""
    try:
        content = file.read_bytes()
    except OSError:
        return None
    data, digest = content[:-_DIGEST], content[-_DIGEST:]
    if hashlib.sha256(data).digest() != digest:
        return None
    with contextlib.suppress(OSError):
        os.utime(file)  # the longest unused go first
    with np.load(io.BytesIO(data), allow_pickle=False) as stored:
        return {name: stored[name] for name in stored.files}


def _write(file: Path, arrays: Arrays) -> None:
    """Write a file of arrays, whole or not at all, and remove the longest unused if there are many."""
    data = io.BytesIO()
    np.savez_compressed(data, allow_pickle=False, **arrays)
    with contextlib.suppress(OSError, OutputError):
        file.parent.mkdir(parents=True, exist_ok=True)
        files.write(file, data.getvalue(), hashlib.sha256(data.getvalue()).digest())
        # What a killed process left goes in its turn.
        stored = [*file.parent.glob(f"*{file.suffix}"), *file.parent.glob(".*.part")]
        stored.sort(key=lambda path: path.stat().st_mtime)
        for path in stored[:-_MOST]:
            path.unlink(missing_ok=True)
