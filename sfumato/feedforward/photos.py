"""Training data: square pieces of the photos in a folder, and random masks."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from sfumato import images
from sfumato.errors import ImageError, InputError, listening
from sfumato.feedforward.folders import photos_in
from sfumato.images.resizing import shrunk

__all__ = ["Photos", "random_masks"]

# Shorter side of a shrunk photo relative to the side of a piece, which then shows most of the photo.
_SHORTER = 9 / 8

_KEPT = 2**29  # maximum number of bytes of shrunk photos kept in memory


class Photos:
    """Square pieces of the photos in a folder, which are read when needed.

    Parameters
    ----------
    folder : path
        Folder of photos, with its subfolders and linked folders; see `photos_in`.
    size : int
        Side of a piece in pixels.
    leave_out : iterable of path
        Files that are not photos to learn from, such as the style.

    Attributes
    ----------
    files : list of Path
        The photos, sorted by name.
    skipped : dict of Path to str
        Photos found to be unusable so far, with the reason: they are broken, or smaller than a piece.

    Raises
    ------
    InputError
        If there is no such folder, it cannot be read, or no photo in it can be used. To find out, photos
        are read until one can be used.
    """

    def __init__(self, folder: str | os.PathLike[str], size: int, *, leave_out: Iterable[Path] = ()) -> None:
        self.folder, self.size = Path(folder), size
        self.files = photos_in(self.folder, leave_out=leave_out)
        self.skipped: dict[Path, str] = {}
        self._kept: dict[Path, np.ndarray] = {}
        self._room = _KEPT
        if not self.files:
            raise InputError(f"{folder}: there are no photos in it; PNG, JPEG, TIFF and WebP files are")
        self.first()

    @property
    def names(self) -> list[str]:
        """The photos' paths, relative to the folder."""
        return [path.relative_to(self.folder).as_posix() for path in self.files]

    def first(self) -> np.ndarray:
        """Return the first usable photo, shrunk, float32 (H, W, 3) in [0, 1].

        Raises
        ------
        InputError
            If no photo can be used.
        """
        for path in self.files:
            photo = self._photo(path)
            if photo is not None:
                return _as_float(photo)
        raise self._nothing()

    def pieces(self, count: int, seed: Sequence[int]) -> np.ndarray:
        """Draw pieces of photos, half of them mirrored.

        Parameters
        ----------
        count : int
            Number of pieces.
        seed : sequence of int
            Seed of the random numbers: the same seed and files give the same pieces.

        Returns
        -------
        ndarray of float32, shape (count, size, size, 3)
            sRGB in [0, 1].

        Raises
        ------
        InputError
            If no photo can be used anymore.
        """
        rng = np.random.default_rng(seed)
        found: list[np.ndarray] = []
        while len(found) < count:
            photo = self._photo(self.files[rng.integers(len(self.files))])
            if photo is None:
                if len(self.skipped) == len(self.files):
                    raise self._nothing()
                continue
            top, left = (rng.integers(side - self.size + 1) for side in photo.shape[:2])
            piece = photo[top : top + self.size, left : left + self.size]
            found.append(piece[:, ::-1] if rng.random() < 0.5 else piece)
        return _as_float(np.stack(found))

    def _nothing(self) -> InputError:
        reason = next(iter(self.skipped.values()))
        return InputError(f"{self.folder}: no photo in it can be used (the first: {reason}); choose another folder")

    def _photo(self, path: Path) -> np.ndarray | None:
        """Return a photo, shrunk, as uint8; None if it cannot be used."""
        if path in self._kept or path in self.skipped:
            return self._kept.get(path)
        try:
            with listening(lambda message: None):
                photo = images.load(path, min_side=self.size).rgb()
        except ImageError as error:
            self.skipped[path] = str(error)
            return None
        height, width = photo.shape[:2]
        factor = _SHORTER * self.size / min(height, width)
        if factor < 1:
            photo = shrunk(photo, max(self.size, round(height * factor)), max(self.size, round(width * factor)))
        small: np.ndarray = np.rint(photo * 255).astype(np.uint8)
        if small.nbytes <= self._room:
            self._room -= small.nbytes
            self._kept[path] = small
        return small


def random_masks(count: int, size: int, seed: Sequence[int]) -> np.ndarray:
    """Draw soft masks: half-planes, ellipses, their complements, and, once in four, everything.

    Parameters
    ----------
    count : int
        Number of masks.
    size : int
        Side of a mask in pixels.
    seed : sequence of int
        Seed of the random numbers.

    Returns
    -------
    ndarray of float32, shape (count, size, size)
        In [0, 1].

    Examples
    --------
    >>> masks = random_masks(100, 16, [0])
    >>> masks.shape, bool(masks.mean((1, 2)).min() > 0.1)
    ((100, 16, 16), True)
    """
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[:size, :size] / (size - 1) - 0.5
    masks = []
    for _ in range(count):
        kind, turn = rng.integers(4), rng.uniform(0, 2 * np.pi)
        across, along = columns * np.cos(turn) + rows * np.sin(turn), rows * np.cos(turn) - columns * np.sin(turn)
        distance = across - rng.uniform(-0.2, 0.2)  # to the edge, below 0 inside
        if kind > 1:
            wide, long = rng.uniform(0.28, 0.45, 2)
            middle = rng.uniform(-0.1, 0.1, 2)
            distance = np.hypot((across - middle[0]) / wide, (along - middle[1]) / long) - 1
        edge = rng.uniform(0.01, 0.2)
        inside = np.clip(0.5 - distance / edge, 0, 1)
        masks.append(np.ones_like(inside) if kind == 0 else 1 - inside if kind == 3 else inside)
    return np.stack(masks).astype(np.float32)


def _as_float(photo: np.ndarray) -> np.ndarray:
    return photo.astype(np.float32) / np.float32(255)
