"""Transfer one picture's colors to another, label by label."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import numpy as np

from sfumato.arrays import checked, same_size

__all__ = ["ColorTransfer", "transfer_per_label"]


class ColorTransfer(Protocol):
    """The common signature of `match_linear`, `match_histogram` and `reinhard`."""

    def __call__(
        self,
        source: np.ndarray,
        reference: np.ndarray,
        *,
        source_mask: np.ndarray | None = None,
        reference_mask: np.ndarray | None = None,
    ) -> np.ndarray:
        """Give `source` the colors of `reference`, with pixels weighted by the masks."""


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
        RGB in [0, 1]. Its colors change.
    reference : ndarray (h, w, 3)
        RGB in [0, 1]. The photo takes on its colors.
    labels_photo, labels_reference : mapping of str to ndarray
        Soft masks (H, W) and (h, w) that sum to at most 1.
    transfer : callable
        `match_linear`, `match_histogram`, `reinhard`, or a function with the same signature.

    Returns
    -------
    ndarray of float32, shape (H, W, 3)
        The results of `transfer` for each label, averaged with the photo's masks as weights. The photo's own colors
        are used for labels that the reference lacks or has nowhere, and where the masks sum to less than 1.

    Raises
    ------
    RegionError
        If a mask is not of its picture's size.

    References
    ----------
    Tai, Jia and Tang, "Local color transfer via probabilistic segmentation by expectation-maximization", CVPR 2005,
    which also transfers the colors of each soft region separately and mixes the results by weight.

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
    # Rounding may make the masks sum to a little more than 1.
    return np.asarray(np.clip(photo + change, 0, 1), np.float32)
