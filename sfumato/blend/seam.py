"""Blend the photo and the styled picture, with a method chosen by name."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np

from sfumato.arrays import checked, same_size
from sfumato.blend.alpha import Edge, soft_edge
from sfumato.blend.mrf import mrf, smooth
from sfumato.blend.poisson import poisson

__all__ = ["BLENDS", "Blend", "seam"]

Blend = Literal["feather", "mrf", "smooth", "poisson"]

#: Names of the blends.
BLENDS: tuple[str, ...] = get_args(Blend)


@checked("photo", "styled", masks=["mask"], unclipped=["styled"])
def seam(
    blend: Blend, photo: np.ndarray, styled: np.ndarray, mask: np.ndarray, width: float, edge: Edge = "center"
) -> tuple[np.ndarray, np.ndarray]:
    """Blend a photo and a styled picture along the edge of a region.

    Parameters
    ----------
    blend : {"feather", "mrf", "smooth", "poisson"}
        "feather" is `soft_edge`; the others are the functions of the same names.
    photo, styled : ndarray (H, W, 3)
        RGB in [0, 1].
    mask : ndarray (H, W)
        The region, in [0, 1].
    width : float
        Width in pixels of the band in which the seam may lie.
    edge : {"inside", "center", "outside"}
        Where the band lies; with "poisson" it is always inside.

    Returns
    -------
    styled : ndarray (H, W, 3)
        The styled picture; only "poisson" changes it.
    alpha : ndarray (H, W)
        How much of the styled picture shows; exactly 0 where the mask is farther away than `reach`.

    Raises
    ------
    InputError
        If the pictures and the mask differ in size.

    Examples
    --------
    >>> black, white = np.zeros((1, 6, 3), np.float32), np.ones((1, 6, 3), np.float32)
    >>> mask = np.float32([[0, 0, 0, 1, 1, 1]])
    >>> seam("feather", black, white, mask, 2)[1].round(2)
    array([[0.  , 0.  , 0.25, 0.75, 1.  , 1.  ]], dtype=float32)
    """
    same_size(photo=photo, styled=styled, mask=mask)
    match blend:
        case "feather":
            return styled, soft_edge(mask, width, edge)
        case "mrf":
            return styled, mrf(photo, styled, mask, width, edge)
        case "smooth":
            return styled, smooth(photo, styled, mask, width, edge)
        case "poisson":
            return poisson(photo, styled, mask, width), mask
