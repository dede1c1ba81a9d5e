"""What is said of regions that are too plain for all of a style."""

import re
import warnings

import numpy as np
import pytest
from helpers import FAST, texture
from PIL import Image

from sfumato.methods import steps
from sfumato.recipe import Recipe

pytestmark = pytest.mark.usefixtures("vgg")


@pytest.fixture(scope="module")
def recipe(tmp_path_factory):
    style = tmp_path_factory.mktemp("pictures") / "style.png"
    Image.fromarray(texture(48, 64, seed=2)).save(style)

    def make(**options):
        return Recipe.from_options(**{**FAST, "style": style, **options})

    return make


@pytest.mark.parametrize(
    ("options", "plain", "warns"),
    [
        ({"style_share": "whole"}, True, True),
        ({"style_share": "whole"}, False, False),
        ({"style_share": "whole", "region": "all"}, True, False),
        ({"style_share": "whole", "color": "linear"}, True, False),
        ({}, True, False),
        ({"method": "naive"}, True, False),
    ],
)
def test_a_plain_region_that_is_to_carry_all_of_a_style_is_told(recipe, options, plain, warns):
    photo = texture(64, 80, seed=1)
    if plain:
        photo = (100 + photo // 20).astype(np.uint8)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        next(steps(recipe(**{"region": "rect(25%, 25%, 75%, 75%)", **options}), photo))
    found = [str(each.message) for each in told if "is plain beside style.png" in str(each.message)]
    assert len(found) == warns
    if found:
        assert re.search(r"^region 'rect.*' .* stretched \d+\.\d times.* style_share matched", found[0])
