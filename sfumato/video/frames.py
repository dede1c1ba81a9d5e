"""Frames on their way to be painted: cut into shots, with their motion and their masks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from sfumato.errors import InputError
from sfumato.motion import gray
from sfumato.video.cuts import is_cut, thumbnail
from sfumato.video.steady import Motion, motion
from sfumato.video.where import Regions

__all__ = ["Frame", "as_float", "frames_of"]


@dataclass(frozen=True)
class Frame:
    """A frame with all that painting it depends on.

    Attributes
    ----------
    pixels : ndarray of uint8 or uint16, shape (H, W, 3)
        As it came.
    cut : bool
        Whether a shot begins with it.
    moved : Motion or None
        How it follows from the frame before; None where a shot begins.
    masks : list of ndarray of float32, shape (H, W)
        Where each layer is.
    notes : tuple of str
        What could not be found in it.
    state : mapping of str to ndarray
        What its masks leave behind for the next frame.
    """

    pixels: np.ndarray = field(repr=False)
    cut: bool
    moved: Motion | None = field(repr=False)
    masks: list[np.ndarray] = field(repr=False)
    notes: tuple[str, ...] = ()
    state: Mapping[str, np.ndarray] = field(default_factory=dict, repr=False)

    @property
    def image(self) -> np.ndarray:
        """The pixels in [0, 1], float32 (H, W, 3); made anew each time, since many frames may be held."""
        return as_float(self.pixels)


def as_float(pixels: np.ndarray) -> np.ndarray:
    """Return the values of a frame in [0, 1].

    Parameters
    ----------
    pixels : ndarray of uint8 or uint16, shape (H, W, 3)
        A frame.

    Returns
    -------
    ndarray of float32

    Raises
    ------
    InputError
        If it is no such array.

    Examples
    --------
    >>> as_float(np.full((1, 1, 3), 65535, np.uint16))
    array([[[1., 1., 1.]]], dtype=float32)
    """
    if pixels.dtype not in (np.uint8, np.uint16) or pixels.ndim != 3 or pixels.shape[2] != 3:
        raise InputError(
            f"a frame of shape {pixels.shape} and type {pixels.dtype} cannot be painted; give (H, W, 3) of uint8 or"
            " uint16"
        )
    return pixels.astype(np.float32) / np.float32(np.iinfo(pixels.dtype).max)


def frames_of(
    frames: Iterator[np.ndarray],
    finder: Regions | None,
    masks: Iterator[np.ndarray] | None,
    state: Mapping[str, np.ndarray] | None = None,
) -> Iterator[Frame]:
    """Go through frames, and find shots, motion and masks.

    Parameters
    ----------
    frames : iterator of ndarray of uint8 or uint16, shape (H, W, 3)
        RGB.
    finder : Regions or None
        What finds the masks of the layers; None if they are given.
    masks : iterator of ndarray of float32, shape (H, W), or None
        The mask of the only layer, for each frame.
    state : mapping of str to ndarray, optional
        `Frame.state` of the first of the frames, if they were seen before: that one begins no shot.

    Yields
    ------
    Frame
        One for each.

    Raises
    ------
    InputError
        If a frame has another size than the one before, a mask does not fit its frame, or masks end before the frames.
    """
    before: np.ndarray | None = None
    seen: np.ndarray | None = None
    for number, pixels in enumerate(frames):
        image = as_float(pixels)
        if before is not None and image.shape != before.shape:
            raise InputError(
                f"frame {number} has {image.shape[1]}×{image.shape[0]} pixels, and the one before"
                f" {before.shape[1]}×{before.shape[0]}; convert the video to one size"
            )
        small = thumbnail(gray(image))
        known = before is None and state is not None
        cut = not known and (seen is None or is_cut(seen, small))
        moved = None if cut or before is None else motion(before, image)
        given, notes, left = _masks(image, moved, finder, masks, number, state if known else None)
        before, seen = image, small
        yield Frame(pixels, cut, moved, given, notes, left)


def _masks(
    image: np.ndarray,
    moved: Motion | None,
    finder: Regions | None,
    masks: Iterator[np.ndarray] | None,
    number: int,
    state: Mapping[str, np.ndarray] | None,
) -> tuple[list[np.ndarray], tuple[str, ...], Mapping[str, np.ndarray]]:
    """Return the masks of a frame, what could not be found, and what is left for the next one."""
    if masks is not None:
        mask = next(masks, None)
        if mask is None:
            raise InputError(f"the masks end after {number} frames, before the video does; give one for each frame")
        if mask.shape != image.shape[:2]:
            raise InputError(
                f"the mask of frame {number} has {mask.shape[1]}×{mask.shape[0]} pixels, and the frame"
                f" {image.shape[1]}×{image.shape[0]}; give masks of the frames' size"
            )
        return [np.asarray(mask, np.float32)], (), {}
    assert finder is not None
    if state is not None:
        finder.resume(state)
        return finder.again(image), (), state
    found, notes = finder.of(image, moved)
    return found, notes, finder.state()
