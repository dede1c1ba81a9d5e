"""`sfumato run` and `sfumato replay`: the recipe as a file, and inside a picture."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from helpers import read
from PIL import Image

from sfumato import images
from sfumato.recipe import Recipe


@pytest.fixture
def saved(apply, here):
    """A finished out.png and the recipe.toml that made it."""
    assert apply("--save-recipe", "recipe.toml", "--seed", 3)[::2] == (0, "")
    return here


@pytest.fixture
def refused(sfumato):
    def run(code, *arguments):
        done = sfumato(*arguments)
        assert (done.code, done.out) == (code, "")
        (line,) = done.err.splitlines()
        assert line.startswith("sfumato: ")
        return line

    return run


# ---- run


def test_a_saved_recipe_makes_the_same_picture(sfumato, saved):
    before = read("out.png")
    Path("out.png").unlink()
    done = sfumato("run", "recipe.toml")
    assert done[::2] == (0, "")
    np.testing.assert_array_equal(read("out.png"), before)
    assert Recipe.from_toml(images.read_recipe("out.png")).seed == 3


def test_a_saved_recipe_does_not_replace_its_output(sfumato, refused, saved):
    assert "allow it to be replaced" in refused(3, "run", "recipe.toml")
    assert sfumato("run", "recipe.toml", "--force").code == 0
    assert sfumato("run", "recipe.toml", "-o", "other.png").code == 0
    np.testing.assert_array_equal(read("other.png"), read("out.png"))


def test_a_saved_recipe_on_another_photo(sfumato, saved):
    rng = np.random.default_rng(8)
    Image.fromarray(rng.integers(0, 256, (50, 70, 3), np.uint8)).save("other.png")
    assert sfumato("run", "recipe.toml", "other.png")[::2] == (0, "")
    assert read("other-recipe.png").shape == (50, 70, 3)


def test_a_recipe_is_found_with_its_files_from_elsewhere(sfumato, saved, monkeypatch):
    elsewhere = saved / "elsewhere"
    elsewhere.mkdir()
    before = read("out.png")
    Path("out.png").unlink()
    monkeypatch.chdir(elsewhere)
    assert sfumato("run", "../recipe.toml", "-o", "here.png")[::2] == (0, "")
    np.testing.assert_array_equal(read("here.png"), before)


def test_a_recipe_saved_in_another_folder_still_works(apply, sfumato, here, monkeypatch):
    (here / "recipes").mkdir()
    assert apply("--save-recipe", "recipes/a.toml").code == 0
    assert sfumato("run", "recipes/a.toml", "-o", "again.png")[::2] == (0, "")
    np.testing.assert_array_equal(read("again.png"), read("out.png"))


def test_layers_by_hand(sfumato, vgg, here):
    fast = 'size = 64\niterations = [3]\ndevice = "cpu"\nstyle_layers = ["relu1_1"]\ncontent_layer = "relu1_2"\n'
    layers = "[[layers]]\nregion = 'rect(0, 0, 20, 64)'\nfeather = 0\nstyles = [{ image = 'style.png' }]\n"
    layers += layers.replace("0, 0, 20, 64", "60, 0, 80, 64")
    Path("two.toml").write_text(fast + layers)
    assert sfumato("run", "two.toml", "photo.png", "-o", "out.png").code == 0
    changed = (read("out.png") != read("photo.png")).any(-1)
    assert not changed[:, 20:60].any()
    assert changed[:, :20].mean() > 0.5
    assert changed[:, 60:].mean() > 0.5


def test_a_recipe_without_a_photo(refused, here):
    Path("plain.toml").write_text(Recipe.from_options(style="style.png").to_toml())
    line = refused(2, "run", "plain.toml")
    assert "plain.toml names no photo" in line
    assert "sfumato run plain.toml PHOTO" in line


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, ["o such file"]),
        (b"sise = 4\n", ["layers"]),
        (b"sise = 4\nlayers = [{styles = [{image = 'style.png'}]}]", ["'sise'", "'size'"]),
        (b"size = -4\nlayers = [{styles = [{image = 'style.png'}]}]", ["size", "-4"]),
        (b"preset = []\nlayers = [{styles = [{image = 'style.png'}]}]", ["preset", "[]"]),
        (b"layers = [{styles = [{image = 'style.png', weight = nan}]}]", ["weight", "nan"]),
        (b"layers = [{region = 'subjct', styles = [{image = 'style.png'}]}]", ["subjct"]),
        (b"layers = [{styles = [{image = 'nope.png'}]}]", ["nope.png"]),
        (b"size = \nseed = 3", ["TOML", "line 1"]),
        (bytes(range(256)), ["not a text file"]),
    ],
)
def test_recipes_that_cannot_be_used(refused, vgg, here, content, words):
    if content is not None:
        Path("a.toml").write_bytes(content)
    line = refused(2, "run", "a.toml", "photo.png", "-o", "out.png")
    for word in words:
        assert word in line
    assert not Path("out.png").exists()


@pytest.mark.parametrize("line", ["photo = 5", "photo = []", "output = 5", "output = [1]"])
def test_photo_and_output_that_are_no_names(sfumato, here, line):
    photo = "" if line.startswith("photo") else "photo = 'photo.png'\n"
    Path("a.toml").write_text(f"{line}\n{photo}layers = [{{styles = [{{image = 'style.png'}}]}}]\n")
    done = sfumato("run", "a.toml")
    assert done.code in (2, 3)
    (told,) = done.err.splitlines()
    assert line.partition(" = ")[2] in told


# ---- replay


@pytest.mark.parametrize("kind", ["png", "jpg", "tif", "webp"])
def test_the_recipe_inside_a_picture_does_the_same_to_another_photo(apply, sfumato, here, kind):
    assert apply(output=f"made.{kind}").code == 0
    shutil.copy("photo.png", "other.png")
    assert sfumato("replay", f"made.{kind}", "other.png")[::2] == (0, "")
    apply(output="direct.png")
    np.testing.assert_array_equal(read("other-made.png"), read("direct.png"))


def test_the_replayed_picture_can_be_replayed(saved, sfumato):
    assert sfumato("replay", "out.png", "photo.png", "-o", "second.png").code == 0
    assert sfumato("replay", "second.png", "photo.png", "-o", "third.png").code == 0
    np.testing.assert_array_equal(read("third.png"), read("out.png"))


def test_a_picture_without_a_recipe(refused, here):
    assert "photo.png carries no recipe" in refused(2, "replay", "photo.png", "photo.png")


def test_what_is_no_picture_cannot_be_replayed(refused, here):
    assert "nope.png" in refused(2, "replay", "nope.png", "photo.png")
    Path("text.png").write_text("text")
    assert "text.png" in refused(2, "replay", "text.png", "photo.png")


@pytest.mark.parametrize("text", ["", "size = ", "sise = 3", "size = " + "9" * 5000, "size = " + "[" * 5000])
def test_a_picture_with_a_recipe_that_cannot_be_used_is_named(refused, here, text):
    images.save(images.load("photo.png"), "odd.png", recipe=text)
    assert "odd.png" in refused(2, "replay", "odd.png", "photo.png", "-o", "out.png")
    assert not Path("out.png").exists()


def test_replaying_does_not_replace(refused, saved):
    assert "input" in refused(3, "replay", "out.png", "photo.png", "-o", "photo.png")
    before = Path("out.png").read_bytes()
    refused(3, "replay", "out.png", "photo.png", "-o", "out.png")
    assert Path("out.png").read_bytes() == before
