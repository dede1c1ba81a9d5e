"""Any segmenter with a dense CRF behind it, which moves the edges of its labels to those of the photo."""

from __future__ import annotations

from collections.abc import Mapping

import cv2
import numpy as np
from numpy.typing import NDArray

from sfumato.regions.crf import dense_crf
from sfumato.regions.segmenters.segments import Mask, Segmenter, Segments

__all__ = ["Sharpened"]

_SIDE = 640  # of the copy that the field is put on
_SUITED = 500  # of the photos that the field's sigmas suit


class Sharpened:
    """The segmenters "deeplab+crf", "hf:ORG/NAME+crf" and so on.

    The labels that are there, and the background, are the given probabilities of a dense CRF on a copy of the photo
    with its longer side at 640 pixels at most (Localized Style Transfer §3.1); its posteriors are the soft maps.
    Single things stay as the network tells them apart.

    Parameters
    ----------
    inner : Segmenter
        Finds the labels.
    """

    def __init__(self, inner: Segmenter) -> None:
        self._inner = inner
        self.name = f"{inner.name}+crf"
        self.key = f"{inner.key}+crf 1"

    @property
    def names(self) -> Mapping[str, str]:
        """Every name that it understands, and the label that each stands for."""
        return self._inner.names

    def __call__(self, photo: NDArray[np.float32]) -> Segments:
        """Say what is where in a photo.

        Parameters
        ----------
        photo : ndarray of float32, shape (H, W, 3)
            sRGB in [0, 1].

        Returns
        -------
        Segments
            With maps on the grid of the copy.
        """
        seen = self._inner(photo)
        scale = min(1.0, _SIDE / max(photo.shape[:2]))
        size = max(1, round(photo.shape[1] * scale)), max(1, round(photo.shape[0] * scale))
        maps = [np.asarray(cv2.resize(small, size, interpolation=cv2.INTER_LINEAR)) for small in seen.labels.values()]
        if not maps:
            return seen
        copy = np.asarray(cv2.resize(photo, size, interpolation=cv2.INTER_AREA), np.float32)
        background = np.maximum(1 - np.sum(maps, axis=0), 0)
        reach = max(size) / _SUITED
        found = dense_crf(copy, np.stack([*maps, background]), spatial_sigma=3 * reach, bilateral_sigma=80 * reach)
        labels: dict[str, Mask] = dict(zip(seen.labels, found, strict=False))  # but for the background
        words = f"{seen.words}; then a dense CRF on a grid of {size[0]} x {size[1]}"
        return Segments(labels, seen.instances, words)
