"""(h) A machine on which other programs run: the number of threads that a run finds, against fixed numbers."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from benchmarks.inputs import photo_and_style

# A program that does nothing but take a processor.
_SPIN = "while True: pass"


@contextmanager
def load(programs: int) -> Iterator[None]:
    """Keep processors busy with some programs, which go where the system puts them."""
    running = [subprocess.Popen([sys.executable, "-c", _SPIN]) for _ in range(programs)]
    try:
        yield
    finally:
        for each in running:
            each.kill()
            each.wait()


def seconds(threads: int | None, iterations: str) -> float:
    """Return the seconds of the optimization with so many threads, or with those that it finds."""
    photo, mask, style = photo_and_style()
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("OMP_", "GOMP_"))}
    if threads:
        environment["OMP_NUM_THREADS"] = str(threads)
    command = [sys.executable, "-m", "sfumato", "apply", str(photo), "--style", str(style), "--region", str(mask)]
    command += ["--iterations", iterations, "--faces", "off", "--tolerance", "0", "--json", "--force"]
    command += ["-o", str(Path(photo).with_name("busy.png"))]
    found = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    return float(json.loads(found.stdout)["seconds"])


def measure(programs: int, rounds: int = 3, iterations: str = "20,10") -> dict[str, float]:
    """Return the median seconds with each number of threads, and the ratio of what a run finds to the best of them."""
    most = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    counts = [None, *sorted({1, max(1, most - programs), most})]
    spent: dict[int | None, list[float]] = {count: [] for count in counts}
    with load(programs):
        for _ in range(rounds):  # by turns, so that what else the machine does slows all alike
            for count in counts:
                spent[count].append(seconds(count, iterations))
    fixed = {count: median(times) for count, times in spent.items() if count}
    found = median(spent[None])
    report = {f"{count} threads s": value for count, value in fixed.items()}
    return report | {"as it finds s": found, "to the best": found / min(fixed.values()), "to all": found / fixed[most]}
