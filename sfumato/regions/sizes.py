"""Check that a mask or a label map has the aspect ratio of its photo."""

from __future__ import annotations

from pathlib import Path

from sfumato import images
from sfumato.errors import RegionError

__all__ = ["check_aspect", "check_stored"]


def check_aspect(path: str | Path, size: tuple[int, int], shape: tuple[int, int], what: str, target: str) -> str:
    """Refuse a picture whose aspect ratio differs from another's.

    Parameters
    ----------
    path : path
        The picture's file.
    size : (int, int)
        The picture's width and height.
    shape : (int, int)
        Height and width of the other picture.
    what, target : str
        Kinds of the two pictures, such as "mask" and "photo".

    Returns
    -------
    str
        A phrase with both sizes, for a warning that the picture is resized.

    Raises
    ------
    RegionError
        If the aspect ratios differ.

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
    """Check the aspect ratio of a file without decoding it, which may take long.

    A file that is stored rotated by 90 degrees passes too.

    Parameters
    ----------
    path, shape, what, target
        As for `check_aspect`.

    Raises
    ------
    RegionError
        If the aspect ratios differ.
    ImageError
        If the file is not a picture.

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
