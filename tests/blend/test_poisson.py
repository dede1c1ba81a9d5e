import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import ndimage, sparse

from sfumato.blend.poisson import poisson
from sfumato.linalg.multigrid import laplacian, solve

SHAPES = hnp.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=20)
HARD = hnp.arrays(np.float32, SHAPES, elements=st.sampled_from([0, 1]))
CROSS = ndimage.generate_binary_structure(2, 1)


def pictures(shape, seed=0):
    """Two pictures that have nothing in common, in mid-tones so that nothing is clipped."""
    rng = np.random.default_rng(seed)
    first, second = rng.uniform(0.4, 0.6, (2, *shape, 3)).astype(np.float32)
    return first, second


def disk(size=41, radius=13):
    y, x = np.mgrid[:size, :size] - size // 2
    return (x**2 + y**2 < radius**2).astype(np.float32)


def inner(mask):
    """All of the region but its outermost pixels; the picture's border is no border of the region."""
    return ndimage.binary_erosion(mask > 0, CROSS, border_value=1)


def residual(shift, free, width):
    """The screened Laplace equation, pixel by pixel, over the neighbors that there are."""
    left = np.zeros(shift.shape)
    for y, x in np.argwhere(free):
        for v, u in ((y - 1, x), (y + 1, x), (y, x - 1), (y, x + 1)):
            if 0 <= v < free.shape[0] and 0 <= u < free.shape[1]:
                left[y, x] += shift[y, x] - shift[v, u]
        left[y, x] += shift[y, x] / width**2
    return left


def shift_of(photo, styled, mask, width):
    result = poisson(photo, styled, mask, width).astype(float)
    free = inner(mask)
    return result - np.where(free[..., None], styled, photo) + np.where(free[..., None], 0, photo - styled), free


CORNER = np.zeros((21, 34), np.float32)
CORNER[9:, :17] = 1
RING = disk(35, 15) - disk(35, 5)
ISLANDS = np.pad(disk(15, 6), ((0, 3), (0, 20))) + np.pad(disk(15, 5), ((3, 0), (20, 0)))


@pytest.mark.parametrize("mask", [disk(), disk(42, 25), CORNER, RING, ISLANDS, 1 - ISLANDS])
@pytest.mark.parametrize("width", [6, 40, math.inf])
def test_the_equation_holds(mask, width):
    photo, styled = pictures(mask.shape)
    shift, free = shift_of(photo, styled, mask, width)
    assert np.abs(residual(shift, free, width)[free]).max() < 1e-5
    assert np.abs(shift[free]).max() > 0.01


def test_it_is_a_dense_solve():
    photo, styled = pictures((13, 17))
    mask = np.zeros((13, 17), np.float32)
    mask[2:, 3:15] = 1
    free = inner(mask).ravel()
    matrix = np.zeros((free.size, free.size))
    for i in range(free.size):
        y, x = divmod(i, 17)
        for v, u in ((y - 1, x), (y + 1, x), (y, x - 1), (y, x + 1)):
            if 0 <= v < 13 and 0 <= u < 17:
                matrix[i, i] += 1
                matrix[i, v * 17 + u] -= 1
    difference = (photo - styled).reshape(-1, 3).astype(float)
    expected = np.linalg.solve(matrix[np.ix_(free, free)], -matrix[np.ix_(free, ~free)] @ difference[~free])
    result = poisson(photo, styled, mask, math.inf)
    np.testing.assert_allclose(result.reshape(-1, 3)[free], styled.reshape(-1, 3)[free] + expected, atol=1e-5)


@given(HARD, st.sampled_from([0.5, 1, 3.5, 20, math.inf]))
@settings(deadline=None, max_examples=60)
def test_the_photo_outside_and_on_the_border(mask, width):
    photo, styled = pictures(mask.shape)
    result = poisson(photo, styled, mask, width)
    assert result.dtype == np.float32
    if width < 1:
        np.testing.assert_array_equal(result, styled)
    else:
        outer = ~inner(mask)
        np.testing.assert_array_equal(result[outer], photo[outer])
        assert (result >= 0).all()
        assert (result <= 1).all()


@given(HARD)
@settings(deadline=None, max_examples=30)
def test_the_shift_is_between_those_on_the_border(mask):
    """The principle of the maximum; a styled picture that is darker everywhere becomes nowhere darker still."""
    photo, styled = pictures(mask.shape)
    result = poisson(photo, styled - 0.3, mask, 5)
    assert (result >= styled - 0.3 - 1e-5).all()
    assert (result <= styled - 0.3 + (photo - styled + 0.3).max() + 1e-5).all()


@pytest.mark.parametrize("width", [2, math.inf])
def test_equal_pictures_stay_as_they_are(width):
    photo, _ = pictures((41, 41))
    np.testing.assert_array_equal(poisson(photo, photo, disk(), width), photo)


def test_what_is_styled_outside_the_region_does_not_matter():
    photo, styled = pictures((41, 41))
    elsewhere = np.where(disk()[..., None] > 0, styled, 0)
    np.testing.assert_array_equal(poisson(photo, elsewhere, disk(), 5), poisson(photo, styled, disk(), 5))


@pytest.mark.parametrize("shape", [(1, 1), (1, 8), (9, 7)])
def test_nothing_and_all(shape):
    photo, styled = pictures(shape)
    for width in (3, math.inf):
        np.testing.assert_array_equal(poisson(photo, styled, np.zeros(shape, np.float32), width), photo)
        np.testing.assert_array_equal(poisson(photo, styled, np.ones(shape, np.float32), width), styled)


def test_a_region_one_pixel_wide_is_all_border():
    photo, styled = pictures((9, 9))
    line = np.zeros((9, 9), np.float32)
    line[4] = 1
    np.testing.assert_array_equal(poisson(photo, styled, line, 4), photo)


def test_a_soft_edge_belongs_to_the_region_but_a_haze_does_not():
    photo, styled = pictures((41, 41))
    soft = np.maximum(0.5 * disk(radius=15), disk())
    np.testing.assert_array_equal(poisson(photo, styled, soft, 5), poisson(photo, styled, disk(radius=15), 5))
    haze = np.maximum(0.05, disk())
    np.testing.assert_array_equal(poisson(photo, styled, haze, 5), poisson(photo, styled, disk(), 5))


def test_one_tint_is_taken_off_all_over_by_the_classic_form():
    photo, _ = pictures((41, 41))
    tint = np.array([0.2, -0.1, 0.05], np.float32)
    np.testing.assert_allclose(poisson(photo, photo + tint, disk(), math.inf), photo, atol=1e-4)


def test_the_shift_fades_with_the_distance_from_the_border():
    """Along a straight border it is a power of the smaller root of r + 1/r = 2 + 1/width²."""
    mask = np.zeros((3, 101), np.float32)
    mask[:, 10:] = 1
    photo, styled = np.full((2, 3, 101, 3), [[[[0.3]]], [[[0.7]]]], np.float32)
    sum_of_roots = 2 + 1 / 4**2
    root = (sum_of_roots - math.sqrt(sum_of_roots**2 - 4)) / 2
    assert root == pytest.approx(math.exp(-1 / 4), abs=0.01)
    shift = poisson(photo, styled, mask, 4)[1, 10:30, 0] - 0.7
    np.testing.assert_allclose(shift, -0.4 * root ** np.arange(20), atol=3e-4)  # cut off at six widths


def test_deep_inside_nothing_is_shifted():
    photo, styled = pictures((81, 81))
    mask = disk(81, 38)
    result = poisson(photo, styled, mask, 3)
    depth = ndimage.distance_transform_edt(inner(mask))
    np.testing.assert_array_equal(result[depth > 18], styled[depth > 18])
    assert (result != styled)[(depth > 0) & (depth < 6)].any(-1).all()


def test_no_color_leaves_its_range():
    photo, styled = np.zeros((21, 21, 3), np.float32), np.zeros((21, 21, 3), np.float32)
    photo[::2], styled[1::2, ::2] = 1, 1
    result = poisson(photo, styled, disk(21, 8), math.inf)
    assert result.min() >= 0
    assert result.max() <= 1


@given(HARD, st.integers(0, 99))
@settings(deadline=None, max_examples=40)
def test_laplacian_is_that_of_the_sum(region, seed):
    rng = np.random.default_rng(seed)
    region = region > 0
    conductance, x = rng.random(region.shape), rng.random(region.shape)
    sums = np.zeros(region.shape)
    for axis in (0, 1):
        for ahead in (False, True):
            near = np.roll(x, -1 if ahead else 1, axis)
            weight = conductance + np.roll(conductance, -1 if ahead else 1, axis)
            edge = [slice(None), slice(None)]
            edge[axis] = -1 if ahead else 0
            weight[tuple(edge)] = 0
            sums += weight * (x - near)
    matrix, known = laplacian(region, conductance, x[..., None])
    np.testing.assert_allclose(matrix @ x[region] - known[:, 0], sums[region], atol=1e-12)
    assert abs(matrix - matrix.T).max() < 1e-12 if region.any() else matrix.shape == (0, 0)


@pytest.mark.parametrize("contrast", [0, 3])
def test_the_solver_on_more_pixels_than_it_solves_at_once(contrast):
    """Against SuperLU, on even and on very uneven weights."""
    rng = np.random.default_rng(0)
    region = np.ones((70, 83), bool)
    region[rng.random(region.shape) < 0.1] = False
    conductance = 10.0 ** rng.uniform(-contrast, contrast, region.shape)
    matrix, known = laplacian(region, conductance, rng.random((70, 83, 2)))
    matrix = (matrix + 1e-3 * sparse.eye_array(matrix.shape[0])).tocsr()
    expected = sparse.linalg.splu(matrix.tocsc()).solve(known)
    np.testing.assert_allclose(solve(matrix, known, region), expected, atol=1e-4)
