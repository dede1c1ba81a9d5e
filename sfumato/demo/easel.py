"""A canvas and a brush, which leaves color and relief.

Points are complex numbers, x + iy, so that a change into a stroke's own frame is a single division.
"""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

__all__ = ["Easel", "bristles"]

_Array = NDArray[Any]


def bristles(rng: np.random.Generator) -> _Array:
    """Return long streaks, uniform in [0, 1], shape (256, 512)."""
    noise = rng.standard_normal((256, 512), np.float32)
    fine = cv2.GaussianBlur(noise, (0, 0), sigmaX=30, sigmaY=0.9)
    wide = cv2.GaussianBlur(noise, (0, 0), sigmaX=40, sigmaY=3)
    mix = fine / fine.std() + 0.8 * wide / wide.std()
    rank: _Array = np.argsort(np.argsort(mix, None)).reshape(mix.shape) / mix.size
    return rank.astype(np.float32)


@dataclass(frozen=True)
class Easel:
    """A canvas with the relief of its paint, and the brush."""

    canvas: _Array
    relief: _Array
    bristles: _Array
    unit: float

    def stroke(self, path: _Array, size: float, load: tuple[_Array, _Array], thick: float, luck: _Array) -> None:
        """Draw the brush, loaded with two colors, along a path; `luck` is three random numbers."""
        a, chord = path[0], path[-1] - path[0]
        if abs(chord) < 1.5 * size:  # too short for a curve: a dab
            chord = 1.5 * size * (chord / abs(chord) if chord else 1)
            a = path[12] - chord / 2
            path = a + chord * np.linspace(0, 1, 5)
        frame = (path - a) / chord
        fit = np.polynomial.polynomial.polyfit(frame.real, frame.imag, 3).astype(np.float32)

        reach = 0.75 * size + 1
        h, w = self.relief.shape
        x0, x1 = np.clip([path.real.min() - reach, path.real.max() + reach + 1], 0, w).astype(int)
        y0, y1 = np.clip([path.imag.min() - reach, path.imag.max() + reach + 1], 0, h).astype(int)
        here = np.s_[y0:y1, x0:x1]
        y, x = np.mgrid[here].astype(np.float32)
        z = (x + 1j * y - np.complex64(a)) / np.complex64(chord)
        s, length = z.real, np.float32(abs(chord))  # s runs from 0 to 1 along the stroke, d in pixels across
        bend = fit[1] + s * (2 * fit[2] + s * 3 * fit[3])
        d = z.imag - (fit[0] + s * (fit[1] + s * (fit[2] + s * fit[3])))
        d *= length / np.sqrt(1 + bend * bend)

        u, v = s * (length / self.unit) + 512 * luck[0], d / self.unit + 256 * luck[1]
        hair = cv2.remap(self.bristles, u, v, cv2.INTER_LINEAR, None, cv2.BORDER_REFLECT)
        # The brush sets down early and lifts late, with ragged ends, and runs dry on the way.
        end = 0.5 * size / length
        p = (s + end) / (1 + 2 * end) + (hair - 0.5) * (0.7 * end)
        taper = np.clip(np.minimum(p / (0.6 * end), (1 - p) / (1.2 * end + 0.12)), 0, 1) ** 0.4
        half = 0.5 * size * taper * (0.8 + 0.35 * hair)
        alpha = np.clip((half - abs(d)) / max(self.unit, 0.7) + 0.5, 0, 1) * (taper > 0)
        alpha *= np.clip(5 * (hair - 1.2 * np.clip(p - 0.45, 0, 1) - 0.35 * luck[2]) + 1.3, 0, 1)

        across = d / np.maximum(half, 1e-3)
        mix = np.clip(0.5 * across + 1.2 * hair - 0.1, 0, 1)[..., None]
        color = (load[0] + (load[1] - load[0]) * mix) * (0.86 + 0.28 * hair)[..., None]
        rim = 0.6 * np.exp(-(((abs(across) - 0.78) / 0.16) ** 2))
        heap = 0.5 * np.exp(-(((p - 0.9) / 0.06) ** 2))
        body = thick * (0.6 + 1.3 * hair + rim + heap)
        self.canvas[here] += (color - self.canvas[here]) * alpha[..., None]
        self.relief[here] += (body - 0.75 * self.relief[here]) * alpha

    def lit(self) -> _Array:
        """Return the canvas lit from the upper left, with a trace of its weave."""
        soft = cv2.GaussianBlur(self.relief, (0, 0), 0.6 * self.unit)
        y, x = np.mgrid[: soft.shape[0], : soft.shape[1]] * (np.pi / 2.5 / self.unit)
        over = np.sin(x / 2) * np.sin(y / 2) > 0
        weave = 0.06 * np.where(over, abs(np.sin(x)), abs(np.sin(y))) * np.exp(-soft)
        gy, gx = np.gradient(soft + weave)
        gradient = (0.707 * self.unit * (gx + gy))[..., None]
        light = np.clip(gradient, -0.6, 0.2)
        # A power darkens pale colors without turning them gray, unlike a factor.
        picture: _Array = self.canvas.clip(0, 1) ** (1 - 1.3 * light) * (1 + 0.35 * light)
        picture += np.array([0.40, 0.39, 0.35]) * np.clip(gradient - 0.12, 0, 0.5)
        return picture.clip(0, 1).astype(np.float32)
