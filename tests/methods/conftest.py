"""Recipes, problems and runs of several layers."""

import pytest
from helpers import FAST, drained, prepared, texture
from PIL import Image

from sfumato import images
from sfumato.methods import faces, portraits, steps
from sfumato.recipe import Recipe

PHOTO = texture(48, 64, 1)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with the styles a.png, b.png and c.png."""
    folder = tmp_path_factory.mktemp("pictures")
    for seed, name in enumerate(["a.png", "b.png", "c.png"], start=2):
        Image.fromarray(texture(40, 48, seed)).save(folder / name)
    return folder


@pytest.fixture(scope="module")
def layered(folder):
    """A recipe of layers, each with the style a.png unless it says otherwise."""

    def make(*layers, **options):
        layers = [{"styles": [{"image": str(folder / "a.png")}], **layer} for layer in layers]
        return Recipe.from_mapping({**FAST, **options, "layers": layers})

    return make


@pytest.fixture(scope="module")
def problem(layered):
    """The problem of a recipe of layers."""

    def make(*layers, photo=PHOTO, **options):
        return prepared(layered(*layers, **options), images.from_array(photo), halo=8)

    return make


@pytest.fixture(scope="module")
def made(layered, vgg):
    """The result of a recipe of layers."""

    def make(*layers, photo=PHOTO, **options):
        return drained(steps(layered(*layers, **options), photo))

    return make


@pytest.fixture
def pretend_faces(monkeypatch):
    """Put faces into what is worked on of every photo, and into every style."""

    def put(*found, style=()):
        monkeypatch.setattr(faces, "find_faces", lambda photo: list(found))
        monkeypatch.setattr(portraits, "find_faces", lambda picture: list(style))

    return put
