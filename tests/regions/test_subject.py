import sys
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

import sfumato.regions.subject  # noqa: F401
from sfumato import models
from sfumato.errors import ModelError

# The package also exports the function of that name.
module = sys.modules["sfumato.regions.subject"]
subject = module.subject

SHARED = Path(__file__).resolve().parents[2] / ".." / "shared" / "data" / "segmentation"


@pytest.fixture(scope="module", autouse=True)
def network():
    try:
        models.path("u2netp")
    except ModelError as error:
        pytest.skip(str(error))


def disk(height=240, width=320, radius=60, size=1):
    """A red disk on gray, a little blurred as a photo is, and its mask."""
    rows, columns = np.indices((height * size, width * size), np.float32)
    away = np.hypot(rows - (height * size - 1) / 2, columns - (width * size - 1) / 2)
    inside = np.clip(radius * size + 0.5 - away, 0, 1)[..., None]
    photo = inside * np.float32([0.8, 0.15, 0.1]) + (1 - inside) * np.float32([0.7, 0.7, 0.68])
    return photo.astype(np.float32), away < radius * size


def photo_of(name):
    file = SHARED / f"{name}.png"
    if not file.exists():
        pytest.skip(f"{file} is not there")
    return cv2.imread(str(file))[..., ::-1].astype(np.float32) / 255


def iou(mask, truth):
    return float((mask & truth).sum() / (mask | truth).sum())


@pytest.mark.parametrize("width", [3, 6])
def test_an_edge_that_is_soft_in_the_photo_is_as_soft_in_the_mask(width):
    rows, columns = np.indices((240, 320), np.float32)
    inside = np.clip((60 - np.hypot(rows - 119.5, columns - 159.5)) / width + 0.5, 0, 1)
    photo = inside[..., None] * np.float32([0.8, 0.15, 0.1]) + (1 - inside[..., None]) * np.float32([0.7, 0.7, 0.68])
    edge = (inside > 0) & (inside < 1)
    assert np.abs(subject(photo.astype(np.float32)) - inside)[edge].mean() < 0.08


def test_finds_a_disk_with_crisp_edges():
    photo, truth = disk()
    before = photo.copy()
    mask = subject(photo)
    assert mask.dtype == np.float32
    assert mask.shape == photo.shape[:2]
    assert mask.min() == 0
    assert mask.max() == 1
    assert iou(mask > 0.5, truth) > 0.99
    distance = cv2.distanceTransform(truth.astype(np.uint8), cv2.DIST_L2, 5)
    distance -= cv2.distanceTransform((~truth).astype(np.uint8), cv2.DIST_L2, 5)
    assert (mask[distance > 3] == 1).all()
    assert (mask[distance < -3] == 0).all()
    assert np.array_equal(photo, before)


def test_refining_sharpens_a_large_photo():
    photo, truth = disk(size=5)
    between = {}
    for refine in (False, True):
        mask = subject(photo, refine=refine)
        assert mask.shape == truth.shape
        assert mask.dtype == np.float32
        assert mask.min() >= 0
        assert mask.max() <= 1
        assert iou(mask > 0.5, truth) > 0.97
        between[refine] = np.count_nonzero((mask > 0.01) & (mask < 0.99))
    assert between[True] < between[False] / 4


def test_what_the_network_sees(monkeypatch):
    """The averaged photo over its maximum, minus ImageNet's mean, over ImageNet's deviation."""
    seen = []

    class Session:
        def get_outputs(self):
            return [SimpleNamespace(name="map"), SimpleNamespace(name="another")]

        def run(self, names, inputs):
            assert names == ["map"]
            seen.append(inputs["input.1"])
            return [np.eye(320, dtype=np.float32)[None, None]]

    monkeypatch.setattr(module, "_session", Session)
    photo = np.random.default_rng(5).random((960, 640, 3), dtype=np.float32) * np.float32(0.5)
    subject(photo, refine=False)
    small = photo.astype(np.float64).reshape(320, 3, 320, 2, 3).mean(axis=(1, 3))
    expected = (small / small.max() - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225]
    assert seen[0].shape == (1, 3, 320, 320)
    assert seen[0].dtype == np.float32
    np.testing.assert_allclose(seen[0][0].transpose(1, 2, 0), expected, atol=1e-4)
    np.testing.assert_array_equal(seen[1], seen[0][..., ::-1])
    subject(np.zeros((50, 60, 3), np.float32))
    assert np.isfinite(seen[2]).all()


def test_the_maps_of_photo_and_mirror_image_are_averaged(monkeypatch):
    ramp = np.tile(np.linspace(0, 1, 320, dtype=np.float32) > 0.5, (320, 1)).astype(np.float32)
    answers = iter([ramp, 0.5 * ramp[:, ::-1]])
    monkeypatch.setattr(module, "_look", lambda seen: next(answers))
    found = module._saliency(np.zeros((40, 40, 3), np.float32))
    np.testing.assert_allclose(found, 0.75 * ramp)


def nothing():
    random = np.random.default_rng(7)
    ramp = np.linspace(0, 1, 256, dtype=np.float32)
    gradient = np.repeat(np.tile(ramp, (200, 1))[..., None], 3, axis=2)
    for value in (0, 0.5):
        yield f"flat {value}", np.full((120, 160, 3), value, np.float32)
    yield "gradient across", gradient
    yield "sky", 0.5 + 0.4 * gradient * np.float32([0.3, 0.6, 1])
    for side in (256, 320, 480):
        yield f"noise {side}", random.random((side, side, 3), dtype=np.float32)
    soft = 0.5 + 0.1 * random.standard_normal((300, 400, 3))
    yield "grain", np.clip(soft, 0, 1).astype(np.float32)
    clouds = cv2.GaussianBlur(random.random((256, 256, 3), dtype=np.float32), (0, 0), 12)
    yield "clouds", ((clouds - clouds.min()) / (clouds.max() - clouds.min())).astype(np.float32)


@pytest.mark.parametrize(("photo"), [pytest.param(photo, id=name) for name, photo in nothing()])
def test_nothing_stands_out(photo):
    mask = subject(photo)
    assert mask.dtype == np.float32
    assert mask.shape == photo.shape[:2]
    assert not mask.any()


@pytest.mark.parametrize("answer", [0.0, 1.0, 0.3])
def test_a_constant_answer_is_nothing(monkeypatch, answer):
    monkeypatch.setattr(module, "_saliency", lambda photo: np.full((320, 320), answer, np.float32))
    assert not subject(np.zeros((20, 30, 3), np.float32)).any()


@pytest.mark.parametrize("shape", [(16, 16), (17, 700), (900, 16), (1, 1)])
def test_any_size(shape):
    photo = np.full((*shape, 3), 0.8, np.float32)
    photo[shape[0] // 4 : -(shape[0] // 4) or None, shape[1] // 4 : -(shape[1] // 4) or None] = 0.9, 0.1, 0.1
    mask = subject(photo)
    assert mask.shape == shape
    assert mask.dtype == np.float32
    assert np.isfinite(mask).all()
    assert mask.min() >= 0
    assert mask.max() <= 1


def test_same_photo_same_mask_also_from_a_view():
    photo = disk()[0][:, ::-1]
    assert np.array_equal(subject(photo), subject(np.ascontiguousarray(photo)))


def test_bird():
    photo = photo_of("bird")
    truth = cv2.imread(str(SHARED / "bird_mask.png"), cv2.IMREAD_GRAYSCALE) > 127
    mask = subject(photo)
    assert iou(mask > 0.5, truth) > 0.955
    coarse = subject(photo, refine=False)
    assert iou(coarse > 0.5, truth) > 0.95
    assert iou(mask > 0.5, truth) > iou(coarse > 0.5, truth)
    assert (mask[truth] == 1).mean() > 0.9
    assert (mask[~truth] == 0).mean() > 0.97


@pytest.mark.parametrize(
    ("name", "inside", "outside"),
    [("car", (250, 300), (40, 350)), ("person", (250, 270), (60, 20))],
)
def test_photos(name, inside, outside):
    mask = subject(photo_of(name))
    assert mask[inside] == 1
    assert mask[outside] == 0
    assert ((mask == 0) | (mask == 1)).mean() > 0.85
