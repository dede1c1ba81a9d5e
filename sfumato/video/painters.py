"""Frames in, painted frames out: by feed-forward networks, or by the optimizer at key frames or in every frame."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from sfumato.compute.device import Machine
from sfumato.errors import RecipeError
from sfumato.methods.finders import finders_of
from sfumato.recipe import Fast, Localized, Naive, Recipe
from sfumato.video.ahead import ahead
from sfumato.video.frames import Frame, frames_of
from sfumato.video.keyframes import Shown, by_keys, each_frame
from sfumato.video.networks import Networks
from sfumato.video.optimizer import Optimizer
from sfumato.video.options import VideoOptions
from sfumato.video.where import Regions

__all__ = ["Painted", "paint"]

State = dict[str, np.ndarray]

# Distance of key frames for the optimizer.
_EVERY = 24

# Number of frames whose motion and masks are found while one is painted: a network for masks takes as long as four.
_AHEAD = 4


@dataclass(frozen=True)
class Painted:
    """What becomes of a frame.

    Attributes
    ----------
    picture : ndarray of float32, shape (H, W, 3)
        RGB in [0, 1]: what to show where `alpha` is above 0.
    alpha : ndarray of float32, shape (H, W)
        In [0, 1]; 0 where the frame stays as it is.
    cut : bool
        Whether a new shot begins with this frame.
    notes : tuple of str
        What to say of it, such as that a region is empty.
    state : callable, optional
        Returns arrays from which `paint` goes on after this frame. Their entry "back" is the number of frames before
        the next one that it has to see again.
    """

    picture: np.ndarray = field(repr=False)
    alpha: np.ndarray = field(repr=False)
    cut: bool
    notes: tuple[str, ...] = ()
    state: Callable[[], State] | None = field(repr=False, default=None)


def paint(
    frames: Iterator[np.ndarray],
    recipe: Recipe,
    options: VideoOptions,
    *,
    masks: Iterator[np.ndarray] | None = None,
    folder: Path | None = None,
    device: str = "auto",
    precision: str = "auto",
    state: Mapping[str, np.ndarray] | None = None,
) -> Iterator[Painted]:
    """Restyle frames in their order. Each shot is painted as if it stood alone.

    Parameters
    ----------
    frames : iterator of ndarray of uint8 or uint16, shape (H, W, 3)
        RGB, upright, all of one size.
    recipe : Recipe
        What to do: of the methods fast, localized or naive.
    options : VideoOptions
        What is of videos only.
    masks : iterator of ndarray of float32, shape (H, W), optional
        Masks in [0, 1], one for each frame, in place of the region of the only layer.
    folder : Path, optional
        Where to look for the recipe's files, before the current folder.
    device, precision : str
        As for `sfumato.steps`.
    state : mapping of str to ndarray, optional
        Result of `Painted.state` for some frame. The frames, and masks, then begin as many frames before the one after
        it as the entry "back" says, and those are not painted again.

    Yields
    ------
    Painted
        One for each frame, in their order.

    Raises
    ------
    RecipeError
        If the method paints no videos, the recipe has corners, or there are masks and several layers.
    InputError
        If a region or a style cannot be used, frames differ in size, or a mask does not fit its frame.
    ModelError, DeviceError
        If a network file cannot be fetched, or the device is not available.

    Examples
    --------
    >>> for painted in paint(frames, recipe, VideoOptions()):  # doctest: +SKIP
    ...     show(painted.picture, painted.alpha)
    """
    if not isinstance(recipe, Fast | Localized | Naive):
        raise RecipeError(f"the method {recipe.method} paints no videos; use fast, localized or naive")
    if recipe.corners is not None:
        raise RecipeError("a video has no surface that corners could mark in every frame; leave the corners out")
    if masks is not None and len(recipe.layers) > 1:
        raise RecipeError(f"masks stand for one region, and the recipe has {len(recipe.layers)}; give it one layer")
    machine = Machine.choose(device, precision)
    share = options.steadiness
    finder = None
    if masks is None:
        finder = Regions(recipe.layers, finders_of(recipe), folder, options.masks_every, share)
    seen = frames_of(iter(frames), finder, masks, state)
    if isinstance(recipe, Fast):
        if options.every_frame:
            raise RecipeError("every_frame is for the optimizer; the method fast paints every frame anyway")
        networks = Networks(recipe, machine, folder, share=share, detail=options.detail)
        if not options.keyframes:
            return _one_by_one(seen, networks, state)
        return _laid(by_keys(seen, networks, options.keyframes, state), networks, state)
    optimizer = Optimizer(recipe, machine, folder)
    if options.every_frame:
        return _laid(each_frame(seen, optimizer, state), optimizer, state)
    return _laid(by_keys(seen, optimizer, options.keyframes or _EVERY, state), optimizer, state)


def _one_by_one(seen: Iterator[Frame], networks: Networks, state: Mapping[str, np.ndarray] | None) -> Iterator[Painted]:
    """Paint frames by networks, each a little of the one before."""
    if state is not None:
        networks.resume(state)
        next(seen, None)
    for frame in ahead(seen, _AHEAD):
        picture, alpha = networks.paint(frame)
        left = {"back": np.array(1), **frame.state, **networks.state()}
        yield _painted(frame, picture, alpha, left)


def _laid(
    shown: Iterator[Shown], painter: Networks | Optimizer, state: Mapping[str, np.ndarray] | None
) -> Iterator[Painted]:
    """Lay painted pictures over their frames."""
    if state is not None:
        painter.resume(state)
    for frame, whole, left in shown:
        picture, alpha = painter.lay(frame, whole)
        yield _painted(frame, picture, alpha, {**left, **painter.state()})


def _painted(frame: Frame, picture: np.ndarray, alpha: np.ndarray, left: State) -> Painted:
    empty = () if alpha.any() else ("the region is empty, so the frame stays as it is",)
    return Painted(picture, alpha, frame.cut, (*frame.notes, *empty), lambda: left)
