import importlib.util

import cv2
import numpy as np
import pytest

from sfumato.errors import ModelError
from sfumato.regions import find, segmenters
from sfumato.regions.segmenters import DeepLab, Segments, Sharpened, choose, model_of

CELL = 20


class Coarse:
    """Sees labels, coarsely."""

    name, key, names = "coarse", "c0a5", {"sun": "sun", "star": "sun", "sea": "sea"}

    def __init__(self, labels, instances=()):
        self.seen = Segments(labels, instances)
        self.calls = []

    def __call__(self, photo):
        self.calls.append(photo)
        return self.seen


def iou(mask, truth):
    return np.count_nonzero((mask > 0.5) & (truth > 0.5)) / np.count_nonzero((mask > 0.5) | (truth > 0.5))


def problem(height=180, width=240):
    """A noisy photo of a sun above the sea, and the masks of both."""
    y, x = np.mgrid[:height, :width]
    sun = ((x - 0.4 * width) ** 2 + (y - 0.35 * height) ** 2 < (0.2 * width) ** 2).astype(np.float32)
    sea = (y > 0.8 * height + 0.05 * height * np.sin(x / 9)).astype(np.float32)
    photo = np.float32([0.3, 0.4, 0.6]) + sun[..., None] * [0.5, 0.3, -0.4] + sea[..., None] * [-0.2, -0.1, -0.3]
    photo += np.random.default_rng(0).normal(0, 0.01, photo.shape)
    return photo.clip(0, 1).astype(np.float32), {"sun": sun, "sea": sea}


def coarse(mask):
    height, width = mask.shape
    return cv2.resize(mask, (width // CELL, height // CELL), interpolation=cv2.INTER_AREA)


@pytest.fixture
def sky():
    photo, truth = problem()
    return photo, truth, {name: coarse(mask) for name, mask in truth.items()}


def test_edges_move_to_those_of_the_photo(sky):
    photo, truth, maps = sky
    inner = Coarse(maps)
    before = photo.copy()
    found = Sharpened(inner)(photo)
    assert list(found.labels) == ["sun", "sea"]
    for name, mask in found.labels.items():
        assert mask.shape == photo.shape[:2]
        assert mask.dtype == np.float32
        assert mask.min() >= 0
        plain = cv2.resize(maps[name], (240, 180), interpolation=cv2.INTER_LINEAR)
        assert iou(plain, truth[name]) < 0.96
        assert iou(mask, truth[name]) > 0.99
    assert np.sum(list(found.labels.values()), axis=0).max() <= 1 + 1e-5
    assert [call is photo for call in inner.calls] == [True]
    np.testing.assert_array_equal(photo, before)


def test_what_the_network_says_besides_is_kept(sky):
    photo, _, maps = sky
    things = (("sun", maps["sun"]), ("sun", maps["sea"]))
    found = Sharpened(Coarse(maps, things))(photo)
    assert found.instances is things


def test_name_key_and_names():
    inner = Coarse({})
    sharpened = Sharpened(inner)
    assert sharpened.name == "coarse+crf"
    assert sharpened.key.startswith("c0a5+crf ")  # and another than the network's own, for what is remembered
    assert sharpened.names is inner.names


def test_nothing_found_passes_through(sky):
    inner = Coarse({})
    assert Sharpened(inner)(sky[0]) is inner.seen


def test_a_large_photo_is_looked_at_reduced():
    photo, truth = problem(1200, 1600)
    found = Sharpened(Coarse({"sun": coarse(truth["sun"])}))(photo).labels["sun"]
    assert found.size <= 500_000
    assert found.shape[1] / found.shape[0] == pytest.approx(4 / 3, rel=0.01)
    assert iou(cv2.resize(found, (1600, 1200)), truth["sun"]) > 0.99


@pytest.mark.parametrize("shape", [(1, 1), (5, 7), (16, 16), (3, 200)])
def test_photos_of_any_size(shape):
    photo = np.full((*shape, 3), 0.5, np.float32)
    (mask,) = Sharpened(Coarse({"sun": np.full((4, 4), 0.9, np.float32)}))(photo).labels.values()
    assert mask.shape == shape
    assert mask.min() > 0.5


# By name


@pytest.fixture
def loads(monkeypatch):
    """Load nothing, and note what is asked for."""
    asked = []
    monkeypatch.setattr(segmenters, "_load", lambda name: (asked.append(name), Coarse({}))[1])
    return asked


def test_any_segmenter_can_have_a_crf_behind_it(loads, tmp_path, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: name == "ai_edge_litert")
    (tmp_path / "net").mkdir()
    for name in ("deeplab+crf", "auto+crf", "hf:a/b+crf", f"{tmp_path}/net+crf"):
        found = choose(name)
        assert isinstance(found, Sharpened)
        assert found.name == "coarse+crf"
    assert loads == ["deeplab", "deeplab", "hf:a/b", str((tmp_path / "net").resolve())]
    assert isinstance(choose("hf:a/b"), Coarse)


def test_a_folder_may_itself_be_called_so(loads, tmp_path):
    (tmp_path / "net+crf").mkdir()
    assert isinstance(choose(f"{tmp_path}/net+crf+crf"), Sharpened)
    assert loads == [str((tmp_path / "net+crf").resolve())]


@pytest.mark.parametrize(
    ("name", "plain"), [("deeplap+crf", "deeplap"), ("+crf", ""), ("deeplab+crf+crf", "deeplab+crf"), ("crf", "crf")]
)
def test_no_such_segmenter(loads, name, plain):
    with pytest.raises(ModelError) as caught:
        choose(name)
    assert str(caught.value).startswith(f'no segmenter is called "{plain}", and no folder either; use "auto"')
    assert model_of(name) == ""
    assert loads == []


@pytest.mark.parametrize(
    ("name", "installed", "model"),
    [
        ("auto", True, "deeplab"),
        ("auto", False, ""),
        ("auto+crf", True, "deeplab"),
        ("auto+crf", False, ""),
        ("deeplab", True, "deeplab"),
        ("deeplab+crf", True, "deeplab"),
        ("hf:a/deeplab", True, ""),
        ("hf:a/b+crf", True, ""),
        ("a/folder", True, ""),
    ],
)
def test_the_file_of_the_store_that_a_segmenter_uses(monkeypatch, name, installed, model):
    monkeypatch.setattr(importlib.util, "find_spec", lambda package: installed or None)
    assert model_of(name) == model


# The real network


def test_without_a_crf_it_is_the_network_itself(deeplab):
    assert isinstance(choose("deeplab"), DeepLab)
    assert choose("deeplab+crf").names is deeplab.names


@pytest.mark.parametrize("segmenter", ["deeplab", "deeplab+crf"])
def test_the_mask_of_the_bird(deeplab, picture, request, segmenter):
    picture("bird")  # skips where the pictures are not
    folder = request.path.parents[3] / ".." / "shared" / "data" / "segmentation"
    truth = cv2.imread(str(folder / "bird_mask.png"), cv2.IMREAD_GRAYSCALE) / 255
    found = find(folder / "bird.png", segmenter)
    assert list(found) == ["bird"]
    assert iou(found["bird"], truth) >= 0.9
