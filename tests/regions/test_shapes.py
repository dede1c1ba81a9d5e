import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from sfumato.errors import RegionError
from sfumato.regions.shapes import ellipse, linear, polygon, radial, rect

SHAPES = st.tuples(st.integers(1, 13), st.integers(1, 13))
PLACES = st.floats(-8, 20, width=32)


def sampled(inside, shape, n=64):
    """Coverage by brute force: n x n points in every pixel."""
    height, width = shape
    y = (np.arange(height * n) + 0.5)[:, None] / n
    x = (np.arange(width * n) + 0.5) / n
    hits = np.broadcast_to(inside(x, y), (height * n, width * n)).astype(float)
    return hits.reshape(height, n, width, n).mean(axis=(1, 3))


def even_odd(corners):
    """The textbook point-in-polygon test, one edge after the other."""

    def inside(x, y):
        result = np.zeros(np.broadcast_shapes(x.shape, y.shape), bool)
        for (x1, y1), (x2, y2) in zip(corners, corners[1:] + corners[:1], strict=True):
            if y1 != y2:
                crosses = ((y1 > y) != (y2 > y)) & (x < x1 + (y - y1) * (x2 - x1) / (y2 - y1))
                result ^= crosses
        return result

    return inside


def flat(corners):
    return [number for corner in corners for number in corner]


def test_rect_covers_what_supersampling_finds():
    mask = rect(1.25, 0.5, 5.75, 3.375, shape=(5, 7))
    brute = sampled(lambda x, y: (x > 1.25) & (x < 5.75) & (y > 0.5) & (y < 3.375), (5, 7))
    np.testing.assert_allclose(mask, brute, atol=1e-6)


@given(SHAPES, PLACES, PLACES, st.floats(0.125, 20), st.floats(0.125, 20))
def test_rect_has_exactly_its_area(shape, left, top, wide, tall):
    height, width = shape
    mask = rect(left, top, left + wide, top + tall, shape=shape)
    across = max(0.0, min(width, left + wide) - max(0.0, left))
    down = max(0.0, min(height, top + tall) - max(0.0, top))
    assert mask.sum(dtype=np.float64) == pytest.approx(across * down, abs=1e-4)
    assert mask.dtype == np.float32
    assert mask.shape == shape
    assert mask.min() >= 0
    assert mask.max() <= 1


def test_rect_on_whole_pixels_is_sharp():
    expected = np.zeros((6, 8), np.float32)
    expected[1:4, 2:7] = 1
    np.testing.assert_array_equal(rect(2, 1, 7, 4, shape=(6, 8)), expected)


@pytest.mark.parametrize("center", [(6.0, 5.0), (0.0, 0.0), (11.3, 4.7), (-2.0, 5.0)])
@pytest.mark.parametrize("radii", [(4.0, 3.0), (1.5, 7.25), (30.0, 30.0), (0.6, 0.6)])
def test_ellipse_covers_what_supersampling_finds(center, radii):
    (cx, cy), (rx, ry) = center, radii
    mask = ellipse(cx, cy, rx, ry, shape=(11, 13))
    brute = sampled(lambda x, y: ((x - cx) / rx) ** 2 + ((y - cy) / ry) ** 2 < 1, (11, 13))
    np.testing.assert_allclose(mask, brute, atol=0.032)
    assert np.abs(mask - brute).mean() < 0.002


def test_ellipse_is_exact_inside_and_outside():
    mask = ellipse(20, 20, 12, 12, shape=(40, 40))
    y, x = np.mgrid[:40, :40] + 0.5
    distance = np.hypot(x - 20, y - 20)
    assert (mask[distance < 11] == 1).all()
    assert (mask[distance > 13] == 0).all()
    np.testing.assert_array_equal(mask, mask[::-1, ::-1])


@pytest.mark.parametrize(
    "corners",
    [
        [(1.3, 0.7), (9.1, 2.2), (4.4, 8.9)],
        [(0, 0), (10, 0), (10, 8), (8, 8), (8, 2), (2, 2), (2, 8), (0, 8)],  # a gate, not convex
        [(-5, 4), (5, -5), (30, 5), (5, 40)],  # every corner outside
        [(2, 2), (8, 2.5), (5, 3), (8, 9), (1, 7)],
        [(20, 20), (30, 20), (25, 30)],  # not in the picture at all
    ],
)
def test_polygon_covers_what_supersampling_finds(corners):
    shape = (9, 11)
    brute = sampled(even_odd(corners), shape)
    for order in (corners, corners[::-1]):
        mask = polygon(*flat(order), shape=shape)
        np.testing.assert_allclose(mask, brute, atol=0.032)
        assert (mask[brute == 0] <= 1e-3).all()


SPOKES = st.lists(st.tuples(st.floats(0.5, 20), st.floats(-0.2, 0.2)), min_size=3, max_size=7)


@given(SPOKES, SHAPES)
def test_polygon_around_a_point_is_what_supersampling_finds(spokes, shape):
    corners = []
    for k, (radius, turn) in enumerate(spokes):
        angle = 2 * math.pi * (k + turn) / len(spokes)
        corners.append((6 + radius * math.cos(angle), 5 + radius * math.sin(angle)))
    mask = polygon(*flat(corners), shape=shape)
    np.testing.assert_allclose(mask, sampled(even_odd(corners), shape, 32), atol=0.1)
    assert mask.shape == shape
    assert mask.dtype == np.float32


def test_polygon_is_exact_on_whole_pixels():
    box = polygon(2, 1, 7, 1, 7, 4, 2, 4, shape=(6, 8))
    np.testing.assert_array_equal(box, rect(2, 1, 7, 4, shape=(6, 8)))


def test_polygon_that_crosses_itself_keeps_both_wings():
    mask = polygon(0, 0, 8, 8, 8, 0, 0, 8, shape=(8, 8))
    assert mask[4, 1] == 1
    assert mask[4, 6] == 1
    assert mask[0, 3] == 0
    assert mask.max() == 1


def test_polygon_that_runs_around_a_place_twice_counts_it_once():
    star = [(10 + 9 * math.sin(0.8 * math.pi * k), 10 - 9 * math.cos(0.8 * math.pi * k)) for k in range(5)]
    mask = polygon(*flat(star), shape=(20, 20))
    assert mask[10, 10] == 1
    assert mask.max() == 1


@given(SHAPES, PLACES, PLACES, PLACES, PLACES)
def test_linear_is_the_clipped_way_along_the_line(shape, x0, y0, x1, y1):
    assume(math.hypot(x1 - x0, y1 - y0) > 0.1)
    mask = linear(x0, y0, x1, y1, shape=shape)
    assert mask.dtype == np.float32
    for i in range(shape[0]):
        for j in range(shape[1]):
            along = np.dot((j + 0.5 - x0, i + 0.5 - y0), (x1 - x0, y1 - y0))
            expected = min(1.0, max(0.0, along / math.hypot(x1 - x0, y1 - y0) ** 2))
            assert mask[i, j] == pytest.approx(expected, abs=1e-5)


@given(SHAPES, PLACES, PLACES, st.floats(0, 10), st.floats(0.1, 10))
def test_radial_falls_with_the_distance(shape, cx, cy, inner, more):
    mask = radial(cx, cy, inner, inner + more, shape=shape)
    assert mask.dtype == np.float32
    for i in range(shape[0]):
        for j in range(shape[1]):
            away = math.dist((j + 0.5, i + 0.5), (cx, cy))
            expected = np.interp(away, (inner, inner + more), (1, 0))
            assert mask[i, j] == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("far", [1e6, 1e9])
def test_far_away_numbers_do_no_harm(far):
    assert (rect(-far, -far, far, far, shape=(3, 4)) == 1).all()
    assert (ellipse(2, 2, far, far, shape=(3, 4)) == 1).all()
    assert (ellipse(far, -far, 2, 2, shape=(3, 4)) == 0).all()
    assert (polygon(-far, -far, far, -far, far, far, -far, far, shape=(3, 4)) == 1).all()
    np.testing.assert_allclose(linear(-far, 0, far, 0, shape=(3, 4)), 0.5, atol=1e-5)


def test_tiny_numbers_do_no_harm():
    tiny = 5e-324
    assert (rect(0, 0, tiny, 4, shape=(3, 4)) == 0).all()
    assert (ellipse(2, 2, tiny, tiny, shape=(3, 4)) == 0).all()
    assert (linear(0, 0, tiny, 0, shape=(3, 4)) == 1).all()
    assert (radial(9, 9, 0, tiny, shape=(3, 4)) == 0).all()


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf, 1.1e9])
@pytest.mark.parametrize(("function", "count"), [(rect, 4), (ellipse, 4), (polygon, 6), (linear, 4), (radial, 4)])
def test_numbers_must_be_finite_and_not_huge(function, count, bad):
    for place in range(count):
        numbers = [1.0, 2.0, 3.0, 4.0, 7.0, 6.0][:count]
        numbers[place] = bad
        with pytest.raises(RegionError, match=f"{function.__name__} needs numbers of at most 1e.09, got"):
            function(*numbers, shape=(4, 4))


@pytest.mark.parametrize(
    ("function", "numbers", "message"),
    [
        (rect, (3, 0, 3, 2), "rect needs left < right, got 3 and 3"),
        (rect, (5, 0, 3, 2), "rect needs left < right, got 5 and 3"),
        (rect, (0, 2, 3, 2), "rect needs top < bottom, got 2 and 2"),
        (ellipse, (0, 0, 0, 2), "ellipse needs radii above 0, got 0 and 2"),
        (ellipse, (0, 0, 2, -1), "ellipse needs radii above 0, got 2 and -1"),
        (polygon, (0, 0, 1, 1), "three corners or more, got 4 numbers"),
        (polygon, (0, 0, 1, 1, 2, 0, 3), "three corners or more, got 7 numbers"),
        (polygon, (0, 0, 1, 1, 2, 2), "polygon has no area"),
        (polygon, (1, 1, 1, 1, 1, 1), "polygon has no area"),
        (linear, (1, 2, 1, 2), r"linear needs two different points, got \(1, 2\) twice"),
        (radial, (0, 0, 3, 3), "radial needs 0 <= inner < outer, got 3 and 3"),
        (radial, (0, 0, -1, 3), "radial needs 0 <= inner < outer, got -1 and 3"),
    ],
)
def test_shapes_without_area_are_refused(function, numbers, message):
    with pytest.raises(RegionError, match=message):
        function(*numbers, shape=(4, 4))
