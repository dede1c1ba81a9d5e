"""Regions on a page: what is pointed at is selected, expressions are edited and undone."""

import numpy as np
import pytest
from helpers import texture
from PIL import Image
from studio_page import png

from sfumato.studio.screen import LONGEST

BOX = [[10, 20], [50, 40]]


def test_what_is_pointed_at_is_what_is_selected(open_page):
    layer = open_page.point("rect", points=BOX)
    assert layer["coverage"] == pytest.approx(40 * 20 / 5120, abs=1e-4)
    expected = np.zeros((64, 80), np.uint8)
    expected[20:40, 10:50] = 255
    np.testing.assert_array_equal(open_page.mask(), expected)
    np.testing.assert_array_equal(open_page.mask(size="screen"), expected)
    open_page.point("invert")
    np.testing.assert_array_equal(open_page.mask(), 255 - expected)


def test_grabcut_finds_the_object_in_a_box(page):
    values = np.full((60, 80, 3), 204, np.uint8)
    values[20:40, 30:50] = 230, 26, 26
    page.photo(png(values))
    page.settled()
    page.point("grabcut", box=[20, 10, 60, 50])
    mask = page.mask()
    assert [mask[30, 40], mask[12, 22]] == [255, 0]


def test_an_expression_is_edited_undone_and_done_again(open_page):
    layer = open_page.change(region="rect(0, 0, 50%, 100%) - ellipse(20, 30, 5, 5)")
    assert layer["region_error"] is None
    assert (layer["can_undo"], layer["can_redo"]) == (True, False)
    name = layer["id"]
    back = open_page.ask("POST", f"layers/{name}/undo").json()["layers"][0]
    assert (back["region"], back["coverage"], back["can_redo"]) == ("all", 1.0, True)
    forth = open_page.ask("POST", f"layers/{name}/redo").json()["layers"][0]
    assert (forth["region"], forth["coverage"]) == (layer["region"], layer["coverage"])
    assert "nothing to redo in the layer 'Layer 1'" in open_page.refused("POST", f"layers/{name}/redo")
    open_page.ask("POST", f"layers/{name}/undo")
    assert "nothing to undo" in open_page.refused("POST", f"layers/{name}/undo")


def test_an_expression_that_cannot_be_read_changes_nothing(open_page):
    name, before = open_page.layer["id"], open_page.layer
    for region, line in (
        ("rect(1, 2", "never closed"),
        ("", "empty"),
        (3, "empty"),
        ("ract(1, 2)", "did you mean 'rect'"),
    ):
        assert line in open_page.refused("PATCH", f"layers/{name}", json={"region": region})
    assert {**open_page.layer, "mask_version": 0} == {**before, "mask_version": 0}


def test_an_expression_that_finds_nothing_says_why(open_page):
    layer = open_page.change(region="missing.png | rect(0, 0, 5, 5)")
    assert "missing.png" in layer["region_error"]
    assert "/files" not in layer["region_error"]
    assert layer["coverage"] == 0
    line = open_page.refused("GET", f"layers/{layer['id']}/mask.png")
    assert line == layer["region_error"]


def test_a_large_photo_is_seen_at_the_screen_s_size_and_painted_at_its_own(page):
    height, width = 2000, 2 * LONGEST
    page.photo(png(np.kron(texture(height // 8, width // 8, seed=1), np.ones((8, 8, 1), np.uint8))))
    page.settled()
    page.change(region=f"grow(rect(1000, 400, 2000, 800), 100) | flood({width - 8}, 8, tolerance=3)")
    small, full = page.mask(size="screen"), page.mask()
    assert (small.shape, full.shape) == ((1000, 2048), (height, width))
    shrunk = np.asarray(Image.fromarray(full).resize((2048, 1000), Image.Resampling.BOX), float)
    assert abs(shrunk - small).mean() < 0.5
    assert full[500, 950] == small[250, 475] == 255
    # A first stroke on what has to be looked for begins with what the screen shows.
    page.stroke(np.full((8, 8), 255, np.uint8), 0, 1990)
    drawn = page.mask()
    assert abs(drawn[:1900].astype(float) - full[:1900]).mean() < 2
    assert drawn[1994, 4] == 255
    layer = page.change(region="flood(8, 8) | gone.png")
    place = {"x": 0, "y": 0, "w": 1, "h": 1}
    name = layer["id"]
    line = page.refused("PUT", f"layers/{name}/mask", params=place, content=png(np.zeros((1, 1), np.uint8)))
    assert line == layer["region_error"]
