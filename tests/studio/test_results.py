"""Results: shown, removed; their settings come back."""

import io
import zipfile

import numpy as np
from helpers import texture
from studio_page import png

from sfumato import images
from sfumato.recipe import Recipe


def test_settings_of_a_result_come_back(open_page):
    open_page.colors(region="rect(20, 10, 60, 50)", strength=0.5, name="window")
    open_page.stroke(np.full((8, 8), 120, np.uint8), 0, 0)
    before, mask = open_page.state, open_page.mask()
    result = open_page.painted()["results"][0]["id"]
    open_page.stroke(np.full((64, 80), 255, np.uint8), 0, 0)
    open_page.change(strength=1, name="other")
    open_page.ask("PATCH", "settings", json={"preset": "fine", "options": {}})
    open_page.ask("DELETE", f"styles/{open_page.state['styles'][0]['id']}")
    after = open_page.ask("POST", f"results/{result}/restore").json()
    assert after["settings"] == before["settings"]
    assert after["styles"] == before["styles"]
    computed = {"mask_version", "can_undo"}
    assert {k: v for k, v in after["layers"][0].items() if k not in computed} == {
        k: v for k, v in before["layers"][0].items() if k not in computed
    }
    np.testing.assert_array_equal(open_page.mask(), mask)
    assert open_page.painted()["results"][0]["name"] == "photo-style.png"


def test_the_photo_of_a_result_comes_back_too(open_page):
    open_page.colors()
    open_page.stroke(np.full((8, 8), 120, np.uint8), 0, 0)
    result = open_page.painted()["results"][0]["id"]
    mask = open_page.mask()
    open_page.photo(png(texture(50, 70)), name="other.png")
    state = open_page.ask("POST", f"results/{result}/restore").json()
    assert (state["photo"]["name"], state["photo"]["width"]) == ("photo.png", 80)
    assert state["layers"][0]["region"] == "mask1.png"
    np.testing.assert_array_equal(open_page.mask(), mask)
    assert open_page.ask("GET", "photo/original").content == png(texture(64, 80, seed=1))


def test_a_style_that_comes_back_takes_no_other_ones_place(page):
    first, second = (png(texture(48, 64, seed=seed)) for seed in (5, 6))
    page.photo()
    style = page.style(first, name="same.png")
    page.settled()
    page.colors(region="rect(20, 10, 60, 50)")
    result = page.painted()["results"][0]["id"]
    page.ask("DELETE", f"styles/{style}")
    other = page.style(second, name="same.png")
    state = page.ask("POST", f"results/{result}/restore").json()
    shown = {each["id"]: each["name"] for each in state["styles"]}
    assert (shown[style], shown[other]) == ("same.png", "same-2.png")
    assert state["layers"][0]["styles"][0]["style"] == style


def test_a_result_that_is_dropped_in_gives_everything_back(open_page):
    open_page.colors(region="rect(20, 10, 60, 50)", name="window")
    before = open_page.state
    content = open_page.ask("GET", f"results/{open_page.painted()['results'][0]['id']}/picture").content
    open_page.change(region="all", name="other")
    after = open_page.photo(content, params={"settings": "1"})
    assert after["photo"] == before["photo"]
    assert (after["layers"][0]["name"], after["layers"][0]["region"]) == ("window", "rect(20, 10, 60, 50)")


def test_a_result_of_elsewhere_gives_its_recipe_back(page, tmp_path):
    recipe = Recipe.from_options(
        style="night.png",
        region="rect(0, 0, 50%, 50%)",
        preset="draft",
        size=300,
        iterations="9,8",
        seed=4,
        strength=0.5,
    )
    mixed = recipe.model_copy(update={"layers": (*recipe.layers, Recipe.from_options(style="x/gone.png").layers[0])})
    place = tmp_path / "made.png"
    images.save(images.from_array(texture(64, 80)), place, recipe=mixed.to_toml())
    state = page.photo(place.read_bytes(), name="made.png", params={"settings": "1"})
    page.settled()
    assert state["photo"]["name"] == "made.png"
    top, bottom = state["layers"]
    assert (top["region"], top["strength"], top["method"]) == ("rect(0, 0, 50%, 50%)", 0.5, "optimized")
    assert [style["style"] for style in top["styles"]] == ["builtin-night"]
    assert bottom["styles"] == []
    assert state["notes"][-1] == "the style gone.png is not here; add it to the gallery and choose it"
    expected = {"preset": "draft", "size": 300, "seed": 4, "segmenter": "auto", "options": {"iterations": "9,8"}}
    assert state["settings"] == expected


def test_a_surface_of_elsewhere_comes_back(page, tmp_path):
    corners = [10, 8, 70, 12, 66, 58, 8, 50]
    recipe = Recipe.from_options(style="night.png", method="fast", corners=corners)
    images.save(images.from_array(texture(64, 80)), tmp_path / "made.png", recipe=recipe.to_toml())
    state = page.photo((tmp_path / "made.png").read_bytes(), params={"settings": "1"})
    page.settled()
    assert state["panel"]["mode"] == "surface"
    assert state["panel"]["corners"] == corners
    assert state["layers"][0]["method"] == "fast"


def test_a_harmonized_picture_of_elsewhere_is_refused(open_page, tmp_path):
    recipe = Recipe.from_options(style="a.png", method="harmonize")
    images.save(images.from_array(texture(64, 80)), tmp_path / "made.png", recipe=recipe.to_toml())
    content = (tmp_path / "made.png").read_bytes()
    line = open_page.refused("PUT", "photo", params={"settings": "1"}, content=content)
    assert "the method harmonize, whose settings cannot be taken over" in line


def test_settings_that_cannot_be_taken_over_bring_no_photo_either(page, tmp_path):
    recipe = Recipe.from_options(style="a.png", method="harmonize")
    images.save(images.from_array(texture(64, 80)), tmp_path / "made.png", recipe=recipe.to_toml())
    page.refused("PUT", "photo", params={"settings": "1"}, content=(tmp_path / "made.png").read_bytes())
    assert page.state["photo"] is None


def test_a_photo_without_a_recipe_is_a_photo(open_page):
    assert open_page.photo(png(texture(50, 50)), params={"settings": "1"})["photo"]["width"] == 50


def test_results_are_shown_and_removed(open_page, tmp_path):
    open_page.colors()
    open_page.painted()
    first, second = (result["id"] for result in open_page.painted()["results"])
    assert open_page.ask("GET", f"results/{first}/screen.jpg").headers["content-type"] == "image/jpeg"
    state = open_page.ask("DELETE", f"results/{first}").json()
    assert [result["id"] for result in state["results"]] == [second]
    assert [path.name for path in (tmp_path / "sessions").glob("*/results/*")] == [second]
    for method, place in (("GET", "picture"), ("GET", "command"), ("GET", "bundle.zip"), ("POST", "restore")):
        assert "no result" in open_page.refused(method, f"results/{first}/{place}", 404)
    open_page.ask("DELETE", f"results/{second}")
    assert "no result yet" in open_page.refused("GET", "bundle.zip", 404)


def test_a_mask_that_was_hidden_comes_back_as_it_was(open_page, tmp_path):
    open_page.colors(region="rect(20, 10, 60, 50)")
    open_page.ask("POST", "layers", json={"name": "hidden"})
    open_page.stroke(np.full((8, 8), 120, np.uint8), 0, 0)
    hidden, mask = open_page.change(on=False)["id"], open_page.mask()
    result = open_page.painted()["results"][0]["id"]
    open_page.stroke(np.full((64, 80), 255, np.uint8), 0, 0)
    open_page.ask("DELETE", f"layers/{hidden}")
    assert not list((tmp_path / "sessions").glob("*/files/mask1.png"))
    open_page.ask("POST", f"results/{result}/restore")
    np.testing.assert_array_equal(open_page.mask(), mask)
    names = zipfile.ZipFile(io.BytesIO(open_page.ask("GET", f"results/{result}/bundle.zip").content)).namelist()
    assert "mask1.png" not in names  # which the command does not need
