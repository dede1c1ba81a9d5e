"""A frame as a problem: how it is painted, and how what was painted is laid over it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from sfumato.compute.device import Machine
from sfumato.images import Picture
from sfumato.images.resizing import shrunk
from sfumato.methods.crop import Rectangle
from sfumato.methods.problem import PreparedLayer, Problem
from sfumato.methods.selection import VISIBLE, edge_width
from sfumato.recipe import Fast, Recipe
from sfumato.video.frames import Frame

__all__ = ["Layers", "Whole", "visible"]

# Minimum enlargement that is worth a second pass, and the maximum.
_WORTH, _MOST = 1.5, 4.0


@dataclass(frozen=True)
class Whole(Problem):
    """The problem of a whole frame, whose values in [0, 1] are `image`, float32 (H, W, 3).

    The pixels of edges are not told apart: that takes longer than to paint the frame.
    """

    image: np.ndarray = field(repr=False, default_factory=lambda: np.zeros((1, 1, 3), np.float32))

    unmixes: ClassVar[bool] = False

    def own(self) -> np.ndarray:
        """Return the frame."""
        return self.image

    def beneath(self) -> np.ndarray:
        """Return the frame."""
        return self.image


class Layers:
    """The layers of a recipe on one frame after another, with edges of the same width throughout a shot.

    Parameters
    ----------
    recipe : Recipe
        What to do; its `size` is the longer side of the frame here.
    machine : Machine
        Device and precision.

    Attributes
    ----------
    widths : dict of int to float
        The width of the edge of each layer that was seen in this shot, in pixels.

    Examples
    --------
    >>> recipe = Recipe.from_options(style="a.jpg", method="fast")
    >>> pixels, mask = np.zeros((600, 1000, 3), np.uint8), np.ones((600, 1000), np.float32)
    >>> problem = Layers(recipe, Machine()).problem(pixels, pixels.astype(np.float32), {0: mask})
    >>> problem.content.shape, problem.parts[0].feather
    ((307, 512, 3), 7.7...)
    """

    def __init__(self, recipe: Recipe, machine: Machine) -> None:
        self._recipe, self._machine = recipe, machine
        self.begin()

    def begin(self) -> None:
        """Begin a shot."""
        self.widths: dict[int, float] = {}

    def problem(self, pixels: np.ndarray, image: np.ndarray, masks: Mapping[int, np.ndarray]) -> Whole:
        """Make a frame a problem.

        All of it is painted, wherever the regions are: a crop that followed them would be painted differently each
        time.

        Parameters
        ----------
        pixels : ndarray of uint8 or uint16, shape (H, W, 3)
            The frame as it came.
        image : ndarray of float32, shape (H, W, 3)
            The frame in [0, 1].
        masks : mapping of int to ndarray of float32, shape (H, W)
            The mask of each layer that is to be seen.
        """
        parts = []
        for number, mask in masks.items():
            layer = self._recipe.layers[number]
            width = self.widths.setdefault(number, edge_width(layer, mask))
            # A network for arbitrary styles applies the strength itself.
            applied = isinstance(self._recipe, Fast) and not layer.styles[0].is_network
            parts.append(PreparedLayer(layer, mask, mask, width, (), strength=1.0 if applied else layer.strength))
        height, width = image.shape[:2]
        size, finish = self._recipe.size, getattr(self._recipe, "finish", 0)
        scale = min(1.0, size / max(height, width)) if size else 1.0
        if finish and scale * _WORTH > 1:
            scale = 1.0
        sides = max(1, round(height * scale)), max(1, round(width * scale))
        content = image if scale == 1 else shrunk(image, *sides)
        finest = min(1 / scale, _MOST) if finish else 1.0
        crop = Rectangle((height, width), (0, 0, height, width))
        return Whole(
            Picture(pixels), self._recipe, self._machine, crop, content, tuple(parts), scale, finest, image=image
        )

    def lay(self, frame: Frame, picture: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
        """Return the visible colors (H, W, 3) of a frame and their alpha (H, W), both float32 in [0, 1].

        Parameters
        ----------
        frame : Frame
            The frame, with its masks.
        picture : ndarray of float32, shape (H, W, 3), or None
            The frame as painted; None if nothing was.
        """
        seen = visible(frame.masks)
        if picture is None or not seen:
            return frame.image, np.zeros(frame.pixels.shape[:2], np.float32)
        shown, alpha = self.problem(frame.pixels, frame.image, seen).shown(picture)
        return np.clip(shown, 0, 1), alpha

    def state(self) -> dict[str, np.ndarray]:
        """Return what is to be remembered of a shot."""
        return {f"width {number}": np.array(width) for number, width in self.widths.items()}

    def resume(self, state: Mapping[str, np.ndarray]) -> None:
        """Go on in a shot, as `state` returned it."""
        for number in range(len(self._recipe.layers)):
            if f"width {number}" in state:
                self.widths[number] = float(state[f"width {number}"])


def visible(masks: Sequence[np.ndarray]) -> dict[int, np.ndarray]:
    """Return the masks that have a visible effect, by the number of their layer.

    Examples
    --------
    >>> list(visible([np.zeros((2, 2), np.float32), np.ones((2, 2), np.float32)]))
    [1]
    """
    return {number: mask for number, mask in enumerate(masks) if (mask > VISIBLE).any()}
