"""Squares in a photo: places there and back, and what is seen."""

import math

import numpy as np
import pytest
from helpers import texture
from scipy.ndimage import map_coordinates

from sfumato.regions.faces.squares import Square

SQUARES = {
    "upright, enlarged": Square(40.3, 30.8, 11.0),
    "turned": Square(40.0, 30.0, 20.0, 0.4),
    "turned back": Square(25.5, 41.25, 24.0, -1.2),
    "over a corner": Square(3.0, 2.0, 16.0, 0.3),
    "beyond the photo": Square(-60.0, 20.0, 18.0, 0.2),
}


def smooth_photo():
    return np.asarray(texture(60, 80, seed=3) / 255, np.float32)


@pytest.mark.parametrize("square", SQUARES.values(), ids=SQUARES)
@pytest.mark.parametrize("repeat_border", [True, False])
def test_what_is_enlarged_is_interpolated_at_the_places_of_its_pixels(square, repeat_border):
    photo, count = smooth_photo(), 24
    seen = square.take(photo, count, repeat_border=repeat_border)
    row, column = np.indices((count, count))
    across, down = ((index + 0.5) / count - 0.5 for index in (column, row))
    x = square.x + square.side * (across * math.cos(square.angle) - down * math.sin(square.angle))
    y = square.y + square.side * (across * math.sin(square.angle) + down * math.cos(square.angle))
    mode = "nearest" if repeat_border else "constant"
    padded = photo if repeat_border else np.pad(photo, ((2, 2), (2, 2), (0, 0)))
    shift = 0.5 if repeat_border else -1.5
    expected = np.stack(
        [map_coordinates(padded[..., c], [y - shift, x - shift], order=1, mode=mode) for c in range(3)], -1
    )
    assert seen.shape == (count, count, 3)
    assert seen.dtype == np.float32
    # OpenCV interpolates at multiples of 1/32 of a pixel.
    np.testing.assert_allclose(seen, expected, atol=0.02)
    assert np.abs(seen - expected).mean() < 0.002


def test_what_is_reduced_is_averaged():
    photo = np.random.default_rng(0).random((90, 120, 3), np.float32)
    seen = Square(60.0, 45.0, 60.0).take(photo, 20, repeat_border=True)
    expected = photo[15:75, 30:90].reshape(20, 3, 20, 3, 3).mean((1, 3))
    np.testing.assert_allclose(seen, expected, atol=0.01)
    # Turned, noise is averaged as well; interpolated alone, its deviation would stay above 0.15.
    assert Square(60.0, 45.0, 60.0, 0.5).take(photo, 20, repeat_border=True).std() < 0.12


def test_places_in_the_photo():
    square = Square(10.0, 20.0, 8.0, math.pi / 2)
    corners = square.to_photo(np.array([[0.0, 0.0], [1.0, 0.0], [0.5, 0.5], [0.5, 1.0]]))
    np.testing.assert_allclose(corners, [[14, 16], [14, 24], [10, 20], [6, 20]], atol=1e-12)


def test_a_marked_pixel_is_seen_where_it_is_said_to_be():
    square = Square(37.0, 33.0, 40.0, -0.7)
    place = np.array([0.3, 0.75])
    x, y = square.to_photo(place)
    rows, columns = np.indices((60, 80)) + 0.5
    spot = np.exp(-((columns - x) ** 2 + (rows - y) ** 2) / 8).astype(np.float32)
    seen = square.take(np.repeat(spot[..., None], 3, 2), 100, repeat_border=False)[..., 0]
    across, down = (float((seen * (index + 0.5)).sum() / seen.sum()) for index in np.indices(seen.shape)[::-1])
    np.testing.assert_allclose(np.array([across, down]) / 100, place, atol=0.005)
