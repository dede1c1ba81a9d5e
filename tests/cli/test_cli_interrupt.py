"""Ctrl-C, and going on afterwards."""

import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from helpers import read
from PIL import Image

from sfumato.methods import Run

pytestmark = pytest.mark.skipif(os.name != "posix", reason="sends SIGINT")


@pytest.fixture
def interrupted(monkeypatch):
    """Send Ctrl-C just after so many steps, as often as asked."""

    def arrange(after, times=1):
        going_on = Run.__next__
        count = 0

        def step(run):
            nonlocal count
            made = going_on(run)
            count += 1
            if count == after:
                for _ in range(times):
                    signal.raise_signal(signal.SIGINT)
            return made

        monkeypatch.setattr(Run, "__next__", step)

    return arrange


@pytest.mark.parametrize("after", [1, 3, 5])
def test_stopping_keeps_the_best_picture_and_resuming_ends_as_if_nothing_had_happened(apply, here, interrupted, after):
    assert apply(output="whole.png").code == 0
    interrupted(after)
    before = signal.getsignal(signal.SIGINT)
    done = apply()
    assert signal.getsignal(signal.SIGINT) is before
    assert done.code == 130
    assert "stopping after this step" in done.err
    assert "Ctrl-C" in done.err
    (line,) = done.out.splitlines()
    assert line.startswith("out.png: stopped at ")
    assert "--resume" in line
    np.testing.assert_array_equal(read("out.png")[:10], read("photo.png")[:10])
    assert (here / "out.png.checkpoint").exists()
    done = apply("--resume")
    assert done[::2] == (0, "")
    np.testing.assert_array_equal(read("out.png"), read("whole.png"))
    assert {path.name for path in here.iterdir()} == {"photo.png", "style.png", "whole.png", "out.png"}


def test_the_time_before_a_resume_counts(apply, interrupted, monkeypatch):
    from sfumato.optimize import checkpoint

    interrupted(2)
    assert apply().code == 130
    read = checkpoint.read
    monkeypatch.setattr(checkpoint, "read", lambda *place, **more: {**read(*place, **more), "seconds": 7200.0})
    assert 7200 < json.loads(apply("--resume", "--json").out)["seconds"] < 7260


def test_an_interrupted_run_as_json(apply, interrupted):
    interrupted(2)
    done = apply("--json")
    assert done.code == 130
    report = json.loads(done.out)
    assert not report["finished"]
    assert report["steps"] == 2


def test_an_interrupted_run_writes_its_plot(apply, here, interrupted):
    interrupted(2)
    assert apply("--plot", "loss.png").code == 130
    assert (here / "loss.png").exists()


def test_a_second_ctrl_c_leaves_at_once(apply, here, interrupted):
    interrupted(2, times=2)
    done = apply()
    assert done.code == 130
    assert done.out == ""
    assert "Traceback" not in done.err
    assert not (here / "out.png").exists()
    assert [path.name for path in here.iterdir() if path.name.endswith(".part")] == []


def test_ctrl_c_before_the_first_step(apply, here, monkeypatch):
    def at_once(run):
        signal.raise_signal(signal.SIGINT)
        raise StopIteration

    monkeypatch.setattr(Run, "__next__", at_once)
    done = apply()
    assert done.code == 130
    assert "nothing was written" in done.err.splitlines()[-1]
    assert not (here / "out.png").exists()


def test_the_checkpoint_of_another_command_is_refused(apply, here, interrupted):
    interrupted(2)
    assert apply().code == 130
    before = (here / "out.png").read_bytes()
    done = apply("--resume", "--seed", 4)
    assert done.code == 6
    assert "another photo, style or recipe" in done.err
    assert (here / "out.png").read_bytes() == before


def test_a_signal_from_outside(here, vgg):
    """The whole way: a big job, a preview, Ctrl-C, --resume, and Ctrl-C again."""
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (205, 256, 3), np.uint8)).save("big.png")
    options = (
        "--size 256 --iterations 900,900 --tolerance 0 --device cpu --style-layers relu1_1 --content-layer relu1_2"
    )
    line = ["apply", "big.png", "-s", "style.png", "-o", "out.png", "--preview-every", "1", "--json", *options.split()]
    preview = here / "out.preview.png"

    def stopped(*more):
        preview.unlink(missing_ok=True)
        command = [sys.executable, "-c", "from sfumato.cli import main; main()", *line, *more]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
            try:
                give_up = time.monotonic() + 90
                while not preview.exists() and process.poll() is None and time.monotonic() < give_up:
                    time.sleep(0.02)
                process.send_signal(signal.SIGINT)
                out, err = process.communicate(timeout=60)
            finally:
                process.kill()
        assert process.returncode == 130, err
        assert "stopping after this step" in err
        assert "\r" not in err
        report = json.loads(out)
        assert not report["finished"]
        made = read("out.png")
        assert made.shape == (205, 256, 3)
        assert (here / "out.png.checkpoint").exists()
        return report

    first = stopped()
    second = stopped("--resume")
    assert second["seconds"] > first["seconds"]
    assert second["loss"] < first["loss"] * 4
    assert first["steps"] >= 1
