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

_THRESHOLD = 0.3  # at which the authors of CLIPSeg evaluate it on PhraseCut


@checked("photo")
def text(
    words: str, *, photo: NDArray[np.float32], threshold: float = _THRESHOLD, text_segmenter: str = "auto"
) -> Mask:
    """Find what a text describes, such as "the red car".

    A network returns a small map of probabilities p. With the threshold t and w = min(t, 1 - t) / 2, the map is
    stretched so that t - w becomes 0, t becomes 0.5 and t + w becomes 1; it is clipped beyond. The map is then enlarged
    to the photo's size by `sfumato.regions.segmenters.enlarge`: its edges follow the photo's, and it is stretched once
    more, by which 0.2 becomes 0 and 0.8 becomes 1. Away from edges, the mask is 0 up to p = t - 0.6 w, 0.5 at t, and 1
    from t + 0.6 w; by default these are 0.21, 0.3 and 0.39.

    Parameters
    ----------
    words : str
        The description. CLIPSeg was trained on English.
    photo : ndarray of float32, shape (H, W, 3)
        sRGB in [0, 1].
    threshold : float
        Probability from which a place counts, above 0 and below 1. A lower threshold selects more.
    text_segmenter : str
        "auto" for CLIPSeg, "hf:ORG/NAME", or the path of a folder with a CLIPSeg model.

    Returns
    -------
    ndarray of float32, shape (H, W)
        Soft mask in [0, 1].

    Raises
    ------
    RegionError
        If there are no words, if the threshold is out of range, or if too little of the photo exceeds it.
    ModelError
        If there is no such network, or it cannot be loaded.

    References
    ----------
    Lüddecke and Ecker, "Image segmentation using text and image prompts", CVPR 2022; table 1 for the threshold.

    Examples
    --------
    >>> text("the red car", photo=photo)  # doctest: +SKIP
    """
    plain = " ".join(words.split())
    if not plain:
        raise RegionError('text needs words that describe something, such as text("the red car")')
    if not 0 < threshold < 1:
        raise RegionError(f"text needs a threshold above 0 and below 1, got {threshold:g}")
    network = choose(text_segmenter)
    seen = remembered(photo, f"text {network.key} {plain}", lambda: {"map": network(photo, plain)})["map"]
    highest = float(seen.max())
    if highest <= threshold:
        raise RegionError(
            f'{network.name} finds no "{plain}" in this photo: the highest probability is {highest:.2g}, and the '
            f"threshold {threshold:g}; use other words, or a lower threshold"
        )
    width = min(threshold, 1 - threshold) / 2
    mask = enlarge(np.clip(0.5 + (seen - np.float32(threshold)) / np.float32(2 * width), 0, 1), photo)
    if not mask.any():  # the filter of `enlarge` lost it
        few = f"{np.count_nonzero(seen > threshold)} of {seen.size} cells"
        raise RegionError(
            f'{network.name} finds "{plain}" only in {few}, too few for a mask; use other words, or a lower threshold'
        )
    return mask
