"""Results: the command makes the same bytes, settings come back."""

import io
import shlex
import zipfile
from pathlib import Path

import numpy as np
import pytest
from helpers import texture
from studio_page import COLORS, SHALLOW, deep_png, png

from sfumato import images
from sfumato.errors import listening
from sfumato.recipe import Recipe
from sfumato.studio.command import command


@pytest.fixture
def again(sfumato, tmp_path, monkeypatch):
    """Unpack the bundle of a page's latest result elsewhere, and run its command there; return the command."""

    def run(page):
        result = page.state["results"][0]
        line = page.ask("GET", f"results/{result['id']}/command").text
        place = tmp_path / f"bundle {result['id']}"
        place.mkdir()
        bundle = page.ask("GET", f"results/{result['id']}/bundle.zip").content
        assert page.ask("GET", "bundle.zip").content == bundle
        with zipfile.ZipFile(io.BytesIO(bundle)) as packed:
            packed.extractall(place)
        assert (place / "command.txt").read_text("utf-8") == line + "\n"
        monkeypatch.chdir(place)
        for part in line.split(" && "):
            words = shlex.split(part)
            assert words[0] == "sfumato"
            done = sfumato(*words[1:])
            assert done.code == 0, done.err
        made = (place / result["name"]).read_bytes()
        assert made == page.ask("GET", f"results/{result['id']}/picture").content
        return line

    return run


def painted(page, kind="paint"):
    state = page.job(kind)
    assert (state["job"]["state"], state["job"]["error"]) == ("done", None)
    return state


def test_a_photo_layer(open_page, again):
    open_page.colors(region="rect(20, 10, 60, 50)", strength=0.5, feather=3)
    painted(open_page)
    assert again(open_page) == (
        "sfumato photo photo.png --reference style.png --region 'rect(20, 10, 60, 50)' --strength 0.5"
        " --feather 3.0 --semantic none --transfer reinhard -o photo-style.png"
    )


def test_a_painted_mask_a_16_bit_photo_and_odd_names(page, again, tmp_path):
    page.photo(deep_png(tmp_path, 64, 80), name="it's my photo.png")
    page.style(name="a style's.png")
    page.settled()
    page.colors()
    page.point("clear")
    page.stroke(np.linspace(0, 255, 400).astype(np.uint8).reshape(20, 20), 30, 20)
    painted(page)
    assert "mask1.png" in again(page)


def test_an_optimized_layer(open_page, again, vgg):
    open_page.ask("PATCH", "settings", json={"preset": "draft", "size": 64, "seed": 3, "options": SHALLOW})
    open_page.change(region="rect(20, 10, 60, 50)", content_weight=0.3, blend="smooth", color="luminance")
    painted(open_page)
    line = again(open_page)
    assert line.startswith("sfumato apply photo.png --style style.png --region 'rect(20, 10, 60, 50)' --preset draft")
    assert "--seed 3" in line


def test_several_layers_are_a_recipe(open_page, again, vgg):
    open_page.ask("PATCH", "settings", json={"preset": "draft", "size": 64, "options": SHALLOW})
    open_page.change(region="rect(0, 0, 40, 64)", styles=[{"style": "builtin-night", "scale": 0.5, "weight": 2}])
    open_page.ask("POST", "layers", json={"region": "rect(40, 0, 80, 64)"})
    painted(open_page)
    assert again(open_page) == "sfumato run recipe.toml -o photo-style.png"


def test_the_subject_and_mixed_styles(open_page, again, vgg, u2netp):
    values = np.full((64, 80, 3), 204, np.uint8) + texture(64, 80) // 16
    values[20:44, 20:60] = 230, 26, 26
    open_page.photo(png(values))
    open_page.settled()
    open_page.ask("PATCH", "settings", json={"preset": "draft", "size": 64, "options": SHALLOW})
    style = open_page.state["styles"][0]["id"]
    open_page.change(
        region="subject", styles=[{"style": style, "weight": 0.7}, {"style": "builtin-night", "weight": 0.3}]
    )
    painted(open_page)
    assert "--style style.png:0.7 --style night.png:0.3 --region subject" in again(open_page)


def test_layers_of_different_methods_are_painted_one_after_the_other(open_page, again, arbitrary):
    open_page.ask("PATCH", "settings", json={"preset": "draft", "size": 64, "options": COLORS})
    open_page.change(method="fast", region="rect(0, 0, 50, 64)")
    open_page.ask(
        "POST", "layers", json={"method": "photo", "region": "flood(70, 30, tolerance=40) | rect(50, 0, 80, 64)"}
    )
    state = painted(open_page)
    line = again(open_page)
    assert line.count(" && ") == 1
    assert "--method fast" in line.split(" && ")[0]
    assert line.split(" && ")[1].startswith("sfumato photo photo-style-step1.png --reference")
    assert len(state["results"]) == 1
    # The region of the second looks at the photo, not at what was painted.
    assert "stage2-" in line


def test_an_upper_layer_covers_a_lower_one(open_page, again, arbitrary):
    open_page.ask("PATCH", "settings", json={"preset": "draft", "size": 64})
    open_page.change(method="fast", region="all")
    open_page.ask("POST", "layers", json={"method": "fast", "region": "rect(0, 0, 40, 64)"})
    state = painted(open_page)
    again(open_page)
    recipe = Recipe.from_toml(open_page.ask("GET", f"results/{state['results'][0]['id']}/recipe.toml").text)
    assert [layer.region for layer in recipe.layers] == ["rect(0, 0, 40, 64)", "all - rect(0, 0, 40, 64)"]
    open_page.change(region="all")
    state = painted(open_page)
    assert state["notes"][-1] == "the layer 'Layer 1' is hidden by the layers above it"
    recipe = Recipe.from_toml(open_page.ask("GET", f"results/{state['results'][0]['id']}/recipe.toml").text)
    assert [layer.region for layer in recipe.layers] == ["all"]


def test_a_surface(open_page, again, arbitrary):
    open_page.ask("PATCH", "settings", json={"preset": "draft", "size": 64})
    open_page.ask("PATCH", "panel", json={"mode": "surface"})
    open_page.change(method="fast")
    for kind in ("paint", "look"):
        assert "no corners yet" in open_page.job(kind)["job"]["error"]
    open_page.ask("PATCH", "panel", json={"corners": [10, 8, 70, 12, 66, 58, 8, 50]})
    painted(open_page, "look")
    painted(open_page)
    assert "sfumato surface photo.png" in again(open_page)


def test_a_pasted_object(page, again, vgg):
    page.photo(png(texture(96, 128, seed=3)), name="painting.png")
    page.settled()
    thing = np.full((60, 60, 3), 128, np.uint8)
    thing[15:45, 15:45] = 200, 40, 30
    cup = page.style(png(thing), name="cup.png")
    options = {**SHALLOW, "content_layer": "relu2_1"}
    page.ask("PATCH", "settings", json={"preset": "draft", "size": 64, "options": options})
    placed = {
        "style": cup,
        "x": 60,
        "y": 50,
        "scale": 0.4,
        "angle": 10,
        "region": "rect(15, 15, 45, 45)",
        "painterly": 2,
    }
    page.ask("PATCH", "panel", json={"mode": "paste", "object": placed})
    painted(page, "look")
    painted(page)
    line = again(page)
    assert line.startswith(
        "sfumato paste cup.png painting.png --region 'rect(15, 15, 45, 45)' --at 60.0,50.0 --scale 0.4"
    )
    assert " && sfumato harmonize cup-painting.png --painting painting.png --mask " in line


def test_a_pasted_object_may_stay_as_it_is(page, again):
    page.photo(png(texture(96, 128, seed=3)), name="painting.png")
    cup = page.style(png(texture(60, 60, seed=8)), name="cup.png")
    page.settled()
    placed = {"style": cup, "x": 60, "y": 50, "scale": 0.4, "region": "rect(15, 15, 45, 45)", "harmonize": False}
    page.ask("PATCH", "panel", json={"mode": "paste", "object": placed})
    (result,) = painted(page)["results"]
    assert (result["name"], result["method"]) == ("cup-painting.png", "paste")
    assert again(page).endswith("-o cup-painting.png --mask cup-painting.mask.png")
    assert page.ask("GET", f"results/{result['id']}/recipe.toml").text == ""


def test_a_reference(open_page, again):
    style = open_page.state["styles"][0]["id"]
    open_page.ask("PATCH", "settings", json={"options": {"transfer": "linear"}})
    open_page.ask("PATCH", "panel", json={"mode": "photo", "reference": {"style": style, "semantic": "none"}})
    open_page.change(region="rect(20, 10, 60, 50)", strength=0.8)
    painted(open_page, "look")
    painted(open_page)
    line = again(open_page)
    assert line.startswith("sfumato photo photo.png --reference style.png --region 'rect(20, 10, 60, 50)'")


def test_a_style_that_is_called_like_the_result(page, again):
    page.photo(name="a.png")
    page.style(name="a-b.png")
    page.style(name="b.png")
    page.settled()
    both = [{"style": style["id"]} for style in page.state["styles"][:2]]
    page.ask("PATCH", "settings", json={"options": COLORS})
    page.change(method="photo", styles=both[:1])
    page.ask("POST", "layers", json={"method": "photo", "region": "rect(0, 0, 9, 9)", "styles": both[1:]})
    painted(page)
    again(page)


@pytest.mark.parametrize(("suffix", "made"), [("tif", "tif"), ("webp", "webp"), ("jpg", "png")])
def test_the_format_is_kept_where_it_keeps_all_bytes(page, tmp_path, suffix, made):
    place = tmp_path / f"photo.{suffix}"
    with listening(lambda message: None):
        images.save(images.from_array(texture(64, 80)), place, quality=90)
    page.photo(place.read_bytes(), name=place.name)
    page.style()
    page.settled()
    page.colors()
    response = page.ask("GET", f"results/{painted(page)['results'][0]['id']}/picture")
    assert f"photo-style.{made}" in response.headers["content-disposition"]


# ---- settings come back


def test_settings_of_a_result_come_back(open_page):
    open_page.colors(region="rect(20, 10, 60, 50)", strength=0.5, name="window")
    open_page.stroke(np.full((8, 8), 120, np.uint8), 0, 0)
    before, mask = open_page.state, open_page.mask()
    result = painted(open_page)["results"][0]["id"]
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
    assert painted(open_page)["results"][0]["name"] == "photo-style.png"


def test_the_photo_of_a_result_comes_back_too(open_page):
    open_page.colors()
    open_page.stroke(np.full((8, 8), 120, np.uint8), 0, 0)
    result = painted(open_page)["results"][0]["id"]
    mask = open_page.mask()
    open_page.photo(png(texture(50, 70)), name="other.png")
    state = open_page.ask("POST", f"results/{result}/restore").json()
    assert (state["photo"]["name"], state["photo"]["width"]) == ("photo.png", 80)
    assert state["layers"][0]["region"] == "mask1.png"
    np.testing.assert_array_equal(open_page.mask(), mask)
    assert open_page.ask("GET", "photo/original").content == png(texture(64, 80, seed=1))


def test_a_result_that_is_dropped_in_gives_everything_back(open_page):
    open_page.colors(region="rect(20, 10, 60, 50)", name="window")
    before = open_page.state
    content = open_page.ask("GET", f"results/{painted(open_page)['results'][0]['id']}/picture").content
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


def test_a_photo_without_a_recipe_is_a_photo(open_page):
    assert open_page.photo(png(texture(50, 50)), params={"settings": "1"})["photo"]["width"] == 50


def test_results_are_shown_and_removed(open_page, tmp_path):
    open_page.colors()
    painted(open_page)
    first, second = (result["id"] for result in painted(open_page)["results"])
    assert open_page.ask("GET", f"results/{first}/screen.jpg").headers["content-type"] == "image/jpeg"
    state = open_page.ask("DELETE", f"results/{first}").json()
    assert [result["id"] for result in state["results"]] == [second]
    assert [path.name for path in (tmp_path / "sessions").glob("*/results/*")] == [second]
    for method, place in (("GET", "picture"), ("GET", "command"), ("GET", "bundle.zip"), ("POST", "restore")):
        assert "no result" in open_page.refused(method, f"results/{first}/{place}", 404)
    open_page.ask("DELETE", f"results/{second}")
    assert "no result yet" in open_page.refused("GET", "bundle.zip", 404)


# ---- the command by itself


def test_what_options_cannot_say_is_read_from_the_recipe():
    recipe = Recipe.from_mapping({"version": 1, "layers": [{"styles": [{"image": "a.png", "layers": ["relu1_1"]}]}]})
    assert command(recipe, "p.png", "out.png", "r.toml") == "sfumato run r.toml -o out.png"


def test_a_part_of_a_style_is_read_from_the_recipe(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    recipe = Recipe.from_options(style="a.png@subject", scale=0.5, iterations="5,4")
    assert command(recipe, "p.png", "out.png", "r.toml") == "sfumato run r.toml -o out.png"
    assert Path("a.png").exists() is False
