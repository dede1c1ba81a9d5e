"""Arrays at other sizes."""

import numpy as np
import pytest

from sfumato.images.resizing import at_most, resized, resized_per_side, scaled_size, shrunk, shrunk_by

STEPS = np.repeat(np.arange(8, dtype=np.float32), 2)[None]  # 0 0 1 1 2 2 ... 7 7


def test_shrinking_averages_all_pixels():
    image = np.random.default_rng(0).random((12, 20, 3), np.float32)
    expected = image.reshape(3, 4, 5, 4, 3).mean((1, 3))
    for found in (shrunk(image, 3, 5), shrunk_by(image, 0.25), resized(image, 3, 5), resized_per_side(image, 3, 5)):
        np.testing.assert_allclose(found, expected, atol=1e-6)


def test_a_size_that_stays_changes_nothing():
    image = np.random.default_rng(0).random((7, 9), np.float32)
    for found in (shrunk(image, 7, 9), resized(image, 7, 9, cubic=True), resized_per_side(image, 7, 9)):
        np.testing.assert_array_equal(found, image)


def test_enlarging_interpolates():
    image = np.array([[0.0, 1.0]], np.float32)
    np.testing.assert_allclose(resized(image, 1, 4), [[0, 0.25, 0.75, 1]])
    np.testing.assert_allclose(resized_per_side(image, 1, 4), [[0, 0.25, 0.75, 1]])


def test_cubics_are_sharper():
    image = np.array([[0, 0, 1, 1]], np.float32)
    linear, cubic = (np.diff(resized(image, 1, 16, cubic=cubic)).max() for cubic in (False, True))
    assert cubic > linear


def test_each_side_is_averaged_or_interpolated_on_its_own():
    found = resized_per_side(STEPS, 3, 4)
    np.testing.assert_allclose(found, [[0.5, 2.5, 4.5, 6.5]] * 3)


@pytest.mark.parametrize("size", [(96, 200, 48, 100), (200, 96, 100, 48), (30, 900, 16, 100), (40, 90, 40, 90)])
def test_the_longer_side_is_limited(size):
    height, width, rows, columns = size
    found = at_most(np.full((height, width, 3), 0.25, np.float32), 100, least=16)
    assert found.shape == (rows, columns, 3)
    np.testing.assert_allclose(found, 0.25, atol=1e-6)


def test_a_scaled_size_keeps_a_pixel():
    assert scaled_size(np.zeros((3, 100)), 0.1) == (1, 10)
