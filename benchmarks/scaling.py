"""(c) Time and peak memory against the region's area and the photo's size; (d) a 24-megapixel photo."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from pathlib import Path

from benchmarks.inputs import large_photo, photo_and_style


def run(photo: Path, region: str, *, size: int, iterations: str) -> tuple[float, float]:
    """Restyle in a process of its own; return seconds of optimization and peak memory in GB."""
    _, _, style = photo_and_style()
    with tempfile.TemporaryDirectory() as folder:
        report, output = Path(folder) / "report.json", Path(folder) / "out.png"
        command = [sys.executable, "-m", "sfumato", "apply", str(photo), "--style", str(style), "--region", region]
        command += ["--size", str(size), "--iterations", iterations, "--tolerance", "0", "--json", "-o", str(output)]
        actions = [(os.POSIX_SPAWN_OPEN, 1, str(report), os.O_WRONLY | os.O_CREAT, 0o600)]
        child = os.posix_spawn(sys.executable, command, os.environ, file_actions=actions)
        _, status, usage = os.wait4(child, 0)
        if status:
            raise RuntimeError(f"{' '.join(command)} ended with status {status}")
        return json.loads(report.read_text())["seconds"], usage.ru_maxrss / 1e6


def square(fraction: float, height: int, width: int) -> str:
    """Return a square region in the middle that covers this fraction of the photo."""
    half = (fraction * height * width) ** 0.5 / 2
    return f"rect({width / 2 - half:.1f}, {height / 2 - half:.1f}, {width / 2 + half:.1f}, {height / 2 + half:.1f})"


def by_area(height: int = 1200, width: int = 1600, iterations: str = "2,2,2") -> list[tuple[str, float, float]]:
    """Return region, seconds and GB for regions of growing area at the photo's own resolution."""
    photo = large_photo(height, width)
    rows = []
    for fraction in (0.04, 0.08, 0.16, 0.32, 0.64):
        rows.append((f"{fraction:.0%}", *run(photo, square(fraction, height, width), size=0, iterations=iterations)))
    return rows


def by_photo(side: int = 400, iterations: str = "2,2,2") -> list[tuple[str, float, float]]:
    """Return photo, seconds and GB for one square region in photos of growing size."""
    rows = []
    for height, width in ((1000, 1500), (2000, 3000), (4000, 6000)):
        region = square(side * side / (height * width), height, width)
        seconds, memory = run(large_photo(height, width), region, size=0, iterations=iterations)
        rows.append((f"{height * width / 1e6:.1f} MP", seconds, memory))
    return rows


def large(iterations: str = "4,3,2") -> tuple[float, float]:
    """Return seconds and GB for 5 % of a 24-megapixel photo at its own resolution."""
    return run(large_photo(4000, 6000), square(0.05, 4000, 6000), size=0, iterations=iterations)
