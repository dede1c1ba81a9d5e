"""A style picture painted by code: a low sun over hills and a field, in thick brush strokes.

Points are complex numbers, x + iy, so that a change into a stroke's own frame is a single division.
"""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from sfumato.demo.easel import Easel, bristles
from sfumato.errors import InputError

__all__ = ["paint"]

_Array = NDArray[Any]

_AREA = 640 * 512  # strokes are sized for a canvas of this many pixels, then scaled to the real one

# Sky, sun, far hills, field, near hill: a ramp from dark to brilliant, and three accents.
_PALETTE = (
    ("0b1038 16206e 2340a0 2b74b4 46a6ae a9d2b4 f4e6b6 f7c95a f0922f", "f4e6b6 f7c95a 46a6ae"),
    ("cf2f1c ea5a26 f49a35 fbc95c fdeab0 fff7da", "fff7da fbc95c ea5a26"),
    ("151448 242a78 27508e 2a7c92 5fb0a2 d9dcae", "e0401f 16206e f7c95a"),
    ("4a1c1c 8c341c c4641f e09a2f f0c45c fbeab6", "e0401f fbeab6 1f7d86"),
    ("070a26 0f1a4e 123f68 13696f 3aa08a 9ccfa4", "e0401f f7c95a f4e6b6"),
)

# Layers from the underpainting up: width, length, number of strokes, shift along the ramp, relief, accents.
_LAYERS = (
    (24.0, 140.0, 560, -0.12, 0.7, 0.0),
    (18.0, 110.0, 800, -0.06, 0.9, 0.0),
    (13.0, 80.0, 900, 0.0, 1.0, 0.0),
    (9.0, 58.0, 1100, 0.05, 1.1, 0.35),
    (5.5, 40.0, 900, 0.13, 1.2, 0.6),
)


def paint(width: int = 640, height: int = 512, *, seed: int = 0) -> NDArray[np.float32]:
    """Paint a sun over hills in thick, directional strokes, to serve as a style image.

    Strokes 4 to 28 pixels wide (at the default size) follow a smooth field of directions in five
    layers, dark and broad below, bright and fine on top. Each leaves color and relief, which is lit from the upper
    left. Other sizes of similar proportions show the same picture.

    Parameters
    ----------
    width, height : int
        Size of the picture in pixels, each 16 or more.
    seed : int
        Seed of the random numbers; the same seed always paints the same picture.

    Returns
    -------
    ndarray of float32, shape (height, width, 3)
        The picture, sRGB in [0, 1].

    Raises
    ------
    InputError
        If a side is shorter than 16 pixels.

    Examples
    --------
    >>> from sfumato.demo.painting import paint
    >>> picture = paint(160, 128, seed=1)
    >>> picture.shape, picture.dtype
    ((128, 160, 3), dtype('float32'))
    """
    if min(width, height) < 16:
        raise InputError(f"a painting of {width}x{height} is too small; ask for 16x16 or more")
    rng = np.random.default_rng(seed)
    unit = float(np.sqrt(width * height / _AREA))
    w, h = round(width / unit), round(height / unit)
    region, tone, flow = _plan(w, h, rng)
    detail, hue = _cloud(w, h, 9, rng), _cloud(w, h, 6, rng)
    ramps = np.stack([cv2.resize(_colors(c)[None], (256, 1))[0] for c, _ in _PALETTE])
    accents = np.stack([_colors(c) for _, c in _PALETTE])

    def shade(where: _Array, level: _Array) -> _Array:
        """Look up colors on the ramps of regions."""
        return np.asarray(ramps[where, np.clip(level * 255, 0, 255).astype(int)])

    ground = cv2.resize(shade(region, tone - 0.2), (width, height))
    easel = Easel(ground, np.zeros((height, width), np.float32), bristles(rng), unit)
    for size, length, count, shift, thick, share in _LAYERS:
        n = np.arange(1, count + 1)
        # The R2 sequence (Roberts 2018) spreads the starting points evenly without a visible grid.
        start = n * 0.7548776662 % 1 * w + 1j * (n * 0.5698402910 % 1 * h)
        start += (rng.uniform(-0.3, 0.3, (count, 2)) * size).view(complex)[:, 0]
        start = rng.permutation(start[rng.random(count) < size / 18 + 0.9 * _look(detail, start)])
        count = len(start)
        sizes = size * rng.uniform(0.7, 1.2, count).astype(np.float32)
        paths = _trace(start, length * rng.uniform(0.55, 1.15, count), region, flow)
        home = _look(region, start)
        level = _look(tone, start) + shift + rng.normal(0, 0.05, count)
        one, two = shade(home, level), shade(home, level + rng.normal(0.05, 0.08, count))
        chosen = rng.random(count) < share * np.clip(3 * _look(detail, start) - 1.65, 0, 1)
        which = np.clip(3 * _look(hue, start) + rng.normal(0, 0.3, count), 0, 2).astype(int)
        one[chosen] = accents[home, which][chosen]
        two[chosen] = (0.7 * one + 0.3 * two)[chosen]
        for k, luck in enumerate(rng.random((count, 3), np.float32)):
            easel.stroke(paths[k] * unit, sizes[k] * unit, (one[k], two[k]), thick, luck)
    return easel.lit()


def _colors(line: str) -> _Array:
    """Return the colors of a line of hexadecimal triples, shape (n, 3)."""
    return np.array([list(bytes.fromhex(c)) for c in line.split()], np.float32) / 255


def _cloud(w: int, h: int, cells: int, rng: np.random.Generator) -> _Array:
    """Return smooth noise in about [0, 1], the same for all sizes."""
    return cv2.resize(rng.random((cells, cells), np.float32), (w, h), interpolation=cv2.INTER_CUBIC)


def _plan(w: int, h: int, rng: np.random.Generator) -> tuple[_Array, _Array, _Array]:
    """Lay out the picture: region, position on the region's ramp, and stroke direction, each (h, w)."""
    y, x = np.mgrid[:h, :w].astype(np.float32)
    a, b, c, d = rng.uniform(0, 2 * np.pi, 4)
    radius, sun_x, sun_y = rng.uniform((52, 0.6 * w, 0.27 * h), (64, 0.72 * w, 0.35 * h))
    r = np.hypot(x - sun_x, y - sun_y)
    halo = np.exp(-((r / 135) ** 4))

    # Strokes follow the level lines of a potential, and so do bands of tone.
    glow = np.exp(-(r - radius) / 70)
    potential = y + 14 * np.sin(x / 80 + d)
    for eddy_x, eddy_y, mean in ((0.12, 0.33, 82), (0.37, 0.15, 57), (0.95, 0.36, 60)):
        dx, dy = rng.uniform(-0.06, 0.06), rng.uniform(-0.09, 0.09)
        size = mean * rng.uniform(0.8, 1.2)
        eddy = np.exp(-(((x - (eddy_x + dx) * w) ** 2 + (y - (eddy_y + dy) * h) ** 2) / size**2))
        potential += rng.choice([-1.55, 1.55]) * size * eddy
        glow += 0.2 * eddy
    bands = np.sin((potential + halo * (r - potential)) / 10)
    region = np.zeros((h, w), np.int64)
    tone = 0.13 + 0.55 * (y / h) ** 1.5 + 0.62 * glow + 0.09 * bands
    disk = r < radius
    region[disk], tone[disk] = 1, 1 - (r[disk] / radius) ** 1.3

    peaks = 16 * np.sin(x / 75 + a) + 7 * np.sin(x / 31 + b) - 22 * np.sin(x / 210 + c)
    gradient = 10 * np.sin(x / 140 + b) + 0.05 * (x - w / 2)
    knoll = 16 * np.sin(x / 120 + c) - 0.16 * (x - w / 2)
    hills = ((0.58, peaks, 0.2, 0.5), (0.69, gradient, 0.3, 1.0), (0.9, knoll, 0.2, 0.8))
    for k, (place, ridge, base, shine) in enumerate(hills, 2):
        depth = y - place * h - ridge
        lines = depth + 9 * np.sin(x / 50 + depth / 30 + b)
        if k == 3:  # furrows, which converge at a point below the sun
            lines = 210 * np.arctan2(x - sun_x, depth + 70) + 8 * np.sin(depth / 18)
        light = 0.32 * np.exp(-(((x - sun_x) / 150) ** 2)) + 0.25 * np.exp(-abs(depth) / 12)
        hill = depth > 0
        region[hill], potential[hill] = k, lines[hill]
        tone[hill] = (base + shine * light + 0.18 * np.sin(lines / 8.5))[hill]
    tone += np.where(region == 1, 0.08, 0.24) * (_cloud(w, h, 7, rng) - 0.5)

    # Squaring removes the sign of directions, so that rings around the sun and wind blend without a seam.
    gy, gx = np.gradient(potential)
    wind, ring = (1j * gx - gy) ** 2, (1j * (x - sun_x) - (y - sun_y)) ** 2 * np.exp(0.25j)
    wind, ring = wind / (abs(wind) + 1e-9), ring / (abs(ring) + 1e-9)
    flow = np.sqrt(wind + np.where(region < 2, halo, 0) * (ring - wind))
    flow = (flow / (abs(flow) + 1e-9)).astype(np.complex64)
    if rng.random() < 0.5:
        return region[:, ::-1], tone[:, ::-1], -flow[:, ::-1].conj()
    return region, tone, flow


def _look(field: _Array, points: _Array) -> _Array:
    """Return the field's values at the points, the nearest ones for points outside."""
    h, w = field.shape
    y, x = np.clip(points.imag, 0, h - 1).astype(int), np.clip(points.real, 0, w - 1).astype(int)
    return np.asarray(field[y, x])


def _trace(start: _Array, lengths: _Array, region: _Array, flow: _Array) -> _Array:
    """Follow the flow both ways from each of n starts, inside its region; shape (n, 25)."""
    home, first = _look(region, start), _look(flow, start)
    path = [start]
    for heading in (first, -first):
        p, last, alive = start, heading, np.ones(len(start), bool)
        for _ in range(12):
            d = _look(flow, p)
            last = d = np.where((d * last.conj()).real < 0, -d, d)
            ahead = p + d * lengths / 24
            alive &= ((d * heading.conj()).real > 0.5) & (_look(region, ahead) == home)
            p = np.where(alive, ahead, p)
            path.append(p)
        path.reverse()
    return np.stack(path, 1)
