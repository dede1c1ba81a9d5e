"""The functions that restyle."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Unpack

from sfumato.api.given import Region, made
from sfumato.errors import RecipeError
from sfumato.images import Given
from sfumato.methods import Result
from sfumato.recipe import Recipe
from sfumato.recipe.options import HarmonizeOptions, PhotorealOptions, StylizeOptions

__all__ = ["harmonize", "photoreal", "stylize", "surface"]


def stylize(
    photo: Given,
    style: Given | Sequence[Given] | Recipe,
    *,
    region: Region = "all",
    folder: str | Path | None = None,
    device: str = "auto",
    precision: str = "auto",
    **options: Unpack[StylizeOptions],
) -> Result:
    """Restyle a region of a photo in the manner of another picture.

    Parameters
    ----------
    photo : path, PIL.Image.Image, ndarray or Picture
        Photo to restyle. Arrays are uint8, uint16, bool, or float in [0, 1]; gray, RGB or RGBA.
    style : path, PIL.Image.Image, ndarray, Picture, a sequence of those, or Recipe
        Style pictures; several are mixed equally, and "a.jpg:0.7" sets a weight. Or a trained network (.sfm). Or a
        recipe, which replaces the region and all other options.
    region : str, path, PIL.Image.Image, ndarray or Picture
        Where to restyle: an expression such as "subject & ~rect(0, 0, 200, 80)", a mask file, or a mask.
    folder : path, optional
        Where to look for the recipe's files, before the current folder.
    device : str
        "auto", "cpu", "cuda" or "cuda:1".
    precision : str
        "auto", "float32" or "bfloat16".
    **options
        Fields of `Recipe`, `Layer` and `Style`: ``preset="draft"``, ``color="luminance"``, ``method="fast"`` and so on.

    Returns
    -------
    Result
        Show it with ``result.image``, or save it with ``result.save("out.png")``.

    Raises
    ------
    InputError
        If the photo, a style, the region or an option cannot be used. It is a `ValueError`.
    ModelError, DeviceError
        If a network file cannot be fetched, or the device is not available.

    Examples
    --------
    >>> result = stylize("photo.jpg", "starry_night.jpg", region="subject")  # doctest: +SKIP
    """
    return made(photo, style, region, {}, dict(options), folder, device, precision)


def photoreal(
    photo: Given,
    reference: Given | Recipe,
    *,
    region: Region = "all",
    labels: Given | None = None,
    reference_labels: Given | None = None,
    folder: str | Path | None = None,
    device: str = "auto",
    precision: str = "auto",
    **options: Unpack[PhotorealOptions],
) -> Result:
    """Give a photo the look of another, matching sky to sky, and keep it photorealistic.

    Parameters
    ----------
    photo : path, PIL.Image.Image, ndarray or Picture
        Photo to change.
    reference : path, PIL.Image.Image, ndarray, Picture or Recipe
        Photo whose look to transfer, or a recipe.
    region : str, path, PIL.Image.Image, ndarray or Picture
        Where to change the photo.
    labels, reference_labels : path, PIL.Image.Image, ndarray or Picture, optional
        Label maps of both: colors, or indices in gray or palette pictures. Found automatically when left out.
    folder, device, precision
        See `stylize`.
    **options
        Fields of `sfumato.recipe.Photoreal` and `Layer`.

    Returns
    -------
    Result

    Raises
    ------
    InputError, ModelError, DeviceError
        See `stylize`.

    Examples
    --------
    >>> result = photoreal("a.jpg", "dusk.jpg", semantic="hard")  # doctest: +SKIP
    """
    maps = {"labels": labels, "reference_labels": reference_labels}
    return made(photo, reference, region, maps, {**options, "method": "photo"}, folder, device, precision)


def harmonize(
    pasted: Given,
    painting: Given | Recipe,
    *,
    region: Region = "all",
    folder: str | Path | None = None,
    device: str = "auto",
    precision: str = "auto",
    **options: Unpack[HarmonizeOptions],
) -> Result:
    """Repaint a pasted object to match its painting.

    Parameters
    ----------
    pasted : path, PIL.Image.Image, ndarray or Picture
        The painting with the object pasted in.
    painting : path, PIL.Image.Image, ndarray, Picture or Recipe
        The painting without the object, or a recipe.
    region : str, path, PIL.Image.Image, ndarray or Picture
        Where the object is; `paste` returns its mask.
    folder, device, precision
        See `stylize`.
    **options
        Fields of `sfumato.recipe.Harmonize` and `Layer`.

    Returns
    -------
    Result

    Raises
    ------
    InputError, ModelError, DeviceError
        See `stylize`.

    Examples
    --------
    >>> pasted = paste("cup.png", "painting.jpg", scale=0.3)  # doctest: +SKIP
    >>> result = harmonize(pasted.picture, "painting.jpg", region=pasted.mask)  # doctest: +SKIP
    """
    return made(pasted, painting, region, {}, {**options, "method": "harmonize"}, folder, device, precision)


def surface(
    photo: Given,
    style: Given | Sequence[Given] | Recipe,
    *,
    region: Region | None = None,
    folder: str | Path | None = None,
    device: str = "auto",
    precision: str = "auto",
    **options: Unpack[StylizeOptions],
) -> Result:
    """Restyle a screen, a poster or a wall as seen from the front, and put it back in perspective.

    Parameters
    ----------
    photo : path, PIL.Image.Image, ndarray or Picture
        Photo that contains the surface.
    style : path, PIL.Image.Image, ndarray, Picture, a sequence of those, or Recipe
        As for `stylize`.
    region : str, path, PIL.Image.Image, ndarray or Picture, optional
        Region that shows the surface, whose corners are found; not needed with ``corners``.
    folder, device, precision
        See `stylize`.
    **options
        As for `stylize`; ``corners`` are the x and y of each corner in pixels, in order around the surface.

    Returns
    -------
    Result

    Raises
    ------
    InputError, ModelError, DeviceError
        See `stylize`; also if there are neither corners nor a region.

    Examples
    --------
    >>> corners = [412, 300, 690, 322, 675, 810, 398, 780]
    >>> result = surface("photo.jpg", "a.jpg", corners=corners)  # doctest: +SKIP
    """
    corners = style.corners if isinstance(style, Recipe) else options.get("corners")
    if corners is None and region is None and not isinstance(style, Recipe):
        raise RecipeError("which surface? give its corners, or a region that shows it")
    where: Region = "all" if region is None else region
    return made(photo, style, where, {}, dict(options), folder, device, precision, upright=corners is None)
