"""Recipes and pictures from before recipes had a version: all methods had all fields, and a device."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from sfumato import images
from sfumato.errors import RecipeError
from sfumato.recipe import Recipe

BEFORE = Path(__file__).parent / "before"


@pytest.mark.parametrize(
    ("name", "method", "values"),
    [
        (
            "localized",
            "localized",
            {
                "preset": "draft",
                "size": 256,
                "finish": 0,
                "iterations": (40, 20),
                "style_share": "whole",
                "faces": "off",
            },
        ),
        ("naive", "naive", {"start": "noise", "seed": 7, "size": 512}),
        ("photo", "photo", {"size": 704, "style_loss": "gram", "labels": "a.png", "evenness": 0.7}),
        ("harmonize", "harmonize", {"passes": 1, "content_layer": "relu4_1", "size": 1024, "finish": 12}),
        ("fast", "fast", {"size": 512, "finish": 8}),
        ("surface", "localized", {"corners": (1, 2, 30, 2, 30, 40, 1, 40.5)}),
    ],
)
def test_they_are_read_and_mean_the_same(name, method, values):
    recipe = Recipe.load(BEFORE / f"{name}.toml")
    assert recipe.method == method
    for field, value in values.items():
        assert getattr(recipe, field) == value
    # Written again they have a version, and read the same.
    text = recipe.to_toml()
    assert text.startswith("version = 1\n")
    assert "device" not in text
    assert Recipe.from_toml(text) == recipe


def test_layers_and_styles_are_as_they_were():
    first, second = Recipe.load(BEFORE / "localized.toml").layers
    assert (first.region, first.styles[0].image) == ("subject", "a.jpg")
    assert (second.region, second.blend) == ("sky", "mrf")
    assert [(style.image, style.weight) for style in second.styles] == [("b.jpg", 0.5), ("c.jpg", 1)]
    assert second.styles[0].mask == "rect(0, 0, 50%, 100%)"


def test_what_is_wrong_in_them_is_still_said():
    with pytest.raises(RecipeError, match="'sise'; did you mean 'size'"):
        Recipe.from_mapping({"sise": 3, "device": "cpu", "layers": [{"styles": [{"image": "a.jpg"}]}]})


def test_a_picture_made_before_is_made_again(sfumato, vgg, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    before = images.load(BEFORE / "picture.png")
    rng = np.random.default_rng(0)
    Image.fromarray(rng.integers(0, 255, (32, 40, 3), dtype=np.uint8)).save("style.png")
    y, x = np.mgrid[:32, :40]
    photo = np.dstack([x * 5, y * 6, x + y]).astype(np.uint8)
    Image.fromarray(photo).save("photo.png")
    Path("made.png").write_bytes((BEFORE / "picture.png").read_bytes())
    done = sfumato("replay", "made.png", "photo.png", "-o", "again.png", "--device", "cpu", "-q")
    assert (done.code, done.err) == (0, "")
    again = images.load("again.png")
    recipe = Recipe.from_toml(images.read_recipe("again.png"))
    assert (recipe.iterations, recipe.style_share, recipe.faces) == ((2,), "whole", "off")
    for made in (before, again):
        np.testing.assert_array_equal(made.pixels[:, 22:], photo[:, 22:])
    # Made on another machine, in another precision: alike, and not to the bit.
    assert np.abs(again.pixels.astype(int) - before.pixels)[:, :18].mean() < 6
