"""Moving the view with the middle button and two fingers, full screen, and what a click shows before it is answered."""

import json

import numpy as np
import pytest

PERSON, NOTHING = (110, 180), (220, 40)

# Boxes on the person, and beside it.
INSIDE, OUTSIDE = (90, 150, 130, 190), (200, 20, 240, 60)


def view(visitor):
    """Scale and place of the view."""
    return visitor.page.evaluate("() => JSON.parse(document.getElementById('canvas').dataset.view)")


def fingers(visitor, *hands):
    """Touch the screen with fingers at some places, move them to others, and lift them."""
    session = visitor.page.context.new_cdp_session(visitor.page)
    for number, points in enumerate([*hands, ()]):
        kind = "touchMove" if number else "touchStart"
        touches = [{"x": x, "y": y, "id": finger} for finger, (x, y) in enumerate(points)]
        session.send("Input.dispatchTouchEvent", {"type": kind if touches else "touchEnd", "touchPoints": touches})


def test_the_middle_button_moves_the_view_and_takes_nothing(visitor):
    visitor.page.mouse.move(*visitor.place(*PERSON))
    visitor.page.mouse.wheel(0, -400)
    visitor.until("() => JSON.parse(document.getElementById('canvas').dataset.view).scale > 4")
    before, at = view(visitor), visitor.place(*PERSON)
    visitor.page.mouse.move(*at)
    visitor.page.mouse.down(button="middle")
    visitor.page.mouse.move(at[0] + 40, at[1] - 25, steps=3)
    visitor.page.mouse.up(button="middle")
    after = view(visitor)
    assert (after["x"] - before["x"], after["y"] - before["y"]) == pytest.approx((40, -25), abs=1)
    assert after["scale"] == before["scale"]
    assert visitor.layer["region"] == "all"


def test_two_fingers_zoom_and_paint_nothing(visit, pictures):
    visitor = visit(has_touch=True).open(pictures / "astronaut.png")
    visitor.press("b")
    before = view(visitor)["scale"]
    x, y = visitor.place(128, 128)
    fingers(visitor, *(((x - apart, y), (x + apart, y)) for apart in (40, 60, 80, 100)))
    visitor.until(f"() => JSON.parse(document.getElementById('canvas').dataset.view).scale > {before * 2}")
    assert view(visitor)["scale"] == pytest.approx(before * 2.5, rel=0.05)
    assert np.allclose(visitor.place(128, 128), (x, y), atol=3)
    visitor.page.wait_for_timeout(200)
    assert visitor.layer["mask"] is None


def test_full_screen_comes_and_goes(visitor):
    for is_full in ("true", "false"):
        visitor.press("f")
        visitor.until(f"() => Boolean(document.fullscreenElement) === {is_full}", 10)
        visitor.until(f"() => document.body.classList.contains('full') === {is_full}", 10)


def tinted(color):
    """What a color looks like under the overlay, half of which is seen through."""
    return (color + np.array([255, 61, 104])) / 2


def test_a_first_click_shows_before_the_studio_answers(visitor):
    held = []
    visitor.page.route("**/region", lambda route: held.append(route))
    person, nothing = visitor.shown(INSIDE), visitor.shown(OUTSIDE)
    visitor.click(*PERSON)
    visitor.move(*NOTHING)
    visitor.page.wait_for_timeout(200)
    assert visitor.shown(INSIDE) == pytest.approx(tinted(person), abs=12)
    assert visitor.shown(OUTSIDE) == pytest.approx(nothing, abs=1)
    assert len(held) == 1
    held[0].continue_()
    visitor.reach(lambda state: state["layers"][0]["region"] == "person")


def test_a_refused_click_is_taken_back(visitor):
    person = visitor.shown(INSIDE)
    visitor.click(*PERSON)
    layer = visitor.reach(lambda state: state["layers"][0]["region"] == "person")["layers"][0]
    visitor.until(f"() => document.getElementById('canvas').dataset.mask.includes('.{layer['mask_version']}&')")
    refusal = {"status": 400, "content_type": "application/json", "body": json.dumps({"error": "Not now."})}
    visitor.page.route("**/region", lambda route: route.fulfill(**refusal))
    visitor.click(*PERSON, key="Alt")
    visitor.page.get_by_text("Not now.").wait_for()
    visitor.move(*NOTHING)
    visitor.page.wait_for_timeout(500)
    assert visitor.shown(INSIDE) == pytest.approx(tinted(person), abs=12)
    visitor.faults[:] = [fault for fault in visitor.faults if "400" not in fault]
