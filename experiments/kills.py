"""Kills runs at random moments, and sees that they go on to the end of an undisturbed run.

::

    python -m experiments.kills
    python -m experiments.kills --runs 4 --seed 1

Commands are killed by SIGKILL, some of them again when they go on. After each kill the output must be absent or whole,
and in the end the same as that of a run that nobody disturbed: the picture pixel by pixel; of a training each loss and
each number of the network. Two processes that fill an empty store at once must leave right files and nothing else.
Only the time between checkpoints, which is longer than these runs, is not that of the command line.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

__all__ = ["AT_CHECKPOINT", "JOBS", "Job", "Outcome", "disturbed", "furnish", "main", "shared_store", "undisturbed"]

#: In place of a moment: as soon as there is a checkpoint.
AT_CHECKPOINT = -1.0

# Runs the command line with more checkpoints, and writes each loss of a training to a file.
_DRIVER = """
import sys
from sfumato.cli import main, train
from sfumato.feedforward.train import Training
from sfumato.methods import Run
Run.__init__.__kwdefaults__["checkpoint_every"] = train._SECONDS = 0.05
run = Training.run
def told(self):
    for record in run(self):
        with open("losses.txt", "a") as file:
            file.write(f"{record.step} {record.loss!r}\\n")
        yield record
Training.run = told
sys.argv[0] = "sfumato"
main()
"""
_SHALLOW = ("--device", "cpu", "--style-layers", "relu1_1,relu2_1", "--content-layer", "relu2_2", "--tolerance", "0")


@dataclass(frozen=True)
class Job:
    """A command and what it makes."""

    arguments: tuple[str, ...]
    output: str = "out.png"


JOBS: dict[str, Job] = {
    "apply": Job(
        ("apply", "photo.png", "-s", "style.png", "--size", "128", "--iterations", "40,30", "--finish", "4", *_SHALLOW)
    ),
    "photo": Job(
        ("photo", "photo.png", "--reference", "style.png", "--semantic", "none", "--iterations", "30,20", *_SHALLOW)
    ),
    "harmonize": Job(
        ("harmonize", "pasted.png", "--painting", "style.png", "--size", "96", "--iterations", "30,20", *_SHALLOW)
    ),
    "train": Job(
        (
            *("train", "-s", "style.png", "--photos", "photos", "--steps", "60", "--batch", "2", "--size", "48"),
            *("--style-size", "64", "--width", "4", "--device", "cpu"),
        ),
        "out.sfm",
    ),
}


@dataclass(frozen=True)
class Outcome:
    """How a run ended that was killed.

    Attributes
    ----------
    kills : int
        How often it was killed.
    anew : int
        How often it had to start anew, for want of a checkpoint.
    left : int
        Temporary files that the kills left.
    difference : float
        The largest to the undisturbed run.
    faults : tuple of str
        What was wrong.
    """

    kills: int
    anew: int
    left: int
    difference: float
    faults: tuple[str, ...]


def furnish(folder: Path, side: int = 160) -> None:
    """Write the pictures that the jobs need."""
    from skimage import data

    for name, pixels in (("photo", data.astronaut()), ("style", data.coffee())):
        Image.fromarray(pixels).resize((side, side)).save(folder / f"{name}.png")
    pasted, mask = Image.open(folder / "style.png"), np.zeros((side, side), np.uint8)
    pasted.paste(Image.fromarray(data.chelsea()).resize((side // 3, side // 3)), (side // 3, side // 3))
    mask[side // 3 : side // 3 * 2, side // 3 : side // 3 * 2] = 255
    pasted.save(folder / "pasted.png")
    Image.fromarray(mask).save(folder / "pasted.mask.png")
    (folder / "photos").mkdir()
    for number, pixels in enumerate((data.astronaut(), data.chelsea())):
        Image.fromarray(pixels).resize((side, side)).save(folder / "photos" / f"{number}.png")


def undisturbed(job: Job, folder: Path, whole: Path) -> float:
    """Run a job to its end, its output into an empty folder, and return how long it took."""
    whole.mkdir()
    began = time.monotonic()
    with _started(job, folder, whole / job.output) as process:
        _, told = process.communicate()
    if process.returncode:
        raise SystemExit(f"the undisturbed run failed: {told.decode(errors='replace')}")
    return time.monotonic() - began


def disturbed(job: Job, folder: Path, whole: Path, moments: list[float]) -> Outcome:
    """Run a job in an empty folder within another, kill it at these moments, and let it end.

    Parameters
    ----------
    job : Job
        What to run.
    folder : Path
        Where its inputs are.
    whole : Path
        Folder of the undisturbed run's output.
    moments : list of float
        Seconds after the start, of one process after the other; or `AT_CHECKPOINT`.
    """
    with tempfile.TemporaryDirectory(prefix="killed-", dir=folder) as name:
        place = Path(name) / job.output
        kills, anew, faults = 0, 0, []
        for moment in [*moments, None]:
            if place.exists():
                break
            resumed = _checkpoint(place).exists()
            anew += not resumed and kills > 0
            with _started(job, folder, place, *(["--resume"] if resumed else [])) as process:
                if moment is not None and _waited(process, moment, _checkpoint(place)):
                    process.send_signal(signal.SIGKILL)
                    process.communicate()
                    kills += 1
                    continue
                _, told = process.communicate()
            if process.returncode:
                faults.append(f"exit code {process.returncode}: {told.decode(errors='replace').strip()[-200:]}")
                break
        if not place.exists():
            return Outcome(kills, anew, 0, np.inf, (*faults, "there is no output"))
        # A process may be killed after its output is there, and before its checkpoint is removed.
        allowed = {place.name, "losses.txt", _checkpoint(place).name if kills else ""}
        names = [path.name for path in place.parent.iterdir() if path.name not in allowed]
        parts = [name for name in names if name.endswith(".part")]
        faults += [f"{name} is left" for name in names if name not in parts]
        try:
            difference = _difference(place, whole / job.output)
        except Exception as error:
            return Outcome(kills, anew, len(parts), np.inf, (*faults, f"the output is not whole: {error}"))
        if difference:
            faults.append(f"the end differs by {difference:.3g}")
        if place.suffix == ".sfm":
            faults += _losses_differ(place.parent, whole)
        return Outcome(kills, anew, len(parts), difference, tuple(faults))


def _waited(process: subprocess.Popen[bytes], moment: float, checkpoint: Path) -> bool:
    """Wait for a moment; tell whether the process still runs."""
    began = time.monotonic()
    while process.poll() is None:
        late = time.monotonic() - began > moment
        if checkpoint.exists() if moment == AT_CHECKPOINT else late:
            return True
        time.sleep(0.005)
    return False


def _checkpoint(place: Path) -> Path:
    return place.with_name(f"{place.name}.checkpoint")


def _started(job: Job, folder: Path, place: Path, *more: str) -> subprocess.Popen[bytes]:
    """Start a job, whose inputs are in a folder, with its output in another."""
    inputs = [str(folder / part) if (folder / part).exists() else part for part in job.arguments]
    line = [sys.executable, "-c", _DRIVER, *inputs, "-o", str(place), *more]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": _root()}
    return subprocess.Popen(line, cwd=place.parent, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def _root() -> str:
    return os.pathsep.join([str(Path(__file__).resolve().parents[1]), os.environ.get("PYTHONPATH", "")])


def _difference(one: Path, other: Path) -> float:
    """Return the largest difference of two pictures or networks."""
    if one.suffix == ".sfm":
        from sfumato.feedforward import sfm

        (plan, found), (same, expected) = sfm.read(one), sfm.read(other)
        if plan != same:
            return float("inf")
        return max(float(np.abs(found[name] - expected[name]).max()) for name in expected)
    with Image.open(one) as found_picture, Image.open(other) as expected_picture:
        return float(np.abs(np.asarray(found_picture, float) - np.asarray(expected_picture, float)).max())


def _losses(folder: Path) -> Mapping[int, str]:
    """Return the loss of each step, as it was last found."""
    lines = (folder / "losses.txt").read_text().splitlines()
    # What was being written when the process was killed may be cut short.
    return {int(parts[0]): parts[1] for parts in map(str.split, lines) if len(parts) == 2}


def _losses_differ(found: Path, expected: Path) -> list[str]:
    found_losses, expected_losses = _losses(found), _losses(expected)
    differing = [step for step in expected_losses if found_losses.get(step) != expected_losses[step]]
    return [f"the losses of {len(differing)} steps differ, the first: {differing[0]}"] if differing else []


def shared_store(folder: Path, names: tuple[str, ...] = ("vgg19", "u2netp")) -> list[str] | None:
    """Let two processes fill an empty store at once, after one was killed; return the faults, None if none can."""
    from sfumato import models

    home = folder / "home"
    line = [sys.executable, "-m", "sfumato", "models", "fetch", *names]
    environment = {**os.environ, "SFUMATO_HOME": str(home), "PYTHONPATH": _root()}

    def begun() -> subprocess.Popen[bytes]:
        return subprocess.Popen(line, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    with begun() as first:
        time.sleep(1.5)
        first.send_signal(signal.SIGKILL)
        first.communicate()
    running = [begun(), begun()]
    told = [process.communicate()[1].decode(errors="replace") for process in running]
    if all(process.returncode == 4 for process in running):
        return None
    faults = [f"exit code {process.returncode}: {said}" for process, said in zip(running, told, strict=True) if said]
    before = os.environ.get("SFUMATO_HOME")
    os.environ["SFUMATO_HOME"] = str(home)
    try:
        faults += [f"{name} is {state}" for name in names if (state := models.state(name)) != "ready"]
    finally:
        os.environ.pop("SFUMATO_HOME") if before is None else os.environ.__setitem__("SFUMATO_HOME", before)
    known = {model.file_name for model in models.MODELS.values()} | {"fetch.lock"}
    return faults + [f"{path.name} is left" for path in (home / "models").iterdir() if path.name not in known]


def main() -> int:
    """Kill runs of all jobs; return 1 if there is a fault."""
    parser = argparse.ArgumentParser(prog="python -m experiments.kills")
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    rng = np.random.default_rng(given.seed)
    bad = False
    with tempfile.TemporaryDirectory(prefix="kills-") as name:
        folder = Path(name)
        furnish(folder)
        times = {kind: undisturbed(job, folder, folder / f"whole-{kind}") for kind, job in JOBS.items()}
        print(f"{'command':10}{'takes':>8}{'killed at':>26}{'kills':>7}{'anew':>6}{'parts':>7}{'difference':>12}")
        for number in range(given.runs):
            kind = list(JOBS)[number % len(JOBS)]
            moments = list(rng.uniform(0.2, 0.9, rng.integers(1, 4)) * times[kind])
            outcome = disturbed(JOBS[kind], folder, folder / f"whole-{kind}", moments)
            at = " ".join(f"{moment:.1f}" for moment in moments)
            row = f"{kind:10}{times[kind]:7.1f}s{at:>26}{outcome.kills:7}{outcome.anew:6}{outcome.left:7}"
            print(f"{row}{outcome.difference:12.3g}  {'; '.join(outcome.faults)}", flush=True)
            bad |= bool(outcome.faults)
        faults = shared_store(folder)
    if faults is None:
        print("two processes on an empty store: skipped, for the package index cannot be reached")
    else:
        print(f"two processes on an empty store: {'; '.join(faults) or 'right'}")
    return 1 if bad or faults else 0


if __name__ == "__main__":
    sys.exit(main())
