"""The demonstration itself."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from sfumato import images, methods
from sfumato.demo.painting import paint
from sfumato.demo.sheet import sheet
from sfumato.recipe import Recipe

__all__ = ["show"]

# Seed of the best composition.
_PAINTING = 3


def show(folder: Path, *, preset: str = "normal", watch: Callable[[methods.Run], None] | None = None) -> Path:
    """Restyle the subject of a photo that scikit-image ships, and show the steps on a sheet.

    Parameters
    ----------
    folder : Path
        Folder for the pictures, created if needed. Files of an earlier demonstration are replaced.
    preset : str
        See `sfumato.recipe.PRESETS`.
    watch : callable, optional
        Function that runs a run to its end, such as one that shows progress.

    Returns
    -------
    Path
        The sheet: photo, mask, style, naive transfer, result.

    Raises
    ------
    OutputError
        If the folder cannot be written to.
    """
    from skimage import data

    drain = watch or (lambda run: [None for _ in run])
    # Before anything is written, so that an unknown preset leaves no files.
    recipes = {
        # The photo has no face, so that there is no need to fetch networks for them.
        method: Recipe.from_options(style=folder / "style.png", region="subject", preset=preset, **options)
        for method, options in (("naive", {"method": "naive"}), ("localized", {"faces": "off"}))
    }
    _make(folder)
    photo = images.from_array(data.coffee())  # type: ignore[no-untyped-call]
    painting = images.from_array(paint(640, 512, seed=_PAINTING))
    images.save(photo, folder / "photo.png", overwrite=True)
    images.save(painting, folder / "style.png", overwrite=True)
    made = {}
    for method, recipe in recipes.items():
        run = methods.steps(recipe, folder / "photo.png")
        drain(run)
        made[method] = run.result()
        made[method].save(folder / f"{method}.png", overwrite=True)
    mask = np.repeat(made["localized"].alpha[..., None], 3, axis=2)
    pictures = {
        "photo": photo.rgb(),
        "mask": mask,
        "style (painted by code)": painting.rgb(),
        "naive: all restyled, then cut out": made["naive"].picture.rgb(),
        "result": made["localized"].picture.rgb(),
    }
    images.save(images.from_array(sheet(pictures)), folder / "sheet.png", overwrite=True)
    return folder / "sheet.png"


def _make(folder: Path) -> None:
    from sfumato.errors import OutputError

    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"cannot make the folder {folder}: {error.strerror}; choose another") from error
