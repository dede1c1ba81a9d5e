"""Painting with a trained network."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import numpy as np

from sfumato.compute import session
from sfumato.errors import ImageError, InputError, RecipeError
from sfumato.feedforward import sfm
from sfumato.feedforward.bands import MARGIN, in_bands, padded
from sfumato.feedforward.export import build
from sfumato.feedforward.graph import Stage, cut

__all__ = ["Painter"]


class Painter:
    """Paints one picture after another with a trained network.

    Parameters
    ----------
    network : path
        File of the network.
    weights : sequence of float, optional
        Weight of each style, 0 or more; only their ratios count. By default only the first style is used.
    tile : int
        Maximum number of pixels to put through the network at once, at about 15 bytes each for every map of the first
        layer. A larger photo is painted in bands that share the statistics of the whole photo; the result is the same
        to within about 1 / 255.

    Attributes
    ----------
    plan : Plan
        Description of the network: ``plan.styles`` are the names of its styles, ``plan.masks`` tells if it takes masks.

    Raises
    ------
    ModelError
        If the file does not exist, is damaged, is not a network of sfumato, or has another version.
    RecipeError
        If there is not one weight for each style, a weight is negative or not finite, or all are 0.
    """

    def __init__(
        self, network: str | os.PathLike[str], weights: Sequence[float] | None = None, *, tile: int = 2**20
    ) -> None:
        self.plan, tensors = sfm.read(network)
        count = len(self.plan.styles)
        share = np.eye(1, count)[0] if weights is None else np.asarray(weights, np.float64)
        if share.shape != (count,) or not np.isfinite(share).all() or share.min() < 0 or share.sum() <= 0:
            shown = ", ".join(f"{weight:g}" for weight in share.ravel())
            raise RecipeError(
                f"the weights {shown} do not fit; give {count} of 0 or more, one of them above 0, for"
                f" {', '.join(self.plan.styles)}"
            )
        self.tile = tile
        self._weights = {"weights": (share / share.sum()).astype(np.float32).reshape(1, 1, 1, -1)}
        self._model = build(self.plan, tensors)
        self._whole: Any = None
        self._stages: list[Stage] = []
        self._sessions: list[Any] = []

    def __call__(self, photo: np.ndarray, mask: np.ndarray | None = None) -> np.ndarray:
        """Paint a photo at its own resolution.

        Parameters
        ----------
        photo : ndarray, shape (H, W, 3)
            uint8, or float in [0, 1].
        mask : ndarray of float, shape (H, W), optional
            Where to paint, in [0, 1], for a network that takes masks; everywhere by default. Outside, the result is
            close to the photo but not equal to it: combine the two by the mask.

        Returns
        -------
        ndarray, shape (H, W, 3)
            uint8 if the photo is, else float32.

        Raises
        ------
        ImageError
            If the photo is neither uint8 nor float.
        InputError
            If there is a mask and the network takes none.
        """
        if photo.dtype != np.uint8 and not np.issubdtype(photo.dtype, np.floating):
            raise ImageError(f"a picture has values of type {photo.dtype}; give uint8, or float in [0, 1]")
        if mask is not None and not self.plan.masks:
            raise InputError("this network takes no masks; paint without one, or train a network with masks")
        seen = photo.astype(np.float32) / np.float32(255 if photo.dtype == np.uint8 else 1)
        if self.plan.masks:
            mask = np.ones(photo.shape[:2], np.float32) if mask is None else mask
            seen = np.concatenate([seen, mask[..., None]], -1)
        height, width = photo.shape[:2]
        if height * width <= self.tile:
            self._whole = self._whole or session(self._model.SerializeToString())
            painted = self._whole.run(None, {"picture": padded(seen)[None], **self._weights})[0][0]
        else:
            if not self._stages:
                self._stages = cut(self._model)
                self._sessions = [session(stage.model) for stage in self._stages]
            painted = in_bands(self._stages, self._sessions, seen, self._weights, pixels=self.tile)
        result: np.ndarray = painted[MARGIN : MARGIN + height, MARGIN : MARGIN + width]
        return np.rint(result * 255).astype(np.uint8) if photo.dtype == np.uint8 else result
