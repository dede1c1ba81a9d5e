"""Layers and their settings; the run, its progress and its end, whatever happens to the page meanwhile."""

import re

import pytest

#: A run of about a second on the stand-in for the network, and one that nobody waits for.
SHORT, LONG = {"iterations": "30,20"}, {"iterations": "3000,3000"}


@pytest.fixture
def ready(visitor):
    """A page with a selected region and a fast painting."""
    return prepared(visitor)


def prepared(visitor, **options):
    visitor.page.get_by_role("radiogroup", name="Quality").get_by_text("Draft").click()
    visitor.page.evaluate(
        "(options) => fetch('settings', { method: 'PATCH', headers: { 'Content-Type': 'application/json' },"
        " body: JSON.stringify({ size: 96, options }) })",
        {"optimizer": "adam", **(options or SHORT)},
    )
    visitor.click(110, 180)
    visitor.reach(lambda state: state["layers"][0]["region"] == "person" and state["settings"]["size"] == 96)
    return visitor


def layers(visitor):
    return [layer["name"] for layer in visitor.state["layers"]]


def test_layers_are_added_renamed_moved_switched_off_and_deleted(visitor):
    visitor.button("Add a layer").click()
    visitor.reach(lambda state: len(state["layers"]) == 2)
    visitor.page.locator(".layer-main", has_text="Layer 2").focus()
    visitor.press("F2")
    visitor.page.get_by_label("Name of the layer").fill("Sky")
    visitor.press("Enter")
    visitor.reach(lambda state: state["layers"][0]["name"] == "Sky")
    visitor.page.locator(".layer-main", has_text="Sky").focus()
    visitor.press("Alt+ArrowDown")
    visitor.reach(lambda state: state["layers"][1]["name"] == "Sky")
    rows = visitor.page.locator(".layer")
    rows.nth(1).filter(has_text="Sky").wait_for()
    rows.nth(1).drag_to(rows.nth(0))
    visitor.reach(lambda state: state["layers"][0]["name"] == "Sky")
    visitor.button("Switch “Sky” off").click()
    visitor.reach(lambda state: state["layers"][0]["on"] is False)
    visitor.button("More for “Sky”").click()
    visitor.page.get_by_role("menuitem", name="Delete").click()
    visitor.button("Delete", exact=True).click()
    visitor.reach(lambda state: len(state["layers"]) == 1)
    assert layers(visitor) == ["Layer 1"]


def test_a_copied_layer_has_its_own_mask(visitor):
    visitor.press("b")
    visitor.drag((60, 60), (200, 60))
    visitor.reach(lambda state: state["layers"][0]["mask"])
    visitor.button("More for “Layer 1”").click()
    visitor.page.get_by_role("menuitem", name="Duplicate").click()
    found = visitor.reach(lambda state: len(state["layers"]) == 2)["layers"]
    assert found[0]["coverage"] == found[1]["coverage"] > 0
    visitor.press("e")
    visitor.drag((60, 60), (200, 60))
    found = visitor.reach(lambda state: len({layer["coverage"] for layer in state["layers"]}) == 2)["layers"]
    assert found[0]["coverage"] < found[1]["coverage"]


def test_styles_are_chosen_added_and_mixed(visitor, pictures):
    builtin = [style["name"] for style in visitor.state["styles"]]
    visitor.button(builtin[1], exact=True).click()
    visitor.reach(
        lambda state: (
            len(state["layers"][0]["styles"]) == 1
            and state["layers"][0]["styles"][0]["style"] == state["styles"][1]["id"]
        )
    )
    visitor.choose(lambda: visitor.button("Add style").click(), pictures / "texture.png")
    state = visitor.reach(lambda state: len(state["styles"]) == len(builtin) + 1)
    own = next(style["id"] for style in state["styles"] if not style["builtin"])
    visitor.reach(lambda state: [use["style"] for use in state["layers"][0]["styles"]] == [own])
    visitor.button(builtin[0], exact=True).hover()
    visitor.button(f"Mix {builtin[0]} in").click()
    visitor.reach(lambda state: len(state["layers"][0]["styles"]) == 2)
    weight = visitor.page.get_by_role("slider", name="texture.png")
    weight.fill("0.25")
    weight.dispatch_event("change")
    weights = visitor.reach(lambda state: state["layers"][0]["styles"][0]["weight"] == 0.25)
    assert weights["layers"][0]["styles"][1]["weight"] == 1
    assert visitor.page.locator(".mix:visible").get_by_text("20 %").is_visible()


def test_the_look_of_a_layer_is_set(visitor):
    for name in ("Fast", "Photo", "Painted"):
        visitor.page.get_by_role("radiogroup", name="Method").get_by_text(name).click()
        value = {"Fast": "fast", "Photo": "photo", "Painted": "optimized"}[name]
        visitor.reach(lambda state, value=value: state["layers"][0]["method"] == value)
    strength = visitor.page.get_by_role("slider", name="Strength")
    strength.fill("0.4")
    visitor.reach(lambda state: state["layers"][0]["strength"] == 0.4)
    visitor.page.get_by_label("Color", exact=True).select_option("luminance")
    visitor.page.get_by_text("Blend and edge").click()
    visitor.page.get_by_label("Blend", exact=True).select_option("poisson")
    visitor.page.get_by_label("Feather", exact=True).fill("5")
    visitor.press("Enter")
    visitor.reach(
        lambda state: (
            (state["layers"][0]["color"], state["layers"][0]["blend"], state["layers"][0]["feather"])
            == ("luminance", "poisson", 5)
        )
    )


def test_a_first_look_follows_the_settings(visitor):
    visitor.page.get_by_role("switch", name="First look as settings change").check(force=True)
    before = visitor.shown((100, 20, 200, 100))
    visitor.button(visitor.state["styles"][1]["name"], exact=True).click()
    visitor.reach(lambda state: state["job"] and state["job"]["kind"] == "look" and state["job"]["state"] == "done")
    visitor.until("() => document.querySelector('[name][value=result]').checked")
    visitor.page.wait_for_timeout(300)
    assert abs(visitor.shown((100, 20, 200, 100)) + before - 255).max() < 12


def test_a_run_shows_progress_and_ends_in_a_result(ready, request):
    seen = []
    ready.page.on("response", lambda answer: "preview/" in answer.url and answer.ok and seen.append(answer.url))
    ready.button("Run", exact=True).click()
    ready.page.get_by_role("progressbar").wait_for()
    ready.page.locator(".curve polyline").wait_for(state="attached")
    ready.page.get_by_text(re.compile(r"Step \d+")).wait_for()
    state = ready.reach(lambda state: state["job"]["state"] == "done" and state["results"])
    ready.page.get_by_role("progressbar").wait_for(state="hidden")
    shown = f"{len(set(seen))} in {state['job']['seconds']} s"
    request.node.user_properties.append(("previews shown in a run", shown))
    assert seen
    assert state["results"][0]["name"].startswith("astronaut")
    ready.button("Painted").or_(ready.page.locator(".result")).first.wait_for()


def test_a_canceled_run_keeps_the_best_so_far(visitor):
    prepared(visitor, **LONG)
    visitor.button("Run", exact=True).click()
    visitor.reach(lambda state: state["job"]["step"] > 3)
    visitor.press("Control+.")
    state = visitor.reach(lambda state: state["job"]["state"] == "cancelled")
    assert state["results"][0]["finished"] is False
    visitor.page.get_by_text("The best so far is kept").wait_for()
    assert visitor.button("Run", exact=True).is_enabled()


def test_a_run_survives_a_reload_and_a_lost_connection(visit, pictures):
    visitor = visit()
    cut = {"is": False, "routes": []}

    def route(socket):
        if cut["is"]:
            socket.close(code=1011)
            return
        cut["routes"].append(socket)
        socket.connect_to_server()

    visitor.page.route_web_socket("**/events", route)
    visitor.page.reload()
    prepared(visitor.open(pictures / "astronaut.png"), **LONG)
    visitor.button("Run", exact=True).click()
    before = visitor.reach(lambda state: state["job"]["step"] > 3)["job"]
    visitor.page.reload()
    visitor.page.get_by_text(re.compile(r"Step \d+")).wait_for()
    visitor.page.get_by_role("progressbar").wait_for()
    cut["is"] = True
    cut["routes"][-1].close(code=1011)
    visitor.page.get_by_text("The connection is lost").wait_for()
    visitor.press("b")
    visitor.drag((60, 60), (200, 60))
    cut["is"] = False
    visitor.page.get_by_text("The connection is lost").wait_for(state="hidden")
    after = visitor.reach(lambda state: state["layers"][0]["mask"])["job"]
    assert after["id"] == before["id"]
    assert after["step"] > before["step"]
    assert after["state"] == "running"
    visitor.button("Cancel").click()
    visitor.reach(lambda state: state["job"]["state"] == "cancelled")
    visitor.faults[:] = [fault for fault in visitor.faults if "WebSocket" not in fault]


def test_two_browsers_have_sessions_of_their_own_and_wait_in_line(visit, pictures):
    one, other = (prepared(visit().open(pictures / "astronaut.png"), **options) for options in (LONG, SHORT))
    assert one.state["id"] != other.state["id"]
    one.button("Run", exact=True).click()
    one.reach(lambda state: state["job"]["state"] == "running")
    other.button("Run", exact=True).click()
    other.page.get_by_text("Waiting: place 1 in line").wait_for()
    one.button("Cancel").click()
    other.reach(lambda state: state["job"]["state"] == "done")
    assert len(other.state["results"]) == 1
    one.reach(lambda state: state["job"]["state"] == "cancelled")
