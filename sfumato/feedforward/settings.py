"""How a network is trained."""

from __future__ import annotations

from dataclasses import dataclass

from sfumato.errors import RecipeError

__all__ = ["Settings"]

# Smallest and largest value of each setting.
_RANGES: dict[str, tuple[int, int]] = {
    "steps": (1, 100_000_000),
    "batch": (1, 1024),
    "size": (32, 4096),
    "style_size": (32, 16_384),
    "width": (1, 1024),
    "seed": (0, 2**63 - 1),
}
_RANGES |= {f"{kind}_weight": (0, 1_000_000) for kind in ("content", "style", "variation", "pixel")}


@dataclass(frozen=True)
class Settings:
    """How a network is trained.

    Attributes
    ----------
    steps : int
        Number of training steps; no step depends on this number.
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
    sfumato.errors.RecipeError: batch is 0; use 1 to 1024
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
        for name, (least, most) in _RANGES.items():
            value = getattr(self, name)
            if not least <= value <= most:
                raise RecipeError(f"{name} is {value}; use {least} to {most}")
        if not 0 < self.learning_rate <= 1:
            raise RecipeError(f"learning_rate is {self.learning_rate:g}; use more than 0, up to 1")
