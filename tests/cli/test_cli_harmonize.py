"""`sfumato harmonize` from files to files."""

import json
import re
import shlex

import numpy as np
import pytest
import typer
from helpers import files, read
from PIL import Image

from sfumato import images
from sfumato.cli.app import app
from sfumato.recipe import Recipe

FAST = {
    "size": 64,
    "iterations": (2, 1),
    "style_layers": ("relu1_1", "relu2_1"),
    "content_layer": "relu2_2",
    "optimizer": "adam",
}
OBJECT = np.s_[20:44, 28:56]


@pytest.fixture
def things(here):
    """photo.png is the painting, 80 x 64; pasted.png has style.png pasted into it, where pasted.mask.png is white."""
    pasted, mask = read("photo.png").copy(), np.zeros((64, 80), np.uint8)
    pasted[OBJECT], mask[OBJECT] = read("style.png")[:24, :28], 255
    Image.fromarray(pasted).save("pasted.png")
    Image.fromarray(mask).save("pasted.mask.png")
    return here


@pytest.fixture
def harmonize(sfumato, vgg, things):
    """Run `sfumato harmonize` on pasted.png with few iterations."""

    def run(*arguments, painting="photo.png"):
        fast = [
            part
            for name, value in FAST.items()
            for part in ("--" + name.replace("_", "-"), ",".join(map(str, value)) if type(value) is tuple else value)
        ]
        return sfumato("harmonize", "pasted.png", "--painting", painting, *fast, *arguments)

    return run


def test_the_mask_beside_and_a_name_for_the_result_are_found(harmonize, things):
    done = harmonize()
    assert done[::2] == (0, "")
    assert re.fullmatch(r"pasted-harmonized\.png: \d+% of the picture restyled in \d+ s\n", done.out)
    found, painting = read("pasted-harmonized.png"), read("photo.png")
    assert set(files(things)) == {"photo.png", "style.png", "pasted.png", "pasted.mask.png", "pasted-harmonized.png"}
    outside = np.ones((64, 80), bool)
    outside[18:46, 26:58] = False
    np.testing.assert_array_equal(found[outside], painting[outside])
    assert (found != painting).any(-1)[OBJECT].mean() > 0.9
    assert (found != read("pasted.png")).any(-1)[24:40, 32:52].mean() > 0.9
    made_by = Recipe.from_toml(images.read_recipe("pasted-harmonized.png"))
    assert (made_by.method, made_by.passes) == ("harmonize", 2)


def test_json_and_another_mask_and_name(harmonize, things):
    mask = np.zeros((64, 80), np.uint8)
    mask[20:44, 28:40] = 255
    Image.fromarray(mask).save("half.png")
    done = harmonize("--mask", "half.png", "-o", "a.png", "--json", "--passes", 1, "--feather", 0)
    assert done[::2] == (0, "")
    report = json.loads(done.out)
    assert (report["output"], report["finished"], report["steps"], report["warnings"]) == ("a.png", True, 3, [])
    assert set(report["terms"]) == {"photo.png", "content", "variation"}
    assert report["coverage"] == pytest.approx(24 * 12 / (64 * 80))
    # The other half of the object is another object, which stays.
    np.testing.assert_array_equal(read("a.png")[mask == 0], read("pasted.png")[mask == 0])


def test_a_region_is_a_mask_as_well(harmonize, things):
    (things / "pasted.mask.png").unlink()
    assert harmonize("--mask", "rect(28, 20, 56, 44)", "-q") == (0, "", "")
    assert (read("pasted-harmonized.png") != read("photo.png")).any(-1)[OBJECT].mean() > 0.9


def test_a_picture_in_another_folder_has_its_mask_beside_it(asked_for, here):
    job, how = asked_for("harmonize", "deep/in/my cat.tif", "--painting", "a.jpg")
    assert job.recipe == Recipe.from_options(style="a.jpg", region="deep/in/my cat.mask.png", method="harmonize")
    assert (str(job.photo), str(job.output)) == ("deep/in/my cat.tif", "my cat-harmonized.png")
    assert not any([how.force, how.resume, how.quiet, how.as_json, how.preview_every, how.plot])


def test_options_reach_the_recipe(asked_for, here):
    line = "harmonize p.png --painting a.jpg@sky --mask m.png -o o.tif --passes 1 --painterly 7.5 --style-weight 2"
    job, how = asked_for(*line.split(), "--preset", "fine", "--finish", 0, "-f", "--resume", "--preview-every", 2)
    options = {"passes": 1, "painterly": 7.5, "style_weight": 2, "preset": "fine", "finish": 0}
    assert job.recipe == Recipe.from_options(style="a.jpg@sky", region="m.png", method="harmonize", **options)
    assert job.recipe.layers[0].styles[0].mask == "sky"
    assert (str(job.output), how.output, how.force, how.resume, how.preview_every) == (
        "o.tif",
        job.output,
        True,
        True,
        2,
    )


@pytest.mark.parametrize("option", ["--region", "-r", "--method", "--style", "-s"])
def test_what_harmonizing_settles_is_no_option(sfumato, things, option):
    before = files(things)
    done = sfumato("harmonize", "pasted.png", "--painting", "photo.png", option, "all")
    assert (done.code, done.out) == (2, "")
    assert f"No such option: {option}" in done.err
    assert files(things) == before


def test_the_painting_must_be_given(sfumato, things):
    done = sfumato("harmonize", "pasted.png")
    assert done.code == 2
    assert "Missing option '--painting'" in done.err


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("-o", "pasted.png"), 3, "pasted.png: also an input"),
        (("-o", "photo.png"), 3, "photo.png: also an input"),
        (("-o", "style.png"), 3, "style.png: exists already"),
        (("-o", "out.gif"), 3, "unknown ending"),
        (("--mask", "nope.png"), 2, "nope.png"),
        (("--mask", "all"), 2, "region 'all' covers the whole picture"),
        (("--mask", "~all"), 2, "region '~all' selects nothing"),
        (("--passes", "3"), 2, "passes: input should be less than or equal to 2, got '3'"),
        (("--painterly", "0"), 2, "painterly: input should be greater than or equal to 0.1, got '0'"),
    ],
)
def test_one_line_for_what_is_wrong(harmonize, things, arguments, code, words):
    before = files(things)
    done = harmonize(*arguments)
    assert (done.code, done.out) == (code, "")
    (line,) = done.err.splitlines()
    assert line.startswith("sfumato: ")
    assert words in line
    assert files(things) == before


def test_without_a_mask_the_one_that_was_looked_for_is_named(harmonize, things):
    (things / "pasted.mask.png").unlink()
    done = harmonize()
    assert (done.code, done.out) == (2, "")
    (line,) = done.err.splitlines()
    assert "pasted.mask.png" in line


def test_another_painting(harmonize, things):
    done = harmonize(painting="style.png")
    assert (done.code, done.out) == (2, "")
    assert done.err == (
        "sfumato: the painting style.png is 64×48 pixels, the pasted picture 80×64;"
        " give the painting that the object was pasted into\n"
    )


def test_what_exists_is_replaced_when_forced(harmonize, things):
    Image.new("L", (20, 20)).save("pasted-harmonized.png")
    assert harmonize("-o", "pasted-harmonized.png").code == 3
    assert harmonize("--force").code == 0
    assert read("pasted-harmonized.png").shape == (64, 80, 3)


def test_help_shows_what_matters_and_examples_that_are_right(sfumato, asked_for):
    text = sfumato("harmonize", "--help").out
    assert max(map(len, text.splitlines())) <= 80
    listed = {name for line in text.splitlines() for name in re.findall(r"^  (?:-\w, )?--([\w-]+) ", line)}
    shown = {"preset", "passes", "painterly", "size", "content-weight", "style-weight"}
    assert shown | {"mask", "painting", "output", "json", "resume"} <= listed
    for name in ("region", "method", "color"):
        assert f"--{name}" not in text
    examples = [line.strip() for line in text.splitlines() if line.strip().startswith("sfumato harmonize ")]
    assert len(examples) == 3
    for line in examples:
        job, _ = asked_for(*shlex.split(line)[1:])
        assert (job.recipe.layers[0].styles[0].image, str(job.photo)) == ("painting.jpg", "pasted.png")


def test_other_commands_keep_the_options_that_this_one_lacks():
    commands = typer.main.get_command(app).commands
    apart = {
        name: {option for each in commands[name].params for option in each.opts} for name in ("apply", "harmonize")
    }
    assert {"--region", "-r", "--method", "--corners"} <= apart["apply"]
    assert not {"--region", "-r", "--method"} & apart["harmonize"]
    hidden = {each.name for each in commands["apply"].params if getattr(each, "hidden", False)}
    assert {"passes", "painterly", "corners"} <= hidden
    assert not {"region", "preset", "method"} & hidden
