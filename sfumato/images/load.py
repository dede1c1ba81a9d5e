"""Reading of picture files: upright, in their own depth, with one clear line if that fails."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from pathlib import Path
from types import MappingProxyType

import numpy as np
from PIL import ExifTags, ImageFile

from sfumato.errors import ImageError, warn
from sfumato.images import metadata, profile
from sfumato.images.decode import STRETCHED, decoded, rawmode
from sfumato.images.opening import opened
from sfumato.images.picture import Numbers, Picture

__all__ = ["NAMED", "at_most", "load", "numbers_of"]

_MOST_PIXELS: ContextVar[int] = ContextVar("most pixels", default=200_000_000)

#: Pictures in memory by name; see `named`.
NAMED: ContextVar[Mapping[str, Picture]] = ContextVar("named pictures", default=MappingProxyType({}))

_UPRIGHT: dict[int, Callable[[np.ndarray], np.ndarray]] = {
    2: lambda v: v[:, ::-1],
    3: lambda v: v[::-1, ::-1],
    4: lambda v: v[::-1],
    5: lambda v: v.swapaxes(0, 1),
    6: lambda v: v[::-1].swapaxes(0, 1),
    7: lambda v: v[::-1, ::-1].swapaxes(0, 1),
    8: lambda v: v[:, ::-1].swapaxes(0, 1),
}


def load(path: str | os.PathLike[str], *, max_pixels: int | None = None, min_side: int = 16) -> Picture:
    """Read a PNG, JPEG, TIFF or WebP file.

    The EXIF orientation is applied. Palettes become RGB, and 1-bit pictures 8-bit gray; other values are not changed.
    If there are several frames, only the first is read. A profile that cannot be used is kept, but the values are taken
    as sRGB. Both cause a `SfumatoWarning`.

    Parameters
    ----------
    path : str or Path
        The file.
    max_pixels : int, optional
        Maximum number of pixels, checked before decoding; by default 200 million, or the limit of `at_most`.
    min_side : int
        Minimum number of pixels on each side.

    Returns
    -------
    Picture

    Raises
    ------
    ImageError
        If the file does not exist, cannot be opened, is not a picture of these formats, is damaged or truncated, has
        values of other than 1 to 8 or 16 bits, or is too large or too small.

    Examples
    --------
    >>> load("no-such-file.png")
    Traceback (most recent call last):
    ...
    sfumato.errors.ImageError: no-such-file.png: no such file
    """
    path, most = Path(path), _MOST_PIXELS.get() if max_pixels is None else max_pixels
    if (known := NAMED.get().get(str(path))) is not None:
        _check_size(path, (known.width, known.height), most, min_side)
        return known
    with opened(path) as (file, image, notes):
        _check_size(path, image.size, most, min_side)
        kind = image.format
        frames = getattr(image, "n_frames", 1)
        if frames > 1:
            notes.append(f"it holds {frames} pictures, and only the first is read")
        if 0 in np.ravel(getattr(image, "tag_v2", {}).get(338, 1)):
            notes.append("its extra channels are left out")
        values, space = decoded(path, file, image)
        try:
            turn = _turn(image)
            dpi, exif = metadata.dpi_of(image), metadata.upright_exif(image)
        except Exception:  # for damaged EXIF data, Pillow raises nearly anything
            turn, dpi, exif = None, None, None
            notes.append("its EXIF data is damaged and left out")
        icc = image.info.get("icc_profile") or None
    reason = profile.problem(icc, space) if icc else None
    if reason:
        notes.append(f"its color profile is not used, and its values are taken as sRGB: {reason}")
    if notes:
        warn(f"{path}: {'; '.join(notes)}")
    if turn:
        values = turn(values)
    colors = {"gray": 1, "rgb": 3, "cmyk": 4}[space]
    return Picture(
        pixels=np.ascontiguousarray(values[..., :colors]),
        alpha=np.ascontiguousarray(values[..., colors]) if values.shape[2] > colors else None,
        space=space,
        icc=icc,
        exif=exif,
        dpi=dpi,
        path=path,
        format=kind,
    )


@contextmanager
def at_most(pixels: int) -> Iterator[None]:
    """Limit the number of pixels of all pictures read within the block: photos, styles and masks.

    Parameters
    ----------
    pixels : int
        Maximum number of pixels; larger pictures are refused.

    Yields
    ------
    None
        Nothing; the limit holds within the block.

    Examples
    --------
    >>> with at_most(1_000_000_000):
    ...     load("no-such-file.png")
    Traceback (most recent call last):
    ...
    sfumato.errors.ImageError: no-such-file.png: no such file
    """
    before = _MOST_PIXELS.set(pixels)
    try:
        yield
    finally:
        _MOST_PIXELS.reset(before)


def numbers_of(picture: Picture) -> Numbers | None:
    """Return the numbers stored in a picture's file, before their conversion to colors.

    Parameters
    ----------
    picture : Picture
        Picture from `load`.

    Returns
    -------
    Numbers or None
        None for a picture in color, and for JPEG, which does not keep numbers exactly.

    Raises
    ------
    ImageError
        If the file does not exist anymore.

    Examples
    --------
    >>> import tempfile
    >>> from PIL import Image
    >>> with tempfile.TemporaryDirectory() as there:
    ...     image = Image.new("P", (16, 16), 1)
    ...     image.putpalette([0, 0, 0, 128, 0, 0])
    ...     image.save(f"{there}/map.png")
    ...     values, palette = numbers_of(load(f"{there}/map.png"))
    >>> values[0, 0].item(), palette.tolist()
    (1, [[0, 0, 0], [128, 0, 0]])
    """
    if picture.numbers is not None:
        return picture.numbers
    if picture.path is None:
        return Numbers(picture.pixels[..., 0].astype(int), None) if picture.space == "gray" else None
    if picture.format in ("JPEG", "WEBP"):
        return None
    with opened(picture.path) as (_, image, _):
        if image.mode == "P":
            values, turn = np.array(image).astype(int), None
            with suppress(Exception):  # for damaged EXIF data, Pillow raises nearly anything
                turn = _turn(image)
            palette = np.array(image.getpalette("RGB"), np.uint8).reshape(-1, 3)
            return Numbers(turn(values) if turn else values, palette)
        unit = STRETCHED.get(rawmode(image), 1)
    return Numbers(picture.pixels[..., 0].astype(int) // unit, None) if picture.space == "gray" else None


def _check_size(path: Path, size: tuple[int, int], max_pixels: int, min_side: int) -> None:
    width, height = size
    if width * height > max_pixels:
        raise ImageError(
            f"{path}: {width} x {height} is {width * height / 1e6:g} megapixels, and the limit is "
            f"{max_pixels / 1e6:g}; make it smaller, or allow more megapixels",
            option="max_megapixels",
        )
    if min(size) < min_side:
        raise ImageError(f"{path}: {width} x {height} pixels are too few; each side needs at least {min_side}")


def _turn(image: ImageFile.ImageFile) -> Callable[[np.ndarray], np.ndarray] | None:
    """Return a function that turns an array (H, W, ...) upright, or None if it is upright."""
    # Pillow already turns TIFF files upright, and removes this tag.
    return _UPRIGHT.get(image.getexif().get(ExifTags.Base.Orientation, 1))
