import cv2
import numpy as np
import pytest
from scipy import ndimage

from sfumato.errors import RegionError
from sfumato.regions import evaluate, flood, needs_photo


def patches(height=60, width=80, seed=0):
    """Smooth color patches with grain, in 8 bits."""
    random = np.random.default_rng(seed)
    photo = cv2.GaussianBlur(random.random((height, width, 3), dtype=np.float32), (0, 0), 4)
    photo = (photo - photo.min()) / (photo.max() - photo.min()) + 0.02 * random.standard_normal(photo.shape)
    return (np.round(255 * np.clip(photo, 0, 1)) / 255).astype(np.float32)


@pytest.mark.parametrize("tolerance", [0, 5, 12, 12.9, 40, 255])
@pytest.mark.parametrize(("x", "y"), [(0, 0), (40.7, 31.2), (79, 59)])
def test_takes_what_is_connected_and_alike(x, y, tolerance):
    photo = patches()
    levels = np.round(255 * photo).astype(int)
    alike = (abs(levels - levels[int(y), int(x)]) <= tolerance).all(axis=2)
    parts, _ = ndimage.label(alike)
    expected = parts == parts[int(y), int(x)]
    mask = flood(x, y, photo=photo, tolerance=tolerance)
    assert mask.dtype == np.float32
    np.testing.assert_array_equal(mask, expected)


def test_every_step_of_a_ramp_is_measured_from_the_place():
    photo = np.repeat(np.arange(100)[None, :, None] / np.float32(255), 3, axis=2).astype(np.float32)
    np.testing.assert_array_equal(np.flatnonzero(flood(50, 0, photo=photo)[0]), np.arange(38, 63))


def test_corners_do_not_connect():
    photo = np.eye(4, dtype=np.float32)[..., None].repeat(3, axis=2)
    assert flood(0, 0, photo=photo).sum() == 1


def test_the_far_border_is_the_last_pixel():
    photo = patches()
    np.testing.assert_array_equal(flood(80, 60, photo=photo), flood(79, 59, photo=photo))


@pytest.mark.parametrize(("x", "y"), [(-0.1, 5), (80.5, 5), (5, -1), (5, 60.1), (float("nan"), 0)])
def test_a_place_outside(x, y):
    with pytest.raises(RegionError, match=r"in the picture, 80 x 60 pixels, got \("):
        flood(x, y, photo=patches())


@pytest.mark.parametrize("tolerance", [-1, 256, float("nan")])
def test_a_tolerance_that_makes_no_sense(tolerance):
    with pytest.raises(RegionError, match="tolerance from 0 to 255, got"):
        flood(1, 1, photo=patches(), tolerance=tolerance)


def test_the_photo_stays_and_a_view_will_do():
    photo = patches()
    before = photo.copy()
    mirrored = flood(70, 10, photo=photo[:, ::-1])
    np.testing.assert_array_equal(mirrored, flood(70, 10, photo=photo[:, ::-1].copy()))
    np.testing.assert_array_equal(photo, before)


def test_as_a_word():
    photo = patches()
    text = "flood(50%, 30, tolerance=20)"
    np.testing.assert_array_equal(evaluate(text, photo), flood(40, 30, photo=photo, tolerance=20))
    np.testing.assert_array_equal(evaluate("flood(1, 2)", photo), flood(1, 2, photo=photo, tolerance=12))
    assert needs_photo(text)
    with pytest.raises(RegionError, match=r"got \(160, 30\), at column 1"):
        evaluate("flood(200%, 30)", photo)
