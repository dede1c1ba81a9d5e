"""`sfumato paste --harmonize` from files to files."""

import json
import re

import numpy as np
import pytest
from helpers import files, read
from PIL import Image

from sfumato import images, recipe
from sfumato.recipe import Recipe

FAST = {
    "size": 64,
    "iterations": (2, 1),
    "finish": 0,
    "style_layers": ("relu1_1", "relu2_1"),
    "content_layer": "relu2_2",
    "optimizer": "adam",
}


@pytest.fixture
def quick(monkeypatch, vgg):
    """A preset that takes no time."""
    monkeypatch.setitem(recipe.PRESETS, "draft", FAST)


PASTE = ("paste", "style.png", "photo.png", "-r", "rect(10, 10, 38, 34)", "--harmonize", "--preset", "draft")


@pytest.fixture
def pasted(sfumato, here, quick):
    """What is left in the folder, after a paste that is harmonized, under the names that it wrote."""

    def run(*arguments):
        before = files(here)
        done = sfumato(*PASTE, *arguments)
        assert done[::2] == (0, "")
        after = files(here)
        assert before.items() <= after.items()
        return done, set(after) - set(before)

    return run


def test_three_pictures_are_written(pasted, sfumato, here):
    done, names = pasted("-o", "out.png", "--feather", 0)
    assert names == {"out.png", "out.pasted.png", "out.mask.png"}
    assert re.fullmatch(r"out\.png: \d+% of the picture restyled in \d+ s\n", done.out)
    plain = (*PASTE[:5], "-o", "plain.png", "--feather", 0)
    assert sfumato(*plain).code == 0
    np.testing.assert_array_equal(read("out.pasted.png"), read("plain.png"))
    np.testing.assert_array_equal(read("out.mask.png"), read("plain.mask.png"))
    assert (read("out.mask.png") == 255).sum() == 24 * 28
    outside = np.ones((64, 80), bool)
    outside[18:46, 24:56] = False
    np.testing.assert_array_equal(read("out.png")[outside], read("photo.png")[outside])
    assert (read("out.png") != read("out.pasted.png")).any(-1)[24:40, 30:50].mean() > 0.9
    made_by = Recipe.from_toml(images.read_recipe("out.png"))
    assert made_by == Recipe.from_options(style="photo.png", region="out.mask.png", method="harmonize", preset="draft")


def test_it_is_the_same_as_one_after_the_other(pasted, sfumato, here):
    pasted("-o", "out.png")
    done = sfumato("replay", "out.png", "out.pasted.png", "-o", "again.png")
    assert done[::2] == (0, "")
    np.testing.assert_array_equal(read("again.png"), read("out.png"))
    shared = ("--painting", "photo.png", "--mask", "out.mask.png", "--preset", "draft", "-o", "third.png")
    assert sfumato("harmonize", "out.pasted.png", *shared).code == 0
    np.testing.assert_array_equal(read("third.png"), read("out.png"))


def test_names_when_none_are_given(pasted):
    assert pasted("-q")[1] == {"style-photo.png", "style-photo.pasted.png", "style-photo.mask.png"}


def test_json_and_a_name_for_the_mask(pasted):
    done, names = pasted("--mask", "where.png", "-o", "out.jpg", "--json")
    assert names == {"out.jpg", "out.pasted.png", "where.png"}
    report = json.loads(done.out)
    assert (report["output"], report["finished"], report["steps"]) == ("out.jpg", True, 3)


def test_without_it_no_third_picture_is_written(sfumato, here):
    before = set(files(here))
    assert sfumato(*PASTE[:5], "-o", "out.png").code == 0
    assert set(files(here)) - before == {"out.png", "out.mask.png"}


@pytest.mark.parametrize("taken", ["out.png", "out.mask.png", "out.pasted.png"])
def test_nothing_that_exists_is_replaced_unless_forced(sfumato, here, quick, taken):
    Image.new("L", (20, 20)).save(taken)
    before = files(here)
    done = sfumato(*PASTE, "-o", "out.png")
    assert (done.code, done.out) == (3, "")
    assert done.err.startswith(f"sfumato: {taken}: exists already")
    assert files(here) == before
    assert sfumato(*PASTE, "-o", "out.png", "--force", "-q") == (0, "", "")
    assert read(taken).shape[:2] == (64, 80)


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("--mask", "out.pasted.png"), 3, "both the mask and the pasted picture; give them two names"),
        (("--mask", "out.png"), 3, "both the result and the mask; give them two names"),
        (("--preset", "quick"), 2, "preset"),
        (("-r", "~all"), 2, "selects nothing"),
    ],
)
def test_one_line_for_what_is_wrong(sfumato, here, arguments, code, words):
    before = files(here)
    done = sfumato(*PASTE, "-o", "out.png", *arguments)
    assert (done.code, done.out) == (code, "")
    (line,) = done.err.splitlines()
    assert line.startswith("sfumato: ")
    assert words in line
    assert files(here) == before
