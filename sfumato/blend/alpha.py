"""Alpha, which says how much of the styled picture shows at each pixel, and compositing."""

from __future__ import annotations

from typing import Literal

import cv2
import numpy as np

from sfumato.arrays import checked, same_size
from sfumato.images import Box, Picture

__all__ = ["Edge", "compose", "distance", "reach", "soft_edge"]

Edge = Literal["inside", "center", "outside"]


def reach(width: float, edge: Edge = "center") -> int:
    """Return how far, in whole pixels, a feathered edge reaches beyond the mask.

    Examples
    --------
    >>> reach(6), reach(6, "inside"), reach(6, "outside")
    (3, 0, 6)
    """
    half = round(width / 2)
    return {"inside": 0, "center": half, "outside": 2 * half}[edge]


@checked(masks=["mask"])
def soft_edge(mask: np.ndarray, width: float, edge: Edge = "center") -> np.ndarray:
    """Turn a mask into an alpha with a soft edge of finite width.

    Parameters
    ----------
    mask : ndarray (H, W)
        Values in [0, 1].
    width : float
        Width in pixels of the ramp from 0 to 1 that replaces a hard edge. Below 1 the mask is returned unchanged.
    edge : {"inside", "center", "outside"}
        Where the ramp lies. With "inside", nothing outside the mask shows the style; with "outside", all of the mask
        does.

    Returns
    -------
    ndarray (H, W)
        Float32 in [0, 1]: exactly 0 where the mask is farther away than `reach`, and exactly 1 at the corresponding
        depth inside. A region that touches the picture's border stays 1 there.

    Notes
    -----
    Partial Style Transfer §3.3 smooths with a Gaussian, which never quite reaches 0. This is a raised cosine of finite
    width, so that pixels outside stay exactly unchanged.

    Examples
    --------
    >>> mask = np.zeros((1, 9), np.float32); mask[:, 5:] = 1
    >>> soft_edge(mask, 4)[0].round(2)
    array([0.  , 0.  , 0.  , 0.08, 0.33, 0.67, 0.92, 1.  , 1.  ],
          dtype=float32)
    """
    mask = mask.astype(np.float32, copy=False)
    half = round(width / 2)
    if half < 1:
        return mask
    original = mask
    if edge != "center":
        disk = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * half + 1, 2 * half + 1))
        shift = cv2.erode if edge == "inside" else cv2.dilate
        mask = shift(mask, disk, borderType=cv2.BORDER_REPLICATE)
    offsets = np.arange(-half, half + 1)
    kernel = 1 + np.cos(np.pi * offsets / (half + 1))
    kernel = (kernel / kernel.sum()).astype(np.float32)
    alpha = cv2.sepFilter2D(mask, -1, kernel, kernel, borderType=cv2.BORDER_REPLICATE).clip(0, 1)
    # The filter's support is square, the reach is round, and rounding must not leave traces beyond it.
    far = reach(width, edge)
    alpha[distance(original > 0) > far] = 0
    alpha[distance(original < 1) > 2 * half - far] = 1
    return alpha


def distance(selected: np.ndarray) -> np.ndarray:
    """Return each pixel's distance to the nearest selected pixel; infinite if no pixel is selected.

    Examples
    --------
    >>> distance(np.array([[True, False, False]]))
    array([[0., 1., 2.]], dtype=float32)
    """
    if not selected.any():
        return np.full(selected.shape, np.inf, np.float32)
    return cv2.distanceTransform((~selected).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)


@checked("styled", masks=["alpha"], unclipped=["styled"])
def compose(photo: Picture, styled: np.ndarray, alpha: np.ndarray, box: Box, kept: np.ndarray | None = None) -> Picture:
    """Lay the styled picture over the photo.

    Parameters
    ----------
    photo : Picture
        The photo; it is not changed.
    styled : ndarray (h, w, 3)
        sRGB in [0, 1], of the box's size.
    alpha : ndarray (h, w)
        In [0, 1], of the box's size.
    box : (top, left, bottom, right)
        Part of the photo that is covered, in pixels.
    kept : ndarray (h, w, 3), optional
        sRGB in [0, 1] of what shows beside the styled picture where alpha is between 0 and 1 (see `sides`); by default
        the photo.

    Returns
    -------
    Picture
        The composite in the photo's color space, profile and depth; a gray photo becomes RGB. Where alpha is 0, and
        outside the box, every value is exactly the photo's.

    Raises
    ------
    InputError
        If the styled picture, alpha or `kept` is not of the box's size.

    Examples
    --------
    >>> from sfumato import images
    >>> photo = images.from_array(np.zeros((16, 16, 3), np.uint8))
    >>> white = np.ones((2, 2, 3), np.float32)
    >>> compose(photo, white, np.array([[1, 0], [0, 0.5]]), (0, 0, 2, 2)).pixels[:2, :2, 0]
    array([[255,   0],
           [  0, 128]], dtype=uint8)
    """
    photo = photo.in_color()
    top, left, bottom, right = box
    own = photo.pixels[top:bottom, left:right]
    same_size(box=own, styled=styled, alpha=alpha)
    weight = alpha[..., None]
    limit = np.iinfo(own.dtype).max
    beneath: np.ndarray = own
    if kept is not None:
        same_size(box=own, kept=kept)
        # As a difference, so that only what differs from the photo is subject to rounding.
        beneath = own + photo.encode(kept) - photo.encode(photo.rgb(box))
    mixed = beneath * (1 - weight) + photo.encode(styled) * weight
    # Where alpha is 0, copy the photo's values: rounding must not change them.
    values = np.where(weight > 0, np.floor(mixed.clip(0, limit) + 0.5).astype(own.dtype), own)
    return photo.replaced(box, values)
