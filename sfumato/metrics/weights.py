"""The weights of the pixels that are measured."""

from __future__ import annotations

import numpy as np

from sfumato.arrays import same_size
from sfumato.errors import InputError

__all__ = ["weights"]


def weights(picture: np.ndarray, mask: np.ndarray | None, name: str) -> np.ndarray:
    """Return the weight of each pixel of a picture.

    Parameters
    ----------
    picture : ndarray (H, W, 3)
        The picture that is measured.
    mask : ndarray (H, W), optional
        Weights in [0, 1]; by default all are 1.
    name : str
        What an error calls the picture.

    Returns
    -------
    ndarray (H, W)
        The mask, or ones.

    Raises
    ------
    InputError
        If the mask is not of the picture's size, or selects nothing.

    Examples
    --------
    >>> weights(np.zeros((1, 2, 3)), None, "picture")
    array([[1., 1.]], dtype=float32)
    """
    size = picture.shape[:2]
    if mask is None:
        return np.ones(size, np.float32)
    same_size(**{name: picture, f"mask of the {name}": mask})
    if not mask.max(initial=0) > 0:
        raise InputError(f"the mask of the {name} selects nothing, so there is nothing to measure; choose another")
    return mask
