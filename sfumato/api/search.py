"""The function that finds regions."""

from __future__ import annotations

from pathlib import Path
from typing import Unpack

import numpy as np
from numpy.typing import NDArray

from sfumato import images, regions
from sfumato.images import Given
from sfumato.methods.finders import finders_of
from sfumato.recipe import Recipe
from sfumato.regions import Finders

__all__ = ["find_regions"]


def find_regions(
    photo: Given,
    region: str | Path | Recipe | None = None,
    *,
    folder: str | Path | None = None,
    **finders: Unpack[Finders],
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
    **finders : str
        Networks that look for things: `segmenter`, `clicker` and `text_segmenter`; a recipe names its own.

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
        return regions.find(image, finders.get("segmenter", "auto"))
    if isinstance(region, Recipe):
        names, finders = [layer.region for layer in region.layers], finders_of(region)
    else:
        names = [str(region)]
    return {name: np.asarray(regions.evaluate(name, image, place, **finders)) for name in names}
