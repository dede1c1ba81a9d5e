import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

import sfumato.regions.pointing.click  # noqa: F401
from sfumato import images, models
from sfumato.errors import ModelError, RegionError
from sfumato.regions import cache, click, evaluate, models_needed, needs_photo
from sfumato.regions.pointing import crops
from sfumato.regions.scaling import scaled

module = sys.modules["sfumato.regions.pointing.click"]

DATA = Path(__file__).resolve().parents[3] / ".." / "shared" / "data"


@pytest.fixture(scope="module", autouse=True)
def network():
    try:
        models.path("u2netp")
    except ModelError as error:
        pytest.skip(str(error))


def scene():
    """A small red disk and a large blue one on sand, slightly blurred, and their masks."""
    rows, columns = np.indices((300, 420), np.float32)
    small, large = np.hypot(rows - 70, columns - 90) < 22, np.hypot(rows - 170, columns - 280) < 85
    photo = np.full((300, 420, 3), (0.75, 0.68, 0.55), np.float32)
    photo[small], photo[large] = (0.8, 0.1, 0.1), (0.1, 0.2, 0.75)
    return cv2.GaussianBlur(photo, (0, 0), 0.7), small, large


def iou(mask, truth):
    found = mask > 0.5
    return float((found & truth).sum() / (found | truth).sum())


def test_each_of_two_things_can_be_clicked():
    photo, small, large = scene()
    assert iou(click([(90, 70)], photo=photo), small) > 0.85
    assert iou(click([(280, 170)], photo=photo), large) > 0.93


def test_the_mask_has_exact_ends():
    photo, *_ = scene()
    mask = click([(280, 170)], photo=photo)
    assert mask[170, 280] == 1
    assert mask[290, 10] == 0
    assert mask.dtype == np.float32
    assert mask.shape == photo.shape[:2]


def test_a_second_click_adds_a_thing_or_keeps_it_out():
    photo, small, large = scene()
    assert iou(click([(280, 170), (90, 70)], photo=photo), small | large) > 0.9
    assert iou(click([(280, 170)], photo=photo, drop=[(90, 70)]), large) > 0.93


def test_a_click_that_is_right_already_changes_nothing():
    photo, *_ = scene()
    first = click([(280, 170)], photo=photo)
    np.testing.assert_array_equal(click([(280, 170), (300, 150)], photo=photo, drop=[(20, 280)]), first)


def test_a_click_on_a_sky_selects_what_looks_alike():
    photo = np.full((200, 300, 3), (0.5, 0.7, 0.95), np.float32)
    photo[120:] = 0.3, 0.4, 0.2
    truth = np.zeros((200, 300), bool)
    truth[:120] = True
    assert iou(click([(150, 30)], photo=photo), truth) > 0.95


def test_the_network_looks_once_for_all_clicks_on_a_photo(monkeypatch, tmp_path):
    photo, *_ = scene()
    monkeypatch.setattr(cache, "folder", lambda: tmp_path)
    looked = []
    monkeypatch.setattr(module, "look", lambda *given: looked.append(given[1]) or crops.look(*given))
    click([(280, 170)], photo=photo)
    first = len(looked)
    click([(280, 170), (300, 160)], photo=photo, drop=[(90, 70)])
    assert (first, len(looked)) == (6, 6)


def test_the_expression_is_the_function():
    photo, *_ = scene()
    text = "click(280, 50%, 90px, 70, not=(10, 290, 100%, 0%))"
    expected = click([(280, 150), (90, 70)], photo=photo, drop=[(10, 290), (420, 0)])
    np.testing.assert_array_equal(evaluate(text, photo), expected)


def test_what_an_expression_with_clicks_needs():
    assert needs_photo("click(1, 2)")
    assert models_needed("click(1, 2)") == {"u2netp"}
    assert models_needed("click(1, 2) & subject", clicker="hf:a/b") == {"u2netp"}
    assert models_needed("click(1, 2)", clicker="hf:a/b") == set()


def test_an_expression_for_a_smaller_copy_moves_its_clicks():
    assert scaled("click(100, 50%, not=(40, 20px, 10%, 8))", 0.5) == "click(50, 50%, not=(20, 10px, 10%, 4))"


def test_wrong_places_are_refused():
    photo, *_ = scene()
    with pytest.raises(RegionError, match="needs a place on the thing; give x and y"):
        click([], photo=photo)
    with pytest.raises(RegionError, match=r"a place in the picture, 420 x 300 pixels, got \(421, 5\)"):
        click([(421, 5)], photo=photo)
    with pytest.raises(RegionError, match=r"got \(5, -1\)"):
        click([(5, 5)], photo=photo, drop=[(5, -1)])


@pytest.mark.parametrize("size", [(16, 16), (16, 200), (40, 17)])
def test_tiny_and_narrow_photos(size):
    photo = np.random.default_rng(1).random((*size, 3)).astype(np.float32)
    mask = click([(size[1] - 1, 0)], photo=photo, drop=[(0, size[0])])
    assert mask.shape == size
    assert mask.min() >= 0
    assert mask.max() <= 1


def test_pasted_objects_are_found():
    folder = DATA / "harmonize"
    if not folder.exists():
        pytest.skip(f"{folder} is not there")
    found = []
    for case in ("05", "08", "16", "27"):
        photo = images.load(folder / case / "pasted.jpg").rgb()
        truth = cv2.imread(str(folder / case / "mask.jpg"), cv2.IMREAD_GRAYSCALE) > 127
        truth = cv2.resize(truth.astype(np.uint8), photo.shape[1::-1], interpolation=cv2.INTER_NEAREST) > 0
        away = cv2.distanceTransform(np.pad(truth.astype(np.uint8), 1), cv2.DIST_L2, 5)[1:-1, 1:-1]
        y, x = np.unravel_index(away.argmax(), away.shape)
        found.append(iou(click([(x + 0.5, y + 0.5)], photo=photo), truth))
    assert np.mean(found) > 0.9, found
