"""Layers and settings are changed, ordered and checked; styles come and go."""

import io
import secrets

import numpy as np
import pytest
from helpers import texture
from PIL import Image
from studio_page import png


def names(page):
    return [layer["name"] for layer in page.state["layers"]]


def test_layers_are_added_on_top_named_ordered_and_removed(open_page):
    open_page.ask("POST", "layers", json={"name": "sky", "region": "rect(0, 0, 100%, 50%)", "strength": 0.5})
    assert names(open_page) == ["sky", "Layer 1"]
    top, bottom = open_page.state["layers"]
    assert (top["strength"], top["coverage"]) == (0.5, 0.5)
    copy = open_page.ask("POST", "layers", json={**top, "name": "copy"}).json()["layers"][0]
    assert copy["id"] not in (top["id"], bottom["id"])
    assert (copy["region"], copy["strength"]) == (top["region"], 0.5)
    open_page.ask("PUT", "layers/order", json=[bottom["id"], copy["id"], top["id"]])
    assert names(open_page) == ["Layer 1", "copy", "sky"]
    open_page.ask("DELETE", f"layers/{copy['id']}")
    assert names(open_page) == ["Layer 1", "sky"]
    open_page.refused("DELETE", f"layers/{copy['id']}", 404)
    assert "each layer once" in open_page.refused("PUT", "layers/order", json=[top["id"]])
    assert "each layer once" in open_page.refused("PUT", "layers/order", json=3)


def test_an_id_that_looks_like_a_number(page, monkeypatch):
    monkeypatch.setattr(secrets, "token_hex", lambda count: "12345678")
    page.ask("POST", "layers")
    assert len(page.ask("PUT", "layers/order", json=[12345678]).json()["layers"]) == 1


def test_a_removed_layer_takes_its_mask_along(open_page, tmp_path):
    open_page.stroke(np.zeros((8, 8), np.uint8), 0, 0)
    open_page.ask("DELETE", f"layers/{open_page.layer['id']}")
    assert open_page.state["layers"] == []
    assert not list((tmp_path / "sessions").rglob("mask1.png"))


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"strength": 2}, "strength: input should be less than or equal to 1, got 2"),
        ({"strength": True}, "strength: should not be true or false, got True"),
        ({"on": "maybe"}, "on: input should be a valid boolean"),
        ({"blend": "glue"}, "blend: input should be 'feather', 'mrf', 'smooth' or 'poisson', got 'glue'"),
        ({"name": ""}, "name: string should have at least 1 character"),
        ({"styles": [{"style": "a", "weight": 0}]}, "styles.0.weight: input should be greater than 0, got 0"),
        ({"nonsense": 1}, "nonsense: extra inputs are not permitted"),
        ([1], "a command should be a JSON object"),
    ],
)
def test_what_is_out_of_range_is_refused_and_changes_nothing(open_page, changes, line):
    before = open_page.layer
    assert line in open_page.refused("PATCH", f"layers/{before['id']}", json=changes)
    assert open_page.layer == before


def test_one_bad_value_refuses_all(open_page):
    open_page.stroke(np.full((8, 8), 255, np.uint8), 0, 0)
    place, before = f"layers/{open_page.layer['id']}", open_page.state
    for region, line in (("subject |", "subject |"), (" ", "the region is empty"), (7, "the region is empty")):
        assert line in open_page.refused("PATCH", place, json={"strength": 0.5, "name": "new", "region": region})
    assert "another folder" in open_page.refused("PATCH", place, json={"strength": 0.5, "region": '"a/b.png"'})
    open_page.refused("PATCH", place, json={"region": "subject", "strength": 2})
    copy = {"copy": before["layers"][0]["id"]}
    for bad in ({"region": "subject |"}, {"strength": 2}, {"styles": [{"style": "a", "mask": '"a/b.png"'}]}):
        open_page.refused("POST", "layers", json={**copy, **bad})
    style = before["styles"][0]["id"]
    corners = list(range(8))
    pasted = {"style": style, "x": 1, "y": 2}
    for bad in (
        {"object": {**pasted, "scale": 0}},
        {"object": {**pasted, "region": '"a/b.png"'}},
        {"object": {**pasted, "style": "gone"}},
        {"reference": {"style": "gone"}},
    ):
        open_page.refused("PATCH", "panel", json={"mode": "surface", "corners": corners, **bad})
    open_page.refused("PATCH", "settings", json={"preset": "draft", "size": 64, "seed": -1})
    assert {**open_page.state, "revision": before["revision"]} == before
    both = open_page.change(region="subject", strength=0.5, name="new")
    assert (both["region"], both["strength"], both["name"]) == ("subject", 0.5, "new")
    open_page.ask("POST", f"{place}/undo")
    assert (open_page.layer["region"], open_page.layer["strength"]) == ("mask1.png", 0.5)


def test_what_is_no_json_is_refused(open_page):
    assert open_page.refused("PATCH", "settings", content=b"{") == "the command is not valid JSON"


def test_a_layer_s_id_and_mask_are_its_own(open_page):
    before = open_page.layer
    open_page.change(id="other", mask="../../secret.png")
    assert (open_page.layer["id"], open_page.layer["mask"]) == (before["id"], None)
    open_page.ask("POST", "layers", json={"id": before["id"], "mask": "photo.png"})
    assert open_page.layer["id"] != before["id"]
    assert open_page.layer["mask"] is None


def test_settings_are_checked_with_names_and_values(page):
    for changes, line in (
        ({"preset": "best"}, "preset: input should be 'draft', 'normal' or 'fine', got 'best'"),
        ({"size": -1}, "size: input should be greater than or equal to 0, got -1"),
        ({"options": {"iteratoins": 3}}, "options: no option is called 'iteratoins'; known: "),
        ({"options": {"layers": "all"}}, "options: no option is called 'layers'"),
    ):
        assert line in page.refused("PATCH", "settings", json=changes)
    settings = page.ask("PATCH", "settings", json={"size": 128, "options": {"iterations": "3,2"}}).json()["settings"]
    assert (settings["size"], settings["options"]) == (128, {"iterations": "3,2"})


# ---- styles


def test_a_style_is_added_shown_used_and_removed(open_page, tmp_path):
    style = open_page.state["styles"][0]
    assert (style["name"], style["builtin"], style["width"], style["height"]) == ("style.png", False, 64, 48)
    assert open_page.ask("GET", f"styles/{style['id']}/full").content == png(texture(48, 64, seed=2))
    thumb = Image.open(io.BytesIO(open_page.ask("GET", f"styles/{style['id']}/thumb.jpg").content))
    assert thumb.size == (64, 48)
    open_page.ask(
        "PATCH", "panel", json={"reference": {"style": style["id"]}, "object": {"style": style["id"], "x": 1, "y": 2}}
    )
    state = open_page.ask("DELETE", f"styles/{style['id']}").json()
    assert style["id"] not in [each["id"] for each in state["styles"]]
    assert state["layers"][0]["styles"] == []
    assert (state["panel"]["reference"], state["panel"]["object"]) == (None, None)
    assert not list((tmp_path / "sessions").rglob("style.png"))
    for method, place in (("GET", "full"), ("GET", "thumb.jpg")):
        open_page.refused(method, f"styles/{style['id']}/{place}", 404)
    open_page.refused("DELETE", f"styles/{style['id']}", 404)


def test_the_same_picture_is_one_style(page):
    first = page.style(name="a.png")
    other = page.style(png(texture(48, 60)), name="b.png")
    assert page.style(name="c.png") == first
    assert [style["id"] for style in page.state["styles"] if not style["builtin"]] == [first, other]


def test_a_thumb_is_small(page):
    page.style(png(np.kron(texture(100, 200), np.ones((8, 8, 1), np.uint8))))
    style = page.state["styles"][0]["id"]
    assert Image.open(io.BytesIO(page.ask("GET", f"styles/{style}/thumb.jpg").content)).size == (320, 160)


def test_the_gallery_s_own_styles_stay(page):
    builtin = [style for style in page.state["styles"] if style["builtin"]]
    assert len(builtin) >= 3
    for style in builtin:
        page.ask("GET", f"styles/{style['id']}/thumb.jpg")
    assert "comes with the studio and stays" in page.refused("DELETE", f"styles/{builtin[0]['id']}")


def test_what_is_no_picture_is_no_style(page):
    line = page.refused("POST", "styles", content=b"GIF89a" + bytes(50), headers={"X-Name": "a.gif"})
    assert "GIF" in line
    assert "incoming" not in line
