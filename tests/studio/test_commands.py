"""The command of a result makes the same bytes."""

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


def test_a_photo_layer(open_page, again):
    open_page.colors(region="rect(20, 10, 60, 50)", strength=0.5, feather=3)
    open_page.painted()
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
    page.painted()
    assert "mask1.png" in again(page)


def test_an_optimized_layer(open_page, again, vgg):
    open_page.ask("PATCH", "settings", json={"preset": "draft", "size": 64, "seed": 3, "options": SHALLOW})
    open_page.change(region="rect(20, 10, 60, 50)", content_weight=0.3, blend="smooth", color="luminance")
    open_page.painted()
    line = again(open_page)
    assert line.startswith("sfumato apply photo.png --style style.png --region 'rect(20, 10, 60, 50)' --preset draft")
    assert "--seed 3" in line


def test_several_layers_are_a_recipe(open_page, again, vgg):
    open_page.ask("PATCH", "settings", json={"preset": "draft", "size": 64, "options": SHALLOW})
    open_page.change(region="rect(0, 0, 40, 64)", styles=[{"style": "builtin-night", "scale": 0.5, "weight": 2}])
    open_page.ask("POST", "layers", json={"region": "rect(40, 0, 80, 64)"})
    open_page.painted()
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
    open_page.painted()
    assert "--style style.png:0.7 --style night.png:0.3 --region subject" in again(open_page)


def test_layers_of_different_methods_are_painted_one_after_the_other(open_page, again, arbitrary):
    open_page.ask("PATCH", "settings", json={"preset": "draft", "size": 64, "options": COLORS})
    open_page.change(method="fast", region="rect(0, 0, 50, 64)")
    open_page.ask(
        "POST", "layers", json={"method": "photo", "region": "flood(70, 30, tolerance=40) | rect(50, 0, 80, 64)"}
    )
    state = open_page.painted()
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
    state = open_page.painted()
    again(open_page)
    recipe = Recipe.from_toml(open_page.ask("GET", f"results/{state['results'][0]['id']}/recipe.toml").text)
    assert [layer.region for layer in recipe.layers] == ["rect(0, 0, 40, 64)", "all - rect(0, 0, 40, 64)"]
    open_page.change(region="all")
    state = open_page.painted()
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
    open_page.painted("look")
    open_page.painted()
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
    page.painted("look")
    page.painted()
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
    (result,) = page.painted()["results"]
    assert (result["name"], result["method"]) == ("cup-painting.png", "paste")
    assert again(page).endswith("-o cup-painting.png --mask cup-painting.mask.png")
    assert page.ask("GET", f"results/{result['id']}/recipe.toml").text == ""


def test_a_reference(open_page, again):
    style = open_page.state["styles"][0]["id"]
    open_page.ask("PATCH", "settings", json={"options": {"transfer": "linear"}})
    open_page.ask("PATCH", "panel", json={"mode": "photo", "reference": {"style": style, "semantic": "none"}})
    open_page.change(region="rect(20, 10, 60, 50)", strength=0.8)
    open_page.painted("look")
    open_page.painted()
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
    page.painted()
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
    response = page.ask("GET", f"results/{page.painted()['results'][0]['id']}/picture")
    assert f"photo-style.{made}" in response.headers["content-disposition"]


# ---- the command by itself


def test_what_options_cannot_say_is_read_from_the_recipe():
    recipe = Recipe.from_mapping({"version": 1, "layers": [{"styles": [{"image": "a.png", "layers": ["relu1_1"]}]}]})
    assert command(recipe, "p.png", "out.png", "r.toml") == "sfumato run r.toml -o out.png"


def test_a_part_of_a_style_is_read_from_the_recipe(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    recipe = Recipe.from_options(style="a.png@subject", scale=0.5, iterations="5,4")
    assert command(recipe, "p.png", "out.png", "r.toml") == "sfumato run r.toml -o out.png"
    assert Path("a.png").exists() is False
