"""Files of a recipe are named as seen from the recipe, or from the picture that carries it."""

import tomllib
from pathlib import Path

import numpy as np
import pytest
from helpers import read
from PIL import Image

from sfumato import images
from sfumato.methods.recipe_files import files_of, seen_from
from sfumato.recipe import Recipe


@pytest.fixture
def mask(here):
    values = np.zeros((64, 80), np.uint8)
    values[16:48, 20:60] = 255
    (here / "masks").mkdir()
    Image.fromarray(values).save("masks/my mask.png")
    return '"masks/my mask.png" & rect(0, 0, 50%, 100%)'


def test_a_saved_recipe_is_read_from_its_own_folder(apply, sfumato, mask, here, monkeypatch):
    (here / "recs").mkdir()
    assert apply("--save-recipe", "recs/r.toml", region=mask)[::2] == (0, "")
    made = read("out.png")
    data = tomllib.loads(Path("recs/r.toml").read_text())
    assert (data["photo"], data["output"]) == ("../photo.png", "../out.png")
    assert data["layers"][0]["styles"][0]["image"] == "../style.png"
    assert data["layers"][0]["region"] == '"../masks/my mask.png" & rect(0, 0, 50%, 100%)'
    Path("out.png").unlink()
    monkeypatch.chdir("recs")
    # A file of the same name beside the reader is not the recipe's.
    Image.new("RGB", (64, 48), (9, 9, 9)).save("../recs/style.png")
    assert sfumato("run", "r.toml")[::2] == (0, "")
    np.testing.assert_array_equal(read("../out.png"), made)


def test_a_picture_is_replayed_from_elsewhere(apply, sfumato, mask, here, monkeypatch):
    (here / "results").mkdir()
    (here / "elsewhere").mkdir()
    assert apply(region=mask, output="results/out.png")[::2] == (0, "")
    recipe = Recipe.from_toml(images.read_recipe("results/out.png"))
    assert recipe.layers[0].region == '"../masks/my mask.png" & rect(0, 0, 50%, 100%)'
    assert recipe.layers[0].styles[0].image == "../style.png"
    monkeypatch.chdir("elsewhere")
    assert sfumato("replay", "../results/out.png", "../photo.png", "-o", "again.png")[::2] == (0, "")
    np.testing.assert_array_equal(read("again.png"), read("../results/out.png"))


def test_a_recipe_beside_its_files_is_as_it_was_typed(apply, here):
    assert apply(region="rect( 1,1, 40, 50%)").code == 0
    made_by = Recipe.from_toml(images.read_recipe("out.png"))
    assert made_by.layers[0].region == "rect( 1,1, 40, 50%)"
    assert made_by.layers[0].styles[0].image == "style.png"


def test_the_places_that_were_looked_in_are_named(sfumato, here):
    (here / "recs").mkdir()
    Path("recs/r.toml").write_text('photo = "p.png"\n[[layers]]\nstyles = [{ image = "s.png" }]\n')
    missing = "no such file; looked in recs and the current folder\n"
    assert sfumato("run", "recs/r.toml").err == f"sfumato: p.png: {missing}"
    assert sfumato("run", "recs/r.toml", "photo.png").err == f"sfumato: s.png: {missing}"
    Path("recs/r.toml").write_text('[[layers]]\nregion = "m.png"\nstyles = [{ image = "style.png" }]\n')
    err = sfumato("run", "recs/r.toml", "photo.png").err
    assert f"mask file 'm.png' is not there: looked in {str(here / 'recs')!r} and {str(here)!r}" in err


@pytest.mark.parametrize(("name", "value"), [("photo", 3), ("output", ""), ("photo", ["a.png"])])
def test_names_that_are_no_names(sfumato, here, name, value):
    Path("r.toml").write_text(f'{name} = {value!r}\n[[layers]]\nstyles = [{{ image = "style.png" }}]\n')
    done = sfumato("run", "r.toml", "photo.png")
    assert (done.code, done.out) == (2, "")
    assert done.err == f"sfumato: r.toml: {name} should be a file's name, got {value!r}\n"


def test_all_files_of_a_recipe_are_renamed(here, mask):
    for name in ("a.png", "b.png", "map.png"):
        Image.new("RGB", (8, 8)).save(name)
    recipe = Recipe.from_mapping(
        {
            "method": "photo",
            "labels": "a.png",
            "reference_labels": str(here / "b.png"),
            "layers": [
                {
                    "region": f'painted(map.png, "map.png") - {mask} | ~none.png',
                    "styles": [{"image": "style.png", "mask": "grow(a.png, 3)"}],
                }
            ],
        }
    )
    moved = seen_from(recipe, here / "deep" / "er")
    assert (moved.labels, moved.reference_labels) == ("../../a.png", str(here / "b.png"))
    (layer,) = moved.layers
    region = 'painted("../../map.png", "map.png") - "../../masks/my mask.png" & rect(0, 0, 50%, 100%) | ~"none.png"'
    assert layer.region == region
    assert layer.styles[0].mask == 'grow("../../a.png", 3)'
    assert layer.styles[0].image == "../../style.png"
    assert [path.name for path in files_of(recipe)] == [
        "a.png",
        "b.png",
        "map.png",
        "my mask.png",
        "style.png",
        "a.png",
    ]
    assert seen_from(recipe, here) == recipe


def test_the_largest_picture_counts_for_styles_and_masks(apply, sfumato, here):
    for name in ("photo", "style"):
        with Image.open(f"{name}.png") as image:
            width, height = image.size
        Image.new("L", (20 * width, 20 * height), 255).save(f"large-{name}.png")
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (1000, 1100, 3), np.uint8)).save("style2.png")
    for arguments in ({"style": "style2.png"}, {"region": "large-photo.png"}, {"style": "style.png@large-style.png"}):
        done = apply("--max-megapixels", 1, **arguments)
        assert (done.code, done.out) == (2, "")
        advice = "and the limit is 1; make it smaller, or allow more megapixels (--max-megapixels)"
        assert advice in done.err
    done = sfumato("regions", "style2.png", "-r", "all", "--max-megapixels", 1)
    assert done.err.endswith("or allow more megapixels (--max-megapixels)\n")
    done = sfumato("paste", "style.png", "style2.png", "-r", "all", "--max-megapixels", 1)
    assert done.err.endswith("or allow more megapixels (--max-megapixels)\n")


def test_an_option_is_not_advised_where_there_is_none(sfumato, here):
    (here / "photos").mkdir()
    with images.at_most(1000):
        done = sfumato("train", "-s", "style.png", "--photos", "photos")
    assert done.err.endswith("make it smaller, or allow more megapixels\n")


def test_corners_say_how_many_numbers_there_are(sfumato, here):
    done = sfumato("partial", "photo.png", "-s", "style.png", "--corners", "1,2,3,4,5,6")
    assert done.err == "sfumato: corners: should have at least 8 values, not 6, got ('1', '2', '3', '4', '5', '6')\n"
