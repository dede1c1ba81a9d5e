"""(h) The studio's page on a photo of 24 megapixels with 16 bits: clicks, and a run that is watched."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from PIL import Image

from experiments.studio import served, until
from sfumato import images

SIZE = 4000, 6000
CLICKS = 8

# Notes when a thing is clicked, and when the canvas is first drawn with another color at that place.
_WATCH = """([x, y]) => {
  const canvas = document.getElementById('canvas');
  const context = canvas.getContext('2d');
  const at = [(x - canvas.getBoundingClientRect().left) * devicePixelRatio, y * devicePixelRatio];
  const color = () => String(context.getImageData(at[0], at[1], 1, 1).data);
  window.seen = null;
  canvas.addEventListener('pointerup', (event) => {
    const before = color();
    const look = () => {
      if (color() === before) requestAnimationFrame(look);
      else window.seen = performance.now() - event.timeStamp;
    };
    requestAnimationFrame(look);
  }, { once: true, capture: true });
}"""


@contextmanager
def page() -> Iterator[Any]:
    """Serve a studio, and open its page."""
    from playwright.sync_api import sync_playwright

    with served() as address, sync_playwright() as control:
        browser = control.chromium.launch(
            executable_path=shutil.which("chromium") or shutil.which("google-chrome"), args=["--no-sandbox"]
        )
        opened = browser.new_page(viewport={"width": 1440, "height": 900})
        opened.goto(address)
        opened.wait_for_timeout(500)
        yield opened
        browser.close()


def measure() -> dict[str, float]:
    """Return milliseconds from clicks to what they show, previews and steps a second, and what differs outside."""
    with tempfile.TemporaryDirectory() as folder, page() as opened:
        photo = _photo(Path(folder) / "photo.png")
        with opened.expect_file_chooser() as chooser:
            opened.get_by_role("button", name="Choose a photo").click()
        chooser.value.set_files(photo)
        until(opened, "(state) => state.labels.state === 'ready'")
        opened.get_by_role("switch", name="First look as settings change").uncheck(force=True)
        drawn, exact = zip(*(_click(opened, away=bool(number % 2)) for number in range(CLICKS)), strict=True)
        _click(opened, away=False)
        figures = {
            "click: drawn, median ms": float(np.median(drawn)),
            "click: drawn, worst ms": max(drawn),
            "click: exact, median ms": float(np.median(exact)),
            "click: exact, worst ms": max(exact),
        }
        return figures | _run(opened, photo)


def _photo(path: Path) -> Path:
    from skimage import data

    photo = cv2.resize(data.coffee(), SIZE[::-1], interpolation=cv2.INTER_CUBIC).astype(np.uint16) * 257
    images.save(images.from_array(photo), path)
    return path


def _click(page: Any, *, away: bool) -> tuple[float, float]:
    """Click the cup, and return milliseconds until anything is drawn there, and until the mask is the server's."""
    box = page.locator("#canvas").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.wait_for_timeout(1500)
    page.evaluate(_WATCH, [x, y])
    mask = "() => document.getElementById('canvas').dataset.mask"
    before = page.evaluate(mask)
    if away:
        page.keyboard.down("Alt")
    began = time.monotonic()
    page.mouse.click(x, y)
    while page.evaluate(mask) == before:
        page.wait_for_timeout(5)
    exact = (time.monotonic() - began) * 1000
    if away:
        page.keyboard.up("Alt")
    return page.evaluate("() => window.seen"), exact


def _run(page: Any, photo: Path) -> dict[str, float]:
    shown: dict[str, float] = {}
    page.on(
        "response",
        lambda answer: "preview/" in answer.url and answer.ok and shown.setdefault(answer.url, time.monotonic()),
    )
    page.get_by_role("radiogroup", name="Quality").get_by_text("Draft").click()
    page.get_by_role("button", name="Run", exact=True).click()
    until(page, "(state) => state.results.length")
    job = page.evaluate("() => fetch('state').then((answer) => answer.json()).then((state) => state.job)")
    times = sorted(shown.values())
    return {
        "run: seconds": job["seconds"],
        "run: steps": job["steps"],
        "run: previews": len(times),
        "run: previews a second": (len(times) - 1) / (times[-1] - times[0]),
        "run: worst wait, s": float(np.diff(times).max()),
        "outside: values that differ": _outside(page, photo),
    }


def _outside(page: Any, photo: Path) -> int:
    """Return how many values differ from the photo's beyond 32 pixels from the mask, whose edge is soft."""
    state = page.evaluate("() => fetch('state').then((answer) => answer.json())")
    mask, made = photo.with_name("mask.png"), photo.with_name("made.png")
    mask.write_bytes(page.request.get(f"{page.url}layers/{state['layers'][0]['id']}/mask.png?size=full").body())
    made.write_bytes(page.request.get(f"{page.url}results/{state['results'][0]['id']}/picture").body())
    outside = ~cv2.dilate(np.asarray(Image.open(mask)), np.ones((65, 65))).astype(bool)
    before, after = images.load(photo).pixels, images.load(made).pixels
    assert after.dtype == np.uint16
    return int((before[outside] != after[outside]).sum())


if __name__ == "__main__":
    for name, value in measure().items():
        print(f"{name:28} {value:10.2f}")
