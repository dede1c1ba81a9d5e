"""Opening a photo, and saying where: by pointing, painting, drawing, and in words."""

import io
import json

import numpy as np
import pytest
from PIL import Image

PERSON, FLAG, NOTHING = (110, 180), (30, 100), (220, 40)


def mask(visitor, size="full"):
    """What the first layer selects, as gray values."""
    name = visitor.layer["id"]
    answer = visitor.page.request.get(f"{visitor.page.url}layers/{name}/mask.png?size={size}")
    return np.asarray(Image.open(io.BytesIO(answer.body())))


def settled(visitor, reached):
    """Wait until the first layer is as expected, and the page shows it; return the layer."""
    layer = visitor.reach(lambda state: reached(state["layers"][0]))["layers"][0]
    address = f"layers/{layer['id']}/mask.png"
    version = layer["mask_version"]
    visitor.until(
        f"() => document.getElementById('canvas').dataset.mask.startsWith('{address}')"
        f" && document.getElementById('canvas').dataset.mask.includes('.{version}&')"
    )
    return layer


def scale(visitor):
    return visitor.page.evaluate("() => JSON.parse(document.getElementById('canvas').dataset.view).scale")


def test_a_dropped_photo_is_opened(visit, pictures):
    visitor = visit()
    content = list((pictures / "deep.png").read_bytes())
    visitor.page.evaluate(
        """(content) => {
          const data = new DataTransfer();
          data.items.add(new File([new Uint8Array(content)], 'Ä deep.png', { type: 'image/png' }));
          for (const kind of ['dragenter', 'dragover', 'drop']) {
            document.body.dispatchEvent(new DragEvent(kind, { dataTransfer: data, bubbles: true, cancelable: true }));
          }
        }""",
        content,
    )
    photo = visitor.reach(lambda state: state["photo"])["photo"]
    assert (photo["name"], photo["bits"], photo["width"]) == ("Ä deep.png", 16, 256)
    visitor.page.get_by_text("256 × 256 · 16 bit").wait_for()
    original = visitor.page.request.get(f"{visitor.page.url}photo/original")
    assert original.body() == (pictures / "deep.png").read_bytes()


def test_zoom_stays_at_the_pointer_and_space_moves_the_view(visitor):
    fitted = scale(visitor)
    at = visitor.place(*PERSON)
    visitor.page.mouse.move(*at)
    visitor.page.mouse.wheel(0, -300)
    visitor.until(f"() => JSON.parse(document.getElementById('canvas').dataset.view).scale > {fitted * 1.5}")
    assert np.allclose(visitor.place(*PERSON), at, atol=1)
    visitor.page.keyboard.down(" ")
    visitor.page.mouse.down()
    visitor.page.mouse.move(at[0] + 50, at[1] + 30, steps=3)
    visitor.page.mouse.up()
    visitor.page.keyboard.up(" ")
    assert np.allclose(visitor.place(*PERSON), (at[0] + 50, at[1] + 30), atol=1)
    assert visitor.layer["region"] == "all"
    visitor.press("1")
    assert scale(visitor) == pytest.approx(1)
    visitor.press("0")
    assert scale(visitor) == pytest.approx(fitted)


def test_hover_shows_what_a_click_would_take_without_a_request(visitor):
    before = visitor.shown((80, 100, 140, 200))
    visitor.requests.clear()
    visitor.move(*PERSON)
    visitor.page.locator("#pointed", has_text="person").wait_for()
    assert visitor.shown((80, 130, 140, 170)).mean() > before.mean()
    visitor.move(*FLAG)
    visitor.page.locator("#pointed", has_text="flag").wait_for()
    visitor.move(*NOTHING)
    visitor.page.locator("#pointed").wait_for(state="hidden")
    assert not visitor.requests


def test_click_adds_and_alt_click_takes_away(visitor, request):
    name = "() => document.getElementById('canvas').dataset.mask"
    before = visitor.page.evaluate(name)
    visitor.click(*PERSON)
    seconds = visitor.until(f"() => document.getElementById('canvas').dataset.mask !== {json.dumps(before)}")
    request.node.user_properties.append(("seconds from click to overlay", round(seconds, 3)))
    assert settled(visitor, lambda layer: layer["region"] == "person")["coverage"] == pytest.approx(0.28, abs=0.03)
    color = visitor.shown((90, 150, 130, 190))
    assert color[0] > color[1] + 40  # tinted red
    visitor.click(*FLAG)
    settled(visitor, lambda layer: layer["region"] == "person | flag")
    visitor.click(*PERSON, key="Alt")
    found = settled(visitor, lambda layer: "- person" in layer["region"] or layer["region"] == "flag")
    assert found["coverage"] == pytest.approx(0.19, abs=0.03)
    visitor.button("person").first.focus()
    visitor.press("Enter")
    settled(visitor, lambda layer: layer["coverage"] > 0.4)


def test_strokes_are_painted_erased_undone_and_kept(visitor):
    visitor.press("b")
    visitor.page.get_by_role("slider", name="Size", exact=True).fill("5")
    visitor.page.get_by_role("slider", name="Softness").fill("0")
    visitor.drag((60, 60), (200, 60))
    painted = settled(visitor, lambda layer: 0 < layer["coverage"] < 0.2)
    assert painted["region"] == painted["mask"]
    found = mask(visitor)
    assert found[60, 60:200].min() == 255
    assert found[60 - 14 : 60 + 14, 130].min() == 255
    assert found[60 + 18 :].max() == 0
    visitor.press("e", "[", "[", "Shift+}")
    options = visitor.page.get_by_role("toolbar", name="Options of the tool")
    assert options.get_by_text("24 px").is_visible()
    assert options.get_by_text("10 %").is_visible()
    visitor.drag((130, 40), (130, 80))
    settled(visitor, lambda layer: layer["coverage"] < painted["coverage"])
    assert mask(visitor)[60, 130] == 0
    visitor.press("Control+z")
    settled(visitor, lambda layer: layer["coverage"] == painted["coverage"])
    assert (mask(visitor) == found).all()
    visitor.press("Control+Shift+Z")
    settled(visitor, lambda layer: layer["coverage"] < painted["coverage"])
    assert mask(visitor)[60, 130] == 0
    visitor.page.reload()
    visitor.until("() => document.getElementById('canvas').dataset.mask")
    color = visitor.shown((70, 55, 110, 65))
    assert color[0] > color[1] + 30


def test_a_stroke_leaves_soft_edges_beside_it_as_they_are(visitor):
    visitor.page.get_by_label("Region as an expression").fill("linear(0, 0, 100%, 0)")
    visitor.press("Enter")
    settled(visitor, lambda layer: layer["region"].startswith("linear"))
    before = mask(visitor)
    visitor.press("b")
    visitor.page.get_by_role("slider", name="Softness").fill("0")
    visitor.drag((50, 50), (200, 200))
    settled(visitor, lambda layer: layer["mask"])
    found = mask(visitor)
    assert found[125, 125] == 255
    # Inside the box of the stroke, but not under the brush.
    assert np.allclose(found[190, 60], before[190, 60], atol=1)
    assert np.allclose(found[60, 190], before[60, 190], atol=1)


@pytest.mark.parametrize(
    ("key", "drag", "word", "inside", "outside"),
    [
        ("r", [(40, 50), (120, 90)], "rect(40, 50, 120, 90)", (80, 70), (130, 70)),
        ("o", [(40, 50), (120, 90)], "ellipse(80, 70, 40, 20)", (80, 70), (43, 53)),
        ("g", [(0, 0), (200, 0)], "linear(0, 0, 200, 0)", (220, 100), (2, 100)),
        ("Shift+g", [(100, 100), (100, 180)], "radial(100, 100, 0, 80)", (100, 101), (100, 190)),
        ("c", [(50, 20), (200, 250)], "grabcut(rect(50, 20, 200, 250))", (110, 180), (10, 10)),
    ],
)
def test_shapes_are_dragged(visitor, key, drag, word, inside, outside):
    visitor.press(key)
    visitor.drag(*drag)
    layer = settled(visitor, lambda layer: layer["region"] != "all")
    assert layer["region"].split("(")[0] == word.split("(")[0]
    found = mask(visitor).astype(int)
    assert found[inside[::-1]] > 200 > 60 > found[outside[::-1]]


def test_a_polygon_is_clicked_and_closed_by_enter(visitor):
    visitor.press("p")
    for corner in [(20, 20), (220, 30), (120, 200)]:
        visitor.click(*corner)
    visitor.press("Enter")
    layer = settled(visitor, lambda layer: layer["region"].startswith("polygon"))
    assert layer["coverage"] == pytest.approx(0.27, abs=0.02)
    visitor.press("r")
    visitor.drag((100, 60), (140, 100), key="Alt")
    settled(visitor, lambda layer: "- rect" in layer["region"])
    assert mask(visitor)[80, 120] == 0


def test_regions_are_changed_by_buttons_and_keys(visitor):
    visitor.click(*PERSON)
    before = settled(visitor, lambda layer: layer["region"] == "person")["coverage"]
    for name, grows in (("Grow", True), ("Shrink", False)):
        visitor.button(name, exact=True).click()
        now = settled(visitor, lambda layer, name=name: name.lower() in layer["region"])["coverage"]
        assert (now > before) == grows
        before = now
    visitor.button("Feather", exact=True).click()
    settled(visitor, lambda layer: layer["region"].startswith("feather("))
    values = mask(visitor)
    assert ((values > 20) & (values < 230)).any()
    visitor.button("Refine", exact=True).click()
    settled(visitor, lambda layer: layer["region"].startswith("refine("))
    before = visitor.layer["coverage"]
    visitor.page.locator("#canvas").focus()
    visitor.press("i")
    assert settled(visitor, lambda layer: layer["region"].startswith("~"))["coverage"] == pytest.approx(
        1 - before, abs=0.01
    )
    visitor.press("Delete")
    settled(visitor, lambda layer: layer["coverage"] == 0)
    visitor.page.get_by_text("Select a region").wait_for()
    assert visitor.button("Run", exact=True).is_disabled()


def test_the_expression_says_the_same_and_can_be_edited(visitor):
    field = visitor.page.get_by_label("Region as an expression")
    visitor.click(*PERSON)
    settled(visitor, lambda layer: layer["region"] == "person")
    assert field.input_value() == "person"
    field.fill("rect(0, 0, 50%, 50%)")
    visitor.press("Enter")
    settled(visitor, lambda layer: layer["coverage"] == 0.25)
    field.fill("rect(0, 0")
    visitor.press("Enter")
    error = visitor.page.get_by_role("alert").filter(has_text="rect").or_(visitor.page.locator(".toast.error"))
    error.first.wait_for()
    assert visitor.faults  # the browser notes the refusal; nothing else went wrong
    assert all("400" in fault or "422" in fault for fault in visitor.faults)
    visitor.faults.clear()


def test_masks_come_and_go_as_files(visitor, tmp_path):
    half = np.zeros((256, 256), np.uint8)
    half[:, :128] = 255
    Image.fromarray(half).save(tmp_path / "half.png")
    visitor.choose(lambda: visitor.button("Load mask").click(), tmp_path / "half.png")
    settled(visitor, lambda layer: layer["coverage"] == 0.5)
    with visitor.page.expect_download() as saved:
        visitor.page.get_by_role("link", name="Save mask").click()
    assert (np.asarray(Image.open(saved.value.path())) == half).all()


def test_the_overlay_shows_a_tint_the_mask_or_its_edge(visitor):
    visitor.press("r")
    visitor.drag((64, 64), (192, 192))
    settled(visitor, lambda layer: layer["region"].startswith("rect"))
    visitor.move(240, 240)
    middle, around = (100, 100, 150, 150), (8, 100, 40, 150)
    plain = visitor.shown(middle)
    visitor.press("m")
    assert visitor.shown(middle).min() > 250 > 5 > visitor.shown(around).max()
    visitor.press("m")
    edge = visitor.shown((63, 100, 65, 150))
    assert edge[0] > edge[1] + 40
    untouched = visitor.shown(middle)
    visitor.press("m")
    assert np.allclose(visitor.shown(middle), untouched, atol=1)
    assert plain[0] > untouched[0]
    visitor.press("m")
    visitor.button("Overlay").click()
    visitor.button("Blue", exact=True).click()
    blue = visitor.shown(middle)
    visitor.page.get_by_role("slider", name="Opacity").fill("1")
    assert visitor.shown(middle)[2] > blue[2] > plain[2]
