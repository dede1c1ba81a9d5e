"""The subject of a photo, found by a small saliency network."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import cv2
import numpy as np

from sfumato import models
from sfumato.arrays import checked
from sfumato.compute import session
from sfumato.regions.cache import remembered
from sfumato.regions.refine import stretch
from sfumato.regions.segmenters import enlarge
from sfumato.regions.strands import strands

__all__ = ["background", "prepared", "subject"]

_SIDE = 320  # the network sees every photo at this size
_MEAN = np.array([0.485, 0.456, 0.406], np.float32)
_STD = np.array([0.229, 0.224, 0.225], np.float32)
_DECIDED = 0.5  # photos with a subject gave at least 0.52, noise at most 0.3


@checked("photo")
def background(photo: np.ndarray) -> np.ndarray:
    """Find all of a photo but its subject.

    Parameters
    ----------
    photo : ndarray of float32, shape (H, W, 3)
        sRGB in [0, 1].

    Returns
    -------
    ndarray of float32, shape (H, W)
        Mask in [0, 1], 1 minus that of `subject`.

    Raises
    ------
    ModelError
        See `subject`.

    Examples
    --------
    >>> background(np.zeros((9, 16, 3), np.float32)).min()
    np.float32(1.0)
    """
    return np.asarray(1 - subject(photo))


@checked("photo")
def subject(photo: np.ndarray, *, refine: bool = True) -> np.ndarray:
    """Find the subject of a photo: what people look at first.

    The network sees the photo and its mirror image at 320 x 320 pixels, and the two maps are averaged. Their edges are
    blurred, so a guided filter aligns them with the photo's edges at full size, and values near 0 and 1 become exactly
    0 and 1. Where the photo tells hair from the background, the edge follows it (`sfumato.regions.strands`).

    If nothing stands out, as in a plain sky, a texture or noise, the network's map is weak or undecided. Stretched to
    [0, 1], it would show a subject that is not there, so the result is all zeros instead. A map p with mean u is
    undecided if var(p) / (u (1 - u)) is at most 0.5. This ratio is 1 for a map of zeros and ones, whatever the
    subject's size, and 0 for a flat map.

    Parameters
    ----------
    photo : ndarray of float32, shape (H, W, 3)
        sRGB in [0, 1], 16 pixels or more on each side.
    refine : bool
        Whether to align the mask with the photo's edges. If false, the result is the network's soft map, enlarged.

    Returns
    -------
    ndarray of float32, shape (H, W)
        Mask in [0, 1], 1 on the subject; all zeros if nothing stands out.

    Raises
    ------
    ModelError
        If the network file "u2netp" is not in the model store and cannot be fetched.

    References
    ----------
    Qin et al., "U2-Net: Going deeper with nested U-structure for salient object detection",
    Pattern Recognition 106, 2020. He, Sun and Tang, "Guided image filtering", TPAMI 35(6), 2013.

    Examples
    --------
    >>> import numpy as np
    >>> from sfumato.regions.subject import subject
    >>> photo = np.full((120, 160, 3), 0.8, np.float32)
    >>> bool(subject(photo).any())
    False
    >>> photo[40:80, 50:110] = 0.9, 0.1, 0.1
    >>> mask = subject(photo)
    >>> float(mask[60, 80]), float(mask[10, 10])
    (1.0, 0.0)
    """
    photo = np.asarray(photo, np.float32)  # the type that the network takes
    seen = remembered(photo, f"subject {models.MODELS['u2netp'].sha256}", lambda: {"map": _saliency(photo)})["map"]
    mean = float(seen.mean())
    if float(seen.var()) <= _DECIDED * mean * (1 - mean):
        return np.zeros(photo.shape[:2], np.float32)
    low, high = float(seen.min()), float(seen.max())
    seen = (seen - low) / (high - low)
    if not refine:
        return enlarge(seen, photo, refine=False)
    return strands(enlarge(stretch(seen, 0.25), photo), photo)


@lru_cache(maxsize=1)
def _session() -> Any:
    """Load the network, once."""
    return session(models.path("u2netp"))


def prepared(photo: np.ndarray, side: int) -> np.ndarray:
    """Return what the network takes: a photo (H, W, 3) as a square, normalized, float32 (1, 3, side, side).

    Examples
    --------
    >>> prepared(np.ones((20, 30, 3), np.float32), 8).shape
    (1, 3, 8, 8)
    """
    height, width = photo.shape[:2]
    # INTER_AREA averages only where both sides shrink, hence the two steps.
    small = cv2.resize(photo, (min(width, side), min(height, side)), interpolation=cv2.INTER_AREA)
    small = cv2.resize(small, (side, side), interpolation=cv2.INTER_LINEAR)
    seen: np.ndarray = ((small / max(float(small.max()), 1e-6) - _MEAN) / _STD).transpose(2, 0, 1)[None]
    return np.ascontiguousarray(seen)


def _saliency(photo: np.ndarray) -> np.ndarray:
    """Return the network's map, probabilities of shape (320, 320), averaged over the photo and its mirror image."""
    seen = prepared(photo, _SIDE)
    both: np.ndarray = (_look(seen) + _look(seen[..., ::-1])[:, ::-1]) / 2
    return both


def _look(seen: np.ndarray) -> np.ndarray:
    """Return the network's map of a prepared picture (1, 3, 320, 320)."""
    network = _session()
    name = network.get_outputs()[0].name
    (maps,) = network.run([name], {"input.1": np.ascontiguousarray(seen)})
    answer: np.ndarray = maps[0, 0]
    return answer
