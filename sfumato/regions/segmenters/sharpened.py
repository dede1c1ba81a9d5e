"""Any segmenter followed by a dense CRF, which aligns the edges of its labels with those of the photo."""

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

    The maps of the labels that are present, and of the background, are the input of a dense CRF, and its posterior
    probabilities are the soft maps; see `sharpen`. Single things stay unchanged, on the network's own grid.

    Parameters
    ----------
    inner : Segmenter
        The segmenter that finds the labels.
    """

    def __init__(self, inner: Segmenter) -> None:
        self._inner = inner
        self.name = f"{inner.name}+crf"
        self.key = f"{inner.key}+crf 2"

    @property
    def names(self) -> Mapping[str, str]:
        """Every name that the segmenter understands, and the label that each stands for."""
        return self._inner.names

    @checked("photo")
    def __call__(self, photo: NDArray[np.float32]) -> Segments:
        """Find what is where in a photo.

        Parameters
        ----------
        photo : ndarray of float32, shape (H, W, 3)
            sRGB in [0, 1].

        Returns
        -------
        Segments
            The maps of the labels are on the grid of the CRF's copy of the photo.
        """
        seen = self._inner(photo)
        if not seen.labels:
            return seen
        found = sharpen(photo, list(seen.labels.values()))
        return Segments(dict(zip(seen.labels, found, strict=True)), seen.instances)
