"""Batches to measure: their pictures, and their processes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import psutil
from PIL import Image

ROOT = Path(__file__).resolve().parents[1]

#: A recipe that needs no network file and takes a few milliseconds.
PLAIN = """version = 1
method = "photo"
transfer = "reinhard"
semantic = "none"
[[layers]]
styles = [{ image = "style.png" }]
"""

#: A recipe that optimizes for about a second.
PAINTED = """version = 1
preset = "draft"
size = 128
iterations = [8, 4]
[[layers]]
styles = [{ image = "style.png" }]
"""


def furnish(folder: Path, count: int, *, side: int = 64, recipe: str = PLAIN, broken: int = 0) -> None:
    """Write so many photos, some of them broken, a style and a recipe into a folder."""
    rng = np.random.default_rng(0)
    (folder / "photos").mkdir(parents=True)
    for number in range(count):
        place = folder / "photos" / f"{number:05}.png"
        Image.fromarray(rng.integers(0, 256, (side, side, 3), np.uint8)).save(place)
        if number < broken:
            place.write_bytes(place.read_bytes()[:50])
    Image.fromarray(rng.integers(0, 200, (48, 64, 3), np.uint8)).save(folder / "style.png")
    (folder / "recipe.toml").write_text(recipe)


@contextmanager
def started(folder: Path, *arguments: str, **environment: str) -> Iterator[psutil.Popen]:
    """Start ``sfumato batch`` in a folder; its records come as lines of JSON, with the time that each came at."""
    command = [sys.executable, "-m", "sfumato", "batch", "recipe.toml", "photos", "-o", "out/{stem}.png", "--json"]
    paths = os.pathsep.join(filter(None, [environment.pop("PYTHONPATH", ""), str(ROOT)]))
    env = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": paths, **environment}
    with psutil.Popen(
        [*command, *arguments],
        cwd=folder,
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            yield process
        finally:
            _end(process)


def _end(process: psutil.Popen) -> None:
    """Leave nothing of a batch that did not end by itself."""
    for each in [*_children(process), process]:
        try:
            each.kill()
        except psutil.NoSuchProcess:
            continue


def _children(process: psutil.Popen) -> list[psutil.Process]:
    try:
        return process.children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def workers_of(process: psutil.Popen) -> list[psutil.Process]:
    """Return the processes that paint for a batch."""
    return [child for child in _children(process) if "spawn_main" in " ".join(child.cmdline())]


def followed(process: psutil.Popen, each: Callable[[int], None] = lambda count: None) -> tuple[list[dict], list[float]]:
    """Read the lines of a batch until it ends; return them, the summary last, and when each came."""
    lines, times = [], []
    for line in process.stdout:
        lines.append(json.loads(line))
        times.append(time.perf_counter())
        each(len(lines))
    process.wait()
    return lines, times
