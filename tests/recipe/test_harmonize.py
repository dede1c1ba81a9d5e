"""Recipes for pasted objects."""

import pytest

from sfumato.errors import RecipeError
from sfumato.recipe import Recipe

STYLE = {"styles": [{"image": "a.png"}]}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            {"layers": [STYLE, STYLE]},
            "recipe: harmonizing takes one layer, the pasted object, and one style, the painting",
        ),
        (
            {"layers": [{"styles": [{"image": "a.png"}, {"image": "b.png"}]}]},
            "recipe: harmonizing takes one layer, the pasted object, and one style, the painting",
        ),
        ({"start": "fast"}, "start: input should be 'photo' or 'noise', got 'fast'"),
        ({"passes": 0}, "passes: input should be greater than or equal to 1, got 0"),
        ({"passes": 3}, "passes: input should be less than or equal to 2, got 3"),
        ({"painterly": 0}, "painterly: input should be greater than or equal to 0.1, got 0"),
        ({"painterly": 21}, "painterly: input should be less than or equal to 20, got 21"),
    ],
)
def test_recipes_that_cannot_be_used(change, words):
    with pytest.raises(RecipeError) as error:
        Recipe.from_mapping({"method": "harmonize", "layers": [STYLE], **change})
    assert str(error.value) == words


def test_what_harmonizing_sets_gives_way_to_what_is_given():
    assert Recipe.from_options(style="a.png", method="harmonize").content_layer == "relu4_1"
    assert Recipe.from_options(style="a.png", method="harmonize", content_layer="relu3_2").content_layer == "relu3_2"
    assert Recipe.from_options(style="a.png").content_layer == "relu4_2"
    with pytest.raises(RecipeError, match="method"):
        Recipe.from_options(style="a.png", method=["harmonize"])
