"""Screenshots of the studio, in docs/images and in build/studio.

The photo comes with scikit-image, the styles are painted by code. Needs Chromium, playwright (extra dev), and the
network files vgg19, u2netp, arbitrary-predict and arbitrary-transform::

    python -m experiments.studio
    python -m experiments.studio --preset draft    # sooner, for looking at the page alone
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from PIL import Image
from skimage import data

ROOT = Path(__file__).resolve().parents[1]
DOCS, ALL = ROOT / "docs" / "images", ROOT / "build" / "studio"
SIZES = ((1440, 900), (1024, 768), (390, 844))


@contextmanager
def served() -> Iterator[str]:
    """Run a studio, and return its address."""
    command = [sys.executable, "-m", "sfumato", "studio", "--no-browser"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            for line in process.stdout:
                if found := re.search(r"http://\S+", line):
                    yield found[0]
                    break
        finally:
            process.terminate()


def until(page: Any, script: str, seconds: float = 600) -> None:
    """Wait until a function of the state holds."""
    end = time.monotonic() + seconds
    while not page.evaluate(f"() => fetch('state').then((answer) => answer.json()).then({script})"):
        if time.monotonic() > end:
            raise TimeoutError(script)
        page.wait_for_timeout(200)


def shot(page: Any, name: str, *, docs: bool = False) -> None:
    """Take a screenshot; some are shown in the documentation."""
    page.mouse.move(1, 1)
    page.wait_for_timeout(600)
    place = ALL / f"{name}.png"
    page.screenshot(path=place)
    if docs:
        with Image.open(place) as image:
            image.convert("RGB").save(DOCS / f"studio-{name}.jpg", quality=85, optimize=True)


def place(page: Any, x: float, y: float) -> tuple[float, float]:
    """Return where a place of the stage, in shares of its sides, is on the screen."""
    box = page.locator("#canvas").bounding_box()
    return box["x"] + x * box["width"], box["y"] + y * box["height"]


def walk(page: Any, photo: Path, preset: str) -> None:
    """Do what a person would do, and take screenshots on the way."""
    shot(page, "empty")
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Choose a photo").click()
    chooser.value.set_files(photo)
    until(page, "(state) => state.labels.state === 'ready'")
    page.mouse.click(*place(page, 0.5, 0.5))
    until(page, "(state) => state.layers[0].region !== 'all'")
    shot(page, "region", docs=True)
    until(page, "(state) => state.job?.state === 'done'")
    page.get_by_role("radiogroup", name="Quality").get_by_text(preset.capitalize()).click()
    page.get_by_role("button", name="Run", exact=True).click()
    until(page, "(state) => state.job.kind === 'paint' && state.job.fraction > 0.35")
    shot(page, "painting", docs=True)
    until(page, "(state) => state.results.length")
    page.keyboard.press("s")
    page.wait_for_timeout(5000)  # until the message is gone
    shot(page, "compare", docs=True)
    page.keyboard.press("w")
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        for scheme in ("dark", "light"):
            page.emulate_media(color_scheme=scheme)
            shot(page, f"{width}-{scheme}")


def main() -> None:
    """Take all screenshots."""
    from playwright.sync_api import sync_playwright

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--preset", default="normal")
    preset = parser.parse_args().preset
    ALL.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, served() as address, sync_playwright() as control:
        photo = Path(folder) / "coffee.png"
        Image.fromarray(data.coffee()).save(photo)
        chromium = shutil.which("chromium") or shutil.which("google-chrome")
        browser = control.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": SIZES[0][0], "height": SIZES[0][1]}, color_scheme="dark")
        page.goto(address)
        page.wait_for_timeout(500)
        walk(page, photo, preset)
        browser.close()


if __name__ == "__main__":
    main()
