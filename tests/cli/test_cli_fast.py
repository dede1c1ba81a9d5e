"""`sfumato apply --method fast`, `--network` and `--start fast`, in the shell."""

import json
import shutil

import numpy as np
import pytest
from PIL import Image

from sfumato import models
from sfumato.errors import ModelError
from sfumato.feedforward.network import Network
from sfumato.feedforward.sfm import Plan
from sfumato.jobs.needs import needed
from sfumato.recipe import Recipe

REGION = ("--region", "rect(25%, 25%, 75%, 75%)", "-o", "out.png")


@pytest.fixture(autouse=True)
def store(tmp_path_factory, monkeypatch):
    """A store with the networks for any style and no others, and nowhere to fetch these from."""
    home = tmp_path_factory.mktemp("store")
    (home / "models").mkdir()
    for name in ("arbitrary-predict", "arbitrary-transform"):
        try:
            shutil.copy(models.path(name), home / "models" / models.MODELS[name].file_name)
        except ModelError as error:
            pytest.skip(f"needs the network file {name}: {error}")
    monkeypatch.setenv("SFUMATO_HOME", str(home))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(home / "nothing"))
    return home / "models"


@pytest.fixture
def network(here):
    Network(Plan(("one",), width=3), 1).save("a.sfm")
    return "a.sfm"


def pixels(name):
    return np.asarray(Image.open(name)).astype(int)


def test_without_the_loss_network(sfumato, here, store):
    done = sfumato("apply", "photo.png", "-s", "style.png", "--method", "fast", *REGION)
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("out.png: ")
    changed = (pixels("out.png") != pixels("photo.png")).any(-1)
    assert changed[20:44, 25:55].mean() > 0.9
    changed[14:50, 18:62] = False
    assert not changed.any()
    assert sorted(path.name for path in here.iterdir()) == ["out.png", "photo.png", "style.png"]
    assert len(list(store.iterdir())) == 2


def test_as_json_with_previews(sfumato, here):
    more = ("--method", "fast", "--json", "--preview-every", "1", "--strength", "0.8")
    done = sfumato("apply", "photo.png", "-s", "style.png:0.5", "-s", "photo.png:1", *REGION, *more)
    assert (done.code, done.err) == (0, "")
    report = json.loads(done.out)
    assert (report["finished"], report["steps"], report["loss"], report["terms"]) == (True, 1, 0, {})
    np.testing.assert_array_equal(pixels("out.preview.png"), pixels("out.png"))


def test_a_network_is_a_style(sfumato, here, network, store):
    for path in store.iterdir():
        path.unlink()
    done = sfumato("apply", "photo.png", "--network", network, *REGION, "--save-recipe", "recipe.toml")
    assert (done.code, done.err) == (0, "")
    first = pixels("out.png")
    assert (first != pixels("photo.png")).mean() > 0.15
    assert sfumato("apply", "photo.png", "-s", network, *REGION, "-f").code == 0
    np.testing.assert_array_equal(pixels("out.png"), first)
    assert sfumato("run", "recipe.toml", "-o", "again.png").code == 0
    np.testing.assert_array_equal(pixels("again.png"), first)
    assert sfumato("replay", "out.png", "photo.png", "-o", "replayed.png").code == 0
    np.testing.assert_array_equal(pixels("replayed.png"), first)
    assert list(store.iterdir()) == []


def test_the_name_of_the_output(sfumato, here, network):
    assert sfumato("apply", "photo.png", "--network", network).code == 0
    assert (here / "photo-a.png").is_file()


@pytest.mark.parametrize(
    ("arguments", "code", "parts"),
    [
        ([], 2, ["style is missing", "--style", "--network"]),
        (["--network", "a.sfm", "-s", "style.png"], 2, ["a.sfm", "cannot be mixed"]),
        (["--network", "a.sfm", "--method", "localized"], 2, ["a.sfm", "only the method fast"]),
        (["--network", "a.pth"], 2, ["a.pth", ".sfm"]),
        (["--network", "b.sfm"], 4, ["b.sfm", "no such file; choose another, or train a network (sfumato train)"]),
        (["--network", "bad.sfm"], 4, ["bad.sfm", "damaged"]),
        (["--network", "a.sfm@two"], 2, ["'two'", "one"]),
        (["--network", "a.sfm", "-o", "a.sfm"], 3, ["a.sfm"]),
        (["-s", "style.png:0", "--method", "fast"], 2, ["weight", "greater than 0"]),
        (["-s", "style.png", "--method", "fast", "--style-scale", "2"], 2, ["cannot scale"]),
        (["-s", "style.png", "--method", "fast", "--plot", "plot.png"], 3, ["plot.png", "no losses"]),
        (["-s", "style.png", "--method", "fast", "--resume"], 6, ["no checkpoint"]),
    ],
)
def test_one_line_for_what_is_wrong(sfumato, here, network, arguments, code, parts):
    (here / "bad.sfm").write_bytes((here / network).read_bytes()[:-5])
    before = {path.name: path.read_bytes() for path in here.iterdir()}
    done = sfumato("apply", "photo.png", *arguments)
    assert (done.code, done.out) == (code, "")
    (line,) = done.err.splitlines()
    for part in parts:
        assert part in line
    assert {path.name: path.read_bytes() for path in here.iterdir()} == before


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"style": "a.png"}, {"vgg19"}),
        ({"style": "a.png", "method": "fast"}, {"arbitrary-predict", "arbitrary-transform"}),
        ({"style": "a.png", "start": "fast"}, {"vgg19", "arbitrary-predict", "arbitrary-transform"}),
        ({"style": "a.sfm"}, set()),
        ({"style": "a.sfm", "region": "subject"}, {"u2netp"}),
    ],
)
def test_what_is_fetched(monkeypatch, tmp_path, options, expected):
    assert needed(Recipe.from_options(**options), tmp_path) == expected
