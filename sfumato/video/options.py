"""What to do with a clip apart from the recipe: how frames are carried along, and how the result is written."""

from __future__ import annotations

from dataclasses import dataclass

from sfumato.errors import RecipeError

__all__ = ["VideoOptions"]


@dataclass(frozen=True)
class VideoOptions:
    """Options of a video; those of a recipe apply to each of its frames.

    Parameters
    ----------
    keyframes : int
        Distance of the frames that are painted, in frames; those between are carried along the optical flow. 0 chooses:
        every frame with the method fast, and 24 with the others.
    every_frame : bool
        Paint every frame with the optimizer, each from the one before (Ruder, Dosovitskiy, Brox 2016).
    masks_every : int
        Evaluate regions that need a network at every so many frames, and carry them along the flow in between.
    steadiness : float
        Weight of the frame before, carried along the flow, in [0, 1).
    detail : bool
        Give back the fine detail that this weight takes away.
    lossless : bool
        Encode without loss, so that pixels outside the region keep their values; the file gets several times as large.
    crf : int
        Quality of the encoding otherwise, as a constant rate factor of the encoder: 0 is best, 51 worst.

    Raises
    ------
    RecipeError
        If a value is out of its range, or two exclude each other.

    Examples
    --------
    >>> VideoOptions(masks_every=0)
    Traceback (most recent call last):
    ...
    sfumato.errors.RecipeError: masks_every should be at least 1, got 0
    """

    keyframes: int = 0
    every_frame: bool = False
    masks_every: int = 8
    steadiness: float = 0.92
    detail: bool = True
    lossless: bool = False
    crf: int = 18

    def __post_init__(self) -> None:
        if self.keyframes < 0:
            raise RecipeError(f"keyframes should be at least 0, got {self.keyframes}")
        if self.keyframes and self.every_frame:
            raise RecipeError(f"keyframes {self.keyframes} and every_frame exclude each other; leave one out")
        if self.masks_every < 1:
            raise RecipeError(f"masks_every should be at least 1, got {self.masks_every}")
        if not 0 <= self.steadiness < 1:
            raise RecipeError(f"steadiness should be at least 0 and below 1, got {self.steadiness:g}")
        if not 0 <= self.crf <= 51:
            raise RecipeError(f"crf should be between 0 and 51, got {self.crf}")
