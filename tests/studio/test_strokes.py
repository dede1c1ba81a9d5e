"""Strokes: laid into a mask that the expression names, undone, copied, kept."""

import io

import numpy as np
import pytest
from helpers import texture
from PIL import Image
from studio_page import Page, png

from sfumato import files
from sfumato.errors import OutputError
from sfumato.studio import history


def test_a_first_stroke_takes_over_what_was_selected(open_page):
    open_page.point("rect", points=[[10, 20], [50, 40]])
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


def undone(page, layer=0):
    """Undo until nothing is left, and return how often."""
    name, count = page.state["layers"][layer]["id"], 0
    while page.state["layers"][layer]["can_undo"]:
        page.ask("POST", f"layers/{name}/undo")
        count += 1
    return count


def test_undo_takes_a_limited_number_of_bytes_and_forgets_the_oldest_first(open_page, monkeypatch):
    monkeypatch.setattr(history, "MOST_BYTES", 24_000)
    open_page.ask("POST", "layers", json={"name": "second"})
    masks, noise = [], np.random.default_rng(1)
    for number in range(10):
        # Noise cannot be compressed, so each change takes about the 5120 bytes of the mask.
        open_page.stroke(noise.integers(0, 256, (64, 80), np.uint8), 0, 0, layer=number // 7)
        masks.append(open_page.mask(number // 7))
    # The first of a layer takes over a plain mask, which is small; of the others, the latest four are kept: 5, 6, 8, 9.
    assert undone(open_page, 0) == 2
    np.testing.assert_array_equal(open_page.mask(0), masks[4])
    assert undone(open_page, 1) == 3
    # Changes that can be done again count like others, and the first one's mask is large now: 6 cannot be done again.
    layers = open_page.state["layers"]
    assert [layer["can_redo"] for layer in layers] == [True, True]
    open_page.ask("POST", f"layers/{layers[0]['id']}/redo")
    np.testing.assert_array_equal(open_page.mask(0), masks[5])
    assert [layer["can_redo"] for layer in open_page.state["layers"]] == [False, True]


def test_the_latest_change_can_be_undone_however_large_it_is(open_page, monkeypatch):
    monkeypatch.setattr(history, "MOST_BYTES", 0)
    open_page.change(region="subject")
    open_page.change(region="rect(0, 0, 5, 5)")
    assert undone(open_page) == 1
    assert open_page.layer["region"] == "subject"


def test_what_cannot_be_written_changes_nothing(open_page, monkeypatch):
    open_page.point("clear")
    open_page.stroke(np.full((20, 20), 255, np.uint8), 0, 0)
    before, mask, place = open_page.layer, open_page.mask(), f"layers/{open_page.layer['id']}"
    write = files.write

    def full(path, content):
        if path.name == "session.json":
            raise OutputError("the disk is full")
        write(path, content)

    monkeypatch.setattr(files, "write", full)
    content, box = png(np.full((9, 9), 255, np.uint8)), {"x": 30, "y": 30, "w": 9, "h": 9}
    open_page.refused("PUT", f"{place}/mask", 507, params=box, content=content)
    open_page.refused("PATCH", place, 507, json={"region": "all", "strength": 0.5})
    open_page.refused("POST", f"{place}/undo", 507)
    monkeypatch.undo()
    assert open_page.layer == before
    np.testing.assert_array_equal(open_page.mask(), mask)
    assert undone(open_page) == 2


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
    open_page.point("ellipse", points=[[10, 20], [50, 40]])
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


# ---- files that nothing names any more


def masks_of(folder):
    return sorted(place.name for place in (folder / "sessions").glob("*/files/mask*.png"))


@pytest.fixture
def painted_page(open_page):
    """A page with a mask that was written to its file."""
    open_page.stroke(np.full((20, 20), 255, np.uint8), 30, 10)
    written(open_page)
    return open_page


def written(page):
    page.client.app.app.state.sessions.save()


def test_a_mask_stays_as_long_as_undo_or_redo_may_need_it(painted_page, tmp_path):
    name, mask = painted_page.layer["id"], painted_page.mask()
    painted_page.change(region="rect(0, 0, 5, 5)")
    assert masks_of(tmp_path) == ["mask1.png"]
    painted_page.ask("POST", f"layers/{name}/undo")
    painted_page.ask("POST", f"layers/{name}/undo")
    assert (painted_page.layer["region"], masks_of(tmp_path)) == ("all", ["mask1.png"])
    painted_page.ask("POST", f"layers/{name}/redo")
    np.testing.assert_array_equal(painted_page.mask(), mask)
    painted_page.ask("POST", f"layers/{name}/undo")
    painted_page.change(region="rect(0, 0, 5, 5)")  # after which there is nothing to do again
    assert (painted_page.layer["mask"], masks_of(tmp_path)) == (None, [])
    painted_page.ask("POST", f"layers/{name}/undo")
    painted_page.stroke(np.full((8, 8), 255, np.uint8), 0, 0, op="add")
    assert painted_page.mask().sum() == 255 * 64


def test_a_mask_that_undo_has_forgotten_is_removed(painted_page, tmp_path, monkeypatch):
    monkeypatch.setattr(history, "MOST_BYTES", 0)
    painted_page.change(region="rect(0, 0, 5, 5)")
    assert masks_of(tmp_path) == ["mask1.png"]
    painted_page.change(region="rect(0, 0, 9, 9)")
    assert (painted_page.layer["mask"], masks_of(tmp_path)) == (None, [])


def test_a_mask_stays_while_another_layer_names_it(open_page, tmp_path):
    first, second = open_page.layer["id"], open_page.ask("POST", "layers", json={}).json()["layers"][0]["id"]
    open_page.stroke(np.full((20, 20), 255, np.uint8), 30, 10, layer=1)
    open_page.change(region='"mask1.png" | rect(0, 0, 5, 5)')
    mask = open_page.mask()
    open_page.ask("DELETE", f"layers/{first}")
    np.testing.assert_array_equal(open_page.mask(), mask)
    open_page.change(region="subject")
    assert masks_of(tmp_path) == ["mask1.png"]
    open_page.ask("DELETE", f"layers/{second}")
    assert masks_of(tmp_path) == []


def test_a_mask_goes_when_a_result_brings_other_layers(painted_page, tmp_path):
    painted_page.colors()
    painted_page.ask("POST", "layers", json={"on": False})
    result = painted_page.painted()["results"][0]["id"]
    painted_page.stroke(np.full((8, 8), 255, np.uint8), 0, 0)
    written(painted_page)
    assert masks_of(tmp_path) == ["mask1.png", "mask2.png"]
    painted_page.ask("POST", f"results/{result}/restore")
    assert masks_of(tmp_path) == ["mask1.png"]


def test_a_restart_forgets_what_only_undo_named(serve, painted_page, tmp_path):
    painted_page.change(region="subject")
    painted_page.client.__exit__(None, None, None)
    assert masks_of(tmp_path) == ["mask1.png"]
    again = Page(serve(), painted_page.address)
    assert (again.layer["mask"], masks_of(tmp_path)) == (None, [])
