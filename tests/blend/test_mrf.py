import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import ndimage

from sfumato.blend import reach, soft_edge
from sfumato.blend.mrf import mrf, smooth

SHAPES = hnp.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=24)
HARD = hnp.arrays(np.float32, SHAPES, elements=st.sampled_from([0, 1]))
SOFT = hnp.arrays(np.float32, SHAPES, elements=st.floats(0, 1, width=32))
WIDTHS = st.floats(0, 16)
EDGES = st.sampled_from(["inside", "center", "outside"])
BOTH = pytest.mark.parametrize("seam", [mrf, smooth])


def pictures(shape, seed=0):
    """Two pictures that have nothing in common."""
    rng = np.random.default_rng(seed)
    return rng.random((*shape, 3), np.float32), rng.random((*shape, 3), np.float32)


def disk(size=41, radius=13):
    y, x = np.mgrid[:size, :size] - size // 2
    return (x**2 + y**2 < radius**2).astype(np.float32)


def half(shape=(12, 41)):
    mask = np.zeros(shape, np.float32)
    mask[:, shape[1] // 2 :] = 1
    return mask


def distance_to(mask):
    return ndimage.distance_transform_edt(mask == 0) if mask.any() else np.full(mask.shape, np.inf)


def links(shape):
    """All pairs of neighbors, above one another and side by side."""
    index = np.arange(np.prod(shape)).reshape(shape)
    below, beside = (index[:-1], index[1:]), (index[:, :-1], index[:, 1:])
    return np.concatenate([np.stack([p.ravel(), q.ravel()], 1) for p, q in (below, beside)])


def difference(photo, styled, band):
    squared = ((photo.astype(float) - styled) ** 2).sum(2)
    return (squared / squared[band].mean()).ravel()


def energy(alpha, photo, styled, share, band, pairwise):
    """The energy that `mrf` documents, over the whole picture."""
    a, f, inside, d = alpha.ravel().astype(float), share.ravel(), band.ravel(), difference(photo, styled, band)
    p, q = links(band.shape).T
    pairs = (a[p] * (1 - a[q]) + (1 - a[p]) * a[q]) * (d[p] + d[q]) * pairwise / 2
    return ((1 - a) * f + a * (1 - f))[inside].sum() + pairs[inside[p] | inside[q]].sum()


def with_band(alpha, band, values):
    result = alpha.astype(float)
    result[band] = values
    return result


@BOTH
@given(SOFT, WIDTHS, EDGES)
@settings(deadline=None, max_examples=60)
def test_alpha_is_a_weight(seam, mask, width, edge):
    kept = mask.copy()
    alpha = seam(*pictures(mask.shape), mask, width, edge)
    assert alpha.shape == mask.shape
    assert alpha.dtype == np.float32
    assert alpha.min() >= 0
    assert alpha.max() <= 1
    np.testing.assert_array_equal(mask, kept)


@BOTH
@given(HARD, WIDTHS, EDGES)
@settings(deadline=None, max_examples=60)
def test_alpha_is_0_beyond_the_reach_and_1_deep_inside(seam, mask, width, edge):
    alpha = seam(*pictures(mask.shape), mask, width, edge)
    assert (alpha[distance_to(mask) > reach(width, edge)] == 0).all()
    depth = reach(width, {"inside": "outside", "center": "center", "outside": "inside"}[edge])
    assert (alpha[distance_to(1 - mask) > depth] == 1).all()


@BOTH
@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (9, 1), (7, 13)])
def test_nothing_and_all(seam, shape):
    for value in (0, 1):
        mask = np.full(shape, value, np.float32)
        np.testing.assert_array_equal(seam(*pictures(shape), mask, 6), mask)


@BOTH
def test_below_one_pixel_the_mask_is_returned(seam):
    np.testing.assert_array_equal(seam(*pictures((41, 41)), disk(), 0.4), disk())


@BOTH
def test_a_gradient_stays_as_soft_as_it_is(seam):
    mask = np.tile(np.linspace(0, 1, 101, dtype=np.float32), (20, 1))
    np.testing.assert_allclose(seam(*pictures(mask.shape), mask, 10)[:, 8:-8], mask[:, 8:-8], atol=1e-4)
    np.testing.assert_array_equal(seam(*pictures((9, 9)), np.full((9, 9), 0.4, np.float32), 6), np.float32(0.4))


@BOTH
def test_an_edge_that_is_a_little_soft_is_an_edge(seam):
    soft = ndimage.gaussian_filter(disk(), 1.2)
    photo, styled = pictures(soft.shape)
    alpha = seam(photo, styled, soft, 10)
    assert np.abs(alpha - soft_edge(soft, 10)).max() > 0.05
    assert np.abs(alpha - seam(photo, styled, disk(), 10)).mean() < np.abs(alpha - soft).mean()


@BOTH
def test_the_slower_the_fall_the_less_it_is_an_edge(seam):
    """No length of a ramp makes the seam jump from thought over to left alone."""
    photo, styled = pictures((30, 121))
    moved = []
    for length in (2, 8, 12, 16, 20, 24, 30):
        mask = np.tile(np.interp(np.arange(121), [60 - length / 2, 60 + length / 2], [0, 1]), (30, 1))
        moved.append(np.abs(seam(photo, styled, mask, 12) - soft_edge(mask, 12)).max())
    assert (np.diff(moved[2:]) <= 1e-6).all()
    assert moved[2] > 2 * moved[4] > 0
    assert moved[-1] == 0


@BOTH
def test_the_seam_is_feathered_where_the_pictures_are_the_same(seam):
    photo, _ = pictures((41, 41))
    np.testing.assert_allclose(seam(photo, photo, disk(), 10), soft_edge(disk(), 10), atol=1e-5)


@BOTH
def test_distances_alone_are_a_feather(seam):
    np.testing.assert_allclose(seam(*pictures((41, 41)), disk(), 10, pairwise=0), soft_edge(disk(), 10), atol=1e-5)


@BOTH
def test_the_contrast_of_the_pictures_does_not_matter(seam):
    photo, styled = pictures((41, 41))
    faint = photo + (styled - photo) / 16
    np.testing.assert_allclose(seam(photo, faint, disk(), 10), seam(photo, styled, disk(), 10), atol=1e-4)


def striped(start, end, inside, outside):
    """A photo, and a styled picture that differs from it by one amount in a stripe and by another elsewhere."""
    photo, styled = np.zeros((12, 41, 3), np.float32), np.full((12, 41, 3), outside, np.float32)
    styled[:, start:end] = inside
    return photo, styled


def test_smooth_does_not_change_where_the_pictures_differ_most():
    """The mask's edge is in the midst of a stripe; the change goes to its sides, the more so the heavier it weighs."""
    photo, styled = striped(18, 23, 1, 0.1)
    changes = [np.ptp(smooth(photo, styled, half(), 16, pairwise=w)[:, 18:23], axis=1).max() for w in (0, 0.06, 1, 4)]
    assert changes[0] == pytest.approx(np.ptp(soft_edge(half(), 16)[0, 18:23]), abs=1e-5)
    assert (np.diff(changes) < 0).all()
    assert changes[1] < 0.5 * changes[0]
    assert changes[-1] < 0.05 * changes[0]


@pytest.mark.parametrize(("start", "end", "value"), [(19, 25, 1), (16, 21, 0)])
def test_mrf_steps_aside_where_the_pictures_differ_most(start, end, value):
    """The mask's edge is a pixel inside a stripe of strong difference; the seam leaves it on the nearer side."""
    alpha = mrf(*striped(start, end, 1, 0.1), half(), 16, pairwise=1, iterations=1000)
    assert (alpha[:, start:end] == value).all()
    plain = mrf(*striped(start, end, 1, 0.1), half(), 16, pairwise=0, iterations=1000)
    assert (np.ptp(plain[:, start:end], axis=1) == 1).all()


def test_smooth_goes_to_where_the_pictures_agree():
    alpha = smooth(*striped(15, 17, 0, 1), half(), 16, pairwise=4)
    assert np.abs(np.diff(alpha, axis=1)).argmax(1).tolist() == [15] * 12
    assert (alpha[:, 15] < 0.25).all()
    assert (alpha[:, 16] > 0.75).all()


@BOTH
def test_a_straight_edge_of_even_difference_rises_evenly(seam):
    photo = np.zeros((12, 41, 3), np.float32)
    alpha = seam(photo, photo + 0.5, half(), 12)
    assert (np.diff(alpha, axis=1) >= 0).all()
    np.testing.assert_allclose(alpha[:, :40] + alpha[:, 39::-1], 1, atol=1e-5)
    np.testing.assert_allclose(alpha, alpha[::-1], atol=1e-5)
    if seam is smooth:
        np.testing.assert_allclose(alpha, alpha[:1].repeat(12, 0), atol=1e-5)


@pytest.mark.parametrize(
    ("mask", "edge"), [(disk(31, 9), "center"), (half((9, 20)), "inside"), (disk(20, 3), "center")]
)
@pytest.mark.parametrize("flat", [True, False])
def test_smooth_is_the_least_of_its_energy(mask, edge, flat):
    """Against the normal equations of the documented sum, in a dense matrix of all the picture."""
    photo, styled = pictures(mask.shape)
    if flat:
        styled = photo + np.float32(0.25)
    share = soft_edge(mask, 8, edge)
    band = (share > 0) & (share < 1)
    d = difference(photo, styled, band)
    laplacian = np.zeros((mask.size, mask.size))
    for p, q in links(mask.shape):
        laplacian[[p, q], [p, q]] += d[p] + d[q]
        laplacian[[p, q], [q, p]] -= d[p] + d[q]
    free = band.ravel()
    matrix = np.eye(mask.size) + 0.3 * 8**2 / 2 * laplacian
    fixed = share.ravel().astype(float)
    right = fixed[free] - matrix[np.ix_(free, ~free)] @ fixed[~free]
    expected = np.linalg.solve(matrix[np.ix_(free, free)], right)
    alpha = smooth(photo, styled, mask, 8, edge, pairwise=0.3)
    np.testing.assert_allclose(alpha[band], expected, atol=1e-5)


def test_a_step_of_mrf_goes_down_the_slope_of_its_energy():
    """The first steps, from 1/2 and from there, against finite differences."""
    mask = disk(21, 6)
    photo, styled = pictures(mask.shape)
    share = soft_edge(mask, 6)
    band = (share > 0) & (share < 1)
    start = np.full(band.sum(), 0.5)
    for count in (1, 2, 3):
        end = mrf(photo, styled, mask, 6, pairwise=0.3, iterations=count)[band].astype(float)
        gradient = np.empty(start.size)
        for i in range(start.size):
            around = [start + h * (np.arange(start.size) == i) for h in (-1e-4, 1e-4)]
            low, high = (energy(with_band(share, band, a), photo, styled, share, band, 0.3) for a in around)
            gradient[i] = (high - low) / 2e-4
        np.testing.assert_allclose(end - start, -0.01 * gradient, atol=2e-6)
        start = end


@pytest.mark.parametrize("pairwise", [0, 0.25, 3, 100])
def test_the_energy_of_mrf_never_rises(pairwise):
    mask = disk(25, 8)
    photo, styled = pictures(mask.shape)
    styled[5:9] = 1 - photo[5:9].round()
    share = soft_edge(mask, 8)
    band = (share > 0) & (share < 1)
    runs = [mrf(photo, styled, mask, 8, pairwise=pairwise, iterations=n) for n in range(80)]
    assert (runs[0][band] == 0.5).all()
    energies = [energy(run, photo, styled, share, band, pairwise) for run in runs]
    assert (np.diff(energies) <= 1e-5).all()
    assert energies[-1] < energies[0]


@pytest.mark.parametrize("pairwise", [0, 0.3, 1])
def test_mrf_comes_near_the_best_hard_seam(pairwise):
    """On bands so small that all labelings can be tried; no soft one can be better than the best hard one."""
    mask = half((3, 8))
    share = soft_edge(mask, 4)
    band = (share > 0) & (share < 1)
    labelings = list(itertools.product([0.0, 1.0], repeat=int(band.sum())))
    ratios = []
    for seed in range(4):
        photo, styled = pictures(mask.shape, seed)
        best = min(energy(with_band(share, band, labels), photo, styled, share, band, pairwise) for labels in labelings)
        start, default, end = (
            energy(mrf(photo, styled, mask, 4, pairwise=pairwise, iterations=n), photo, styled, share, band, pairwise)
            for n in (0, 50, 3000)
        )
        assert best - 1e-5 <= end <= default <= start
        ratios.append((end - best) / (start - best))
    assert max(ratios) < 0.1


def test_more_iterations_make_a_harder_seam():
    photo, styled = pictures((41, 41))
    soft = [((a := mrf(photo, styled, disk(), 10, iterations=n)) * (1 - a)).sum() for n in (10, 50, 200, 2000)]
    assert (np.diff(soft) < 0).all()
    assert soft[-1] < 0.02 * soft[1]


@BOTH
def test_a_region_at_the_border_and_one_that_is_thin(seam):
    photo, styled = pictures((31, 31))
    corner = np.zeros((31, 31), np.float32)
    corner[:16, :16] = 1
    alpha = seam(photo, styled, corner, 8)
    assert (alpha[:10, :10] == 1).all()
    line = np.zeros((31, 31), np.float32)
    line[15] = 1
    alpha = seam(photo, styled, line, 6)
    assert alpha.max() <= soft_edge(line, 6).max() + 1e-6
    assert (alpha[distance_to(line) > 3] == 0).all()
