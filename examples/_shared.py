"""What the examples share: small photos, styles painted by code, and pictures side by side."""

from __future__ import annotations

import os
from functools import cache

import cv2
import matplotlib.pyplot as plt
import numpy as np
from skimage import data

from sfumato.demo import paint

__all__ = ["dusk", "etching", "painting", "photo", "show", "side", "washes"]


def side(usual: int) -> int:
    """Return the longer side to work at, which tests make smaller."""
    return min(usual, int(os.environ.get("SFUMATO_EXAMPLE_SIZE", usual)))


def photo(name: str, longest: int = 420) -> np.ndarray:
    """Return a photo of scikit-image, uint8 (H, W, 3): astronaut, coffee, chelsea or rocket."""
    picture = getattr(data, name)()
    scale = side(longest) / max(picture.shape[:2])
    size = round(picture.shape[1] * scale), round(picture.shape[0] * scale)
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA))


def _small(picture: np.ndarray) -> np.ndarray:
    """Return a style of (384, 480) pixels in uint8, at the size to work at."""
    longest = side(480)
    small = cv2.resize(picture.astype(np.float32), (longest, round(0.8 * longest)), interpolation=cv2.INTER_AREA)
    return np.asarray(np.rint(255 * small.clip(0, 1)), np.uint8)


@cache
def painting(seed: int = 0) -> np.ndarray:
    """Return a painting in thick strokes, uint8."""
    return _small(paint(480, 384, seed=seed))


@cache
def etching() -> np.ndarray:
    """Return a landscape in hatched lines on warm paper, uint8."""
    rng = np.random.default_rng(1)
    rows, columns = np.mgrid[:384, :480].astype(np.float32)
    clouds = cv2.GaussianBlur(rng.random((384, 480)).astype(np.float32), (0, 0), 28)
    tone = (clouds - clouds.min()) / np.ptp(clouds)
    tone[rows > 250 + 30 * np.sin(columns / 60)] *= 0.5
    bend = 9 * np.sin(columns / 47 + rows / 83)
    ink = np.zeros_like(tone)
    for angle, level in ((0.5, 0.75), (-0.6, 0.5), (1.3, 0.3)):
        along = (rows + bend) * np.cos(angle) + columns * np.sin(angle)
        ink = np.maximum(ink, (np.sin(along * 1.05) > 2.2 * (tone / level) - 1.1) * (tone < level))
    ink = cv2.GaussianBlur(ink.astype(np.float32), (0, 0), 0.7)[..., None]
    paper, black = np.float32([0.95, 0.9, 0.78]), np.float32([0.14, 0.1, 0.12])
    return _small(paper * (1 - ink) + black * ink)


@cache
def washes() -> np.ndarray:
    """Return soft washes of color with dark rims, as in watercolor, uint8."""
    rng = np.random.default_rng(3)
    rows, columns = np.mgrid[:384, :480].astype(np.float32)
    picture = np.full((384, 480, 3), (0.97, 0.96, 0.92), np.float32)
    colors = ((0.2, 0.45, 0.7), (0.85, 0.45, 0.4), (0.95, 0.78, 0.35), (0.35, 0.6, 0.45), (0.45, 0.35, 0.6))
    for number in range(34):
        wobble = cv2.GaussianBlur(rng.normal(size=(384, 480)).astype(np.float32), (0, 0), 14) * 420
        x, y, radius = rng.uniform(0, 480), rng.uniform(0, 384), rng.uniform(25, 80)
        depth = radius - np.hypot(columns - x, rows - y) + wobble
        wash = np.clip(depth / 3, 0, 1) * (0.28 + 0.4 * np.exp(-np.maximum(depth, 0) / 5))
        pigment = np.float32(colors[number % len(colors)])
        picture *= 1 - wash[..., None] * (1 - pigment)
    grain = cv2.GaussianBlur(rng.normal(size=(384, 480)).astype(np.float32), (0, 0), 1.2)[..., None]
    return _small(picture + 0.05 * grain)


def dusk() -> np.ndarray:
    """Return a photo at dusk, uint8: the rocket before its launch."""
    return photo("rocket", 480)


def show(*pictures: np.ndarray, titles: tuple[str, ...] = (), columns: int = 3) -> None:
    """Draw pictures side by side."""
    columns = min(columns, len(pictures))
    lines = -(-len(pictures) // columns)
    height, width = pictures[0].shape[:2]
    figure, axes = plt.subplots(
        lines, columns, figsize=(3.2 * columns, 3.2 * columns * lines / columns * height / width + 0.3 * lines)
    )
    for axis in np.atleast_1d(axes).ravel():
        axis.axis("off")
    for axis, picture, title in zip(
        np.atleast_1d(axes).ravel(), pictures, (*titles, *[""] * len(pictures)), strict=False
    ):
        axis.imshow(picture, cmap="gray", vmin=0, vmax=1 if picture.ndim == 2 else None)
        axis.set_title(title, fontsize=9)
    figure.tight_layout()
