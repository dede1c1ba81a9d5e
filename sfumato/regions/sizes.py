"""Whether a mask or a label map is made for a photo: of its size, or at least of its aspect ratio."""

from __future__ import annotations

from pathlib import Path

from sfumato import images
from sfumato.errors import RegionError

__all__ = ["check_aspect", "check_stored"]


def check_aspect(path: str | Path, size: tuple[int, int], shape: tuple[int, int], what: str, target: str) -> str:
    """Refuse a picture that no resizing fits to another.

    Parameters
    ----------
    path : path
        Where it is from.
    size : (int, int)
        Its width and height.
    shape : (int, int)
        Height and width of what it should fit.
    what, target : str
        What it is, such as "mask", and what it should fit, such as "photo".

    Returns
    -------
    str
        Both sizes, for a note that it is resized.

    Raises
    ------
    RegionError
        If it has another aspect ratio.

    Examples
    --------
    >>> check_aspect("a.png", (30, 20), (40, 60), "mask", "photo")
    "mask 'a.png' is 30 x 20 pixels, the photo 60 x 40"
    """
    (wide, tall), (height, width) = size, shape
    sizes = f"{what} {str(path)!r} is {wide} x {tall} pixels, the {target} {width} x {height}"
    # Scaled to the smaller size, the two may differ by one pixel in one direction.
    if abs(wide * height - tall * width) > max(wide, tall, width, height):
        raise RegionError(f"{sizes}: give it the {target}'s size, or at least its aspect ratio")
    return sizes


def check_stored(path: str | Path, shape: tuple[int, int], what: str, target: str) -> None:
    """Do the same before the file is decoded, which may take long; it may be stored turned a quarter.

    Raises
    ------
    RegionError
        As `check_aspect`.
    ImageError
        If it is no picture.

    Examples
    --------
    >>> check_stored("no-such-file.png", (40, 60), "mask", "photo")
    Traceback (most recent call last):
    ...
    sfumato.errors.ImageError: no-such-file.png: no such file
    """
    width, height = images.stored_size(path)
    try:
        check_aspect(path, (width, height), shape, what, target)
    except RegionError as error:
        try:
            check_aspect(path, (height, width), shape, what, target)
        except RegionError:
            raise error from None
