"""Which network layers the last of several sizes looks at, by preset."""

import tomllib

import pytest

from sfumato.errors import RecipeError
from sfumato.recipe import PRESETS, Recipe

PLAIN = {"version": 1, "layers": [{"styles": [{"image": "a.jpg"}]}]}


def layers(**options):
    return Recipe.from_options(style="a.jpg", **options).last_layers


def test_the_preset_normal_leaves_the_last_size_to_shallow_layers():
    assert layers() == layers(preset="normal") == layers(iterations=None) == "shallow"
    assert Recipe.from_mapping(PLAIN).last_layers == "shallow"
    assert layers(preset="draft") == layers(preset="fine") == "all"


@pytest.mark.parametrize("preset", PRESETS)
def test_where_iterations_are_given_all_layers_count(preset):
    assert layers(preset=preset, iterations="40,24") == "all"
    assert Recipe.from_mapping({**PLAIN, "preset": preset, "iterations": [40, 24]}).last_layers == "all"


@pytest.mark.parametrize("preset", PRESETS)
def test_a_region_that_takes_all_of_a_style_takes_it_from_all_layers(preset):
    assert layers(preset=preset, style_share="whole") == "all"


@pytest.mark.parametrize("given", ["all", "shallow"])
@pytest.mark.parametrize("options", [{}, {"iterations": "40,24"}, {"style_share": "whole"}, {"preset": "draft"}])
def test_what_is_given_counts(given, options):
    assert layers(last_layers=given, **options) == given


@pytest.mark.parametrize("options", [{}, {"preset": "fine"}, {"style_share": "whole"}])
def test_a_recipe_written_before_this_option_reads_as_all(options):
    """They have a version, and all other fields."""
    recipe = Recipe.from_options(style="a.jpg", last_layers="shallow", **options)
    lines = recipe.to_toml().splitlines()
    before = [line for line in lines if not line.startswith("last_layers")]
    assert len(before) == len(lines) - 1
    found = Recipe.from_toml("\n".join(before))
    assert found == recipe.model_copy(update={"last_layers": "all"})
    assert tomllib.loads(found.to_toml()) == {**tomllib.loads(recipe.to_toml()), "last_layers": "all"}


@pytest.mark.parametrize("given", ["deep", "", 3, None, True])
def test_what_is_no_choice_is_refused(given):
    with pytest.raises(RecipeError, match="last_layers") as error:
        Recipe.from_mapping({**PLAIN, "last_layers": given})
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("method", ["naive", "fast", "harmonize", "photo"])
def test_other_methods_have_no_such_choice(method):
    with pytest.raises(RecipeError, match=r"last_layers.* localized"):
        layers(method=method, last_layers="shallow")
