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


def test_the_object_is_matched_by_tones_unless_asked_otherwise():
    assert Recipe.from_options(style="a.png", method="harmonize").matches == "tones"
    assert Recipe.from_mapping({"version": 1, "method": "harmonize", "layers": [STYLE]}).matches == "tones"


@pytest.mark.parametrize("passes", [1, 2])
def test_passes_are_of_patches(passes):
    found = Recipe.from_options(style="a.png", method="harmonize", passes=passes)
    assert (found.matches, found.passes) == ("patches", passes)


@pytest.mark.parametrize("matches", ["tones", "patches"])
@pytest.mark.parametrize("passes", [1, 2])
def test_what_is_given_beside_passes_stays(matches, passes):
    found = Recipe.from_options(style="a.png", method="harmonize", passes=passes, matches=matches)
    assert (found.matches, found.passes) == (matches, passes)


def test_recipes_from_before_tones_match_patches():
    old = {"method": "harmonize", "layers": [STYLE]}
    assert Recipe.from_mapping(old).matches == "patches"
    assert Recipe.from_mapping({**old, "matches": "tones"}).matches == "tones"


@pytest.mark.parametrize("options", [{}, {"matches": "tones"}, {"matches": "patches"}, {"passes": 1}])
def test_a_recipe_that_is_written_matches_as_before(options):
    recipe = Recipe.from_options(style="a.png", method="harmonize", **options)
    text = recipe.to_toml()
    found = Recipe.from_toml(text)
    assert found == recipe
    assert found.matches == ("patches" if "passes" in options else options.get("matches", "tones"))
    # Written once more, it is the same.
    assert found.to_toml() == text
