"""Each script of the gallery runs, at a tiny size."""

import runpy
import sys
from pathlib import Path

import pytest

from sfumato import models
from sfumato.errors import ModelError
from sfumato.recipe import PRESETS
from sfumato.recipe.methods import MATCHED

FOLDER = Path(__file__).parents[1] / "examples"
SCRIPTS = sorted(FOLDER.rglob("plot_*.py"))


@pytest.fixture(scope="module")
def networks():
    try:
        for name in ("vgg19", "u2netp", "arbitrary-predict", "arbitrary-transform"):
            models.path(name)
    except ModelError as error:
        pytest.skip(str(error))


def test_there_are_enough():
    assert len(SCRIPTS) >= 20
    assert all((script.parent / "GALLERY_HEADER.rst").is_file() for script in SCRIPTS)


@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem.removeprefix("plot_"))
def test_an_example_runs(networks, script, monkeypatch, capsys):
    import matplotlib.pyplot as plt

    monkeypatch.setenv("SFUMATO_EXAMPLE_SIZE", "160")
    few = {"iterations": (1,), "finish": 0}
    for values in (MATCHED["draft"], MATCHED["normal"], PRESETS["draft"]):
        for name, value in few.items():
            monkeypatch.setitem(values, name, value)
    monkeypatch.syspath_prepend(str(FOLDER))
    monkeypatch.setitem(sys.modules, "_shared", None)
    sys.modules.pop("_shared")
    plt.switch_backend("agg")
    plt.close("all")
    runpy.run_path(str(script))
    drawn, printed = plt.get_fignums(), capsys.readouterr().out
    plt.close("all")
    assert drawn or printed
