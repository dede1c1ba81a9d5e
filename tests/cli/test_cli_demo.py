"""`sfumato demo`, with small pictures and few iterations."""

import sys

import numpy as np
import pytest
from PIL import Image

from sfumato import images, recipe
from sfumato.demo import show
from sfumato.methods import faces


@pytest.fixture
def small(monkeypatch, vgg, u2netp, tmp_path):
    """A small photo of a ball, a small painting, and a draft of eight steps."""
    from skimage import data

    module = sys.modules[show.__module__]
    y, x = np.mgrid[:60, :80]
    photo = np.full((60, 80, 3), (120, 150, 200), np.uint8)
    photo[(x - 40) ** 2 + (y - 30) ** 2 < 20**2] = (200, 60, 30)
    for name in ("chelsea", "coffee", "astronaut", "cat", "rocket"):
        if hasattr(data, name):
            monkeypatch.setattr(data, name, lambda: photo)
    painting = np.random.default_rng(0).random((48, 64, 3), np.float32)
    monkeypatch.setattr(module, "paint", lambda *_, **__: painting)
    monkeypatch.setitem(recipe.PRESETS, "draft", {"size": 48, "iterations": (8,)})
    monkeypatch.chdir(tmp_path)
    return photo


def test_the_demo(sfumato, small, tmp_path, monkeypatch):
    monkeypatch.setattr(faces, "find_faces", lambda photo: pytest.fail("needs more networks than the demo fetches"))
    done = sfumato("demo", "made/here", "--preset", "draft")
    assert done.code == 0
    assert "sheet.png" in done.out
    assert "localized.png" in done.out
    assert done.out.splitlines()[-1].endswith(": sfumato studio made/here/photo.png --style made/here/style.png")
    folder = tmp_path / "made" / "here"
    names = {"photo.png", "style.png", "naive.png", "localized.png", "sheet.png"}
    assert {path.name for path in folder.iterdir()} == names
    np.testing.assert_array_equal(np.asarray(Image.open(folder / "photo.png")), small)
    for name in ("naive.png", "localized.png"):
        made = np.asarray(Image.open(folder / name))
        np.testing.assert_array_equal(made[:5], small[:5])
        assert (made != small).any()
        assert images.read_recipe(folder / name) is not None
    assert images.load(folder / "sheet.png").width > 1000
    assert sfumato("demo", "made/here", "--preset", "draft").code == 0  # again, over its own files


def test_an_unknown_preset_leaves_nothing(sfumato, small, tmp_path):
    done = sfumato("demo", "made", "--preset", "best")
    assert (done.code, done.out) == (2, "")
    (line,) = done.err.splitlines()
    assert "'best'" in line
    assert not (tmp_path / "made").exists()


def test_a_file_where_the_folder_should_be(sfumato, small, tmp_path):
    (tmp_path / "made").write_text("mine")
    done = sfumato("demo", "made")
    assert (done.code, done.out) == (3, "")
    (line,) = done.err.splitlines()
    assert "made" in line
