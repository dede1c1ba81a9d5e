"""Single frames painted by the optimizer, near what was painted of earlier ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from sfumato import images, regions
from sfumato.compute.device import Machine
from sfumato.errors import RegionError, listening, warn
from sfumato.images import Picture
from sfumato.images.boxes import slices
from sfumato.methods import METHODS
from sfumato.methods.problem import Earlier
from sfumato.recipe import Localized, Naive
from sfumato.video.follow import Followed
from sfumato.video.frames import Frame
from sfumato.video.laying import Layers, visible

__all__ = ["Optimizer"]

# Weight of the distance to earlier frames.
_WEIGHT = 20.0

# By how much regions are grown for key frames, as a share of the shorter side: what moves into a region between them
# should have been painted.
_GROWN = 0.02


class Optimizer:
    """Paints single frames with the optimizer.

    Parameters
    ----------
    recipe : Localized or Naive
        What to do.
    machine : Machine
        Device and precision.
    folder : Path, optional
        Where to look for the recipe's files, before the current folder.
    weight : float
        Weight of the distance to earlier frames.
    """

    def __init__(
        self, recipe: Localized | Naive, machine: Machine, folder: Path | None, *, weight: float = _WEIGHT
    ) -> None:
        self._recipe, self._machine, self._folder, self._weight = recipe, machine, folder, weight
        self._layers = Layers(recipe, machine)
        self._told: set[str] = set()

    def begin(self) -> None:
        """Begin a shot."""
        self._layers.begin()

    def key(self, frame: Frame, earlier: Followed | None) -> Followed | None:
        """Paint a frame.

        Parameters
        ----------
        frame : Frame
            The frame, with its masks.
        earlier : Followed or None
            An earlier one as it looks in this one, to start from and to stay near.

        Returns
        -------
        Followed or None
            The painted frame, and where it is painted; None if its regions are empty or too small.
        """
        names = {f"<region {number}>": mask for number, mask in visible(frame.masks).items()}
        if not names:
            return None
        image = frame.image
        margin = max(2.0, _GROWN * min(image.shape[:2]))
        layers = tuple(
            self._recipe.layers[number].model_copy(update={"region": name})
            for name, number in zip(names, visible(frame.masks), strict=True)
        )
        recipe = self._recipe.model_copy(update={"layers": layers})
        method = METHODS[recipe.method]
        grown = {name: regions.grow(mask, margin) for name, mask in names.items()}
        said: list[str] = []
        try:
            with listening(said.append), images.named(grown):
                problem = method.prepare(recipe, Picture(frame.pixels), self._machine, self._folder)
            if earlier is not None:
                problem = replace(problem, earlier=Earlier(earlier.picture, earlier.trust, self._weight))
            *_, last = method.paint(problem, None)
        except RegionError as error:
            said.append(str(error))
            return None
        finally:
            self._tell(said)
        box = slices(problem.crop.box)
        picture, where = image.copy(), np.zeros(image.shape[:2], np.float32)
        picture[box] = problem.enlarged(last.working_picture())
        where[box] = np.max([part.mask > 0 for part in problem.parts], axis=0)
        return Followed(picture, where)

    def lay(self, frame: Frame, picture: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
        """Return the visible colors (H, W, 3) of a frame, given its painted picture, and their alpha (H, W)."""
        return self._layers.lay(frame, picture)

    def state(self) -> dict[str, np.ndarray]:
        """Return what is to be remembered of a shot."""
        return self._layers.state()

    def resume(self, state: Mapping[str, np.ndarray]) -> None:
        """Go on in the middle of a shot, as `state` returned it."""
        self._layers.resume(state)

    def _tell(self, said: list[str]) -> None:
        """Warn once of what every frame says."""
        for message in said:
            if message not in self._told:
                self._told.add(message)
                warn(message)
