"""The function that trains a network."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from sfumato import images
from sfumato.api.given import listed
from sfumato.errors import InputError
from sfumato.images import Given

if TYPE_CHECKING:
    from sfumato.feedforward.network import Network

__all__ = ["train"]


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
    for number, given in enumerate(listed(styles), start=1):
        name = Path(given).stem if isinstance(given, str | os.PathLike) else f"style {number}"
        if name in pictures:
            raise InputError(f"two styles are called {name!r}; rename one")
        colors, opacity = images.visible(images.as_picture(given))
        pictures[name] = colors if opacity is None else np.dstack([colors, opacity])
    training = Training(pictures, Photos(photos, size), settings, device=choose_device(device))
    for _ in training.run():
        pass
    return training.trained()
