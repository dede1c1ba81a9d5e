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

import pytest
from helpers import FAST, network_file, texture
from hypothesis import settings

# Other examples each time a developer runs the tests, the same ones each time that a machine does.
settings.register_profile("ci", derandomize=True)
if os.environ.get("CI"):
    settings.load_profile("ci")


class Outcome(NamedTuple):
    """What a command did: its exit code, and what it wrote."""

    code: int
    out: str
    err: str


@pytest.fixture(scope="session")
def vgg():
    """The loss network's file; skips where it cannot be had."""
    return network_file("vgg19")


@pytest.fixture(scope="session")
def u2netp():
    """The subject network's file; skips where it cannot be had."""
    return network_file("u2netp")


@pytest.fixture(scope="session")
def arbitrary():
    """The network files for arbitrary styles; skips where they cannot be had."""
    return [network_file(name) for name in ("arbitrary-predict", "arbitrary-transform")]


@pytest.fixture(scope="session")
def face_networks():
    """The network files for faces; skips where they cannot be had or run."""
    pytest.importorskip("ai_edge_litert", reason="the extra faces is not installed")
    return [network_file(name) for name in ("face-detection", "face-mesh")]


@pytest.fixture
def nothing_loaded():
    """Forget the networks for faces before and after."""
    from sfumato.regions.faces import detector, mesh

    for module in (detector, mesh):
        module._network.cache_clear()
    yield
    for module in (detector, mesh):
        module._network.cache_clear()


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
        fast = [
            part
            for name, value in {**FAST, "optimizer": "adam"}.items()
            for part in ("--" + name.replace("_", "-"), value)
        ]
        place = ["-o", output] if output else []
        return sfumato("apply", photo, "-s", style, "--region", region, *place, *fast, *arguments)

    return run
