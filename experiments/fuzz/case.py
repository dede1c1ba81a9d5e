"""A case: files in a folder, a command on them, and what may come of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image

__all__ = ["CPU", "FAST", "TRAINING", "Case", "Maker", "any_of", "chance", "network", "some", "texture"]

CPU = ("--device", "cpu")

#: A run that looks at two shallow layers only, and takes a few hundredths of a second.
FAST = ("--size", "64", "--iterations", "3,2", *CPU, "--style-layers", "relu1_1,relu2_1")
FAST += ("--content-layer", "relu2_2", "--optimizer", "adam")

#: The smallest training.
TRAINING = ("--steps", "1", "--batch", "1", "--size", "32", "--style-size", "32", "--width", "2", *CPU)


@dataclass(frozen=True)
class Case:
    """A command, and what may come of it.

    Attributes
    ----------
    about : str
        What is odd, in words.
    arguments : tuple of str
        Of the command line.
    outputs : tuple of str
        The files that it leaves if it succeeds, and no others.
    codes : tuple of int
        Exit codes that are right for a refusal.
    usable : bool or None
        Whether it must succeed; None if both may be.
    store : str
        Folder of the model store, if it is one that the case made.
    """

    about: str
    arguments: tuple[str, ...]
    outputs: tuple[str, ...] = ("out.png",)
    codes: tuple[int, ...] = (2,)
    usable: bool | None = None
    store: str = field(default="", compare=False)


#: Writes the files of a case into the current folder, which has photo.png, style.png and mask.png already.
Maker = Callable[[np.random.Generator], Case]


def any_of(rng: np.random.Generator, *choices: str) -> str:
    """Return one of some words."""
    return choices[int(rng.integers(len(choices)))]


def some(rng: np.random.Generator, low: int, high: int) -> int:
    """Return an int from low to high - 1; low where there is no such."""
    return int(rng.integers(low, max(low + 1, high)))


def chance(rng: np.random.Generator, probability: float) -> bool:
    """Return True as often as asked."""
    return bool(rng.random() < probability)


def texture(height: int, width: int, seed: int, channels: int = 3) -> np.ndarray:
    """Return a random picture of blots, uint8 (height, width, channels)."""
    rng = np.random.default_rng(seed)
    coarse = rng.integers(30, 220, (height // 8 + 1, width // 8 + 1, channels))
    large = coarse.repeat(8, 0).repeat(8, 1)[:height, :width]
    found: np.ndarray = (large + rng.integers(0, 30, large.shape)).astype(np.uint8)
    return found


def furnish() -> None:
    """Write the sound files that cases are made from into the current folder."""
    Image.fromarray(texture(64, 80, 1)).save("photo.png")
    Image.fromarray(texture(48, 64, 2)).save("style.png")
    mask = np.zeros((64, 80), np.uint8)
    mask[16:48, 20:60] = 255
    Image.fromarray(mask).save("mask.png")


def network(path: str, *styles: str, masks: bool = False) -> None:
    """Write a network that was never trained."""
    from sfumato.feedforward import sfm

    rng = np.random.default_rng(0)
    plan = sfm.Plan(styles or ("a",), width=2, masks=masks)
    shapes = plan.shapes.items()
    sfm.write(Path(path), plan, {name: rng.normal(0, 0.1, shape).astype(np.float32) for name, shape in shapes})
