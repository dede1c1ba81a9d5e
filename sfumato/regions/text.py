"""What a text describes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sfumato.arrays import checked
from sfumato.errors import RegionError
from sfumato.regions.cache import remembered
from sfumato.regions.segmenters import enlarge
from sfumato.regions.segmenters.described import text_segmenter as choose

__all__ = ["text"]

Mask = NDArray[np.float32]

_THRESHOLD = 0.4


@checked("photo")
def text(
    words: str, *, photo: NDArray[np.float32], threshold: float = _THRESHOLD, text_segmenter: str = "auto"
) -> Mask:
    """Find what a text describes, such as "the red car".

    The network's probabilities p become the soft map p / (2 t) below the threshold t, and (1 + (p - t) / (1 - t)) / 2
    above it, so that t is 0.5. The map is then enlarged with edges that follow the photo's.

    Parameters
    ----------
    words : str
        The description, in English.
    photo : ndarray of float32, shape (H, W, 3)
        sRGB in [0, 1].
    threshold : float
        Probability from which a place is meant, between 0 and 1. Lower takes in more.
    text_segmenter : str
        "auto" for CLIPSeg, "hf:ORG/NAME", or a folder.

    Returns
    -------
    ndarray of float32, shape (H, W)
        Soft mask in [0, 1].

    Raises
    ------
    RegionError
        If there are no words, the threshold is out of range, or nothing in the photo reaches it.
    ModelError
        If the network cannot be used.

    References
    ----------
    Lüddecke and Ecker, "Image segmentation using text and image prompts", CVPR 2022.

    Examples
    --------
    >>> text("the red car", photo=photo)  # doctest: +SKIP
    """
    if not words.strip():
        raise RegionError('text needs words that describe something, such as text("the red car")')
    if not 0 < threshold < 1:
        raise RegionError(f"text needs a threshold between 0 and 1, got {threshold:g}")
    network = choose(text_segmenter)
    plain = " ".join(words.split())
    key = f"text {network.key} {plain}"
    seen = remembered(photo, key, lambda: {"map": network(photo, plain)})["map"]
    highest = float(seen.max())
    if highest <= threshold:
        raise RegionError(
            f'{network.name} finds no "{plain}" in this photo: at most {highest:.2f}, with a threshold of '
            f"{threshold:g}; use other words, or a lower threshold"
        )
    above = 0.5 + (seen - threshold) / (2 * (1 - threshold))
    return enlarge(np.where(seen < threshold, seen / (2 * threshold), above).astype(np.float32), photo)
