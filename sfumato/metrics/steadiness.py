"""How steady a restyled video is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import cv2
import numpy as np

from sfumato.arrays import checked, same_size
from sfumato.errors import InputError
from sfumato.motion import gray, motion_edges, occluded, warped

__all__ = ["SourceMotion", "flow_difference", "source_motion", "warping_error"]

Flow = Literal["deepflow", "farneback"]


@dataclass(frozen=True)
class SourceMotion:
    """How a frame of a video follows from the one before.

    Attributes
    ----------
    back : ndarray of float32, shape (H, W, 2)
        Flow from the frame to the one before, in pixels.
    seen : ndarray of bool, shape (H, W)
        Which pixels of the frame the one before shows as well.
    flow : str
        How flow is estimated.
    """

    back: np.ndarray = field(repr=False)
    seen: np.ndarray = field(repr=False)
    flow: Flow


@checked("before", "now")
def source_motion(before: np.ndarray, now: np.ndarray, *, flow: Flow = "deepflow") -> SourceMotion:
    """Estimate how a frame of a video follows from the one before, to score restyled frames by.

    Parameters
    ----------
    before, now : ndarray (H, W, 3)
        Consecutive frames of the video as it was, sRGB in [0, 1].
    flow : {"deepflow", "farneback"}
        How flow is estimated. DeepFlow takes one or two seconds at 640×360; Farnebäck's takes a twentieth of that, and
        finds no motion on what is plain and moves far. Both are others than that by which videos are made steady, so
        that no method is scored by its own mistakes.

    Returns
    -------
    SourceMotion
        Left out is what the frame before does not show, where flow there and back ends elsewhere, and the edges of what
        moves (Ruder, Dosovitskiy and Brox 2016, eq. 5 and 6).

    Raises
    ------
    InputError
        If the frames differ in size.

    References
    ----------
    Weinzaepfel, Revaud, Harchaoui and Schmid, "DeepFlow: large displacement optical flow with deep matching",
    ICCV 2013; OpenCV has it without the matching. Farnebäck, "Two-frame motion estimation based on polynomial
    expansion", SCIA 2003.

    Examples
    --------
    >>> still = np.random.default_rng(0).random((48, 64, 3))
    >>> bool(source_motion(still, still).seen.all())
    True
    """
    same_size(before=before, now=now)
    estimate = _FLOWS[flow]
    back, ahead = estimate(gray(now), gray(before)), estimate(gray(before), gray(now))
    return SourceMotion(back, ~occluded(back, ahead) & ~motion_edges(back), flow)


@checked("before", "now", masks=["mask"])
def warping_error(before: np.ndarray, now: np.ndarray, motion: SourceMotion, mask: np.ndarray | None = None) -> float:
    """Measure how much a restyled frame differs from the one before, once that is moved along with the video.

    Parameters
    ----------
    before, now : ndarray (H, W, 3)
        Consecutive frames as restyled, sRGB in [0, 1].
    motion : SourceMotion
        How the frames of the video follow from each other; see `source_motion`.
    mask : ndarray (H, W), optional
        Weights of the pixels of `now`, in [0, 1]; by default all are equal.

    Returns
    -------
    float
        Mean squared difference per pixel and channel over what both frames show; 0 for a still picture. The error of a
        video is the mean over its frames.

    Raises
    ------
    InputError
        If the frames or the mask differ in size, or no pixel is left to compare.

    References
    ----------
    Lai and others, "Learning blind video temporal consistency", ECCV 2018, eq. 8 and 9.

    Examples
    --------
    >>> still = np.random.default_rng(0).random((48, 64, 3))
    >>> round(warping_error(still * 0.5, still * 0.5 + 0.1, source_motion(still, still)), 4)
    0.01
    """
    same_size(motion=motion.seen, before=before, now=now)
    moved = warped(np.asarray(before, np.float32), motion.back)
    return _mean(np.square(np.asarray(now, np.float64) - moved).mean(-1), motion.seen, mask)


@checked("before", "now", masks=["mask"])
def flow_difference(before: np.ndarray, now: np.ndarray, motion: SourceMotion, mask: np.ndarray | None = None) -> float:
    """Measure how differently a restyled video moves from the video itself.

    Parameters
    ----------
    before, now, motion, mask
        As for `warping_error`.

    Returns
    -------
    float
        Mean length of the difference of both flows, in pixels; 0 if all moves alike, whatever it looks like.

    Raises
    ------
    InputError
        If the frames or the mask differ in size, or no pixel is left to compare.

    Notes
    -----
    Known as tOF: Chu and others, "Learning temporal coherence via self-supervision for GAN-based video generation"
    (TecoGAN), ACM TOG 39(4), 2020.

    Examples
    --------
    >>> frame = cv2.resize(np.random.default_rng(0).random((12, 16, 3)), (128, 96))
    >>> round(flow_difference(frame, np.roll(frame, 1, axis=1), source_motion(frame, frame, flow="farneback")), 1)
    1.0
    """
    same_size(motion=motion.seen, before=before, now=now)
    away = _FLOWS[motion.flow](gray(now), gray(before)) - motion.back
    return _mean(np.hypot(away[..., 0], away[..., 1]), motion.seen, mask)


def _mean(values: np.ndarray, seen: np.ndarray, mask: np.ndarray | None) -> float:
    """Return the mean of what can be compared."""
    if mask is not None:
        same_size(motion=values, mask=mask)
    weight = seen.astype(np.float64) * (1 if mask is None else mask)
    if not weight.any():
        raise InputError("the frames have nothing in common that could be compared; leave out where a shot begins")
    return float(np.average(values, weights=weight))


def _deepflow(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return DeepFlow's flow from one frame to another."""
    estimator: Any = cv2.optflow.createOptFlow_DeepFlow()
    return np.asarray(estimator.calc(first, second, None))


def _farneback(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return Farnebäck's flow from one frame to another."""
    estimate: Any = cv2.calcOpticalFlowFarneback
    return np.asarray(estimate(first, second, None, 0.5, 5, 15, 3, 5, 1.2, 0))


_FLOWS: Mapping[str, Any] = {"deepflow": _deepflow, "farneback": _farneback}
