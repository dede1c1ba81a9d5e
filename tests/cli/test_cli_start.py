"""Mistakes are told without importing PyTorch, which takes seconds."""

import subprocess
import sys

import pytest

STARTED = """
import sys
from sfumato.cli.app import main
try:
    main()
finally:
    print("torch" in sys.modules)
"""


@pytest.fixture
def started(tmp_path, pictures):
    """Run the command line in a process of its own; return its last line, and what it says of errors."""

    def run(*arguments):
        done = subprocess.run(
            [sys.executable, "-c", STARTED, *map(str, arguments)],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        return done.stdout.splitlines()[-1], done.stderr.strip()

    return run


@pytest.fixture
def pictures(tmp_path):
    from PIL import Image

    for name in ("photo.png", "style.png"):
        Image.new("RGB", (64, 48), "gray").save(tmp_path / name)
    (tmp_path / "text.png").write_text("no picture")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["apply", "none.jpg", "--style", "style.png"], "sfumato: none.jpg: no such file"),
        (["apply", "photo.png", "--style", "none.jpg"], "sfumato: none.jpg: no such file"),
        (
            ["apply", "photo.png", "--style", "style.png", "--region", "none.png"],
            "sfumato: mask file 'none.png' is",
        ),
        (["apply", "text.png", "--style", "style.png"], "sfumato: text.png: "),
        (["apply", "photo.png", "--style", "style.png", "--output", "no/such/x.png"], "sfumato: "),
        (["photo", "photo.png", "--reference", "none.jpg"], "sfumato: none.jpg: no such file"),
        (
            ["harmonize", "none.png", "--painting", "style.png", "--mask", "style.png"],
            "sfumato: none.png: no such file",
        ),
        (["apply", "photo.png", "--style", "style.png", "--strength", "2"], "sfumato: "),
    ],
)
def test_a_mistake_is_told_at_once(started, arguments, said):
    imported, errors = started(*arguments)
    assert errors.startswith(said)
    assert len(errors.splitlines()) == 1
    assert imported == "False"


def test_help_is_given_at_once(started):
    assert started("--help")[0] == "False"
    assert started("apply", "--help")[0] == "False"
