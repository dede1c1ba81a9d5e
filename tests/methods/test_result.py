"""A result as people of NumPy, Pillow and notebooks expect it."""

import dataclasses
import io

import numpy as np
import pytest
from PIL import Image

import sfumato
from sfumato import images
from sfumato.methods import Result
from sfumato.recipe import Recipe

RECIPE = Recipe.from_options(style="a.jpg")
VALUES = np.random.default_rng(0).integers(0, 256, (20, 30, 4), np.uint8)


def result(values):
    return Result(images.from_array(values), np.ones((20, 30), np.float32), (), RECIPE)


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_its_values(channels):
    values = VALUES[..., :channels]
    made = result(values)
    expected = values[..., 0] if channels == 1 else values
    np.testing.assert_array_equal(made.array, expected)
    np.testing.assert_array_equal(np.asarray(made), expected)
    np.testing.assert_array_equal(np.array(made, dtype=np.float32), expected.astype(np.float32))
    np.testing.assert_array_equal(np.asarray(made.image), expected)
    np.testing.assert_array_equal(np.asarray(Image.open(io.BytesIO(made._repr_png_()))), expected)


def test_sixteen_bits_are_kept_in_the_array():
    deep = VALUES[..., :3].astype(np.uint16) * 257
    made = result(deep)
    assert made.array.dtype == np.uint16
    np.testing.assert_array_equal(made.array, deep)
    np.testing.assert_array_equal(np.asarray(made.image), VALUES[..., :3])


def test_what_it_says_of_itself_is_short():
    made = result(VALUES)
    assert repr(made) == "<Result 30x20, localized, 100% restyled>"
    assert repr(made.picture) == "<Picture 30x20, rgb, 8 bits, alpha>"
    assert repr(dataclasses.replace(made, finished=False)).endswith(", stopped>")


@pytest.mark.usefixtures("vgg")
def test_photos_in_every_form_give_the_same(tmp_path):
    rng = np.random.default_rng(1)
    photo = rng.integers(0, 256, (40, 48, 3), np.uint8)
    images.save(images.from_array(rng.integers(0, 256, (32, 40, 3), np.uint8)), tmp_path / "style.png")
    images.save(images.from_array(photo), tmp_path / "photo.png")
    options = {"size": 48, "iterations": (2,), "style_layers": ("relu1_1",), "content_layer": "relu1_2", "finish": 0}
    made = [
        np.asarray(
            sfumato.stylize(form, tmp_path / "style.png", region="rect(0, 0, 50%, 100%)", device="cpu", **options)
        )
        for form in (tmp_path / "photo.png", photo, photo / 255, Image.fromarray(photo), images.from_array(photo))
    ]
    assert np.abs(made[0].astype(int) - photo).max() > 0
    for other in made[1:]:
        np.testing.assert_array_equal(other, made[0])
