"""One picture's colors given to another, each label's by itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import numpy as np

from sfumato.arrays import checked, same_size

__all__ = ["ColorTransfer", "transfer_per_label"]


class ColorTransfer(Protocol):
    """What `match_linear`, `match_histogram` and `reinhard` are."""

    def __call__(
        self,
        source: np.ndarray,
        reference: np.ndarray,
        *,
        source_mask: np.ndarray | None = None,
        reference_mask: np.ndarray | None = None,
    ) -> np.ndarray:
        """Give `source` the colors of `reference`, by what is inside of the masks."""


@checked("photo", "reference", labels=["labels_photo", "labels_reference"])
def transfer_per_label(
    photo: np.ndarray,
    reference: np.ndarray,
    labels_photo: Mapping[str, np.ndarray],
    labels_reference: Mapping[str, np.ndarray],
    transfer: ColorTransfer,
) -> np.ndarray:
    """Give each label of a photo the colors that the same label has in a reference.

    Parameters
    ----------
    photo : ndarray (H, W, 3)
        RGB in [0, 1], whose colors change.
    reference : ndarray (h, w, 3)
        RGB in [0, 1], whose colors it takes.
    labels_photo, labels_reference : mapping of str to ndarray
        Soft masks (H, W) and (h, w), which sum to at most 1.
    transfer : callable
        `match_linear`, `match_histogram`, `reinhard`, or one that is called like them.

    Returns
    -------
    ndarray of float32, shape (H, W, 3)
        The mean of what `transfer` makes of the photo for each label, weighted by the photo's masks. The photo's
        own colors stand in for a label that the reference lacks or has nowhere, and for what is missing to 1.

    References
    ----------
    Tai, Jia and Tang, "Local color transfer via probabilistic segmentation by expectation-maximization", CVPR 2005,
    whose soft regions are likewise transferred each by itself and mixed by their weights.

    Examples
    --------
    >>> from sfumato.color import match_linear
    >>> photo, reference = np.zeros((1, 3, 3), np.float32), np.ones((1, 1, 3), np.float32)
    >>> sky = {"sky": np.float32([[0, 0.5, 1]])}
    >>> transfer_per_label(photo, reference, sky, {"sky": np.ones((1, 1))}, match_linear)[..., 0]
    array([[0. , 0.5, 1. ]], dtype=float32)
    """
    same_size(photo=photo, labels_photo=labels_photo)
    same_size(reference=reference, labels_reference=labels_reference)
    change = np.zeros(photo.shape, np.float32)
    for name, mask in labels_photo.items():
        other = labels_reference.get(name)
        if other is not None and other.any() and mask.any():
            moved = transfer(photo, reference, source_mask=mask, reference_mask=other)
            change += mask[..., None] * (moved - photo)
    # Masks that sum to 1 but for rounding may leave the range by as much.
    return np.asarray(np.clip(photo + change, 0, 1), np.float32)
