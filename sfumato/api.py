"""The high-level functions, one for each command of the command line.

Pictures, styles, references, masks and label maps may be paths, Pillow images, NumPy arrays or `Picture`. Functions
that restyle accept a `Recipe` in place of the style and the options.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias, Unpack

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from sfumato import images, regions
from sfumato.errors import InputError, RecipeError
from sfumato.images import Given
from sfumato.methods import Result, steps
from sfumato.methods.corners import with_corners
from sfumato.recipe import Recipe
from sfumato.recipe.options import HarmonizeOptions, PhotorealOptions, StylizeOptions

if TYPE_CHECKING:
    from sfumato.feedforward.network import Network

__all__ = ["Region", "find_regions", "harmonize", "photoreal", "stylize", "surface", "train"]

Region: TypeAlias = Given
"""A region expression, or the path of a mask, as text; or a mask: a Pillow image, an array, or a `Picture`."""


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
        Fields of `Recipe`, `Layer` and `Style`: ``preset="draft"``, ``color="luminance"``, ``method="fast"``, …

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
    return _restyle(photo, style, region, {}, dict(options), folder, device, precision)


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
    return _restyle(photo, reference, region, maps, {**options, "method": "photo"}, folder, device, precision)


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
    return _restyle(pasted, painting, region, {}, {**options, "method": "harmonize"}, folder, device, precision)


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
    return _restyle(photo, style, where, {}, dict(options), folder, device, precision, upright=corners is None)


def find_regions(
    photo: Given,
    region: str | Path | Recipe | None = None,
    *,
    folder: str | Path | None = None,
    segmenter: str = "auto",
) -> dict[str, NDArray[np.float32]]:
    """Find the labeled regions of a photo, or evaluate given regions.

    Parameters
    ----------
    photo : path, PIL.Image.Image, ndarray or Picture
        Photo to look at.
    region : str, path or Recipe, optional
        A region expression or a mask file; or a recipe, for all its regions. All labels when left out.
    folder : path, optional
        Where to look for mask files, before the current folder.
    segmenter : str
        Segmenter for labels; a recipe names its own.

    Returns
    -------
    dict of str to ndarray of float32, shape (H, W)
        Masks in [0, 1] by name or expression.

    Raises
    ------
    InputError, ModelError
        If the photo or the region cannot be used, or a network file cannot be fetched.

    Examples
    --------
    >>> masks = find_regions(np.zeros((20, 30, 3)), "rect(0, 0, 50%, 100%)")
    >>> {name: mask.mean().item() for name, mask in masks.items()}
    {'rect(0, 0, 50%, 100%)': 0.5}
    """
    image = images.as_picture(photo).rgb()
    place = None if folder is None else Path(folder)
    if region is None:
        return regions.find(image, segmenter)
    if isinstance(region, Recipe):
        names, segmenter = [layer.region for layer in region.layers], region.segmenter
    else:
        names = [str(region)]
    return {name: np.asarray(regions.evaluate(name, image, place, segmenter=segmenter)) for name in names}


def train(
    styles: Given | Sequence[Given],
    photos: str | Path,
    *,
    steps: int = 4000,
    batch: int = 4,
    size: int = 256,
    style_size: int = 512,
    content_weight: float = 1.0,
    style_weight: float = 3.0,
    variation_weight: float = 0.5,
    pixel_weight: float = 0.0,
    width: int = 32,
    masks: bool = False,
    seed: int = 0,
    device: str = "auto",
) -> Network:
    """Train a network that paints any photo in one or several styles, in a single pass.

    Parameters
    ----------
    styles : path, PIL.Image.Image, ndarray, Picture, or a sequence of those
        Style pictures. Styles from files are named after the file, others "style 1", "style 2" and so on.
    photos : path
        Folder of photos to learn from.
    steps, batch, size, style_size, content_weight, style_weight, variation_weight, pixel_weight, width, masks, seed
        See `sfumato.feedforward.settings.Settings`.
    device : str
        "auto", "cpu", "cuda" or "cuda:1".

    Returns
    -------
    Network
        Save it with ``network.save("a.sfm")``, and paint with ``stylize(photo, "a.sfm")``.

    Raises
    ------
    InputError
        If a style, a photo or a setting cannot be used.
    ModelError, DeviceError
        If a network file cannot be fetched, or the device is not available.

    Examples
    --------
    >>> network = train("starry_night.jpg", "photos", steps=1000)  # doctest: +SKIP
    """
    from sfumato.compute.device import choose_device
    from sfumato.feedforward.photos import Photos
    from sfumato.feedforward.settings import Settings
    from sfumato.feedforward.train import Training

    settings = Settings(
        steps=steps,
        batch=batch,
        size=size,
        style_size=style_size,
        content_weight=content_weight,
        style_weight=style_weight,
        variation_weight=variation_weight,
        pixel_weight=pixel_weight,
        width=width,
        masks=masks,
        seed=seed,
    )
    pictures: dict[str, np.ndarray] = {}
    for number, given in enumerate(_listed(styles), start=1):
        name = Path(given).stem if isinstance(given, str | os.PathLike) else f"style {number}"
        if name in pictures:
            raise InputError(f"two styles are called {name!r}; rename one")
        colors, opacity = images.visible(images.as_picture(given))
        pictures[name] = colors if opacity is None else np.dstack([colors, opacity])
    training = Training(pictures, Photos(photos, size), settings, device=choose_device(device))
    for _ in training.run():
        pass
    return training.trained()


def _restyle(
    photo: Given,
    style: Given | Sequence[Given] | Recipe,
    region: Region,
    maps: dict[str, Given | None],
    options: dict[str, Any],
    folder: str | Path | None,
    device: str,
    precision: str,
    *,
    upright: bool = False,
) -> Result:
    """Run a recipe, built from the options unless one is given; in it, names stand for pictures in memory."""
    pictures: dict[str, Given] = {}

    def named(name: str, given: Given) -> str:
        if isinstance(given, str | os.PathLike):
            return str(given)
        pictures[f"<{name}>"] = given
        return f"<{name}>"

    if isinstance(style, Recipe):
        beside = set(options) - {"method"} or any(each is not None for each in maps.values())
        if beside or not (isinstance(region, str) and region == "all"):
            raise RecipeError("a recipe contains all options; leave out the region and other options")
        recipe = style
        if options.get("method", recipe.method) != recipe.method:
            raise RecipeError(f"the recipe is for the method {recipe.method}; pass it to the function for that method")
    else:
        given = _listed(style)
        names = [named(f"style {number}" if len(given) > 1 else "style", each) for number, each in enumerate(given, 1)]
        found = {name: named(name.replace("_", " "), each) for name, each in maps.items() if each is not None}
        recipe = Recipe.from_options(style=tuple(names), region=named("region", region), **options, **found)
    picture = images.as_picture(photo)
    if upright:
        with images.named(pictures):
            recipe = with_corners(recipe, picture, None if folder is None else Path(folder))
    run = steps(recipe, picture, pictures=pictures, folder=folder, device=device, precision=precision)
    for _ in run:
        pass
    return run.result()


def _listed(given: Given | Sequence[Given]) -> list[Given]:
    """Return a single item, or several, as a list."""
    one = isinstance(given, str | os.PathLike | np.ndarray | images.Picture | Image.Image)
    return [given] if one else list(given)  # type: ignore[list-item, arg-type]
