"""Regions by pointing: every operation is an expression; strokes are a mask that it names."""

import io

import numpy as np
import pytest
from helpers import texture
from PIL import Image
from studio_page import Page, png

from sfumato import regions
from sfumato.errors import InputError
from sfumato.studio.editing import edited
from sfumato.studio.screen import LONGEST

BOX = [[10, 20], [50, 40]]


def after(region, op, **values):
    return edited(region, {"op": op, **values}, lambda x, y: {1: "person#1", 2: "dog"}.get(x))


@pytest.mark.parametrize(
    ("region", "op", "values", "expected"),
    [
        # shapes take the place of all and of nothing, and are added to anything else
        ("all", "rect", {"points": BOX}, "rect(10, 20, 50, 40)"),
        ("~all", "rect", {"points": BOX[::-1]}, "rect(10, 20, 50, 40)"),
        ("subject", "rect", {"points": BOX}, "subject | rect(10, 20, 50, 40)"),
        ("subject", "rect", {"points": BOX, "remove": True}, "subject - rect(10, 20, 50, 40)"),
        ("all", "rect", {"points": BOX, "remove": True}, "~rect(10, 20, 50, 40)"),
        ("~all", "rect", {"points": BOX, "remove": True}, "~all"),
        ("a & b", "rect", {"points": BOX, "remove": True}, "a & b - rect(10, 20, 50, 40)"),
        ("subject", "ellipse", {"points": BOX}, "subject | ellipse(30, 30, 20, 10)"),
        ("all", "polygon", {"points": [[0, 0], [9, 0.25], [5, 8]]}, "polygon(0, 0, 9, 0.2, 5, 8)"),
        # gradients fade what is there
        ("all", "linear", {"points": BOX}, "linear(10, 20, 50, 40)"),
        ("subject", "linear", {"points": BOX}, "subject & linear(10, 20, 50, 40)"),
        ("subject & x", "linear", {"points": BOX}, "subject & x & linear(10, 20, 50, 40)"),
        ("a | b", "linear", {"points": BOX}, "(a | b) & linear(10, 20, 50, 40)"),
        ("a", "linear", {"points": BOX, "remove": True}, "a - linear(10, 20, 50, 40)"),
        ("~all", "linear", {"points": BOX}, "linear(10, 20, 50, 40)"),
        ("all", "radial", {"points": [[10, 20], [13, 24]]}, "radial(10, 20, 0, 5)"),
        ("all", "radial", {"points": [[10, 20], [13, 24], [10, 22]]}, "radial(10, 20, 2, 5)"),
        # things
        ("all", "click", {"x": 1, "y": 0}, "person#1"),
        ("person#1", "click", {"x": 2, "y": 0}, "person#1 | dog"),
        ("person#1 | dog", "click", {"x": 2, "y": 0}, "person#1 | dog"),
        ("person#1", "click", {"x": 1, "y": 0}, "person#1"),
        ("person#1 | dog", "click", {"x": 2, "y": 0, "remove": True}, "person#1"),
        ("person#1", "click", {"x": 1, "y": 0, "remove": True}, "~all"),
        ("subject - dog", "click", {"x": 2, "y": 0}, "subject"),
        ("subject - dog", "click", {"x": 2, "y": 0, "remove": True}, "subject - dog"),
        ("subject | dog | cat", "click", {"x": 2, "y": 0, "remove": True}, "subject | cat - dog"),
        ("all", "grabcut", {"box": [10, 20, 50, 40]}, "grabcut(rect(10, 20, 50, 40))"),
        ("subject", "grabcut", {"box": [50, 40, 10, 20]}, "subject | grabcut(rect(10, 20, 50, 40))"),
        # edges
        ("subject", "grow", {"amount": 5}, "grow(subject, 5)"),
        ("grow(subject, 5)", "grow", {"amount": 2.5}, "grow(subject, 7.5)"),
        ("grow(subject, 5%)", "grow", {"amount": 2}, "grow(grow(subject, 5%), 2)"),
        ("grow(subject, 5)", "shrink", {"amount": 2}, "shrink(grow(subject, 5), 2)"),
        ("a | b", "feather", {"amount": 3}, "feather(a | b, 3)"),
        ("subject", "refine", {}, "refine(subject)"),
        ("refine(subject)", "refine", {"amount": 8}, "refine(subject, width=8)"),
        # all, nothing, the rest
        ("subject", "all", {}, "all"),
        ("subject", "clear", {}, "~all"),
        ("subject", "invert", {}, "~subject"),
        ("~subject", "invert", {}, "subject"),
        ("a | b", "invert", {}, "~(a | b)"),
        ("all", "invert", {}, "~all"),
        ("~all", "invert", {}, "all"),
    ],
)
def test_each_operation_is_an_expression(region, op, values, expected):
    found = after(region, op, **values)
    assert found == expected
    assert str(regions.parse(found)) == found


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ({}, "no operation is called None; use click, rect"),
        ({"op": "twist"}, "no operation is called 'twist'"),
        ({"op": "click", "x": 1}, "a point should be x and y in pixels"),
        ({"op": "click", "x": 1, "y": float("nan")}, "a point should be x and y in pixels"),
        ({"op": "click", "x": 7, "y": 7}, "nothing was found at 7,7"),
        ({"op": "rect"}, "points should be a list"),
        ({"op": "rect", "points": [[1, 2]]}, "rect needs 2 points or more, got 1"),
        ({"op": "polygon", "points": [[1, 2], [2, 3]]}, "polygon needs 3 points or more, got 2"),
        ({"op": "polygon", "points": [[1, 2]] * 201}, "a polygon of 201 corners is too long to write"),
        ({"op": "rect", "points": [[1, 2], ["a", 3]]}, "a point should be x and y in pixels, got ['a', 3]"),
        ({"op": "grabcut", "box": [1, 2]}, "box should be four numbers"),
        ({"op": "grow"}, "amount should be pixels, more than 0"),
        ({"op": "grow", "amount": -3}, "amount should be pixels, more than 0"),
        ({"op": "grow", "amount": True}, "amount should be pixels, more than 0"),
        ({"op": "refine", "amount": "x"}, "amount should be pixels"),
        ({"op": "rect", "points": BOX, "remove": 1}, "remove should be true or false, got 1"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_line(change, line):
    with pytest.raises(InputError) as refused:
        edited("subject", change, lambda x, y: None)
    assert line in str(refused.value)


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


# ---- strokes


def test_a_first_stroke_takes_over_what_was_selected(open_page):
    open_page.point("rect", points=BOX)
    rectangle = open_page.mask()
    stroke = np.linspace(0, 255, 12 * 10).astype(np.uint8).reshape(12, 10)
    layer = open_page.stroke(stroke, 60, 5)
    assert (layer["region"], layer["mask"]) == ("mask1.png", "mask1.png")
    expected = rectangle.copy()
    expected[5:17, 60:70] = stroke
    np.testing.assert_array_equal(open_page.mask(), expected)
    np.testing.assert_array_equal(open_page.mask(size="screen"), expected)


def test_strokes_are_undone_and_done_again_one_by_one(open_page):
    name, masks = open_page.layer["id"], [open_page.mask()]
    open_page.point("clear")
    masks.append(open_page.mask())
    for number, value in enumerate((255, 100, 0)):
        open_page.stroke(np.full((20, 20), value, np.uint8), 10 * number, 10)
        masks.append(open_page.mask())
    open_page.change(region="mask1.png & rect(0, 0, 25, 64)")
    masks.append(open_page.mask())
    for expected in masks[-2::-1]:
        open_page.ask("POST", f"layers/{name}/undo")
        np.testing.assert_array_equal(open_page.mask(), expected)
        np.testing.assert_array_equal(open_page.mask(size="screen"), expected)
    assert open_page.layer["region"] == "all"
    for expected in masks[1:]:
        open_page.ask("POST", f"layers/{name}/redo")
        np.testing.assert_array_equal(open_page.mask(), expected)
    np.testing.assert_array_equal(open_page.mask(size="screen"), masks[-1])


def test_a_stroke_goes_on_in_the_mask_that_an_expression_names(open_page):
    open_page.point("clear")
    open_page.stroke(np.full((8, 8), 255, np.uint8), 0, 0)
    open_page.change(region="mask1.png | rect(40, 40, 60, 60)")
    layer = open_page.stroke(np.full((8, 8), 255, np.uint8), 8, 0)
    assert layer["region"] == "mask1.png | rect(40, 40, 60, 60)"
    mask = open_page.mask()
    assert [mask[4, 4], mask[4, 12], mask[50, 50], mask[30, 30]] == [255, 255, 255, 0]
    assert layer["coverage"] == pytest.approx((128 + 400) / 5120, abs=1e-3)


def test_each_layer_has_a_mask_of_its_own(open_page):
    open_page.ask("POST", "layers", json={"name": "second"})
    for number in (0, 1):
        open_page.point("clear", layer=number)
        open_page.stroke(np.full((8, 8), 255, np.uint8), 8 * number, 0, layer=number)
    assert [layer["mask"] for layer in open_page.state["layers"]] == ["mask1.png", "mask2.png"]
    assert [open_page.mask(number)[4, 4] for number in (0, 1)] == [255, 0]
    # A mask may be named by another layer, too.
    open_page.change(region="mask2.png | mask1.png")
    assert [open_page.mask()[4, x] for x in (4, 12, 20)] == [255, 255, 0]


def test_a_stroke_in_the_screen_s_pixels_is_kept_at_the_photo_s_size(page):
    page.photo(png(np.kron(texture(250, 512, seed=1), np.ones((8, 8, 1), np.uint8))))
    page.settled()
    page.point("clear")
    page.stroke(np.full((50, 100), 255, np.uint8), 10, 20, scale="screen")
    full = page.mask()
    assert full.shape == (2000, 4096)
    rows, columns = np.flatnonzero(full.any(1)), np.flatnonzero(full.any(0))
    assert (rows[0], rows[-1], columns[0], columns[-1]) == (40, 139, 20, 219)
    small = page.mask(size="screen")
    assert small[20:70, 10:110].min() == 255
    assert small.sum() == 255 * 50 * 100


def test_a_stroke_may_be_laid_over_what_is_soft(open_page):
    open_page.change(region="linear(0, 0, 80, 0)")
    soft = open_page.mask().astype(int)
    stroke = np.linspace(0, 255, 400).astype(np.uint8).reshape(20, 20)
    open_page.stroke(stroke, 30, 10, op="add")
    added = open_page.mask().astype(int)
    here = soft[10:30, 30:50]
    assert abs(added[10:30, 30:50] - (here + (255 - here) * (stroke / 255))).max() <= 1
    added[10:30, 30:50] = here
    np.testing.assert_array_equal(added, soft)
    name = open_page.layer["id"]
    open_page.ask("POST", f"layers/{name}/undo")
    np.testing.assert_array_equal(open_page.mask(), soft)
    open_page.stroke(stroke, 30, 10, op="erase")
    assert abs(open_page.mask()[10:30, 30:50] - here * (1 - stroke / 255)).max() <= 1
    assert "op: input should be" in open_page.refused(
        "PUT", f"layers/{name}/mask", params={"op": "smear", "x": 0, "y": 0, "w": 1, "h": 1}
    )


def test_a_stroke_that_adds_to_everything_begins_with_nothing(open_page):
    stroke = np.full((20, 20), 255, np.uint8)
    open_page.stroke(stroke, 30, 10, op="add")
    assert (open_page.mask() > 0).sum() == 400
    open_page.point("all")
    open_page.stroke(stroke, 30, 10, op="erase")
    assert (open_page.mask() == 0).sum() == 400


def test_a_copy_of_a_layer_has_a_mask_of_its_own(open_page):
    open_page.stroke(np.full((20, 20), 255, np.uint8), 30, 10, op="add")
    open_page.change(region="mask1.png | rect(0, 0, 5, 5)", strength=0.5)
    first = open_page.layer
    copy = open_page.ask("POST", "layers", json={"copy": first["id"]}).json()["layers"][0]
    assert (copy["name"], copy["strength"], copy["mask"]) == ("Layer 1 copy", 0.5, "mask2.png")
    assert copy["region"] == '"mask2.png" | rect(0, 0, 5, 5)'
    np.testing.assert_array_equal(open_page.mask(0), open_page.mask(1))
    open_page.stroke(np.full((20, 20), 255, np.uint8), 30, 10, op="erase", layer=0)
    assert [open_page.mask(layer)[20, 40] for layer in (0, 1)] == [0, 255]
    open_page.ask("DELETE", f"layers/{first['id']}")
    plain = open_page.ask("POST", "layers", json={}).json()["layers"][0]
    assert open_page.ask("POST", "layers", json={"copy": plain["id"]}).json()["layers"][0]["mask"] is None
    open_page.refused("POST", "layers", 404, json={"copy": first["id"]})


@pytest.mark.parametrize(
    ("content", "place", "line"),
    [
        (b"no picture", {"x": 0, "y": 0, "w": 8, "h": 8}, "the stroke should be a gray PNG of 8×8 pixels"),
        (png(np.zeros((8, 9), np.uint8)), {"x": 0, "y": 0, "w": 8, "h": 8}, "the stroke should be a gray PNG of 8×8"),
        (png(np.zeros((8, 8), np.uint8))[:60], {"x": 0, "y": 0, "w": 8, "h": 8}, "the stroke should be a gray PNG"),
        (
            png(np.zeros((8, 8), np.uint8)),
            {"x": 76, "y": 0, "w": 8, "h": 8},
            "the rectangle 76,0,84,8 leaves",
        ),
        (png(np.zeros((8, 8), np.uint8)), {"x": -1, "y": 0, "w": 8, "h": 8}, "the rectangle -1,0,7,8 leaves"),
        (
            png(np.zeros((8, 8), np.uint8)),
            {"x": 0, "y": 0, "w": 0, "h": 8},
            "w: input should be greater than 0, got",
        ),
        (png(np.zeros((8, 8), np.uint8)), {"x": 0, "y": 0, "w": 8}, "h: field required"),
    ],
)
def test_strokes_that_do_not_fit_are_refused(open_page, content, place, line):
    name = open_page.layer["id"]
    assert line in open_page.refused("PUT", f"layers/{name}/mask", params=place, content=content)
    assert open_page.layer["mask"] is None


def test_a_mask_goes_out_and_comes_back(open_page):
    open_page.point("ellipse", points=BOX)
    name, before = open_page.layer["id"], open_page.mask()
    content = open_page.ask("GET", f"layers/{name}/mask.png", params={"size": "full"}).content
    open_page.point("all")
    layer = open_page.ask("POST", f"layers/{name}/mask", content=content).json()["layers"][0]
    assert layer["region"] == "mask1.png"
    np.testing.assert_array_equal(open_page.mask(), before)
    open_page.ask("POST", f"layers/{name}/undo")
    assert open_page.mask().min() == 255


def test_a_mask_of_another_kind_is_understood_or_refused(open_page):
    name = open_page.layer["id"]
    red = np.zeros((64, 80, 3), np.uint8)
    red[:32] = 255, 0, 0
    state = open_page.ask("POST", f"layers/{name}/mask", content=png(red), headers={"X-Name": "red.png"}).json()
    assert open_page.mask()[4, 4] == 255
    assert state["notes"] != []
    assert not any("incoming" in note for note in state["notes"])
    line = open_page.refused("POST", f"layers/{name}/mask", content=png(np.zeros((30, 70), np.uint8)))
    assert "incoming" not in line
    assert "64" in line


def test_a_crop_of_the_work_is_not_lost_when_the_server_ends(serve, open_page):
    open_page.point("clear")
    open_page.stroke(np.full((8, 8), 77, np.uint8), 3, 4)
    mask = open_page.mask()
    open_page.client.__exit__(None, None, None)
    again = Page(serve(), open_page.address)
    np.testing.assert_array_equal(again.mask(), mask)
    again.stroke(np.full((8, 8), 255, np.uint8), 3, 4)
    assert again.layer["region"] == "mask1.png"
    content = again.ask("GET", f"layers/{again.layer['id']}/mask.png?size=full").content
    assert np.asarray(Image.open(io.BytesIO(content)))[6, 6] == 255
