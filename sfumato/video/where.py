"""Where to restyle each frame: what regions find in it, made steady along the flow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import cv2
import numpy as np

from sfumato import motion, regions
from sfumato.errors import RegionError
from sfumato.recipe import Layer
from sfumato.regions import Finders, cache, expression
from sfumato.regions.binding import bind
from sfumato.regions.expression import Call
from sfumato.video.filling import filled
from sfumato.video.steady import Motion, steadied

__all__ = ["Regions"]

# How much of a steady picture's share is taken over by masks; more would trail behind what moves.
_OF_SHARE = 0.875

# Values this near to 0 or 1 become exactly that: what a running mean leaves never quite goes away.
_LEFT = 0.02

# Trust below which a mask is not carried along, and the fraction of it that may be guessed before the network looks
# again.
_TRUSTED, _LOST = 0.5, 0.1


@dataclass(frozen=True)
class _Found:
    """The mask of a call, (H, W), where it is sure, for how many frames it was carried, and how much was guessed."""

    mask: np.ndarray = field(repr=False)
    sure: np.ndarray = field(repr=False)
    carried: int = 0
    lost: float = 0.0


class Regions:
    """The regions of a recipe's layers, frame after frame.

    Only what is found in a frame is made steady, such as `person`; what depends on the frame's size alone, such as
    `rect`, stays exactly where it is.

    Parameters
    ----------
    layers : sequence of Layer
        Layers of a recipe.
    finders : Finders
        Networks that find what the regions mention.
    folder : Path, optional
        Where to look for mask files, before the current folder.
    every : int
        Networks look at every such frame; between them, what they found is carried along the flow. They look earlier
        where the flow cannot be trusted.
    share : float
        How much pictures take over from the frame before.

    Raises
    ------
    RegionError
        If a region cannot be read, or uses an unknown name.

    Examples
    --------
    >>> finder = Regions([Layer(region="rect(0, 0, 1, 2)", styles=[{"image": "a.jpg"}])], {}, None, 1, 0.8)
    >>> finder.of(np.zeros((2, 2, 3), np.float32), None)
    ([array([[1., 0.],
           [1., 0.]], dtype=float32)], ())
    """

    def __init__(
        self, layers: Sequence[Layer], finders: Finders, folder: Path | None, every: int, share: float
    ) -> None:
        self._texts = [layer.region for layer in layers]
        self._finders, self._folder, self._every, self._share = finders, folder, every, _OF_SHARE * share
        self._calls: dict[Call, bool] = {}
        for text in self._texts:
            regions.models_needed(text, folder, **finders)
            # Those inside others come first.
            for call in reversed(list(expression.calls(regions.parse(text, folder)))):
                function, _ = bind(call, text)
                if "photo" in function.needs:
                    self._calls[call] = bool(function.models) or not Finders.__annotations__.keys().isdisjoint(
                        function.needs
                    )
        self._found: dict[Call, _Found] = {}

    def of(self, image: np.ndarray, moved: Motion | None) -> tuple[list[np.ndarray], tuple[str, ...]]:
        """Return the mask of each layer in the next frame of a shot.

        Parameters
        ----------
        image : ndarray of float32, shape (H, W, 3)
            The frame, RGB in [0, 1].
        moved : Motion, optional
            How it follows from the frame before; None for the first frame of a shot.

        Returns
        -------
        masks : list of ndarray of float32, shape (H, W)
            All zeros where a region finds nothing.
        notes : tuple of str
            What could not be found.
        """
        memory: dict[Call, np.ndarray] = {}
        found: dict[Call, _Found] = {}
        notes: list[str] = []
        for call, by_network in self._calls.items():
            before = self._found.get(call) if moved is not None else None
            carried = None
            if before is not None and moved is not None and by_network and before.carried + 1 < self._every:
                carried = _carried(before, moved)
            if carried is not None and carried.lost <= _LOST:
                found[call] = carried
            else:
                try:
                    mask = self._evaluated(str(call), image, memory)
                except RegionError as error:
                    mask = np.zeros(image.shape[:2], np.float32)
                    notes.append(str(error))
                if before is not None and moved is not None:
                    # As much of the past as if it had been looked at in every frame, and nothing that was guessed.
                    known = replace(moved, trust=moved.trust * motion.warped(before.sure, moved.back))
                    mask = steadied(mask, before.mask, known, self._share ** (before.carried + 1))
                found[call] = _Found(_plain(mask), np.ones_like(mask))
            memory[call] = found[call].mask
        self._found = found
        return self.again(image), tuple(notes)

    def again(self, image: np.ndarray) -> list[np.ndarray]:
        """Return the masks of the frame that `of` saw last."""
        memory = {call: found.mask for call, found in self._found.items()}
        return [self._evaluated(text, image, dict(memory)) for text in self._texts]

    def state(self) -> dict[str, np.ndarray]:
        """Return what `of` needs to go on."""
        state: dict[str, np.ndarray] = {}
        for number, call in enumerate(self._calls):
            if call in self._found:
                one = self._found[call]
                state |= {f"region {number}": one.mask, f"region {number} sure": one.sure}
                state[f"region {number} since"] = np.array([one.carried, one.lost])
        return state

    def resume(self, state: Mapping[str, np.ndarray]) -> None:
        """Go on from what `state` returned."""
        self._found = {}
        for number, call in enumerate(self._calls):
            if f"region {number}" in state:
                carried, lost = state[f"region {number} since"]
                mask, sure = state[f"region {number}"], state[f"region {number} sure"]
                self._found[call] = _Found(mask, sure, int(carried), float(lost))

    def _evaluated(self, text: str, image: np.ndarray, memory: dict[Call, np.ndarray]) -> np.ndarray:
        with cache.passing():
            mask = regions.evaluate(text, image, self._folder, memory=memory, **self._finders)
        return np.asarray(mask, np.float32)


def _carried(before: _Found, moved: Motion) -> _Found:
    """Carry a mask along the flow; what was hidden before, and what cannot be trusted, goes with what is around."""
    mask = motion.warped(before.mask, moved.back)
    unknown = motion.occluded(moved.back, moved.ahead) | (moved.trust < _TRUSTED)
    # Flow is blurred at the edges of what moves.
    unknown = cv2.dilate(unknown.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    lost = float(mask[unknown].sum()) / max(1.0, float(before.mask.sum()))
    if lost:
        around = filled(mask, 1 - unknown.astype(np.float32))
        mask[unknown] = around[unknown] > 0.5
    sure = motion.warped(before.sure, moved.back)
    sure[unknown] = 0
    return _Found(_plain(mask), sure, before.carried + 1, before.lost + lost)


def _plain(mask: np.ndarray) -> np.ndarray:
    """Make values near 0 or 1 exact."""
    return np.where(mask < _LEFT, np.float32(0), np.where(mask > 1 - _LEFT, np.float32(1), mask))
