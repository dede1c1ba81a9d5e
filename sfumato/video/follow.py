"""Painted key frames carried along the flow to other frames of their shot."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from sfumato.motion import composed, warped
from sfumato.video.filling import filled
from sfumato.video.frames import Frame
from sfumato.video.steady import trust

__all__ = ["Followed", "backwards", "between", "forwards"]

# Weight of what cannot be trusted, where there is nothing else; and the trust from which nothing is filled in.
_LEAST, _ENOUGH = 1e-3, 0.3


@dataclass(frozen=True)
class Followed:
    """A painted key frame as it looks in another frame of its shot.

    Attributes
    ----------
    picture : ndarray of float32, shape (H, W, 3)
        RGB in [0, 1].
    trust : ndarray of float32, shape (H, W)
        How far it holds there, in [0, 1].
    """

    picture: np.ndarray = field(repr=False)
    trust: np.ndarray = field(repr=False)


def between(first: Followed, last: Followed, share: float, image: np.ndarray) -> np.ndarray:
    """Mix what both neighboring key frames say of a frame.

    What neither shows is the frame itself, changed in color as its surroundings are.

    Parameters
    ----------
    first, last : Followed
        The key frames, as they look in the frame.
    share : float
        Where the frame lies, from 0, at the first, to 1, at the last.
    image : ndarray of float32, shape (H, W, 3)
        The frame, RGB in [0, 1].

    Returns
    -------
    ndarray of float32, shape (H, W, 3)

    Examples
    --------
    >>> black, white = np.zeros((1, 2, 3), np.float32), np.ones((1, 2, 3), np.float32)
    >>> everywhere, left = np.ones((1, 2), np.float32), np.float32([[1, 0]])
    >>> between(Followed(black, left), Followed(white, everywhere), 0.25, black)[0, :, 0].round(2)
    array([0.25, 1.  ], dtype=float32)
    """
    weights = [(1 - share) * (first.trust + _LEAST), share * (last.trust + _LEAST)]
    total = weights[0] + weights[1]
    mixed = (weights[0][..., None] * first.picture + weights[1][..., None] * last.picture) / total[..., None]
    known = np.minimum(1, np.maximum(first.trust, last.trust) / _ENOUGH)
    # The change, not the picture: stripes that flow cannot follow would become a gray spot.
    return np.asarray(mixed if known.min() == 1 else np.clip(image + filled(mixed - image, known), 0, 1))


def forwards(key: Followed, held: Sequence[Frame]) -> Iterator[Followed]:
    """Yield a painted key frame, the first of some frames, as it looks in each of them."""
    back = ahead = np.zeros((*key.trust.shape, 2), np.float32)
    yield key
    first = held[0].image
    for frame in held[1:]:
        assert frame.moved is not None
        back, ahead = composed(frame.moved.back, back), composed(ahead, frame.moved.ahead)
        yield _followed(key, back, trust(back, ahead, first, frame.image))


def backwards(key: Followed, held: Sequence[Frame]) -> Iterator[Followed]:
    """Yield a painted key frame, the last of some frames, as it looks in each of them, from the last to the first."""
    back = ahead = np.zeros((*key.trust.shape, 2), np.float32)
    yield key
    last = held[-1].image
    for frame, later in zip(held[-2::-1], held[:0:-1], strict=True):
        assert later.moved is not None
        ahead, back = composed(later.moved.ahead, ahead), composed(back, later.moved.back)
        yield _followed(key, ahead, trust(ahead, back, last, frame.image))


def _followed(key: Followed, there: np.ndarray, seen: np.ndarray) -> Followed:
    picture = np.clip(warped(key.picture, there, sharp=True), 0, 1)
    return Followed(picture, seen * warped(key.trust, there))
