"""Masks and pictures made steady: each takes over from the one before along the flow, where the flow can be trusted."""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np

from sfumato.motion import dense, gray, occluded, warped

__all__ = ["Motion", "detailed", "motion", "steadied", "trust"]

# Difference of colors, in [0, 1], at which what was fetched along the flow counts 1/e; and the radius in pixels over
# which trust is smoothed, so that its borders do not show.
_ALIKE, _SOFT = 0.08, 2.0

# Standard deviations in pixels: what is finer counts as detail, in two steps, and its energy is averaged over so much.
# And the most that detail is amplified in a step.
_FINE, _AROUND, _MOST = (1.2, 0.6), 6.0, 2.0


@dataclass(frozen=True)
class Motion:
    """How a frame follows from the one before.

    Attributes
    ----------
    back : ndarray of float32, shape (H, W, 2)
        Flow from the frame to the one before.
    ahead : ndarray of float32, shape (H, W, 2)
        Flow from the one before to the frame.
    trust : ndarray of float32, shape (H, W)
        How far what is fetched along `back` can be trusted, in [0, 1].
    """

    back: np.ndarray = field(repr=False)
    ahead: np.ndarray = field(repr=False)
    trust: np.ndarray = field(repr=False)


def motion(before: np.ndarray, now: np.ndarray) -> Motion:
    """Estimate how a frame follows from the one before.

    Parameters
    ----------
    before, now : ndarray of float32, shape (H, W, 3)
        RGB in [0, 1].

    Examples
    --------
    >>> still = np.random.default_rng(0).random((48, 64, 3), np.float32)
    >>> bool(motion(still, still).trust.min() > 0.99)
    True
    """
    first, second = gray(before), gray(now)
    back, ahead = dense(second, first), dense(first, second)
    return Motion(back, ahead, trust(back, ahead, before, now))


def trust(back: np.ndarray, ahead: np.ndarray, before: np.ndarray, now: np.ndarray) -> np.ndarray:
    """Return how far what a flow fetches can be trusted.

    Parameters
    ----------
    back, ahead : ndarray of float32, shape (H, W, 2)
        Flow from a frame to another, and from that to the frame.
    before, now : ndarray of float32, shape (H, W, 3)
        The other frame, and the frame: RGB in [0, 1].

    Returns
    -------
    ndarray of float32, shape (H, W)
        In [0, 1]: near 0 where the other frame does not show what the frame does, and where colors differ.

    Examples
    --------
    >>> still, gray = np.zeros((8, 8, 2), np.float32), np.full((8, 8, 3), 0.5, np.float32)
    >>> trust(still, still, gray, gray + 0.12)[0, 0].round(3)
    np.float32(0.105)
    """
    differs = cv2.transform(cv2.absdiff(warped(before, back), now), np.full((1, 3), 1 / 3, np.float32))
    seen = np.exp(-np.square(differs / _ALIKE))
    seen[occluded(back, ahead)] = 0
    return np.asarray(cv2.GaussianBlur(seen, (0, 0), _SOFT, borderType=cv2.BORDER_REPLICATE))


def steadied(now: np.ndarray, before: np.ndarray, moved: Motion, share: float, *, sharp: bool = False) -> np.ndarray:
    """Take over from the mask or picture of the frame before, along the flow.

    Parameters
    ----------
    now : ndarray of float32, shape (H, W) or (H, W, 3)
        What was found for the frame, in [0, 1].
    before : ndarray of float32
        What was shown for the frame before, of the same shape.
    moved : Motion
        How the frame follows from the one before.
    share : float
        How much to take over where the flow can be trusted, from 0 to 1.
    sharp : bool
        Interpolate by Lanczos, which blurs less.

    Returns
    -------
    ndarray of float32
        In [0, 1].

    Notes
    -----
    ``now + share · trust · (W(before) - now)``: a running mean along the flow, after Bonneel and others, "Blind
    video temporal consistency", SIGGRAPH Asia 2015, without their gradients.

    Examples
    --------
    >>> still = np.zeros((1, 2, 2), np.float32)
    >>> moved = Motion(still, still, np.float32([[1, 0]]))
    >>> steadied(np.float32([[0.5, 0.5]]), np.float32([[1, 1]]), moved, 0.8)
    array([[0.9, 0.5]], dtype=float32)
    """
    weight = np.float32(share) * moved.trust
    fetched = warped(before, moved.back, sharp=sharp)
    mixed = now + (weight if now.ndim == 2 else weight[..., None]) * (fetched - now)
    return np.asarray(np.clip(mixed, 0, 1, out=mixed))


def detailed(picture: np.ndarray, fresh: np.ndarray) -> np.ndarray:
    """Give back the fine detail that a running mean along the flow blurs.

    Parameters
    ----------
    picture : ndarray of float32, shape (H, W, 3)
        The mean.
    fresh : ndarray of float32, shape (H, W, 3)
        The frame as painted, with as much detail as there should be.

    Returns
    -------
    ndarray of float32, shape (H, W, 3)
        In [0, 1].

    Notes
    -----
    What is finer than a Gaussian of 1.2 pixels is amplified, at most twice, until it has as much energy around each
    place as that of the frame; then what is finer than 0.6 pixels. The mean itself has to go on without it: amplified
    again and again, detail grows into fingerprints.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> fresh = rng.random((32, 32, 3), np.float32)
    >>> blurred = 0.5 + (fresh - 0.5) * np.float32(0.6)
    >>> [round(float(each.std() / fresh.std()), 1) for each in (blurred, detailed(blurred, fresh))]
    [0.6, 1.0]
    """
    for fine in _FINE:
        own, wanted = (image - _blurred(image, fine) for image in (picture, fresh))
        have, goal = (_blurred(np.einsum("hwc,hwc->hw", image, image), _AROUND) for image in (own, wanted))
        gain = np.sqrt(goal / np.maximum(have, 1e-8)).clip(1, _MOST)
        picture = picture + (gain - 1)[..., None] * own
    return picture.clip(0, 1)


def _blurred(image: np.ndarray, sigma: float) -> np.ndarray:
    return np.asarray(cv2.GaussianBlur(image, (0, 0), sigma, borderType=cv2.BORDER_REPLICATE))
