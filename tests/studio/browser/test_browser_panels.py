"""Paste, photo and surface; and that the page can be used by all."""

import pytest


def test_an_object_is_dragged_scaled_and_turned(visitor, pictures):
    visitor.mode("Paste")
    visitor.choose(lambda: visitor.button("Add picture").click(), pictures / "coffee.jpg")
    visitor.page.get_by_text("Middle, x").wait_for()
    visitor.until("() => document.getElementById('canvas').dataset.object === 'ready'")
    place = visitor.reach(lambda state: state["panel"]["object"])["panel"]["object"]
    assert (place["x"], place["y"], place["angle"]) == (128, 128, 0)
    visitor.drag((128, 128), (160, 100))
    place = visitor.reach(lambda state: state["panel"]["object"]["x"] > 150)["panel"]["object"]
    assert (place["x"], place["y"]) == pytest.approx((160, 100), abs=1)
    # Arrow keys move it too.
    visitor.page.locator("#canvas").focus()
    visitor.press("ArrowRight")
    visitor.reach(lambda state: state["panel"]["object"]["x"] == pytest.approx(place["x"] + 1))
    size = visitor.page.get_by_role("spinbutton", name="Size").first
    size.fill("50")
    visitor.press("Enter")
    visitor.reach(lambda state: state["panel"]["object"]["scale"] == 0.5)
    visitor.page.get_by_label("Turned").fill("-90")
    visitor.press("Enter")
    visitor.reach(lambda state: state["panel"]["object"]["angle"] == -90)
    visitor.page.get_by_role("switch", name="Paint it to match").uncheck(force=True)
    visitor.reach(lambda state: state["panel"]["object"].get("harmonize") is False)
    assert visitor.paint()["results"]


def test_the_labels_of_two_photos_are_shown(visitor, pictures):
    visitor.mode("Photo")
    before = visitor.shown((100, 100, 150, 200))
    visitor.choose(lambda: visitor.button("Add photo").click(), pictures / "coffee.jpg")
    table = visitor.page.locator("table.labels")
    table.get_by_role("row").nth(1).wait_for(timeout=60_000)
    assert table.get_by_role("row").count() >= 3
    assert abs(visitor.shown((100, 100, 150, 200)) - before).max() > 5
    visitor.page.get_by_role("switch", name="Show on both pictures").uncheck(force=True)
    assert abs(visitor.shown((100, 100, 150, 200)) - before).max() < 2


def test_the_corners_of_a_surface_are_dragged(visitor):
    visitor.mode("Surface")
    assert visitor.button("Run", exact=True).is_disabled()
    visitor.button("Place four corners").click()
    corners = visitor.reach(lambda state: state["panel"]["corners"])["panel"]["corners"]
    visitor.drag((corners[0], corners[1]), (40, 30))
    moved = visitor.reach(lambda state: state["panel"]["corners"][0] < 50)["panel"]["corners"]
    assert moved[:2] == pytest.approx([40, 30], abs=1)
    assert moved[2:] == corners[2:]
    visitor.page.get_by_text("Corners in numbers").click()
    visitor.page.get_by_label("Third corner, x").fill("200")
    visitor.press("Enter")
    visitor.reach(lambda state: state["panel"]["corners"][4] == 200)


def test_all_controls_have_names(visitor):
    visitor.button("Overlay").click()
    script = """() => [...document.querySelectorAll('button, input, select, textarea, a[href], [role=slider]')]
      .filter((each) => each.checkVisibility() && !each.closest('[hidden]'))
      .filter((each) => !(each.getAttribute('aria-label') || each.labels?.length || each.textContent.trim()))
      .map((each) => each.outerHTML)"""
    assert visitor.page.evaluate(script) == []


def test_the_keyboard_reaches_everything(visitor):
    seen = set()
    for _ in range(90):
        visitor.press("Tab")
        seen.add(
            visitor.page.evaluate(
                "() => { const at = document.activeElement;"
                " return at.getAttribute('aria-label') || at.labels?.[0]?.textContent || at.textContent || at.id }"
            )
        )
    for name in ("Select things (V)", "Layer 1", "person", "Strength", "Run", "Region as an expression", "Overlay"):
        assert any(name in each for each in seen), (name, seen)
    visitor.press("?")
    visitor.page.get_by_role("dialog", name="Keys").wait_for()
    visitor.press("Escape")
    visitor.page.get_by_role("dialog", name="Keys").wait_for(state="detached")


@pytest.mark.parametrize("scheme", ["dark", "light"])
def test_text_can_be_read(visit, pictures, scheme):
    visitor = visit(color_scheme=scheme).open(pictures / "astronaut.png")
    script = """() => {
      const canvas = new OffscreenCanvas(1, 1).getContext('2d', { willReadFrequently: true });
      const values = (color) => {
        canvas.clearRect(0, 0, 1, 1);
        canvas.fillStyle = color;
        canvas.fillRect(0, 0, 1, 1);
        return [...canvas.getImageData(0, 0, 1, 1).data];
      };
      const linear = (v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
      const light = ([r, g, b]) => 0.2126 * linear(r / 255) + 0.7152 * linear(g / 255) + 0.0722 * linear(b / 255);
      const ground = (each) => {
        const found = values(getComputedStyle(each).backgroundColor);
        return found[3] === 255 ? found : ground(each.parentElement);
      };
      const low = [];
      for (const each of document.querySelectorAll('#side *, #bar *, #options *, #view *')) {
        const text = [...each.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
        if (!text || !each.checkVisibility() || each.matches(':disabled, :disabled *, :disabled + *')) continue;
        const [a, b] = [light(values(getComputedStyle(each).color)), light(ground(each))].sort((p, q) => q - p);
        const ratio = (a + 0.05) / (b + 0.05);
        if (ratio < 4.5) low.push([each.textContent, ratio]);
      }
      return low;
    }"""
    assert visitor.page.evaluate(script) == []


def test_a_phone_is_for_looking(visit, pictures):
    visitor = visit(width=390, height=844, has_touch=True)
    visitor.choose(lambda: visitor.button("Choose a photo").click(), pictures / "astronaut.png")
    visitor.until("() => document.getElementById('canvas').dataset.view")
    assert visitor.page.evaluate("() => document.documentElement.scrollWidth") <= 390
    assert not visitor.page.locator("#rail").is_visible()
    assert not visitor.page.get_by_role("button", name="Run").is_visible()
    visitor.button("Settings").click()
    visitor.button("Run", exact=True).wait_for()


def test_the_theme_can_be_chosen(visitor):
    ground = "() => getComputedStyle(document.getElementById('side')).backgroundColor"
    visitor.page.emulate_media(color_scheme="dark")
    dark = visitor.page.evaluate(ground)
    visitor.button("Theme: as the system").click()
    visitor.button("Theme: dark").click()
    assert visitor.page.evaluate(ground) != dark
    visitor.page.reload()
    visitor.button("Theme: light").wait_for()
