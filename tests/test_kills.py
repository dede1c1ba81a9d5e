"""A run that is killed goes on to the end of one that nobody disturbed."""

import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

ROOT = Path(__file__).resolve().parents[1]
SHALLOW = ("--device", "cpu", "--style-layers", "relu1_1", "--content-layer", "relu1_2", "--tolerance", "0")

pytestmark = pytest.mark.skipif(os.name != "posix", reason="sends SIGKILL")


@pytest.fixture
def kills(monkeypatch):
    monkeypatch.syspath_prepend(ROOT)
    from experiments import kills as module

    return module


@pytest.fixture
def killed(kills, vgg, tmp_path):
    """Kill a job at its first checkpoint, and return how it ended."""

    def run(kind, *arguments, output):
        kills.furnish(tmp_path, side=64)
        job = kills.Job((*kills.JOBS[kind].arguments, *arguments), output)
        kills.undisturbed(job, tmp_path, tmp_path / "whole")
        return kills.disturbed(job, tmp_path, tmp_path / "whole", [kills.AT_CHECKPOINT])

    return run


def test_apply(killed, kills):
    done = killed("apply", "--size", "64", "--iterations", "30,30", *SHALLOW, output="out.png")
    assert done == kills.Outcome(kills=1, anew=0, left=0, difference=0.0, faults=())


def test_train(killed, kills):
    done = killed("train", "--steps", "40", "--batch", "1", "--size", "32", "--width", "2", output="out.sfm")
    assert done == kills.Outcome(kills=1, anew=0, left=0, difference=0.0, faults=())


@pytest.fixture
def pretended(kills, monkeypatch, tmp_path):
    """See what is made of a run that does as told, instead of the command line, and is not killed."""

    def run(does, output="out.png"):
        (tmp_path / "whole").mkdir()
        Image.new("RGB", (20, 20), "red").save(tmp_path / "whole" / "out.png")
        monkeypatch.setattr(kills, "_DRIVER", f"from PIL import Image; from pathlib import Path\n{does}")
        return kills.disturbed(kills.Job((), output), tmp_path, tmp_path / "whole", [])

    return run


@pytest.mark.parametrize(
    ("does", "expected"),
    [
        ("Image.new('RGB', (20, 20), (250, 0, 0)).save('out.png')", "the end differs by 5"),
        ("Path('out.png').write_bytes(Path('../whole/out.png').read_bytes()[:60])", "the output is not whole"),
        ("Image.new('RGB', (20, 20), 'red').save('out.png'); Path('out.preview.png').touch()", "preview.png is left"),
        ("Image.new('RGB', (20, 20), 'red').save('out.png'); Path('out.png.checkpoint').touch()", "checkpoint is left"),
        ("", "there is no output"),
        ("raise SystemExit('no')", "exit code 1: no"),
    ],
)
def test_what_counts_as_a_fault(pretended, does, expected):
    assert expected in pretended(does).faults[0]


def test_what_counts_as_none(pretended):
    assert pretended("Image.new('RGB', (20, 20), 'red').save('out.png')").faults == ()


def test_losses_that_differ(kills, tmp_path):
    for name, losses in (("found", "1 0.5\n2 0.25\n2 0.2\n3"), ("whole", "1 0.5\n2 0.2\n3 0.1\n")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "losses.txt").write_text(losses)
    assert kills._losses_differ(tmp_path / "found", tmp_path / "whole") == [
        "the losses of 1 steps differ, the first: 3"
    ]
    assert kills._losses_differ(tmp_path / "whole", tmp_path / "whole") == []


def test_networks_that_differ(kills, tmp_path):
    from sfumato.feedforward import sfm

    plan = sfm.Plan(("a",), width=1)
    for name, value in (("one", 0.5), ("other", 0.75)):
        sfm.write(tmp_path / f"{name}.sfm", plan, {k: np.full(s, value, np.float32) for k, s in plan.shapes.items()})
    assert kills._difference(tmp_path / "one.sfm", tmp_path / "other.sfm") == 0.25
