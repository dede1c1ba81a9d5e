"""Read label maps: pictures whose colors or indices say what is where."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from sfumato import images
from sfumato.errors import RegionError, listening, warn
from sfumato.images import Picture
from sfumato.regions.numbers import nearest, numbers_in
from sfumato.regions.patches import first, settled
from sfumato.regions.sizes import check_aspect, check_stored

__all__ = ["COLORS", "read_indices", "read_label_pair", "read_labels"]

# The colors in the data of Luan et al., "Deep photo style transfer", 2017.
COLORS: dict[str, tuple[int, int, int]] = {
    "blue": (0, 0, 255),
    "green": (0, 255, 0),
    "black": (0, 0, 0),
    "white": (255, 255, 255),
    "red": (255, 0, 0),
    "yellow": (255, 255, 0),
    "gray": (128, 128, 128),
    "lightblue": (0, 255, 255),
    "purple": (255, 0, 255),
}

Labels = dict[str, NDArray[np.float32]]


def read_labels(
    path: str | Path,
    shape: tuple[int, int] | None = None,
    *,
    colors: Mapping[str, Sequence[float]] | None = None,
) -> dict[str, NDArray[np.float32]]:
    """Read a picture whose colors are labels.

    A pixel gets the label with the nearest color, if no channel differs by more than 10 %, which allows for the noise
    of JPEG. Smoothed borders and strokes of soft brushes have other colors, and a smooth transition from black to white
    may even pass through the gray of a label. Therefore, if the picture has other colors, each pixel that is not in a
    patch of one label with room for 4 x 4 pixels gets the label of the nearest patch, and a warning tells how many
    there were.

    Parameters
    ----------
    path : str or Path
        PNG, JPEG, TIFF or WebP.
    shape : (int, int), optional
        Height and width of the picture, in pixels. A map with the same aspect ratio but another size is resized, by
        nearest neighbor, with a warning.
    colors : mapping of str to (red, green, blue), optional
        Each label's color, 0 to 255; `COLORS` by default.

    Returns
    -------
    dict of str to ndarray
        A mask for each label that occurs, float32 (H, W), of zeros and ones. The masks sum to 1.

    Raises
    ------
    RegionError
        If the table of colors is empty, has values out of range or a color twice; if more than half of the pixels are
        in no patch, because the file is not a label map or has other colors; if a gray or palette map seems to hold
        numbers of labels; if pixels are transparent; or if the map and the picture differ in aspect ratio.
    ImageError
        If the file is not a picture that can be read.

    Warns
    -----
    SfumatoWarning
        If pixels got the label of the nearest patch, or the map was resized.

    Examples
    --------
    >>> import tempfile
    >>> from PIL import Image
    >>> with tempfile.TemporaryDirectory() as there:
    ...     Image.new("RGB", (30, 20), (250, 9, 3)).save(f"{there}/map.png")
    ...     labels = read_labels(f"{there}/map.png")
    >>> {name: mask.mean().item() for name, mask in labels.items()}
    {'red': 1.0}
    """
    table = COLORS if colors is None else colors
    _check_colors(table)
    picture = _opened(path, shape)
    if picture.alpha is not None and picture.alpha.min() < np.iinfo(picture.alpha.dtype).max:
        raise RegionError(f"label map {str(path)!r} has transparent pixels: paint them in a label's color")
    numbers = numbers_in(picture, table)
    if numbers:
        raise RegionError(
            f"label map {str(path)!r} has {numbers}: if they are numbers, take a label by its number; if not, save the "
            "map in the labels' colors"
        )
    rgb = picture.rgb() * 255
    index = nearest(rgb, table)
    if (index < 0).any():
        index = settled(path, index, rgb, list(table))
    return _masks(path, index, dict(enumerate(table)), shape)


def read_indices(
    path: str | Path, shape: tuple[int, int] | None = None, *, names: Mapping[int, str] | None = None
) -> dict[str, NDArray[np.float32]]:
    """Read a picture whose values are the numbers of labels: a palette PNG, or a gray picture.

    Parameters
    ----------
    path : str or Path
        PNG of 1 to 16 bits, or gray TIFF of 8 or 16 bits. Only the indices of a palette count.
    shape : (int, int), optional
        As for `read_labels`.
    names : mapping of int to str, optional
        The label of each index; indices with the same name become one label. By default the labels are "0", "1" and so
        on.

    Returns
    -------
    dict of str to ndarray
        A mask for each label that occurs, float32 (H, W), of zeros and ones. The masks sum to 1.

    Raises
    ------
    RegionError
        If the file is in color or a JPEG, if an index has no name, or if the map and the picture differ in aspect
        ratio.
    ImageError
        If the file is not a picture that can be read.

    Warns
    -----
    SfumatoWarning
        If the map was resized.

    Examples
    --------
    >>> import tempfile
    >>> from PIL import Image
    >>> with tempfile.TemporaryDirectory() as there:
    ...     Image.new("L", (30, 20), 2).save(f"{there}/map.png")
    ...     labels = read_indices(f"{there}/map.png", names={0: "sky", 2: "sea"})
    >>> list(labels)
    ['sea']
    """
    picture = _opened(path, shape)
    stored = images.numbers_of(picture)
    if stored is None:
        what = "a JPEG, whose values are not exact" if picture.format == "JPEG" else "in color"
        raise RegionError(
            f"label map {str(path)!r} is {what}, and holds no numbers of labels: take a label by its color, or save it "
            "as a gray or palette PNG"
        )
    index = stored.values
    numbers = np.unique(index).tolist()
    table = {number: str(number) for number in numbers} if names is None else names
    for number in numbers:
        if number not in table:
            where = index == number
            found = f"{np.count_nonzero(where)} pixels of index {number}, {first(where)}"
            raise RegionError(f"label map {str(path)!r} has {found}, for which the table has no name: add one")
    return _masks(path, index, {number: table[number] for number in numbers}, shape)


def read_label_pair(paths: Sequence[str | Path], shapes: Sequence[tuple[int, int]]) -> list[Labels]:
    """Read the label maps of two pictures; the same color or number means the same label in both.

    Parameters
    ----------
    paths : sequence of str or Path
        As for `read_labels`, or as for `read_indices` if one of the maps holds numbers.
    shapes : sequence of (int, int)
        Heights and widths of the pictures.

    Returns
    -------
    list of dict of str to ndarray
        The labels of each map, as these functions return them.

    Raises
    ------
    RegionError
        If only one of the maps holds numbers, or one cannot be read as a label map.
    ImageError
        If a file is not a picture that can be read.

    Examples
    --------
    >>> read_label_pair(["photo.png", "style.png"], [(480, 640), (300, 400)])  # doctest: +SKIP
    """
    with listening(lambda message: None):  # the functions below warn of it again
        pictures = [_opened(path, shape) for path, shape in zip(paths, shapes, strict=True)]
    numbers = [bool(numbers_in(picture, COLORS)) for picture in pictures]
    if any(numbers):
        for path, other, picture in zip(paths, reversed(paths), pictures, strict=True):
            if images.numbers_of(picture) is None:
                found = f"label map {str(path)!r} has colors, and {str(other)!r} numbers of labels"
                raise RegionError(f"{found}: save both in the same way")
    read = read_indices if any(numbers) else read_labels
    return [read(path, shape) for path, shape in zip(paths, shapes, strict=True)]


def _opened(path: str | Path, shape: tuple[int, int] | None) -> Picture:
    """Read a label map, or refuse it if it does not fit the picture."""
    if shape is not None:
        check_stored(path, shape, "label map", "picture")
    return images.load(path)


def _check_colors(colors: Mapping[str, Sequence[float]]) -> None:
    """Refuse a table of colors that does not distinguish its labels."""
    if not colors:
        raise RegionError("the table of label colors is empty: give at least one name and its color")
    names: dict[tuple[float, ...], str] = {}
    for name, color in colors.items():
        if len(color) != 3 or not all(0 <= part <= 255 for part in color):
            raise RegionError(f"label {name!r} needs a color of three numbers from 0 to 255, got {color!r}")
        if tuple(color) in names:
            raise RegionError(f"labels {names[tuple(color)]!r} and {name!r} have the same color {tuple(color)}")
        names[tuple(color)] = name


def _masks(
    path: str | Path, index: NDArray[np.int_], names: Mapping[int, str], shape: tuple[int, int] | None
) -> dict[str, NDArray[np.float32]]:
    """Resize a map of indices if necessary, and make a mask of each label."""
    if shape is not None and index.shape != tuple(shape):
        height, width = shape
        sizes = check_aspect(path, (index.shape[1], index.shape[0]), shape, "label map", "picture")
        before = {names[number] for number in np.unique(index).tolist()}
        index = cv2.resize(index.astype(np.int32), (width, height), interpolation=cv2.INTER_NEAREST_EXACT).astype(int)
        lost = sorted(before - {names[number] for number in np.unique(index).tolist()})
        only = f"; too small to remain: {', '.join(map(repr, lost))}" if lost else ""
        warn(f"{sizes}: resized to fit{only}")
    labels: dict[str, NDArray[np.float32]] = {}
    for number in np.unique(index).tolist():
        labels[names[number]] = labels.get(names[number], 0) + (index == number).astype(np.float32)
    return labels
