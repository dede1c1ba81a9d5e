"""A studio with stand-ins for its networks, and a browser; skips where there is no browser."""

import shutil
import socket
import threading
from dataclasses import replace

import cv2
import numpy as np
import pytest
import torch
from helpers import texture
from PIL import Image
from studio_browser import Visitor

pytest.importorskip("fastapi", reason="needs the extra studio")
playwright = pytest.importorskip("playwright.sync_api", reason="needs playwright, which the extra dev has")

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)

#: Longer side of the photo, and of the small maps of what is in it.
SIDE, SMALL = 256, 32


def pytest_collection_modifyitems(items):
    for item in items:
        if CHROMIUM is None and "browser" in item.path.parts:
            item.add_marker(pytest.mark.skip(reason="needs the browser Chromium"))


def _area(left, top, right, bottom):
    """A small map of a rectangle, given in shares of the sides."""
    area = np.zeros((SMALL, SMALL), np.float32)
    area[int(top * SMALL) : int(bottom * SMALL), int(left * SMALL) : int(right * SMALL)] = 1
    return area


#: What the stand-in for the segmenter sees in every picture.
THINGS = {"person": _area(0.25, 0.25, 0.625, 1), "flag": _area(0, 0, 0.25, 0.75)}


class _Segmenter:
    name, key, names = "fake", "fake 1", {name: name for name in THINGS}

    def __call__(self, photo):
        from sfumato.regions.segmenters import Segments

        return Segments(THINGS, ())


def _network(*_, **__):
    """VGG-19 with few channels and random weights."""
    from sfumato.features.vgg import BLOCKS, VGG19

    generator = torch.Generator().manual_seed(0)
    channels, weights = 3, []
    for count, width in zip(BLOCKS, (8, 12, 16, 16, 16), strict=True):
        for _ in range(count):
            weights.append(
                (torch.randn(width, channels, 3, 3, generator=generator) / (3 * channels**0.5), torch.zeros(width))
            )
            channels = width
    return VGG19(tuple(weights))


def _look(job, fetch):
    """A first look: the photo in negative."""
    from sfumato.studio.photo import screen_of
    from sfumato.studio.screen import jpeg

    job.show(jpeg(1 - screen_of(job.session).image))


def _subject(photo, **_):
    area = cv2.resize(THINGS["person"], photo.shape[1::-1], interpolation=cv2.INTER_NEAREST)
    return np.asarray(area, np.float32)


@pytest.fixture(scope="module")
def stand_ins(tmp_path_factory):
    """Networks that need no file."""
    from sfumato import features, models, regions
    from sfumato.regions import segmenters
    from sfumato.regions.functions import FUNCTIONS
    from sfumato.studio import gallery, painting

    place = tmp_path_factory.mktemp("gallery")
    for number, style in enumerate(gallery.BUILTIN):
        Image.fromarray(texture(48, 60, seed=20 + number)).save(place / style.name)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gallery, "builtin_file", lambda name: place / name)
        patch.setattr(models, "state", lambda name: "ready")
        patch.setattr(segmenters, "choose", lambda name="auto": _Segmenter())
        patch.setattr(segmenters, "known_names", lambda name="auto": _Segmenter.names)
        patch.setattr(segmenters, "model_of", lambda name: "deeplab")
        patch.setattr("sfumato.regions.things.find_faces", lambda photo: [])
        patch.setattr(regions, "subject", _subject)
        patch.setitem(FUNCTIONS, "subject", replace(FUNCTIONS["subject"], run=_subject, models=()))
        patch.setattr(features, "load", _network)
        patch.setattr(painting, "look", _look)
        yield


@pytest.fixture(scope="module")
def studio(tmp_path_factory, stand_ins):
    """The address of a studio."""
    import uvicorn

    from sfumato.studio.app import create

    listener = socket.create_server(("127.0.0.1", 0))
    app = create(folder=tmp_path_factory.mktemp("sessions"))
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False, ws="websockets-sansio"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
    server.should_exit = True
    thread.join(20)
    listener.close()


@pytest.fixture(scope="module")
def browser():
    with playwright.sync_playwright() as control:
        browser = control.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def visit(browser, studio):
    """Open a page in a browser of its own; what goes wrong on it fails the test, and so does a request elsewhere."""
    visitors, contexts = [], []

    def start(*, width=1280, height=800, context=None, address=studio, **options):
        if context is None:
            context = browser.new_context(viewport={"width": width, "height": height}, accept_downloads=True, **options)
            context.grant_permissions(["clipboard-read", "clipboard-write"])
            contexts.append(context)
        visitors.append(Visitor(context.new_page(), address))
        return visitors[-1]

    yield start
    for context in contexts:
        context.close()
    for visitor in visitors:
        assert not visitor.faults
        outside = [url for url in visitor.requests if not url.startswith((studio, "blob:", "data:"))]
        assert not outside


@pytest.fixture(scope="session")
def pictures(tmp_path_factory):
    """Files: a real photo, one of 16 bits, a style, another photo."""
    from skimage import data

    from sfumato import images

    folder = tmp_path_factory.mktemp("pictures")
    photo = cv2.resize(data.astronaut(), (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    Image.fromarray(photo).save(folder / "astronaut.png")
    images.save(images.from_array(photo.astype(np.uint16) * 257), folder / "deep.png")
    Image.fromarray(cv2.resize(data.coffee(), (192, 128), interpolation=cv2.INTER_AREA)).save(folder / "coffee.jpg")
    Image.fromarray(texture(96, 128, seed=3)).save(folder / "texture.png")
    return folder


@pytest.fixture
def visitor(visit, pictures):
    """A person who has opened a photo of an astronaut."""
    return visit().open(pictures / "astronaut.png")
