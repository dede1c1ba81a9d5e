"""Optical flow between frames: what is where in another frame, and what that frame does not show.

A flow (H, W, 2) belongs to the pixels of one frame, and says how far away each is in another frame: what is at
``first[y, x]`` is at ``second[y + flow[y, x, 1], x + flow[y, x, 0]]``.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np

from sfumato.images.resizing import at_most

__all__ = ["composed", "dense", "gray", "motion_edges", "occluded", "warped"]

# Longer side in pixels at which flow is estimated. It is smooth, and a larger one takes time and brings little.
_SIDE = 640

# Minimum side in pixels that the estimator can work with; smaller frames are padded.
_LEAST = 32


def gray(frame: np.ndarray) -> np.ndarray:
    """Return the luma of a frame, as `dense` takes it.

    Parameters
    ----------
    frame : ndarray of float32, shape (H, W, 3)
        RGB in [0, 1].

    Returns
    -------
    ndarray of uint8, shape (H, W)

    Examples
    --------
    >>> gray(np.full((1, 2, 3), 0.2, np.float32))
    array([[51, 51]], dtype=uint8)
    """
    luma = cv2.cvtColor(np.asarray(frame, np.float32), cv2.COLOR_RGB2GRAY)
    return np.asarray(cv2.convertScaleAbs(luma, alpha=255))


def dense(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Estimate the flow from one frame to another by dense inverse search.

    Parameters
    ----------
    first, second : ndarray of uint8, shape (H, W)
        Luma of the frames.

    Returns
    -------
    ndarray of float32, shape (H, W, 2)
        In pixels, across and down. Frames of more than 640 pixels are shrunk for it.

    References
    ----------
    Kroeger, Timofte, Dai and Van Gool, "Fast optical flow using dense inverse search", ECCV 2016; OpenCV's preset
    MEDIUM.

    Examples
    --------
    >>> first = np.random.default_rng(0).integers(0, 256, (12, 16)).astype(np.uint8)
    >>> first = cv2.resize(first, (96, 72), interpolation=cv2.INTER_CUBIC)
    >>> np.median(dense(first, np.roll(first, 3, axis=1)), axis=(0, 1)).round()
    array([3., 0.], dtype=float32)
    """
    height, width = first.shape
    small = [at_most(luma, _SIDE) for luma in (first, second)]
    rows, columns = small[0].shape
    below, right = max(0, _LEAST - rows), max(0, _LEAST - columns)
    if below or right:
        small = [cv2.copyMakeBorder(luma, 0, below, 0, right, cv2.BORDER_REPLICATE) for luma in small]
    estimator: Any = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    found = estimator.calc(*small, None)[:rows, :columns]
    if (rows, columns) != (height, width):
        found = cv2.resize(found, (width, height), interpolation=cv2.INTER_LINEAR)
        found *= np.array([width / columns, height / rows], np.float32)
    return np.asarray(found)


def warped(image: np.ndarray, flow: np.ndarray, *, sharp: bool = False) -> np.ndarray:
    """Fetch the values of a frame along a flow that leads to it.

    Parameters
    ----------
    image : ndarray of float32, shape (H, W) or (H, W, C)
        Values of the frame that the flow leads to; beyond its border they are repeated.
    flow : ndarray of float32, shape (H, W, 2)
        From the frame that is to be covered.
    sharp : bool
        Interpolate by Lanczos over eight pixels, which blurs less but may leave the range of the values.

    Returns
    -------
    ndarray of float32
        Of the image's shape.

    Examples
    --------
    >>> warped(np.float32([[1, 2, 3]]), np.full((1, 3, 2), (1, 0), np.float32))
    array([[2., 3., 3.]], dtype=float32)
    """
    across, down = _places(flow)
    kind = cv2.INTER_LANCZOS4 if sharp else cv2.INTER_LINEAR
    return np.asarray(cv2.remap(image, across, down, kind, borderMode=cv2.BORDER_REPLICATE))


def composed(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Join a flow from a to b and one from b to c into one from a to c.

    Parameters
    ----------
    first, second : ndarray of float32, shape (H, W, 2)
        The flows.

    Returns
    -------
    ndarray of float32, shape (H, W, 2)

    Examples
    --------
    >>> composed(np.full((1, 3, 2), (1, 0), np.float32), np.full((1, 3, 2), (1, 2), np.float32))[0, 0]
    array([2., 2.], dtype=float32)
    """
    return np.asarray(first + warped(second, first))


def occluded(there: np.ndarray, back: np.ndarray) -> np.ndarray:
    """Find what a frame shows and another does not.

    Parameters
    ----------
    there : ndarray of float32, shape (H, W, 2)
        Flow from the frame to the other.
    back : ndarray of float32, shape (H, W, 2)
        Flow from the other to the frame.

    Returns
    -------
    ndarray of bool, shape (H, W)
        True where the way there and back ends elsewhere, ``|there + back|² > 0.01 (|there|² + |back|²) + 0.5``, and
        where the way there leaves the frame.

    References
    ----------
    Sundaram, Brox and Keutzer, "Dense point trajectories by GPU-accelerated large displacement optical flow",
    ECCV 2010; used by Ruder, Dosovitskiy and Brox, "Artistic style transfer for videos", GCPR 2016, eq. 5.

    Examples
    --------
    >>> there, back = np.zeros((1, 3, 2), np.float32), np.zeros((1, 3, 2), np.float32)
    >>> back[0, 1] = 2, 0
    >>> occluded(there, back)
    array([[False,  True, False]])
    """
    height, width = there.shape[:2]
    returned = warped(back, there)
    missed, far = _squares(there + returned), _squares(there) + _squares(returned)
    across, down = _places(there)
    outside = (across < -0.5) | (across > width - 0.5) | (down < -0.5) | (down > height - 0.5)
    return np.asarray((missed > 0.01 * far + 0.5) | outside)


def motion_edges(flow: np.ndarray) -> np.ndarray:
    """Find the borders between what moves differently, where flow is least certain.

    Parameters
    ----------
    flow : ndarray of float32, shape (H, W, 2)
        A flow.

    Returns
    -------
    ndarray of bool, shape (H, W)
        True where ``|∇u|² + |∇v|² > 0.01 |flow|² + 0.002``, with central differences.

    References
    ----------
    Ruder, Dosovitskiy and Brox, "Artistic style transfer for videos", GCPR 2016, eq. 6.

    Examples
    --------
    >>> flow = np.zeros((1, 6, 2), np.float32)
    >>> flow[:, 3:] = 1, 0
    >>> motion_edges(flow)
    array([[False, False,  True,  True, False, False]])
    """
    border = cv2.BORDER_REPLICATE
    steep = [cv2.Sobel(flow, -1, 1 - y, y, ksize=1, scale=0.5, borderType=border) for y in (0, 1)]
    return np.asarray(_squares(steep[0]) + _squares(steep[1]) > 0.01 * _squares(flow) + 0.002)


def _places(flow: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return where a flow leads, in columns and in rows."""
    height, width = flow.shape[:2]
    return flow[..., 0] + np.arange(width, dtype=np.float32), flow[..., 1] + np.arange(height, dtype=np.float32)[
        :, None
    ]


def _squares(flow: np.ndarray) -> np.ndarray:
    """Return the squared length of each vector."""
    return np.asarray(np.einsum("...i,...i->...", flow, flow))
