"""Masks given for each frame: a video, or a folder of pictures."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from sfumato.errors import InputError
from sfumato.regions.files import mask_from_file

__all__ = ["count_masks", "masks_of"]

# Values of a mask in a video, of 255, within which it is exactly black or white: compression leaves fringes there.
_FRINGE = 12
_PICTURES = {".png", ".jpg", ".jpeg", ".tif", ".tiff", ".webp"}


def count_masks(path: Path) -> int:
    """Return for how many frames there are masks.

    Parameters
    ----------
    path : Path
        A video, white where to restyle, or a folder of pictures, one for each frame in the order of their names.

    Raises
    ------
    InputError
        If there is nothing, or it is no video.
    """
    if path.is_dir():
        return len(_pictures(path))
    from sfumato.video.look import look

    return look(path).frames


def masks_of(path: Path, shape: tuple[int, int], first: int) -> Iterator[np.ndarray]:
    """Read masks one by one.

    Parameters
    ----------
    path : Path
        As for `count_masks`.
    shape : (int, int)
        Height and width of the frames, upright.
    first : int
        Number of the frame to begin with.

    Yields
    ------
    ndarray of float32, shape (H, W)
        In [0, 1].

    Raises
    ------
    InputError
        If a mask cannot be read, or does not fit.
    """
    if path.is_dir():
        for picture in _pictures(path)[first:]:
            yield mask_from_file(picture, shape)
        return
    from sfumato.video.look import look
    from sfumato.video.planes import read
    from sfumato.video.reader import Damage, decoded

    for number, frame in enumerate(decoded(look(path), Damage())):
        if number < first:
            continue
        mask = read(frame).rgb().max(2).astype(np.float32)
        if mask.shape != tuple(shape):
            raise InputError(
                f"{path}: its masks have {mask.shape[1]}×{mask.shape[0]} pixels, the clip {shape[1]}×{shape[0]};"
                " make both the same"
            )
        low = _FRINGE / 255
        yield ((mask / np.float32(255 if frame.format.components[0].bits <= 8 else 65535) - low) / (1 - 2 * low)).clip(
            0, 1
        )


def _pictures(folder: Path) -> list[Path]:
    """List the pictures in a folder, so that 10.png comes after 9.png."""
    found = [each for each in folder.iterdir() if each.suffix.lower() in _PICTURES and not each.name.startswith(".")]
    if not found:
        raise InputError(f"{folder}: there are no pictures in this folder; give one for each frame")
    return sorted(found, key=lambda each: [int(part) if part.isdigit() else part for part in _split(each.name)])


def _split(name: str) -> list[str]:
    return re.split(r"(\d+)", name)
