"""Consoles and pipes that cannot take what a command prints."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image


@pytest.fixture
def run(here, tmp_path):
    """Run sfumato in a process of its own, where what it prints goes to a file or a device."""

    def start(*arguments, stdout=subprocess.PIPE, **environment):
        return subprocess.run(
            [sys.executable, "-m", "sfumato", *map(str, arguments)],
            stdout=stdout,
            stderr=subprocess.PIPE,
            env={**os.environ, **environment},
            timeout=60,
        )

    return start


def test_a_console_without_the_letters_of_a_name(run, here):
    (here / "photo.png").rename("фото.png")
    done = run("regions", "фото.png", "-r", "rect(0, 0, 50%, 50%)", PYTHONIOENCODING="cp1252")
    assert (done.returncode, done.stderr) == (0, b"")
    assert rb"\u0444\u043e\u0442\u043e-region.png" in done.stdout
    assert (here / "фото-region.png").exists()
    done = run("regions", "нет.png", PYTHONIOENCODING="cp1252")
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr == rb"sfumato: \u043d\u0435\u0442.png: no such file" + os.linesep.encode()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize(
    "what", [("regions", "photo.png", "-r", "all"), ("options",), ("models", "list"), ("--version",)]
)
def test_standard_output_that_is_full(run, here, what):
    with Path("/dev/full").open("wb") as full:
        done = run(*what, stdout=full)
    assert done.returncode == 3
    assert done.stderr.decode() == "sfumato: cannot write to standard output: no space left on device\n"
    if what[0] == "regions":
        assert (here / "photo-region.png").exists()


def test_a_reader_that_has_seen_enough(run):
    reading, writing = os.pipe()
    os.close(reading)
    done = run("options", stdout=writing)
    os.close(writing)
    assert done.stderr == b""


def test_names_that_would_break_a_line_or_steer_a_terminal(sfumato, here):
    Image.new("L", (80, 64), 255).save("a\x1b[31m.png")
    assert sfumato("apply", "photo.png", "-s", "no\nsuch.png").err == r"sfumato: no\nsuch.png: no such file" + "\n"
    err = sfumato("apply", "photo.png", "-s", "a\x1b[31m.png").err
    assert err.startswith(r"sfumato: the style picture a\x1b[31m.png is one flat color")


def test_what_is_too_long_is_cut_in_the_middle(sfumato, here):
    done = sfumato("regions", "photo.png", "--segmenter", "x" * 5000)
    (line,) = done.err.splitlines()
    assert done.code == 4
    assert len(line) < 1100
    assert line.startswith('sfumato: no segmenter is called "xxx')
    assert line.endswith("a folder with a Hugging Face model")


def test_a_surface_without_corners_is_noted_once(sfumato, vgg, here):
    surface = "partial", "photo.png", "-s", "style.png", "-r", "ellipse(50%, 50%, 20%, 40%)"
    surface += "--size", 64, "--iterations", 2, "--finish", 0, "--device", "cpu"
    assert "no four corners" in sfumato(*surface, "-o", "a.png").err
    assert sfumato(*surface, "-o", "b.png", "--quiet") == (0, "", "")
    done = sfumato(*surface, "-o", "c.png", "--json")
    assert done.err == ""
    assert "no four corners" in json.loads(done.out)["warnings"][0]
