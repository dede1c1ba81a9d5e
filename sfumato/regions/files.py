"""Regions painted by hand: a picture as a mask, white where to restyle."""

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from sfumato import images
from sfumato.errors import RegionError, warn
from sfumato.regions.brightness import meant
from sfumato.regions.sizes import check_aspect, check_stored

__all__ = ["find", "in_memory", "located", "mask_from_file"]


def find(path: str | Path, folder: str | Path | None = None) -> Path | None:
    """Find a file, first in the recipe's folder, if there is one, then in the current one.

    Parameters
    ----------
    path : str or Path
        Name of the file; an absolute one is looked up as it is.
    folder : str or Path, optional
        Where the recipe lies, whose files are named as seen from there.

    Returns
    -------
    Path or None
        The file, or None if there is none in either place.

    Examples
    --------
    >>> find("there-is-no-such-mask.png") is None
    True
    """
    if str(path) in images.NAMED.get():
        return Path(path)
    for place in _places(path, folder):
        try:
            if place.is_file():
                return place
        except (OSError, ValueError):  # too long for a name, or in a folder that may not be read
            continue
    return None


def in_memory(name: str) -> bool:
    """Tell whether a name stands for a picture in memory, such as "<region>"; see `sfumato.images.named`.

    Examples
    --------
    >>> in_memory("<region>"), in_memory("mask.png")
    (True, False)
    """
    return name.startswith("<") and name.endswith(">")


def located(path: str | Path, folder: str | Path | None, what: str) -> Path:
    """Find a file, or say where it was looked for.

    Parameters
    ----------
    path, folder : path
        As for `find`.
    what : str
        What the file is, for the message.

    Raises
    ------
    RegionError
        If there is no such file.

    Examples
    --------
    >>> located("none.png", None, "label map")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ...
    sfumato.errors.RegionError: label map 'none.png' is not there: looked in ...
    """
    found = find(path, folder)
    if found is None:
        places = " and ".join(repr(str(place.absolute().parent)) for place in _places(path, folder))
        raise RegionError(f"{what} {str(path)!r} is not there: looked in {places}")
    return found


def mask_from_file(
    path: str | Path, shape: tuple[int, int], *, folder: str | Path | None = None
) -> NDArray[np.float32]:
    """Read a picture as a mask.

    The mask is the picture's brightness (the BT.709 luma of its sRGB values, not linearized, so
    that gray 128 is a mask of 128/255), times its alpha channel if it has one. A picture of the
    photo's shape but another size is resized, with a warning. In a JPEG, values within 12/255
    of black or white become exactly 0 or 1, since compression leaves fringes there.

    Other pictures are taken for what they are meant to be, with a warning. Of an object cut out
    along its alpha, or of its black shape, alpha alone counts. Of a mask painted in color, such
    as red on black, each pixel counts by its brightest channel, the brightest in full. In a map
    of a few colors, as segmentation tools write them, all that is not black counts in full.

    Parameters
    ----------
    path : str or Path
        The picture; gray, palette or color, of 8 or 16 bits.
    shape : (int, int)
        Height and width of the photo, in pixels.
    folder : str or Path, optional
        A first place to look up a relative path, before the current folder.

    Returns
    -------
    ndarray
        float32 (H, W) in [0, 1].

    Raises
    ------
    RegionError
        If there is no such file, it has another aspect ratio than the photo, its brightest value
        is less than 1/16 of white and not 0, or it is in color and nowhere black.
    ImageError
        If the file is not a picture that can be read.

    Warns
    -----
    SfumatoWarning
        If the picture was resized, taken for something else than a gray mask, or has no value
        above 1/8 of white.

    Examples
    --------
    >>> import tempfile
    >>> from PIL import Image
    >>> with tempfile.TemporaryDirectory() as there:
    ...     Image.new("L", (30, 20), 51).save(f"{there}/mask.png")
    ...     mask = mask_from_file("mask.png", (20, 30), folder=there)
    >>> mask.shape, round(float(mask.max()), 3)
    ((20, 30), 0.2)
    """
    place = located(path, folder, "mask file")
    check_stored(place, shape, "mask", "photo")
    picture = images.load(place)
    mask, note = meant(picture, str(path))
    if note:
        warn(note)
    return mask if mask.shape == tuple(shape) else _resized(mask, shape, path)


def _places(path: str | Path, folder: str | Path | None) -> list[Path]:
    """List where a file may lie, in order, each once."""
    places = ([] if folder is None else [Path(folder) / path]) + [Path(path)]
    return list({place.absolute(): place for place in reversed(places)}.values())[::-1]


def _resized(mask: NDArray[np.float32], shape: tuple[int, int], path: str | Path) -> NDArray[np.float32]:
    """Fit a mask to the photo if both have the same aspect ratio."""
    height, width = shape
    sizes = check_aspect(path, (mask.shape[1], mask.shape[0]), shape, "mask", "photo")
    warn(f"{sizes}: resized to fit")
    how = cv2.INTER_AREA if height * width < mask.size else cv2.INTER_LINEAR
    # In double precision, so that weights add up and what is 1 all over stays 1.
    resized = cv2.resize(mask.astype(np.float64), (width, height), interpolation=how)
    return np.clip(resized, 0, 1).astype(np.float32)
