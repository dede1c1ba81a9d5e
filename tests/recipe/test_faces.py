"""Whether faces are kept, as a recipe says it."""

import pytest

from sfumato.errors import RecipeError
from sfumato.recipe import PRESETS, Recipe


@pytest.mark.parametrize("preset", PRESETS)
def test_faces_are_kept_unless_a_style_is_taken_whole(preset):
    recipe = Recipe.from_options(style="a.jpg", preset=preset)
    assert (recipe.faces, recipe.face_weight) == ("keep", 1)
    assert Recipe.from_options(style="a.jpg", preset=preset, style_share="whole").faces == "off"
    assert Recipe.from_options(style="a.jpg", preset=preset, faces="soft").faces == "soft"


@pytest.mark.parametrize("faces", ["keep", "soft"])
def test_a_style_that_is_taken_whole_keeps_no_faces(faces):
    with pytest.raises(RecipeError, match=f"faces {faces} needs style_share matched; with whole, set faces off"):
        Recipe.from_options(style="a.jpg", style_share="whole", faces=faces)
    assert Recipe.from_options(style="a.jpg", style_share="whole", faces="off").faces == "off"


def test_the_command_line_says_it_in_one_line(sfumato, here):
    done = sfumato("apply", "photo.png", "-s", "style.png", "--style-share", "whole", "--faces", "keep")
    assert done.code == 2
    assert "faces keep needs style_share matched" in " ".join(done.err.split())
    assert not (here / "photo-style.png").exists()


def test_recipes_from_before_keep_no_faces():
    data = {"layers": [{"styles": [{"image": "a.jpg"}]}]}
    assert Recipe.from_mapping(data).faces == "off"
    assert Recipe.from_mapping({"version": 1, **data}).faces == "keep"


def test_no_other_method_knows_of_faces():
    with pytest.raises(RecipeError, match="faces"):
        Recipe.from_options(style="a.jpg", method="naive", faces="keep")


@pytest.mark.parametrize(("field", "value"), [("faces", "never"), ("face_weight", -1), ("face_weight", 101)])
def test_what_cannot_be(field, value):
    with pytest.raises(RecipeError, match=field):
        Recipe.from_options(style="a.jpg", **{field: value})
