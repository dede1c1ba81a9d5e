"""Small batches that need no network files."""

import pytest
from helpers import texture
from PIL import Image

RECIPE = """version = 1
method = "photo"
transfer = "reinhard"
semantic = "none"
[[layers]]
styles = [{ image = "style.png" }]
"""


def write(path, seed=0, size=(24, 32)):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(texture(*size, seed=seed)).save(path)


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A current folder with plain.toml, style.png, and photos/: a.png, b.jpg, day/c.png, notes.txt."""
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "style.png", 9)
    (tmp_path / "plain.toml").write_text(RECIPE)
    for seed, name in enumerate(["a.png", "b.jpg", "day/c.png"]):
        write(tmp_path / "photos" / name, seed)
    (tmp_path / "photos" / "notes.txt").write_text("no picture")
    return tmp_path
