"""Small pictures, network files and the command line, for all tests."""

import os

# Threads that wait for each other on a busy machine cost far more than they bring on pictures this small.
os.environ.setdefault("OMP_NUM_THREADS", "1")
# Else Numba would set OpenMP's count to that of the processors when a test imports PyMatting to compare with.
os.environ.setdefault("NUMBA_NUM_THREADS", os.environ["OMP_NUM_THREADS"])

# Numbers are compared to what a CPU computes.
os.environ["CUDA_VISIBLE_DEVICES"] = ""

import sys
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import settings

from sfumato import models
from sfumato.errors import ModelError

# Other examples each time a developer runs the tests, the same ones each time that a machine does.
settings.register_profile("ci", derandomize=True)
if os.environ.get("CI"):
    settings.load_profile("ci")

#: Options of a run that looks at two shallow layers only, and takes a few hundredths of a second.
FAST = {
    "size": 64,
    "iterations": "3,2",
    "style_layers": "relu1_1,relu2_1",
    "content_layer": "relu2_2",
    "optimizer": "adam",
}


def texture(height, width, seed=0, *, channels=3, depth=8):
    """A smooth random picture with a little noise, as uint8 or uint16 (height, width, channels)."""
    rng = np.random.default_rng(seed)
    coarse = rng.random((height // 8 + 2, width // 8 + 2, channels))
    rows, columns = np.linspace(0, height // 8 + 1, height), np.linspace(0, width // 8 + 1, width)
    top, left = np.minimum(rows.astype(int), height // 8), np.minimum(columns.astype(int), width // 8)
    down, right = (rows - top)[:, None, None], (columns - left)[None, :, None]
    upper = coarse[top][:, left] * (1 - right) + coarse[top][:, left + 1] * right
    lower = coarse[top + 1][:, left] * (1 - right) + coarse[top + 1][:, left + 1] * right
    values = 0.1 + 0.75 * (upper * (1 - down) + lower * down) + 0.1 * rng.random((height, width, channels))
    limit = 2**depth - 1
    return np.rint(values * limit).astype(np.uint8 if depth == 8 else np.uint16)


class Outcome(NamedTuple):
    """What a command did: its exit code, and what it wrote."""

    code: int
    out: str
    err: str


def _network(name):
    try:
        return models.path(name)
    except ModelError as error:
        pytest.skip(f"needs the network file {name}: {error}")


@pytest.fixture(scope="session")
def vgg():
    """The loss network's file; skips where it cannot be had."""
    return _network("vgg19")


@pytest.fixture(scope="session")
def u2netp():
    """The subject network's file; skips where it cannot be had."""
    return _network("u2netp")


@pytest.fixture
def here(tmp_path, monkeypatch):
    """An empty current folder but for photo.png, 64 x 80, and style.png, 48 x 64."""
    from PIL import Image

    monkeypatch.chdir(tmp_path)
    Image.fromarray(texture(64, 80, seed=1)).save("photo.png")
    Image.fromarray(texture(48, 64, seed=2)).save("style.png")
    return tmp_path


@pytest.fixture
def sfumato(monkeypatch, capsys):
    """Run a command in this process, as the shell would; an exception other than SystemExit is a traceback."""
    from sfumato.cli import main

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["sfumato", *map(str, arguments)])
        monkeypatch.setenv("COLUMNS", "80")
        capsys.readouterr()
        with pytest.raises(SystemExit) as ending:
            main()
        return Outcome(ending.value.code or 0, *capsys.readouterr())

    return run


@pytest.fixture
def apply(sfumato, vgg, here):
    """Run `sfumato apply` on photo.png with few iterations on two shallow layers; more options as they come."""

    def run(*arguments, photo="photo.png", style="style.png", output="out.png", region="rect(25%, 25%, 75%, 75%)"):
        fast = [part for name, value in FAST.items() for part in ("--" + name.replace("_", "-"), value)]
        place = ["-o", output] if output else []
        return sfumato("apply", photo, "-s", style, "--region", region, *place, *fast, *arguments)

    return run
