"""Frames painted by feed-forward networks, with the numbers of the styles read once a shot."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from sfumato import images
from sfumato.compute.device import Machine
from sfumato.errors import RegionError
from sfumato.images import Picture
from sfumato.methods import fast
from sfumato.recipe import Fast
from sfumato.video.follow import Followed
from sfumato.video.frames import Frame
from sfumato.video.laying import Layers, visible
from sfumato.video.steady import detailed, steadied

__all__ = ["Networks"]

State = dict[str, np.ndarray]

_REGION = "<region>"  # name of a mask in memory


class Networks:
    """Paints frame after frame, each a little of the one before.

    Parameters
    ----------
    recipe : Fast
        What to do.
    machine : Machine
        Device and precision.
    folder : Path, optional
        Where to look for the recipe's files, before the current folder.
    share : float
        How much to take over from the frame before where the flow can be trusted.
    detail : bool
        Whether to give back the fine detail that this blurs.
    """

    def __init__(self, recipe: Fast, machine: Machine, folder: Path | None, *, share: float, detail: bool) -> None:
        self._recipe, self._machine, self._folder = recipe, machine, folder
        self._share, self._detail = share, detail
        self._layers = Layers(recipe, machine)
        self.begin()

    def begin(self) -> None:
        """Begin a shot."""
        self._layers.begin()
        self._brushes: dict[int, fast.Brush] = {}
        self._mean: np.ndarray | None = None

    def paint(self, frame: Frame) -> tuple[np.ndarray, np.ndarray]:
        """Paint the next frame, and return its visible colors (H, W, 3) and their alpha (H, W)."""
        if frame.cut:
            self.begin()
        made = self.key(frame, None)
        if made is None:
            self._mean = None
            return self.lay(frame, None)
        fresh = picture = made.picture
        if self._mean is not None and frame.moved is not None and self._share:
            picture = steadied(fresh, self._mean, frame.moved, self._share, sharp=True)
        first, self._mean = self._mean is None, picture
        return self.lay(frame, detailed(picture, fresh) if self._detail and self._share and not first else picture)

    def key(self, frame: Frame, earlier: Followed | None) -> Followed | None:
        """Paint a frame by itself, all of it; None if its regions are empty."""
        seen = {number: mask for number, mask in visible(frame.masks).items() if self._knows(frame, number)}
        if not seen:
            return None
        problem = self._layers.problem(frame.pixels, frame.image, seen)
        picture = problem.enlarged(fast.painted(problem, [self._brushes[number] for number in seen]))
        return Followed(picture, np.ones(picture.shape[:2], np.float32))

    def lay(self, frame: Frame, picture: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
        """Return the visible colors (H, W, 3) of a frame, given its painted picture, and their alpha (H, W)."""
        return self._layers.lay(frame, picture)

    def _knows(self, frame: Frame, number: int) -> bool:
        """Read the styles of a layer, as they suit the first frame of the shot that shows enough of it."""
        if number not in self._brushes:
            layer = self._recipe.layers[number].model_copy(update={"region": _REGION})
            one = self._recipe.model_copy(update={"layers": (layer,)})
            try:
                with images.named({_REGION: frame.masks[number]}):
                    problem = fast.prepare(one, Picture(frame.pixels), self._machine, self._folder)
            except RegionError:
                return False  # narrower than its edge
            self._brushes[number] = fast.brush(problem.parts[0], problem.content, layer.strength)
        return True

    def state(self) -> State:
        """Return what is to be remembered of a shot."""
        read = {name: brush.embedding for name, brush in self._brushes.items() if brush.embedding is not None}
        numbers = {f"embedding {name}": embedding for name, embedding in read.items()}
        return {**self._layers.state(), **numbers, **({} if self._mean is None else {"mean": self._mean})}

    def resume(self, state: Mapping[str, np.ndarray]) -> None:
        """Go on in the middle of a shot, as `state` returned it. Trained networks are loaded when they are needed."""
        self.begin()
        self._layers.resume(state)
        for number in range(len(self._recipe.layers)):
            if f"embedding {number}" in state:
                self._brushes[number] = fast.Brush(None, np.asarray(state[f"embedding {number}"], np.float32))
        self._mean = state.get("mean")
