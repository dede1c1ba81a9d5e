"""DeepLab v3 with MobileNet v2, a fast network for the twenty classes of PASCAL VOC."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sfumato import models
from sfumato.arrays import checked
from sfumato.images.resizing import resized, scaled_size
from sfumato.regions.litert import interpreter
from sfumato.regions.segmenters.segments import Mask, Segments, gather, vocabulary

__all__ = ["NAMES", "DeepLab"]

_CLASSES = (
    "background",
    "aeroplane, airplane, plane",
    "bicycle, bike",
    "bird",
    "boat",
    "bottle",
    "bus",
    "car",
    "cat",
    "chair",
    "cow",
    "dining table, diningtable, table",
    "dog",
    "horse",
    "motorbike, motorcycle",
    "person, people",
    "potted plant, pottedplant, plant",
    "sheep",
    "sofa, couch",
    "train",
    "tv, tvmonitor, television, monitor",
)
_LABELS, _NAMES = vocabulary(_CLASSES)

#: Every name that the network understands, with its label; known without the network's file.
NAMES: Mapping[str, str] = _NAMES

_SIDE = 513
_STRIDE = 16  # the logits are at pixels 0, 16, 32, ... 512
_STEP = 4  # they are interpolated to one value for every four pixels
_GRAY = 127  # value beyond the picture in the network's training


class DeepLab:
    """The segmenter "deeplab".

    The network sees the photo and its mirror image with a longer side of 513 pixels. Its output is a hard label map,
    but the logits can be read from inside the network: their softmax, averaged over both images, is the soft map. The
    grid of the soft map has 129 cells along the longer side; that of the network has 33.

    A photo of any size takes a few tenths of a second. Calls from several threads run one after the other.

    Raises
    ------
    ModelError
        If LiteRT is not installed, or the network file "deeplab" is not in the model store and cannot be fetched.

    References
    ----------
    Chen et al., "Rethinking atrous convolution for semantic image segmentation",
    arXiv:1706.05587, 2017.

    Examples
    --------
    >>> DeepLab()(photo).labels["person"].shape  # doctest: +SKIP
    (86, 129)
    """

    name = "deeplab"

    def __init__(self) -> None:
        self._network: Any = interpreter("deeplab", '"deeplab" needs', "deeplab", inner=True)
        (self._logits,) = (d for d in self._network.get_tensor_details() if d["name"] == "logits/semantic/BiasAdd")
        self._lock = threading.Lock()

    @property
    def key(self) -> str:
        """The sha256 of the network file."""
        return models.MODELS["deeplab"].sha256

    @property
    def names(self) -> Mapping[str, str]:
        """Every name that the network understands, and the label that each stands for."""
        return NAMES

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
            The labels; there are no instances.
        """
        scale = _SIDE / max(photo.shape[:2])
        small = resized(photo, *scaled_size(photo, scale))
        seen = np.rint(255 * np.clip(small, 0, 1)).astype(np.uint8)
        maps = (self._look(seen) + self._look(seen[:, ::-1])[..., ::-1]) / np.float32(2)
        return Segments(gather(maps, _LABELS), ())

    def _look(self, seen: NDArray[np.uint8]) -> Mask:
        """Return the class probabilities, shape (21, h, w), of a picture of at most 513 x 513 pixels."""
        height, width = seen.shape[:2]
        padded = np.full((1, _SIDE, _SIDE, 3), _GRAY, np.uint8)
        padded[0, :height, :width] = seen
        with self._lock:
            self._network.set_tensor(self._network.get_input_details()[0]["index"], padded)
            self._network.invoke()
            logits = self._network.get_tensor(self._logits["index"])[0]
        scale, zero = self._logits["quantization"]
        real = np.float32(scale) * (logits.astype(np.float32) - zero)
        fine = np.einsum("yi,ijc,xj->cyx", _hats(height), real, _hats(width), optimize=True)
        weights = np.exp(fine - fine.max(0))
        maps: Mask = weights / weights.sum(0)
        return maps


def _hats(side: int) -> Mask:
    """Return the weights, shape (n, 33), that interpolate the logits to n cells over `side` pixels."""
    count = -(-side // _STEP)
    pixels = (np.arange(count) + 0.5) * side / count - 0.5
    distances = pixels[:, None] / _STRIDE - np.arange(_SIDE // _STRIDE + 1)
    weights: Mask = np.maximum(0, 1 - np.abs(distances)).astype(np.float32)
    return weights
