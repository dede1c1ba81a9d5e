"""(g) Many pictures: faults and kills, a worker more, many names, and what the scheduler can take."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from PIL import Image

from benchmarks.batches import PAINTED, PLAIN, ROOT, followed, furnish, started, workers_of


class Written:
    """Sees which files of a folder are written more than once."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._first = folder, dict[str, int]()

    def look(self) -> None:
        """Note the time of each file that is new."""
        for path in self._folder.glob("*.png"):
            self._first.setdefault(path.name, path.stat().st_mtime_ns)

    def twice(self) -> list[str]:
        """Return the files that have changed since they were first seen."""
        return [name for name, first in self._first.items() if (self._folder / name).stat().st_mtime_ns != first]


def faults(count: int = 200, broken: int = 5, workers: int = 2) -> dict[str, float]:
    """Paint pictures, some of them broken; kill a worker in mid-run; then run the same again, and compare."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        furnish(folder, count, broken=broken)
        written, options = Written(folder / "out"), ("--workers", str(workers), "--errors", "errors.jsonl")
        with started(folder, *options) as process:

            def watch(done: int) -> None:
                written.look()
                if done == count // 3:
                    workers_of(process)[0].send_signal(signal.SIGKILL)

            lines, _ = followed(process, watch)
            first = process.returncode
        # A worker that is killed while it writes leaves a hidden file, which a later write of the same picture removes.
        outputs = sorted(path for path in (folder / "out").iterdir() if not path.name.startswith("."))
        errors = (folder / "errors.jsonl").read_text().splitlines()
        with started(folder, *options) as process:
            again, _ = followed(process)
        return {
            "pictures": count,
            "exit code": first,
            "outputs": len(outputs),
            "whole": sum(is_whole(path) for path in outputs),
            "error lines": len(errors),
            # A picture that a killed worker had just finished counts as skipped when it is tried again.
            "done": lines[-1]["painted"] + lines[-1]["skipped"],
            "painted twice": len(written.twice()),
            "second run paints": again[-1]["painted"],
            "unlike single runs": _unlike_single_runs(folder),
        }


def is_whole(path: Path) -> bool:
    """Tell whether a file is a PNG picture that can be read to its end."""
    try:
        with Image.open(path) as image:
            image.load()
    except OSError:
        return False
    return path.suffix == ".png" and not path.name.startswith(".")


def _unlike_single_runs(folder: Path, count: int = 5) -> int:
    """Return how many of some outputs differ from ``sfumato run`` with the same recipe and photo."""
    different = 0
    made = sorted((folder / "out").glob("*.png"))
    for path in made[:: max(1, len(made) // count)]:
        single = folder / "out" / f"single-{path.name}"
        command = [
            sys.executable,
            "-m",
            "sfumato",
            "run",
            "recipe.toml",
            f"photos/{path.name}",
            "-o",
            str(single),
            "-q",
        ]
        env = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
        subprocess.run(command, cwd=folder, env=env, check=True)
        different += single.read_bytes() != path.read_bytes()
        single.unlink()
    return different


def killer(count: int = 12, workers: int = 2) -> dict[str, float]:
    """Paint pictures, and one more that kills whatever worker opens it."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        furnish(folder, count)
        os.link(folder / "photos" / "00000.png", folder / "photos" / "00003-killer.png")
        (folder / "sitecustomize.py").write_text(_KILLER)
        with started(folder, "--workers", str(workers), PYTHONPATH=str(folder)) as process:
            lines, _ = followed(process)
            code = process.returncode
        failed = [line for line in lines[:-1] if line["status"] == "failed"]
        return {
            "exit code": code,
            "done": lines[-1]["painted"] + lines[-1]["skipped"],
            "failed": len(failed),
            "named": sum("00003-killer.png" in line["error"] for line in failed),
            "workers killed": len((folder / "killed.txt").read_text().splitlines()),
        }


_KILLER = """import os, pathlib, signal
_open = pathlib.Path.open
def _opened(self, *arguments, **more):
    if "killer" in self.name:
        with _open(pathlib.Path(__file__).with_name("killed.txt"), "a") as file:
            file.write("killed\\n")
        os.kill(os.getpid(), signal.SIGKILL)
    return _open(self, *arguments, **more)
pathlib.Path.open = _opened
"""


def scaling(count: int = 24) -> dict[str, float]:
    """Return pictures a second of one worker and of two, each with one core, and how many times as fast two are."""
    with tempfile.TemporaryDirectory() as place:
        speeds = []
        for workers in (1, 2):
            folder = Path(place) / str(workers)
            furnish(folder, count, side=128, recipe=PAINTED)
            with started(folder, "--workers", str(workers)) as process:
                os.sched_setaffinity(process.pid, set(sorted(os.sched_getaffinity(0))[:workers]))
                _, times = followed(process)
            # From the first picture of each worker, before which networks are loaded, to the last.
            speeds.append((count - workers) / (times[count - 1] - times[workers - 1]))
        return {"one worker": speeds[0], "two workers": speeds[1], "times as fast": speeds[1] / speeds[0]}


def names(count: int = 10_000, workers: int = 2) -> dict[str, float]:
    """Paint as many pictures of 16 pixels; return the client's memory on the way, in MB."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        furnish(folder, 1, side=16)
        for number in range(1, count):
            os.link(folder / "photos" / "00000.png", folder / "photos" / f"{number:05}.png")
        memory = {}
        with started(folder, "--workers", str(workers)) as process:

            def watch(done: int) -> None:
                if done in (count // 10, count):
                    memory[f"MB after {done}"] = process.memory_info().rss / 1e6

            lines, times = followed(process, watch)
        return {**memory, "painted": lines[-1]["painted"], "a second": count / (times[-1] - times[0])}


def scheduler(count: int = 3000, workers: int = 2) -> dict[str, float]:
    """Return how many tasks a second scheduler and workers take that do nothing."""
    from sfumato.batching import cluster, worker
    from sfumato.batching.tasks import Order, Record, Settings, Task

    order = Order("nothing", PLAIN, str(ROOT))
    tasks = [Task(f"/photos/{number:05}.png", f"/out/{number:05}.png", order) for number in range(count)]
    work = worker.work
    worker.work = _nothing
    try:
        with cluster.connected(workers) as client:
            began = time.perf_counter()
            records: list[Record] = list(cluster.painted(client, tasks, [order], Settings(), own=True))
            seconds = time.perf_counter() - began
    finally:
        worker.work = work
    return {"tasks": len(records), "tasks a second": count / seconds}


def _nothing(task, settings):
    from sfumato.batching.tasks import Record

    return Record(task.photo, task.output, task.order.name, "painted")


#: What ``python -m benchmarks batch`` measures.
MEASURES: dict[str, Callable[[], dict[str, float]]] = {
    "200 pictures of 64 px, five of them broken, one of two workers killed in mid-run": faults,
    "12 pictures, and one that kills its worker": killer,
    "24 pictures of 128 px that are optimized, by one worker of one core, and by two": scaling,
    "10 000 pictures of 16 px, and the client's memory": names,
    "tasks that do nothing": scheduler,
}
