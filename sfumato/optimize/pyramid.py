"""Sizes and iterations from coarse to fine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["SMALLEST", "Level", "pyramid"]

#: Minimum shorter side of a level, in pixels; smaller levels bring little, since relu5_1 sees 156 pixels at once.
SMALLEST = 48


@dataclass(frozen=True)
class Level:
    """A level: number from 1 (coarsest), height, width, scale relative to the finest, maximum iterations."""

    number: int
    height: int
    width: int
    scale: float
    iterations: int


def pyramid(height: int, width: int, iterations: Sequence[int], *, smallest: int = SMALLEST) -> list[Level]:
    """Return the levels for a picture, coarsest first, each twice the size of the previous one.

    Parameters
    ----------
    height, width : int
        Finest size, in pixels.
    iterations : sequence of int
        Maximum iterations of each level, coarsest first; at least one level. Levels whose shorter side would be less
        than `smallest` are left out, and their iterations are added to the coarsest remaining level.
    smallest : int
        Minimum shorter side of a level, in pixels.

    Returns
    -------
    list of Level
        The finest is always included.

    Examples
    --------
    >>> [(level.height, level.width, level.iterations) for level in pyramid(400, 300, (60, 40, 20))]
    [(100, 75, 60), (200, 150, 40), (400, 300, 20)]
    >>> [(level.height, level.iterations) for level in pyramid(60, 80, (60, 40, 20))]
    [(60, 120)]
    """
    counts = list(iterations)
    while len(counts) > 1 and min(height, width) / 2 ** (len(counts) - 1) < smallest:
        counts[:2] = [counts[0] + counts[1]]
    levels = []
    for number, count in enumerate(counts, start=1):
        scale = 0.5 ** (len(counts) - number)
        size = max(1, round(height * scale)), max(1, round(width * scale))
        levels.append(Level(number, *size, scale, count))
    return levels
