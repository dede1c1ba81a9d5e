"""A person at the studio's page, in a browser, for its tests."""

import io
import time

import numpy as np
from PIL import Image

__all__ = ["Visitor", "patch_of"]


def patch_of(content, box):
    """The pixels of a box (left, top, right, bottom) of a picture file."""
    left, top, right, bottom = box
    return np.asarray(Image.open(io.BytesIO(content)).convert("RGB"))[top:bottom, left:right].astype(float)


class Visitor:
    """What a person does at a page, and sees there; points are in pixels of the photo.

    Strict content policies forbid `wait_for_function`, so that `until` asks again and again.
    """

    def __init__(self, page, address):
        self.page, self.address = page, address
        self.requests, self.faults = [], []
        page.set_default_timeout(10_000)
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on("response", lambda answer: answer.status >= 400 and self.faults.append(f"{answer.status} {answer.url}"))
        page.on("console", lambda message: message.type == "error" and self.faults.append(message.text))
        page.goto(address)
        self.until("() => document.body.classList.contains('loaded')")

    # ---- what is seen

    @property
    def state(self):
        return self.page.evaluate("() => fetch('state').then((answer) => answer.json())")

    @property
    def layer(self):
        return self.state["layers"][0]

    def until(self, script, seconds=60):
        """Wait until a function of the page says yes, and return how long that took."""
        began = time.monotonic()
        while not (found := self.page.evaluate(script)):
            assert time.monotonic() - began < seconds, f"still {found!r}: {script}"
            self.page.wait_for_timeout(15)
        return time.monotonic() - began

    def reach(self, reached, seconds=90):
        """Wait for a state of the server, and return it."""
        end = time.monotonic() + seconds
        while not reached(state := self.state):
            assert time.monotonic() < end, f"still {state['job']} {state['labels']} {state['layers']}"
            self.page.wait_for_timeout(50)
        return state

    def shown(self, box=None):
        """The canvas, or a box of the photo on it, as it is on the screen: the mean color."""
        canvas = self.page.locator("#canvas")
        frame = canvas.bounding_box()
        clip = frame
        if box:
            (left, top), (right, bottom) = self.place(*box[:2]), self.place(*box[2:])
            clip = {"x": left, "y": top, "width": right - left, "height": bottom - top}
        content = self.page.screenshot(clip=clip)
        return np.asarray(Image.open(io.BytesIO(content)).convert("RGB")).astype(float).mean((0, 1))

    def place(self, x, y):
        """Where a pixel of the photo is on the screen."""
        script = """([x, y]) => {
          const { left, top } = document.getElementById('canvas').getBoundingClientRect();
          const view = JSON.parse(document.getElementById('canvas').dataset.view);
          return [left + view.x + x * view.scale, top + view.y + y * view.scale];
        }"""
        return self.page.evaluate(script, [x, y])

    def button(self, name, **more):
        return self.page.get_by_role("button", name=name, **more)

    # ---- what is done

    def choose(self, click, *files):
        """Choose files in the dialog that a click opens."""
        with self.page.expect_file_chooser() as chooser:
            click()
        chooser.value.set_files(files)

    def open(self, photo):
        """Open a photo, and wait until its things are known; first looks are off."""
        self.choose(lambda: self.button("Choose a photo").click(), photo)
        self.until("() => !document.body.classList.contains('empty')")
        self.reach(lambda state: state["labels"]["state"] == "ready")
        self.until("() => document.getElementById('canvas').dataset.mask")
        self.page.get_by_role("switch", name="First look as settings change").uncheck(force=True)
        return self

    def move(self, x, y):
        self.page.mouse.move(*self.place(x, y))

    def click(self, x, y, *, key=None):
        self.move(x, y)
        if key:
            self.page.keyboard.down(key)
        self.page.mouse.click(*self.place(x, y))
        if key:
            self.page.keyboard.up(key)

    def drag(self, *points, key=None):
        """Drag from point to point, and wait until the server knows."""
        if key:
            self.page.keyboard.down(key)
        self.move(*points[0])
        self.page.mouse.down()
        for point in points[1:]:
            self.page.mouse.move(*self.place(*point), steps=4)
        self.page.mouse.up()
        if key:
            self.page.keyboard.up(key)

    def press(self, *keys):
        for key in keys:
            self.page.keyboard.press(key)

    def mode(self, name):
        """Change what the page is used for."""
        self.page.get_by_role("radiogroup", name="What to do").get_by_text(name).click()
        self.reach(lambda state: state["panel"]["mode"] == name.lower())

    def show(self, name):
        """Change what the picture shows."""
        self.page.get_by_role("radiogroup", name="Show").get_by_label(name, exact=True).check(force=True)

    def paint(self):
        """Run, and wait for the result."""
        before = len(self.state["results"])
        self.button("Run", exact=True).click()
        return self.reach(lambda state: len(state["results"]) > before and state["job"]["state"] == "done")
