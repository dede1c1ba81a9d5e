"""A studio without a network, and a page of it."""

import pytest
from helpers import texture
from PIL import Image
from studio_page import ADDRESS, Page
from tiny_segmenters import *  # noqa: F403

pytest.importorskip("fastapi", reason="needs the extra studio")
pytest.importorskip("httpx2", reason="needs httpx2, which the extra dev has")

from starlette.testclient import TestClient

from sfumato.studio import app as studio
from sfumato.studio import gallery, things


@pytest.fixture(scope="session")
def _gallery(tmp_path_factory):
    """The styles that come with the studio, as small textures, since painting them takes seconds."""
    place = tmp_path_factory.mktemp("gallery")
    for number, style in enumerate(gallery.BUILTIN):
        Image.fromarray(texture(48, 60, seed=20 + number)).save(place / style.name)
    return place


@pytest.fixture
def looking():
    """Let the studio look for things in photos, which otherwise finds nothing, at once."""


@pytest.fixture
def serve(tmp_path, monkeypatch, _gallery, request):
    """Start a studio on a folder; more options as `create` takes them."""
    if "looking" not in request.fixturenames:
        monkeypatch.setattr(things, "find", lambda *arguments, **options: ({}, None))
    monkeypatch.setattr(gallery, "builtin_file", lambda name: _gallery / name)
    running = []

    def start(folder=tmp_path / "sessions", address=ADDRESS, **options):
        client = TestClient(studio.create(folder=folder, **options), base_url=address)
        running.append(client)
        return client.__enter__()

    yield start
    for client in running:
        client.__exit__(None, None, None)


@pytest.fixture
def client(serve):
    """A browser at a studio that just started."""
    return serve()


@pytest.fixture
def page(client):
    """A page with nothing on it."""
    return Page(client)


@pytest.fixture
def open_page(page):
    """A page with a photo of 80×64 pixels and a style."""
    page.photo()
    page.style()
    page.settled()
    return page
