"""Read mask files: pictures that are white where to restyle."""

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
    """Find a file in the recipe's folder, if there is one, or else in the current folder.

    Parameters
    ----------
    path : str or Path
        Name of the file, absolute or relative.
    folder : str or Path, optional
        The recipe's folder; the recipe's relative paths start there.

    Returns
    -------
    Path or None
        The file, or None if it is in neither folder.

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
        except (OSError, ValueError):  # too long a name, or a folder without permission to read
            continue
    return None


def in_memory(name: str) -> bool:
    """Tell whether a name, such as "<region>", stands for a picture in memory; see `sfumato.images.named`.

    Examples
    --------
    >>> in_memory("<region>"), in_memory("mask.png")
    (True, False)
    """
    return name.startswith("<") and name.endswith(">")


def located(path: str | Path, folder: str | Path | None, what: str) -> Path:
    """Find a file, or raise an error that lists where it was looked for.

    Parameters
    ----------
    path, folder : path
        As for `find`.
    what : str
        Kind of file, for the message.

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

    The mask is the picture's brightness times its alpha channel, if it has one. Brightness is the BT.709 luma of the
    sRGB values without linearization, so that gray 128 is a mask of 128/255. A picture with the photo's aspect ratio
    but another size is resized, with a warning. In a JPEG, values within 12/255 of black or white become exactly 0 or
    1, because compression leaves fringes there.

    Other kinds of pictures are interpreted, with a warning. For an object cut out along its alpha, or its black
    silhouette, the mask is alpha alone. For a mask painted in color, such as red on black, it is the brightest channel,
    scaled so that the brightest pixel is 1. For a map of a few colors, as segmentation tools write them, it is 1 where
    the map is not black.

    Parameters
    ----------
    path : str or Path
        The picture: gray, palette or color, 8 or 16 bits.
    shape : (int, int)
        Height and width of the photo, in pixels.
    folder : str or Path, optional
        Folder in which a relative path is looked up first, before the current folder.

    Returns
    -------
    ndarray
        float32 (H, W) in [0, 1].

    Raises
    ------
    RegionError
        If there is no such file, if the picture and the photo differ in aspect ratio, if the brightest value is not 0
        but below 1/16 of white, or if the picture is in color and nowhere black.
    ImageError
        If the file is not a picture that can be read.

    Warns
    -----
    SfumatoWarning
        If the picture was resized, interpreted as something else than a gray mask, or has no value above 1/8 of white.

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
    """List the paths at which a file may be, in order and without repetition."""
    places = ([] if folder is None else [Path(folder) / path]) + [Path(path)]
    return list({place.absolute(): place for place in reversed(places)}.values())[::-1]


def _resized(mask: NDArray[np.float32], shape: tuple[int, int], path: str | Path) -> NDArray[np.float32]:
    """Resize a mask to the photo's size if both have the same aspect ratio."""
    height, width = shape
    sizes = check_aspect(path, (mask.shape[1], mask.shape[0]), shape, "mask", "photo")
    warn(f"{sizes}: resized to fit")
    how = cv2.INTER_AREA if height * width < mask.size else cv2.INTER_LINEAR
    # Double precision, so that weights sum to 1 and a uniform mask of 1 stays exactly 1.
    resized = cv2.resize(mask.astype(np.float64), (width, height), interpolation=how)
    return np.clip(resized, 0, 1).astype(np.float32)
