"""How a network is trained."""

from __future__ import annotations

import math
from dataclasses import dataclass

from sfumato.errors import RecipeError

__all__ = ["Settings"]

_LEAST = {"steps": 1, "batch": 1, "size": 32, "style_size": 32, "width": 1, "seed": 0}
_LEAST |= {f"{kind}_weight": 0 for kind in ("content", "style", "variation", "pixel")}


@dataclass(frozen=True)
class Settings:
    """How a network is trained.

    Attributes
    ----------
    steps : int
        Number of training steps. Nothing in a step depends on how many are to follow.
    batch : int
        Number of photos in each step.
    size : int
        Side of the squares cut from the photos, in pixels.
    style_size : int
        Longer side that style pictures are shrunk to, in pixels; smaller gives finer strokes.
    content_weight, style_weight, variation_weight, pixel_weight : float
        Weights of the content loss, the style loss, the total variation, and the difference to the photo's pixels.
    width : int
        Number of channels in the network's first layer.
    masks : bool
        Whether the network learns to paint inside a mask and to leave the rest alone.
    learning_rate : float
        Step length of Adam, the same from the first step to the last.
    seed : int
        Seed of the random numbers.

    Raises
    ------
    RecipeError
        If a number is out of its range.

    Examples
    --------
    >>> Settings(steps=100).batch
    4
    >>> Settings(batch=0)
    Traceback (most recent call last):
    ...
    sfumato.errors.RecipeError: batch is 0; use 1 or more
    """

    steps: int = 4000
    batch: int = 4
    size: int = 256
    style_size: int = 512
    content_weight: float = 1.0
    style_weight: float = 3.0
    variation_weight: float = 0.5
    pixel_weight: float = 0.0
    width: int = 32
    masks: bool = False
    learning_rate: float = 1e-3
    seed: int = 0

    def __post_init__(self) -> None:
        for name, least in _LEAST.items():
            value = getattr(self, name)
            if not (math.isfinite(value) and value >= least):
                raise RecipeError(f"{name} is {value}; use {least} or more")
        if not 0 < self.learning_rate <= 1:
            raise RecipeError(f"learning_rate is {self.learning_rate:g}; use more than 0, up to 1")
