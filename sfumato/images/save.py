"""Writing of picture files: whole or not at all, with a warning if the format loses something."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np

from sfumato import files
from sfumato.errors import InputError, OutputError, listening, warn
from sfumato.images import encode, profile
from sfumato.images.picture import Picture

__all__ = ["check_output", "save"]

_KINDS = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG", ".tif": "TIFF", ".tiff": "TIFF"}
_KINDS |= {".webp": "WebP"}
_LONGEST_SIDE = {"JPEG": 65_500, "WebP": 16_383}
_LONGEST_RECIPE = 60_000  # a JPEG comment holds 65 533 bytes
_LONGEST_JPEG_EXIF = 65_533
_LONGEST_PNG_PROFILE = 1 << 20  # Pillow refuses to open PNG files with more
_BAND = 256  # number of rows converted at a time


def save(
    picture: Picture,
    path: str | os.PathLike[str],
    *,
    recipe: str | None = None,
    overwrite: bool = False,
    quality: int = 95,
) -> None:
    """Write a picture in the format of the file's ending.

    PNG, TIFF and lossless WebP keep every byte of the pictures that they support; otherwise one `SfumatoWarning` tells
    what is lost. The file appears whole or not at all.

    Parameters
    ----------
    picture : Picture
        Picture to write, with its profile, EXIF block and resolution.
    path : str or Path
        File to write, ending in .png, .jpg, .jpeg, .tif, .tiff or .webp.
    recipe : str, optional
        Text to store in the file, for `read_recipe`.
    overwrite : bool
        Whether an existing file may be replaced.
    quality : int
        Quality of a JPEG file, from 1 to 100.

    Raises
    ------
    OutputError
        If `check_output` refuses the path, the picture or the recipe is too large for the format, or
        the disk is full or fails.
    InputError
        If `quality` is not in 1 to 100.

    Examples
    --------
    >>> import tempfile
    >>> from sfumato.images import from_array, load, save
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save(from_array(np.full((16, 16), 7, np.uint16)), f"{folder}/gray.png")
    ...     load(f"{folder}/gray.png").pixels[0, 0].tolist()
    [7]
    """
    path = Path(path)
    check_output(path, overwrite=overwrite)
    kind = _kind(path)
    if not 1 <= quality <= 100:
        raise InputError(f"quality {quality} is out of range; choose 1 to 100")
    longest = _LONGEST_SIDE.get(kind)
    if longest is not None and max(picture.shape) > longest:
        raise OutputError(
            f"{path}: {kind} holds at most {longest} pixels on a side, and the picture is "
            f"{picture.width} x {picture.height}; save as PNG or TIFF"
        )
    if recipe is not None and len(recipe.encode()) > _LONGEST_RECIPE:
        raise OutputError(
            f"{path}: a recipe of {len(recipe.encode())} bytes does not fit into the file; "
            f"keep it under {_LONGEST_RECIPE}"
        )
    losses = _losses(picture, kind)
    if losses:
        better = " or ".join(k for k in ("PNG", "TIFF") if not _losses(picture, k))
        warn(f"{path}: {'; '.join(losses)}; save as {better} to keep them")
    picture = _fitted(picture, kind)
    if kind == "PNG":
        data = encode.png(picture, recipe)
    elif kind == "TIFF":
        data = encode.tiff(picture, recipe)
    elif kind == "WebP":
        data = encode.webp(picture, recipe)
    else:
        data = encode.jpeg(picture, recipe, quality)
    files.write(path, data)


def check_output(
    path: str | os.PathLike[str],
    *,
    inputs: Iterable[str | os.PathLike[str]] = (),
    overwrite: bool = False,
) -> None:
    """Check before a long computation that its result can be written.

    Parameters
    ----------
    path : str or Path
        File for the result.
    inputs : iterable of str or Path
        Input files, which are never overwritten.
    overwrite : bool
        Whether another existing file may be replaced.

    Raises
    ------
    OutputError
        If the ending is not that of a supported format, `path` is a folder or one of the inputs, its
        folder does not exist or cannot be written to, or it exists and `overwrite` is False.

    Examples
    --------
    >>> check_output("picture.gif")
    Traceback (most recent call last):
    ...
    sfumato.errors.OutputError: picture.gif: unknown ending '.gif'; use .png, .jpg, .jpeg, .tif, .tiff or .webp
    """
    files.check(path, endings=list(_KINDS), inputs=inputs, overwrite=overwrite)


def _kind(path: Path) -> str:
    files.check_ending(path, list(_KINDS))
    return _KINDS[path.suffix.lower()]


def _needs_rgb(picture: Picture, kind: str) -> bool:
    """Tell whether a gray picture has to be stored as three equal channels."""
    deep_alpha = picture.alpha is not None and picture.pixels.dtype == np.uint16
    return picture.space == "gray" and (kind == "WebP" or (kind == "TIFF" and deep_alpha))


def _losses(picture: Picture, kind: str) -> list[str]:
    """Return what a format loses of a picture."""
    losses = []
    if kind == "JPEG":
        losses.append("JPEG cannot keep the untouched pixels' bytes")
        if picture.alpha is not None:
            losses.append("alpha is dropped")
        if len(picture.exif or b"") > _LONGEST_JPEG_EXIF:
            losses.append("the EXIF data is too long and left out")
    if picture.pixels.dtype == np.uint16 and kind in ("JPEG", "WebP"):
        losses.append(f"{kind} holds 8 bits, so 16 are rounded")
    if picture.space == "cmyk" and kind in ("PNG", "WebP"):
        losses.append(f"{kind} holds no CMYK, so the bytes of all pixels change to sRGB")
    elif kind == "PNG" and len(picture.icc or b"") > _LONGEST_PNG_PROFILE:
        losses.append("a color profile of more than 1 MiB is left out of PNG, and colors will look wrong")
    if _needs_rgb(picture, kind):
        dropped = picture.icc is not None and not profile.describes(picture.icc, "rgb")
        losses.append(f"gray becomes RGB in {kind}" + (", and its profile is left out" if dropped else ""))
    return losses


def _fitted(picture: Picture, kind: str) -> Picture:
    """Convert a picture to what a format supports; see `_losses`."""
    if picture.space == "cmyk" and kind in ("PNG", "WebP"):
        picture = _as_srgb(picture)
    if _needs_rgb(picture, kind):
        with listening(lambda message: None):
            picture = picture.in_color()
    if kind in ("JPEG", "WebP") and picture.pixels.dtype == np.uint16:
        picture = picture.in_8_bits()
    if kind == "PNG" and len(picture.icc or b"") > _LONGEST_PNG_PROFILE:
        picture = replace(picture, icc=None)
    if kind == "JPEG":
        exif = picture.exif if len(picture.exif or b"") <= _LONGEST_JPEG_EXIF else None
        picture = replace(picture, alpha=None, exif=exif)
    return picture


def _as_srgb(picture: Picture) -> Picture:
    """Convert a whole picture in bands of rows, to save memory."""
    dtype = picture.pixels.dtype
    pixels = np.empty((*picture.shape, 3), dtype=dtype)
    for top in range(0, picture.height, _BAND):
        bottom = min(top + _BAND, picture.height)
        rgb = picture.rgb((top, 0, bottom, picture.width))
        pixels[top:bottom] = np.rint(rgb * np.iinfo(dtype).max)
    return replace(picture, pixels=pixels, space="rgb", icc=None)
