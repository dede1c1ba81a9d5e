"""A run at a very large photo's own size says what it takes before it begins."""

import warnings

import numpy as np
import pytest
from helpers import prepared

from sfumato import images
from sfumato.errors import SfumatoWarning
from sfumato.recipe import Recipe


@pytest.fixture
def notes(tmp_path):
    rng = np.random.default_rng(0)
    images.save(images.from_array(rng.random((40, 60, 3))), tmp_path / "style.png")
    photo = images.from_array(np.broadcast_to(np.uint8(90), (2000, 3000, 3)))

    def run(**options):
        with warnings.catch_warnings(record=True) as heard:
            warnings.simplefilter("always", SfumatoWarning)
            prepared(Recipe.from_options(style=tmp_path / "style.png", **options), photo, halo=40)
        return [str(each.message) for each in heard if "size 0" in str(each.message)]

    return run


def test_it_says_how_long_and_how_much_memory(notes):
    (note,) = notes(size=0)
    # 6 megapixels are 22.9 times 512 x 512, and 3.8 GB were measured.
    assert note.startswith(
        "size 0 works on all 6 megapixels of the region, which takes about 23 times as long as size 512,"
    )
    assert "4 GB of memory" in note


@pytest.mark.parametrize(
    "options", [{}, {"size": 0, "region": "rect(0, 0, 30%, 30%)"}, {"size": 0, "method": "fast"}, {"size": 2000}]
)
def test_it_says_nothing_where_there_is_nothing_to_say(notes, options):
    assert notes(**options) == []
