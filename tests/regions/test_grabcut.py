from pathlib import Path

import cv2
import numpy as np
import pytest

from sfumato.errors import RegionError
from sfumato.regions import ellipse, evaluate, grabcut, needs_photo, rect

SHARED = Path(__file__).resolve().parents[2] / ".." / "shared" / "data" / "segmentation"


def iou(mask, truth):
    return float(((mask > 0.5) & truth).sum() / ((mask > 0.5) | truth).sum())


def problem(height=240, width=320):
    """A red and a blue disk on green grain, and their masks."""
    random = np.random.default_rng(1)
    red, blue = (ellipse(x, 0.5 * height, 45, 45, shape=(height, width))[..., None] for x in (100, 220))
    photo = red * [0.8, 0.2, 0.1] + blue * [0.1, 0.2, 0.8] + (1 - red - blue) * [0.3, 0.6, 0.3]
    photo = np.clip(photo + 0.04 * random.standard_normal(photo.shape), 0, 1).astype(np.float32)
    return photo, red[..., 0] > 0.5, blue[..., 0] > 0.5


PHOTO, RED, BLUE = problem()
SHAPE = RED.shape
AROUND = rect(40, 60, 290, 190, shape=SHAPE)


def test_finds_what_is_inside():
    mask = grabcut(AROUND, photo=PHOTO)
    assert mask.dtype == np.float32
    assert mask.min() == 0
    assert mask.max() == 1
    assert iou(mask, RED | BLUE) > 0.98
    assert not mask[AROUND < 0.5].any()


def test_finds_it_in_a_large_photo_along_its_edges():
    photo = cv2.resize(PHOTO, None, fx=4, fy=4, interpolation=cv2.INTER_CUBIC).clip(0, 1)
    truth = ellipse(400, 480, 180, 180, shape=photo.shape[:2]) > 0.5
    mask = grabcut(rect(200, 250, 620, 700, shape=photo.shape[:2]), photo=photo)
    assert iou(mask, truth) > 0.98


def test_scribbles_decide():
    mask = grabcut(AROUND, photo=PHOTO, drop=rect(200, 100, 240, 140, shape=SHAPE))
    assert iou(mask, RED) > 0.98
    outside = rect(0, 0, 20, 20, shape=SHAPE)
    mask = grabcut(AROUND, photo=PHOTO, keep=outside, drop=rect(10, 0, 20, 20, shape=SHAPE))
    assert (mask[:20, :10] == 1).all()
    assert not mask[:20, 10:20].any()
    grass = rect(150, 100, 170, 140, shape=SHAPE)
    assert not grabcut(AROUND, photo=PHOTO)[105:135, 155:165].any()
    assert (grabcut(AROUND, photo=PHOTO, keep=grass)[grass == 1] == 1).all()


@pytest.mark.parametrize("size", [1, 4])
def test_a_kept_scribble_says_which_color_is_the_object(size):
    photo = PHOTO.copy()
    grain = 0.04 * np.random.default_rng(2).standard_normal((55, SHAPE[1], 3))
    photo[:55] = photo[-55:] = np.clip(np.float64([0.8, 0.2, 0.1]) + grain, 0, 1)  # as red as the disk
    photo, truth = (plane.repeat(size, axis=0).repeat(size, axis=1) for plane in (photo, RED))
    left = rect(40 * size, 60 * size, 170 * size, 180 * size, shape=truth.shape)
    assert iou(grabcut(left, photo=photo), truth) < 0.1
    line = rect(100 * size, 100 * size, 100 * size + 1, 140 * size, shape=truth.shape)
    assert iou(grabcut(left, photo=photo, keep=line), truth) > 0.98


def test_dropped_hatching_counts_in_a_large_photo():
    photo, red, blue = (plane.repeat(4, axis=0).repeat(4, axis=1) for plane in (PHOTO, RED, BLUE))
    hatching = blue & (np.arange(1280) % 8 == 0)
    assert iou(grabcut(rect(160, 240, 1160, 760, shape=red.shape), photo=photo, drop=hatching), red) > 0.98


def test_the_whole_picture_will_do_if_something_is_dropped():
    everything = np.ones(SHAPE)
    mask = grabcut(everything, photo=PHOTO, drop=1 - AROUND)
    assert iou(mask, RED | BLUE) > 0.98
    assert not mask[AROUND < 0.5].any()
    with pytest.raises(RegionError, match="got the whole picture; leave a margin or give drop="):
        grabcut(everything, photo=PHOTO)


@pytest.mark.parametrize("drop", [None, np.ones(SHAPE)])
def test_nothing_to_look_in(drop):
    region = np.full(SHAPE, 0.4) if drop is None else AROUND
    with pytest.raises(RegionError, match="an object in it, got an empty one"):
        grabcut(region, photo=PHOTO, drop=drop)


def test_a_margin_of_one_pixel_is_an_outside():
    photo = cv2.resize(PHOTO, None, fx=3, fy=3)
    height, width = photo.shape[:2]
    mask = grabcut(rect(1, 1, width - 1, height - 1, shape=(height, width)), photo=photo)
    truth = cv2.resize((RED | BLUE).astype(np.float32), (width, height)) > 0.5
    assert iou(mask, truth) > 0.95


def test_a_flat_picture_holds_nothing():
    mask = grabcut(AROUND, photo=np.full((*SHAPE, 3), 0.5, np.float32))
    assert mask.dtype == np.float32
    assert not mask.any()


@pytest.mark.parametrize("shape", [(2, 1), (1, 40), (900, 3), (16, 16)])
def test_any_size(shape):
    random = np.random.default_rng(3)
    region = np.zeros(shape)
    region[: (shape[0] + 1) // 2, : (shape[1] + 1) // 2] = 1
    mask = grabcut(region, photo=random.random((*shape, 3), dtype=np.float32))
    assert mask.shape == shape
    assert np.isfinite(mask).all()
    assert not mask[region == 0].any()


def test_thin_and_striped_regions():
    rows = np.arange(1200)[:, None] + np.zeros(900)
    photo = np.random.default_rng(4).random((1200, 900, 3), dtype=np.float32)
    for region in (rows % 4 < 2, abs(rows - np.arange(900)) < 1):
        mask = grabcut(region, photo=photo)
        assert not mask[~region].any()


def test_same_photo_same_mask():
    first = grabcut(AROUND, photo=PHOTO)
    cv2.setRNGSeed(1234)
    np.testing.assert_array_equal(grabcut(AROUND, photo=PHOTO), first)


def test_as_a_word():
    text = "grabcut(rect(40, 60, 290, 190), drop=rect(200, 100, 240, 140), keep=rect(95, 115, 105, 125))"
    expected = grabcut(
        AROUND,
        photo=PHOTO,
        drop=rect(200, 100, 240, 140, shape=SHAPE),
        keep=rect(95, 115, 105, 125, shape=SHAPE),
    )
    np.testing.assert_array_equal(evaluate(text, PHOTO), expected)
    assert needs_photo(text)
    with pytest.raises(RegionError, match="leave a margin or give drop=, at column 1"):
        evaluate("grabcut(all)", PHOTO)


def test_bird():
    if not SHARED.exists():
        pytest.skip(f"{SHARED} is not there")
    photo = cv2.imread(str(SHARED / "bird.png"))[..., ::-1].astype(np.float32) / 255
    truth = cv2.imread(str(SHARED / "bird_mask.png"), cv2.IMREAD_GRAYSCALE) > 127
    assert iou(evaluate("grabcut(rect(10%, 10%, 98%, 82%))", photo), truth) > 0.93
