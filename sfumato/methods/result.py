"""The result of a run, for use with NumPy, Pillow and notebooks."""

from __future__ import annotations

import io
import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from sfumato import images
from sfumato.images import Picture
from sfumato.methods.recipe_files import seen_from
from sfumato.methods.stamp import stamped
from sfumato.optimize import Step
from sfumato.recipe import Recipe

__all__ = ["Result"]


@dataclass(frozen=True, repr=False)
class Result:
    """A restyled picture, and how it was made.

    Attributes
    ----------
    picture : Picture
        Equal to the photo, byte for byte, where `alpha` is 0.
    alpha : ndarray (H, W)
        How much of the styled picture is visible at each pixel.
    trace : tuple of Step
        The steps of the run, without their pictures.
    recipe : Recipe
        The recipe of the run.
    warnings : tuple of str
        What the user should know.
    finished : bool
        False when the run was cancelled before its end.
    folder : Path or None
        Where the recipe's files were looked for before the current folder.
    made_from : str or None
        Hash of recipe, photo and the recipe's files, if all of them are files.
    """

    picture: Picture
    alpha: np.ndarray = field(repr=False)
    trace: tuple[Step, ...] = field(repr=False)
    recipe: Recipe
    warnings: tuple[str, ...] = ()
    finished: bool = True
    folder: Path | None = field(default=None, repr=False)
    made_from: str | None = field(default=None, repr=False)

    def __repr__(self) -> str:
        size = f"{self.picture.width}x{self.picture.height}"
        stopped = "" if self.finished else ", stopped"
        return f"<Result {size}, {self.recipe.method}, {self.alpha.mean():.0%} restyled{stopped}>"

    @property
    def best(self) -> Step:
        """The step in `trace` whose picture this is: the one with the lowest loss at the last size."""
        return min((step for step in self.trace if step.level == self.trace[-1].level), key=_loss)

    @property
    def array(self) -> np.ndarray:
        """The picture's values, uint8 or uint16 (H, W) or (H, W, 1 to 4), alpha last."""
        pixels, alpha = self.picture.pixels, self.picture.alpha
        pixels = pixels if alpha is None else np.dstack([pixels, alpha])
        return pixels[..., 0] if pixels.shape[2] == 1 else pixels

    @property
    def image(self) -> Image.Image:
        """The picture as a Pillow image, with its profile; 16-bit color, which Pillow lacks, is reduced to 8 bits."""
        return images.to_pil(self.picture)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        """Return `array`, for ``np.asarray(result)``."""
        return np.array(self.array, dtype=dtype, copy=copy)

    def _repr_png_(self) -> bytes:
        """Show the picture in a notebook."""
        shown = io.BytesIO()
        image = self.image
        (image.convert("RGB") if image.mode == "CMYK" else image).save(shown, "PNG")
        return shown.getvalue()

    def save(self, path: str | Path, *, overwrite: bool = False, relative: bool = True) -> None:
        """Write the picture with the recipe inside; the recipe's paths become relative to the picture's folder.

        With `relative` False they stay as they are, for a file that is going to be moved. See `sfumato.images.save` for
        the formats and errors.
        """
        recipe = seen_from(self.recipe, Path(path).parent, self.folder) if relative else self.recipe
        images.save(self.picture, path, recipe=stamped(recipe.to_toml(), self.made_from), overwrite=overwrite)


def _loss(step: Step) -> float:
    """Return a step's loss, infinite if it is not finite."""
    return step.loss if math.isfinite(step.loss) else math.inf
