import numpy as np
import pytest
from scipy import ndimage, sparse
from scipy.sparse.linalg import spsolve

from sfumato.blend.filters import keep_detail, recursive_filter, screened_poisson
from sfumato.errors import InputError

SIZES = [(40, 50), (1, 9), (9, 1), (1, 1), (3, 200)]


def pictures(height=40, width=50):
    """Two pictures that have nothing in common, in mid-tones so that nothing is clipped."""
    return np.random.default_rng(0).uniform(0.4, 0.6, (2, height, width, 3)).astype(np.float32)


def by_recursion(image, guide, sigma_space=60.0, sigma_range=1.0, iterations=3):
    """Gastal and Oliveira 2011, eq. 14 and 21, pixel after pixel."""
    image = image.astype(float)
    for i in range(1, iterations + 1):
        sigma = sigma_space * 3**0.5 * 2 ** (iterations - i) / (4**iterations - 1) ** 0.5
        feedback = np.exp(-(2**0.5) / sigma)
        for axis in (1, 0):
            lines, along = np.moveaxis(image, axis, 0), np.moveaxis(guide.astype(float), axis, 0)
            keep = feedback ** (1 + sigma_space / sigma_range * abs(np.diff(along, axis=0)).sum(-1, keepdims=True))
            for n in range(1, len(lines)):
                lines[n] += keep[n - 1] * (lines[n - 1] - lines[n])
            for n in reversed(range(len(lines) - 1)):
                lines[n] += keep[n] * (lines[n + 1] - lines[n])
    return image


def by_elimination(photo, result, weight):
    """The screened Poisson equation as a sparse system, from the differences between neighbors."""
    height, width = photo.shape[:2]
    steps = [sparse.diags_array([-np.ones(n), np.ones(n)], offsets=[0, 1], shape=(n - 1, n)) for n in (height, width)]
    down, across = sparse.kron(steps[0], np.eye(width)), sparse.kron(np.eye(height), steps[1])
    energy = (down.T @ down + across.T @ across).tocsc()
    matrix = energy + weight * sparse.eye_array(height * width)
    planes = [
        spsolve(matrix.tocsc(), weight * styled.ravel() + energy @ own.ravel())
        for own, styled in zip(np.moveaxis(photo, -1, 0), np.moveaxis(result, -1, 0), strict=True)
    ]
    return np.stack(planes, axis=-1).reshape(photo.shape)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(
    "options", [{}, {"iterations": 1}, {"sigma_space": 8, "sigma_range": 0.1}, {"sigma_range": 100}]
)
def test_the_filter_is_that_of_the_paper(size, options):
    guide, image = pictures(*size)
    found = recursive_filter(image, guide, **options)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, by_recursion(image, guide, **options), atol=2e-6)
    if min(size) > 1:
        assert abs(found - image).max() > 0.05


def test_a_mask_is_filtered_like_any_channel():
    guide, image = pictures()
    np.testing.assert_array_equal(recursive_filter(image[..., 0], guide), recursive_filter(image, guide)[..., 0])


def test_widths_have_a_least_value():
    guide, image = pictures()
    for small, least in (({"sigma_space": 0.2}, {"sigma_space": 1}), ({"sigma_range": 0}, {"sigma_range": 0.01})):
        found = recursive_filter(image, guide, **small)
        np.testing.assert_allclose(found, by_recursion(image, guide, **least), atol=2e-6)


def test_any_layout_and_precision_will_do():
    guide, image = pictures()
    expected = recursive_filter(image, guide)
    flipped = recursive_filter(image[::-1].copy()[::-1], np.asfortranarray(guide.astype(float)))
    np.testing.assert_array_equal(flipped, expected)


def test_nothing_crosses_an_edge():
    guide = np.zeros((20, 30, 3), np.float32)
    guide[:, 12:] = 1
    image = pictures(20, 30)[0]
    sides = [recursive_filter(image[:, part], guide[:, part]) for part in (np.s_[:12], np.s_[12:])]
    np.testing.assert_allclose(
        recursive_filter(image, guide, sigma_range=0.01), np.concatenate(sides, axis=1), atol=1e-6
    )


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("options", [{}, {"sigma_space": 8, "sigma_range": 0.1, "iterations": 2}])
def test_detail_is_what_the_filter_takes_from_the_photo(size, options):
    photo, result = pictures(*size)
    expected = photo - by_recursion(photo, photo, **options) + by_recursion(result, photo, **options)
    found = keep_detail(photo, result, **options)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, atol=2e-6)


@pytest.mark.parametrize("size", [*SIZES, (2, 2), (17, 31)])
@pytest.mark.parametrize("weight", [1e-3, 0.1, 10])
def test_screened_poisson_is_the_minimum(size, weight):
    photo, result = pictures(*size)
    found = screened_poisson(photo, result, weight=weight)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, by_elimination(photo, result, weight), atol=2e-6)


def test_the_weight_goes_from_the_photo_to_the_result():
    photo, result = pictures()
    np.testing.assert_allclose(screened_poisson(photo, result, weight=1e6), result, atol=1e-5)
    # With next to no weight only the mean color is the result's.
    expected = photo + (result - photo).mean((0, 1))
    np.testing.assert_allclose(screened_poisson(photo, result, weight=1e-7), expected, atol=1e-5)


def problem():
    """A photo with an edge and fine stripes, and a result that has its colors changed, its edges blurred, and noise."""
    y, x = np.mgrid[:64, :80]
    photo = np.where(x < 40, 0.3, 0.7)[..., None] * [1, 0.8, 0.6] + 0.05 * (-1.0) ** y[..., None]
    wanted = photo * [0.6, 1, 1.1] + [0.1, 0, 0]
    noise = np.random.default_rng(1).normal(0, 0.03, photo.shape)
    result = ndimage.gaussian_filter(wanted, (2, 2, 0)) + noise
    return photo.astype(np.float32), wanted, np.clip(result, 0, 1).astype(np.float32)


@pytest.mark.parametrize(
    "method",
    [keep_detail, lambda photo, result: screened_poisson(photo, result, weight=0.05)],
    ids=["detail", "poisson"],
)
def test_stripes_and_edges_come_back_in_the_colors_of_the_result(method):
    photo, wanted, result = problem()
    found = method(photo, result)
    assert abs(found - wanted).mean() < 0.5 * abs(result - wanted).mean()
    stripes = (found[::2] - found[1::2]).mean((0, 1))
    np.testing.assert_allclose(stripes, (photo[::2] - photo[1::2]).mean((0, 1)), rtol=0.1)
    assert abs((result[::2] - result[1::2]).mean()) < 0.02 < abs(stripes).min()


@pytest.mark.parametrize("method", [keep_detail, lambda photo, result: screened_poisson(photo, result, weight=0.1)])
def test_values_are_clipped_and_inputs_are_left_alone(method):
    photo = np.tile(np.float32([[0.45, 0.55]]), (20, 20))[..., None].repeat(3, 2)
    before = photo.copy()
    for value, limit in ((0.01, np.min), (0.99, np.max)):
        result = np.full_like(photo, value)
        found = method(photo, result)
        assert limit(found) == round(value)
        assert (result == np.float32(value)).all()
    np.testing.assert_array_equal(method(photo, photo), photo)
    np.testing.assert_array_equal(photo, before)


@pytest.mark.parametrize("weight", [0, -1, np.inf, np.nan])
def test_a_weight_that_cannot_be(weight):
    with pytest.raises(InputError, match=f"screened Poisson equation must be above 0 and finite, got {weight:g}"):
        screened_poisson(*pictures(), weight=weight)
