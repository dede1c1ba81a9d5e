"""The page's modules: what they compute, and their types."""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
STATIC = ROOT / "sfumato/studio/static"


def _run(*command):
    done = subprocess.run([*map(str, command)], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.skipif(shutil.which("node") is None, reason="needs node")
def test_what_the_modules_compute():
    _run("node", "--test", *sorted(Path(__file__).parent.glob("js/*.test.js")))


@pytest.mark.skipif(shutil.which("tsc") is None, reason="needs tsc, of the npm package typescript")
def test_the_types_of_the_modules():
    _run("tsc", "-p", STATIC / "jsconfig.json")


def test_every_icon_that_is_named_is_drawn():
    sprite = (STATIC / "icons.svg").read_text()
    for module in STATIC.rglob("*.js"):
        for part in module.read_text().split('icon("')[1:]:
            assert f'id="icon-{part.split(chr(34))[0]}"' in sprite, (module.name, part[:20])


def test_modules_and_sheets_are_short_and_load_nothing_from_elsewhere():
    for file in [path for path in STATIC.rglob("*") if path.suffix in {".js", ".css", ".html", ".svg"}]:
        text = file.read_text()
        assert text.count("\n") <= 250, file.name
        assert "https://" not in text, file.name
        assert "http://" not in text.replace("http://www.w3.org/", ""), file.name
