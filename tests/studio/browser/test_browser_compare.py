"""Comparing photo and result, and taking along what was made."""

import tomllib

import numpy as np
import pytest
from PIL import Image

SKY = (180, 20, 240, 120)


@pytest.fixture
def painted(visitor):
    """A page with one result: all in the colors of the style, which needs no network."""
    visitor.page.evaluate(
        "() => fetch('settings', { method: 'PATCH', headers: { 'Content-Type': 'application/json' },"
        " body: JSON.stringify({ options: { transfer: 'reinhard', semantic: 'none' } }) })"
    )
    visitor.page.get_by_role("radiogroup", name="Method").get_by_text("Photo").click()
    visitor.reach(lambda state: state["layers"][0]["method"] == "photo" and state["settings"]["options"])
    visitor.paint()
    visitor.until("() => document.querySelector('.result img')?.complete")
    visitor.show("Result")
    visitor.page.wait_for_timeout(300)
    return visitor


def test_split_and_side_by_side_and_blink(painted):
    painted.page.mouse.move(5, 5)
    result = painted.shown(SKY)
    painted.press("q")
    photo = painted.shown(SKY)
    assert abs(photo - result).max() > 5
    painted.show("Split")
    bar = painted.page.get_by_role("slider", name="Where photo and result meet")
    bar.focus()
    painted.press("Home")
    assert np.allclose(painted.shown(SKY), result, atol=1)
    painted.press("End")
    assert np.allclose(painted.shown(SKY), photo, atol=1)
    box = bar.bounding_box()
    painted.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 200)
    painted.page.mouse.down()
    middle = painted.place(128, 0)[0]
    painted.page.mouse.move(middle, box["y"] + 200, steps=4)
    painted.page.mouse.up()
    assert float(bar.get_attribute("aria-valuenow")) == pytest.approx(50, abs=3)
    painted.press("d")
    painted.page.wait_for_timeout(100)
    half = painted.page.locator("#canvas").bounding_box()["width"] / 2
    left = painted.shown(SKY)
    assert np.allclose(left, photo, atol=3)
    place = painted.place
    painted.place = lambda x, y: [place(x, y)[0] + half, place(x, y)[1]]
    assert np.allclose(painted.shown(SKY), result, atol=3)
    painted.place = place
    painted.press("w")
    painted.page.keyboard.down("x")
    painted.page.wait_for_timeout(100)
    assert np.allclose(painted.shown(SKY), photo, atol=1)
    painted.page.keyboard.up("x")
    painted.page.wait_for_timeout(100)
    assert np.allclose(painted.shown(SKY), result, atol=1)


def test_picture_recipe_and_command_are_taken(painted, tmp_path):
    with painted.page.expect_download() as saved:
        painted.page.get_by_role("link", name="Download the picture").click()
    picture = tmp_path / saved.value.suggested_filename
    saved.value.save_as(picture)
    with Image.open(picture) as image:
        assert image.size == (256, 256)
    assert picture.name == painted.state["results"][0]["name"]
    painted.button("More for this result").click()
    with painted.page.expect_download() as saved:
        painted.page.get_by_role("menuitem", name="Download recipe").click()
    assert tomllib.loads(saved.value.path().read_text())["method"] == "photo"
    painted.button("Copy as command").click()
    painted.page.get_by_text("Copied.").wait_for()
    line = painted.page.evaluate("() => navigator.clipboard.readText()")
    assert line.startswith("sfumato ")
    assert picture.name in line

    # Dropped into a fresh page, the result brings its settings along.
    strength = painted.page.get_by_role("slider", name="Strength")
    strength.fill("0.3")
    painted.reach(lambda state: state["layers"][0]["strength"] == 0.3)
    content = list(picture.read_bytes())
    painted.page.evaluate(
        """([content, name]) => {
          const data = new DataTransfer();
          data.items.add(new File([new Uint8Array(content)], name, { type: 'image/png' }));
          for (const kind of ['dragenter', 'dragover', 'drop']) {
            document.body.dispatchEvent(new DragEvent(kind, { dataTransfer: data, bubbles: true, cancelable: true }));
          }
        }""",
        [content, picture.name],
    )
    state = painted.reach(lambda state: state["layers"][0]["strength"] == 1)
    assert state["layers"][0]["method"] == "photo"


def test_results_are_a_history(painted):
    strength = painted.page.get_by_role("slider", name="Strength")
    strength.fill("0.5")
    painted.reach(lambda state: state["layers"][0]["strength"] == 0.5)
    state = painted.paint()
    assert len(state["results"]) == 2
    results = painted.page.locator(".result")
    painted.until("() => document.querySelectorAll('.result').length === 2")
    results.nth(1).click()
    assert results.nth(1).get_attribute("aria-pressed") == "true"
    painted.button("More for this result").click()
    painted.page.get_by_role("menuitem", name="Restore these settings").click()
    painted.reach(lambda state: state["layers"][0]["strength"] == 1)
    painted.button("More for this result").click()
    painted.page.get_by_role("menuitem", name="Delete this result").click()
    painted.reach(lambda state: len(state["results"]) == 1)
    painted.page.reload()
    results.first.wait_for()
    assert results.count() == 1
