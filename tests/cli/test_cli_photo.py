"""`sfumato photo` from files to files."""

import json
import re
import shlex

import numpy as np
import pytest
import typer
from helpers import read
from PIL import Image

from sfumato import images
from sfumato.cli.app import app
from sfumato.jobs.needs import needed
from sfumato.recipe import Recipe
from sfumato.regions import segmenters

FAST = ["--size", "64", "--iterations", "2,1", "--device", "cpu", "--style-layers", "relu1_1,relu2_1"]
FAST += ["--content-layer", "relu2_2", "--optimizer", "adam"]
MAPS = ["--labels", "a.png", "--reference-labels", "b.png"]


@pytest.fixture
def things(here):
    """photo.png, 80 x 64, and style.png, 64 x 48, with maps a.png and b.png: above blue, below red or green."""
    for name, (height, width), below in (("a.png", (64, 80), (255, 0, 0)), ("b.png", (48, 64), (0, 255, 0))):
        pixels = np.full((height, width, 3), below, np.uint8)
        pixels[: height // 2] = (0, 0, 255)
        pixels[-height // 4 :] = (255, 0, 0)
        Image.fromarray(pixels).save(name)
    return here


@pytest.fixture
def photo(sfumato, vgg, things):
    """Run `sfumato photo` on photo.png with few iterations."""
    return lambda *arguments: sfumato("photo", "photo.png", "--reference", "style.png", *FAST, *arguments)


def test_what_is_said_and_written(photo, things):
    done = photo(*MAPS, "--iterations", 1)
    assert done.code == 0
    assert re.fullmatch(r"photo-style\.png: 100% of the picture restyled in (\d+ min )?\d+ s\n", done.out)
    first, second = done.err.splitlines()
    assert first.startswith("note: labels of the reference that are left out")
    assert first.endswith(": green")
    assert second == "note: labels from files: blue, red"
    assert (read("photo-style.png") != read("photo.png")).any(-1).mean() > 0.9
    made_by = Recipe.from_toml(images.read_recipe("photo-style.png"))
    assert (made_by.method, made_by.labels, made_by.reference_labels) == ("photo", "a.png", "b.png")


def test_json_holds_where_labels_are_from(photo):
    done = photo(*MAPS, "--json", "-o", "a.tif", "--region", "rect(0, 0, 50%, 100%)", "--feather", 0)
    assert done[::2] == (0, "")
    report = json.loads(done.out)
    assert report["labels"] == "labels from files: blue, red"
    assert len(report["warnings"]) == 1
    assert report["coverage"] == 0.5
    assert "unevenness" in report["terms"]
    np.testing.assert_array_equal(read("a.tif")[:, 40:], read("photo.png")[:, 40:])
    assert photo(*MAPS, "-q") == (0, "", "")


def test_other_methods_say_nothing_of_labels(apply):
    done = apply("--json")
    assert (done.code, "labels" in json.loads(done.out)) == (0, False)


@pytest.mark.parametrize("transfer", ["tones", "reinhard", "linear", "histogram"])
def test_colors_are_transferred_by_no_network(sfumato, things, monkeypatch, transfer):
    monkeypatch.setattr("sfumato.features.load", lambda *_: pytest.fail("the loss network is not needed"))
    line = ["photo", "photo.png", "--reference", "style.png", "--transfer", transfer, "--semantic", "none"]
    done = sfumato(*line, "-o", "out.png")
    assert (done.code, done.err) == (0, "note: no labels\n")
    assert (read("out.png") != read("photo.png")).any(-1).mean() > 0.9
    refused = sfumato(*line, "-o", "two.png", "--plot", "plot.png")
    assert (refused.code, refused.out) == (3, "")
    assert refused.err == (
        "sfumato: the plot plot.png would be empty: this method has no losses to plot; leave it out\n"
    )
    assert not (things / "two.png").exists()


def test_a_run_is_repeated_on_another_photo(photo, sfumato, things):
    assert photo(*MAPS, "-q", "--iterations", 1).code == 0
    Image.fromarray(read("photo.png")[:, ::-1]).save("mirrored.png")
    done = sfumato("replay", "photo-style.png", "mirrored.png", "--json")
    assert done[::2] == (0, "")
    assert json.loads(done.out)["labels"] == "labels from files: blue, red"


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["--labels", "a.png"], 2, "labels need reference_labels as well"),
        (["--reference-labels", "a.png"], 2, "reference_labels need labels as well"),
        (["--labels", "no.png", "--reference-labels", "b.png"], 2, "no.png"),
        (["--labels", "photo.png", "--reference-labels", "b.png"], 2, "in no patch of a label's color"),
        ([*MAPS, "-o", "a.png"], 3, "a.png"),
        ([*MAPS, "-o", "b.png"], 3, "b.png"),
        (["--semantic", "firm"], 2, "semantic"),
        (["--realism", "full"], 2, "realism"),
        (["--transfer", "all"], 2, "transfer"),
        (["--similarity-weight", "-1"], 2, "similarity_weight"),
        (["--segmenter", "deeplap"], 4, "deeplap"),
    ],
)
def test_what_cannot_be_used_is_told_in_a_line(photo, things, arguments, code, words):
    before = {path.name: path.read_bytes() for path in things.iterdir()}
    done = photo(*arguments)
    assert (done.code, done.out, done.err.count("\n")) == (code, "", 1)
    assert words in done.err
    assert {path.name: path.read_bytes() for path in things.iterdir()} == before


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"labels": "a.png", "reference_labels": "b.png"}, {"vgg19"}),
        ({"semantic": "none"}, {"vgg19"}),
        ({}, {"vgg19"}),  # with no segmenter to be had, it goes without
        ({"segmenter": "deeplab"}, {"vgg19", "deeplab"}),
        ({"segmenter": "hf:a/b"}, {"vgg19"}),
        ({"transfer": "linear"}, {"vgg19"}),
        ({"transfer": "tones"}, {"vgg19"}),
        ({"transfer": "tones", "semantic": "none"}, set()),
        ({"transfer": "linear", "semantic": "none"}, set()),
        ({"transfer": "linear", "labels": "a.png", "reference_labels": "b.png"}, set()),
        ({"transfer": "linear", "semantic": "none", "region": "subject"}, {"u2netp"}),
    ],
)
def test_only_what_is_needed_is_fetched(monkeypatch, tmp_path, options, expected):
    monkeypatch.setattr(segmenters, "model_of", lambda name: "deeplab" if name in ("auto", "deeplab") else "")
    assert needed(Recipe.from_options(style="a.jpg", method="photo", **options), tmp_path) == expected


def test_options_reach_the_recipe(asked_for, here):
    line = "photo p.png --reference my/dusk.jpg@sky --semantic hard --realism laplacian -r subject --style-weight 2"
    job, how = asked_for(*line.split(), *MAPS, "--preset", "fine", "--similarity-weight", 0.5, "-f")
    options = {"semantic": "hard", "realism": "laplacian", "region": "subject", "style_weight": 2, "preset": "fine"}
    options |= {"labels": "a.png", "reference_labels": "b.png", "similarity_weight": 0.5}
    assert job.recipe == Recipe.from_options(style="my/dusk.jpg@sky", method="photo", **options)
    assert job.recipe.layers[0].styles[0].mask == "sky"
    assert (str(job.photo), str(job.output), how.force) == ("p.png", "p-dusk.png", True)


@pytest.mark.parametrize("option", ["--method", "--style", "-s", "--network"])
def test_what_the_command_settles_is_no_option(sfumato, things, option):
    done = sfumato("photo", "photo.png", "--reference", "style.png", option, "x")
    assert (done.code, done.out) == (2, "")
    assert "No such option" in done.err


def test_help_shows_what_is_special_and_fits_a_terminal(sfumato):
    done = sfumato("photo", "--help")
    assert (done.code, done.err) == (0, "")
    lines = done.out.splitlines()
    assert [line for line in lines if len(line) > 80] == []
    for name in ("--reference", "--labels", "--reference-labels", "--semantic", "--realism", "--transfer", "--region"):
        assert name in done.out
    hidden = [parameter for parameter in typer.main.get_command(app).commands["photo"].params if parameter.hidden]
    listed = sfumato("options").out
    assert [parameter.opts[0] for parameter in hidden if parameter.opts[0] not in listed] == []


def test_the_examples_in_the_help_are_right(sfumato, asked_for):
    lines = [line.strip() for line in sfumato("photo", "--help").out.splitlines()]
    examples = [line for line in lines if line.startswith("sfumato photo a.jpg")]
    assert len(examples) >= 3
    for line in examples:
        job, _ = asked_for(*shlex.split(line)[1:])
        assert (job.recipe.method, str(job.photo)) == ("photo", "a.jpg")
