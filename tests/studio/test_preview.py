"""Previews show what the result will be, at a small size."""

import io

import numpy as np
import pytest
from helpers import drained, smooth
from PIL import Image

from sfumato import images, methods
from sfumato.images.resizing import shrunk
from sfumato.recipe import Recipe
from sfumato.studio.preview import Preview
from sfumato.studio.screen import Screen, reduced


@pytest.mark.parametrize(
    "options",
    [
        {"region": "ellipse(40%, 50%, 30%, 40%)"},
        {"region": "rect(10%, 10%, 60%, 90%)", "strength": 0.5, "blend": "poisson"},
        {"corners": [200, 150, 1200, 250, 1150, 800, 180, 700]},
    ],
)
@pytest.mark.parametrize("alpha", [False, True])
def test_a_preview_is_like_the_result(tmp_path, options, alpha):
    values = smooth(1000, 1400, seed=1, blur=30)
    if alpha:
        values = np.dstack([values, np.tile(np.linspace(0, 255, 1400).astype(np.uint8), (1000, 1))])
    style = smooth(200, 300, seed=2, blur=15) * np.float32([0.2, 0.5, 1]) / 255
    images.save(images.from_array(style), tmp_path / "style.png")
    recipe = Recipe.from_options(
        style=tmp_path / "style.png", method="photo", semantic="none", transfer="linear", **options
    )
    photo = images.from_array(values)
    run = methods.steps(recipe, photo)
    preview = Preview(run)
    assert preview.due()
    picture = drained(run).picture
    shown = np.asarray(Image.open(io.BytesIO(preview.picture())), float)
    assert not preview.due()
    assert shown.shape == (686, 960, 3)
    expected = 255 * reduced(picture, 960)
    if alpha:
        opacity = np.linspace(0, 1, 960)[:, None]
        expected = expected * opacity + 127.5 * (1 - opacity)
    # Of the compression, nothing is left in the mean over some pixels.
    shown, expected, before = (shrunk(each, 68, 96) for each in (shown, expected, 255 * reduced(photo, 960)))
    assert abs(before - expected).mean() > 8
    assert abs(shown - expected).mean() < 1.2  # edges of all kinds are shown as soft ones


def test_a_copy_that_is_there_already_is_used(tmp_path):
    photo = images.from_array(smooth(300, 400, seed=1))
    images.save(images.from_array(smooth(200, 300, seed=2)), tmp_path / "style.png")
    recipe = Recipe.from_options(style=tmp_path / "style.png", method="photo", semantic="none", transfer="linear")
    run = methods.steps(recipe, photo)
    drained(run)
    assert Preview(run, Screen.of(photo).image).picture() == Preview(run).picture()
