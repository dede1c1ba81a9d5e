"""What networks found in photos, kept so that the same photo is not looked at twice."""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sfumato import models

__all__ = ["folder", "remembered"]

Arrays = Mapping[str, NDArray[np.float32]]

_MOST = 200  # files; the small maps of one photo take some tens of kilobytes


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
    digest = hashlib.sha256(f"{key} {photo.shape} {photo.dtype}\n".encode())
    digest.update(np.ascontiguousarray(photo).data)
    file = folder() / f"{digest.hexdigest()}.npz"
    found = _read(file)
    if found is None:
        found = look()
        _write(file, found)
    return found


def _read(file: Path) -> Arrays | None:
    """Read a file of arrays, or None if there is none that can be read."""
    try:
        with np.load(file, allow_pickle=False) as stored:
            found = {name: stored[name] for name in stored.files}
        os.utime(file)  # the longest unused go first
    except (OSError, ValueError, EOFError, zipfile.BadZipFile):
        return None
    return found


def _write(file: Path, arrays: Arrays) -> None:
    """Write a file of arrays, whole or not at all, and remove the longest unused if there are many."""
    with contextlib.suppress(OSError):
        file.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=file.parent, suffix=".part", delete=False) as part:
            try:
                np.savez_compressed(part, allow_pickle=False, **arrays)
                part.close()
                Path(part.name).replace(file)
            finally:
                Path(part.name).unlink(missing_ok=True)
        stored = sorted(file.parent.glob("*.npz"), key=lambda path: path.stat().st_mtime)
        for path in stored[:-_MOST]:
            path.unlink(missing_ok=True)
