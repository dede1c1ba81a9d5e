"""Any segmenter with a dense CRF behind it, which moves the edges of its labels to those of the photo."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from sfumato.arrays import checked
from sfumato.regions.crf import sharpen
from sfumato.regions.segmenters.segments import Segmenter, Segments

__all__ = ["Sharpened"]


class Sharpened:
    """The segmenters "deeplab+crf", "hf:ORG/NAME+crf" and so on.

    The labels that are there, and the background, are the given probabilities of a dense CRF, and its posteriors are
    the soft maps; see `sharpen`.
    Single things stay as the network tells them apart, on its own grid.

    Parameters
    ----------
    inner : Segmenter
        Finds the labels.
    """

    def __init__(self, inner: Segmenter) -> None:
        self._inner = inner
        self.name = f"{inner.name}+crf"
        self.key = f"{inner.key}+crf 2"

    @property
    def names(self) -> Mapping[str, str]:
        """Every name that it understands, and the label that each stands for."""
        return self._inner.names

    @checked("photo")
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
        if not seen.labels:
            return seen
        found = sharpen(photo, list(seen.labels.values()))
        return Segments(dict(zip(seen.labels, found, strict=True)), seen.instances)
