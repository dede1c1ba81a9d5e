import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import ndimage

from sfumato.errors import RegionError
from sfumato.regions.morphology import feather, grow, shrink

MASKS = hnp.arrays(
    np.float32,
    hnp.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=11),
    elements=st.floats(0, 1, width=32),
)
AMOUNTS = st.floats(0, 14, width=32)


def brute_force(mask, radius, best):
    """The best value within the radius, looked up pixel by pixel."""
    y, x = np.indices(mask.shape)
    result = np.empty_like(mask)
    for i, j in np.ndindex(mask.shape):
        result[i, j] = best(mask[(y - i) ** 2 + (x - j) ** 2 <= radius**2])
    return result


@given(MASKS, AMOUNTS)
def test_grow_and_shrink_are_the_extremes_in_a_disk(mask, amount):
    np.testing.assert_array_equal(grow(mask, amount), brute_force(mask, amount, np.max))
    np.testing.assert_array_equal(shrink(mask, amount), brute_force(mask, amount, np.min))


def test_grow_agrees_with_scipy_on_a_larger_mask():
    mask = ndimage.gaussian_filter(np.random.default_rng(1).random((50, 70)), 2, mode="nearest")
    mask = mask.astype(np.float32)
    y, x = np.mgrid[-9:10, -9:10]
    disk = x * x + y * y <= 9.5**2
    dilated = ndimage.grey_dilation(mask, footprint=disk, mode="constant", cval=-1)
    np.testing.assert_array_equal(grow(mask, 9.5), dilated)


@given(MASKS, AMOUNTS)
def test_a_negative_amount_is_the_other_one(mask, amount):
    np.testing.assert_array_equal(grow(mask, -amount), shrink(mask, amount))
    np.testing.assert_array_equal(shrink(mask, -amount), grow(mask, amount))


@given(MASKS, MASKS, AMOUNTS, AMOUNTS)
def test_grow_is_monotone(mask, other, less, more):
    less, more = sorted((less, more))
    assert (mask <= grow(mask, less)).all()
    assert (grow(mask, less) <= grow(mask, more)).all()
    height, width = (min(pair) for pair in zip(mask.shape, other.shape, strict=True))
    mask, other = mask[:height, :width], other[:height, :width]
    assert (grow(np.minimum(mask, other), more) <= grow(mask, more)).all()


@given(MASKS, AMOUNTS)
def test_closing_adds_and_opening_takes_away(mask, amount):
    assert (shrink(grow(mask, amount), amount) >= mask).all()
    assert (grow(shrink(mask, amount), amount) <= mask).all()


def test_a_region_at_the_border_does_not_shrink_away_from_it():
    mask = np.zeros((9, 12), np.float32)
    mask[:, :6] = 1
    expected = np.zeros_like(mask)
    expected[:, :4] = 1
    np.testing.assert_array_equal(shrink(mask, 2), expected)


def test_inputs_stay_as_they_were():
    mask = np.random.default_rng(0).random((8, 9)).astype(np.float32)
    before = mask.copy()
    for result in (grow(mask, 2), shrink(mask, 2), feather(mask, 2), grow(mask, 0), feather(mask, 0)):
        assert not np.shares_memory(result, mask)
        assert result.dtype == np.float32
    np.testing.assert_array_equal(mask, before)


@pytest.mark.parametrize("amount", [0.5, 2.0, 7.0, 20.0, 40.0])
def test_feather_is_a_gaussian_of_a_quarter_of_the_amount(amount):
    mask = np.zeros((41, 57), np.float32)
    mask[10:30, 20:] = 1
    expected = ndimage.gaussian_filter(mask.astype(np.float64), amount / 4, mode="nearest")
    np.testing.assert_allclose(feather(mask, amount), expected, atol=5e-4)


@pytest.mark.parametrize("amount", [127.0, 129.0, 200.0, 300.0])
def test_wide_feathers_on_a_reduced_copy_are_the_same_gaussian(amount):
    mask = np.zeros((211, 307), np.float32)
    mask[50:120, 90:] = 1
    mask[:, 0] = 1  # the border goes on beyond: one column weighs much
    expected = ndimage.gaussian_filter(mask.astype(np.float64), amount / 4, mode="nearest")
    np.testing.assert_allclose(feather(mask, amount), expected, atol=2e-3)


@pytest.mark.parametrize("amount", [16.0, 40.0, 160.0])
def test_a_feathered_edge_runs_from_2_to_98_percent_over_the_amount(amount):
    mask = np.zeros((3, 601), np.float32)
    mask[:, 300:] = 1
    row = feather(mask, amount)[1]
    places = np.interp([0.0228, 0.9772], row, np.arange(601))
    assert np.diff(places)[0] == pytest.approx(amount, rel=0.02)
    assert places.mean() == pytest.approx(299.5, abs=0.05)


@given(MASKS, st.floats(0, 60, width=32), st.floats(0, 1, width=32))
def test_feather_keeps_constants_and_the_range(mask, amount, level):
    soft = feather(mask, amount)
    assert soft.shape == mask.shape
    assert soft.dtype == np.float32
    assert soft.min() >= mask.min() - 1e-6
    assert soft.max() <= mask.max() + 1e-6
    flat = np.full(mask.shape, level, np.float32)
    np.testing.assert_allclose(feather(flat, amount), flat, atol=1e-6)


@given(st.floats(0, 16, width=32), st.integers(0, 2**31))
def test_feather_keeps_the_sum_of_what_is_far_from_the_border(amount, seed):
    mask = np.zeros((48, 52), np.float32)
    mask[18:30, 20:31] = np.random.default_rng(seed).random((12, 11))
    assert feather(mask, amount).sum() == pytest.approx(mask.sum(), rel=1e-4)


def test_a_feathered_region_stays_whole_at_the_border():
    mask = np.zeros((30, 40), np.float32)
    mask[:, :20] = 1
    assert (feather(mask, 8)[:, 0] == 1).all()
    assert (feather(np.ones((5, 5)), 1e6) == 1).all()


def test_an_amount_beyond_the_longer_side_works_as_the_longer_side():
    mask = np.random.default_rng(2).random((20, 30)).astype(np.float32)
    np.testing.assert_array_equal(feather(mask, 1e9), feather(mask, 30))
    np.testing.assert_array_equal(grow(mask, 1e9), np.full((20, 30), mask.max()))


@pytest.mark.parametrize("function", [grow, shrink, feather])
def test_bad_input_is_refused(function):
    name = function.__name__
    with pytest.raises(RegionError, match=r"the region has the shape \(2, 2, 3\); give \(H, W\)"):
        function(np.zeros((2, 2, 3)), 1)
    with pytest.raises(RegionError, match=r"the region has the shape \(0, 2\); give \(H, W\)"):
        function(np.zeros((0, 2)), 1)
    for bad in (math.nan, math.inf, -math.inf):
        with pytest.raises(RegionError, match=f"{name} needs a finite amount, got"):
            function(np.zeros((2, 2)), bad)


def test_feather_needs_an_amount_that_is_not_negative():
    with pytest.raises(RegionError, match="feather needs an amount of 0 or more, got -2"):
        feather(np.zeros((2, 2)), -2)
