import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.linalg import sqrtm
from scipy.stats import wasserstein_distance

from sfumato.color import luminance, match_histogram, match_linear, reinhard, rgb_to_oklab
from sfumato.errors import RegionError

ALL = pytest.mark.parametrize("match", [match_linear, match_histogram, reinhard])


def picture(seed, size=(30, 40), low=0.0, high=1.0):
    """Random colors whose channels go together, with a spread of its own along each axis."""
    rng = np.random.default_rng(seed)
    mixed = rng.random((*size, 3)) @ (0.3 + rng.random((3, 3)))
    mixed = (mixed - mixed.min()) / (mixed.max() - mixed.min())
    return (low + (high - low) * mixed).astype(np.float32)


def pair():
    """A source, and a reference whose colors are all far inside of the range."""
    return picture(0), picture(1, (20, 25), 0.4, 0.6)


def soft_mask(shape, seed=2):
    mask = np.random.default_rng(seed).random(shape).astype(np.float32)
    mask[: shape[0] // 3] = 0
    return mask


def moments(image, mask=None):
    """Mean and covariance, by NumPy's own weighting."""
    weights = None if mask is None else mask.ravel().astype(np.float64)
    colors = image.reshape(-1, 3).astype(np.float64)
    return np.average(colors, axis=0, weights=weights), np.cov(colors.T, aweights=weights, ddof=0)


@pytest.mark.parametrize("masked", [False, True])
def test_linear_matching_gives_mean_and_covariance(masked):
    source, reference = pair()
    masks = [soft_mask(image.shape[:2]) if masked else None for image in (source, reference)]
    result = match_linear(source, reference, source_mask=masks[0], reference_mask=masks[1])
    assert result.dtype == np.float32
    assert result.shape == source.shape
    (mean, covariance), (wanted, wanted_covariance) = moments(result, masks[0]), moments(reference, masks[1])
    np.testing.assert_allclose(mean, wanted, atol=1e-6)
    np.testing.assert_allclose(covariance, wanted_covariance, atol=1e-7)


def test_linear_matching_is_the_monge_kantorovich_map():
    source, reference = pair()
    (mean, own), (other_mean, other) = moments(source), moments(reference)
    root = sqrtm(own).real
    inverse = np.linalg.inv(root)
    wanted = (source - mean) @ (inverse @ sqrtm(root @ other @ root).real @ inverse).T + other_mean
    np.testing.assert_allclose(match_linear(source, reference), wanted, atol=1e-5)


def test_linear_matching_moves_colors_less_than_a_rotated_map():
    source, reference = pair()
    (mean, own), (other_mean, other) = moments(source), moments(reference)
    cholesky = np.linalg.cholesky(other) @ np.linalg.inv(np.linalg.cholesky(own))
    rotated = (source - mean) @ cholesky.T + other_mean
    np.testing.assert_allclose(moments(rotated)[1], moments(match_linear(source, reference))[1], atol=1e-6)
    cost, other_cost = (((image - source) ** 2).mean() for image in (match_linear(source, reference), rotated))
    assert cost < other_cost


@pytest.mark.parametrize("masked", [False, True])
def test_histograms_match_along_red_green_and_blue(masked):
    source, reference = picture(0, (60, 80)), picture(1, (50, 70)) ** 2
    masks = [soft_mask(image.shape[:2]) if masked else None for image in (source, reference)]
    result = match_histogram(source, reference, source_mask=masks[0], reference_mask=masks[1])
    assert result.dtype == np.float32
    assert result.shape == source.shape
    weights = [None if mask is None else mask.ravel() for mask in masks]

    def distance(image, axis):
        return wasserstein_distance(image.reshape(-1, 3) @ axis, reference.reshape(-1, 3) @ axis, *weights)

    for axis in np.eye(3):
        assert distance(source, axis) > 0.05
        assert distance(result, axis) < 5e-4
    # And so do they along all others, which no matching by channels does.
    for axis in np.random.default_rng(3).normal(size=(10, 3)):
        assert distance(result, axis / np.linalg.norm(axis)) < 6e-3


def test_histogram_matching_follows_a_distribution_that_is_no_ellipse():
    rng = np.random.default_rng(0)
    centers = np.array([[0.1, 0.1, 0.1], [0.9, 0.8, 0.1], [0.1, 0.3, 0.9]])
    reference = (centers[rng.integers(0, 3, (40, 50))] + rng.normal(0, 0.02, (40, 50, 3))).astype(np.float32)
    result = match_histogram(picture(5, (40, 50)), reference)
    off = np.linalg.norm(result[..., None, :] - centers, axis=-1).min(-1)
    assert np.mean(off < 0.1) > 0.9
    linear = match_linear(picture(5, (40, 50)), reference)
    assert np.mean(np.linalg.norm(linear[..., None, :] - centers, axis=-1).min(-1) < 0.1) < 0.5


def test_equal_colors_stay_equal():
    source = np.rint(picture(0) * 5).astype(np.float32) / 5
    result = match_histogram(source, picture(1))
    for color in np.unique(source.reshape(-1, 3), axis=0):
        assert len(np.unique(result[(source == color).all(-1)], axis=0)) == 1


def test_histogram_matching_is_the_same_in_every_run():
    source, reference = pair()
    np.testing.assert_array_equal(match_histogram(source, reference), match_histogram(source, reference))


@pytest.mark.parametrize("masked", [False, True])
def test_reinhard_gives_mean_and_spread_in_oklab(masked):
    source, reference = pair()
    masks = [soft_mask(image.shape[:2]) if masked else None for image in (source, reference)]
    result = reinhard(source, reference, source_mask=masks[0], reference_mask=masks[1])
    assert result.dtype == np.float32
    found, wanted = moments(rgb_to_oklab(result), masks[0]), moments(rgb_to_oklab(reference), masks[1])
    np.testing.assert_allclose(found[0], wanted[0], atol=1e-5)
    np.testing.assert_allclose(np.sqrt(np.diag(found[1])), np.sqrt(np.diag(wanted[1])), atol=1e-5)
    # Each axis by itself, in a straight line.
    before, after = rgb_to_oklab(source).reshape(-1, 3), rgb_to_oklab(result).reshape(-1, 3)
    for axis in range(3):
        assert np.corrcoef(before[:, axis], after[:, axis])[0, 1] == pytest.approx(1, abs=1e-5)


@ALL
@given(st.integers(0, 1000))
def test_weights_count_like_repeated_pixels(match, seed):
    source, reference = picture(seed, (6, 8)), picture(seed + 1, (5, 7))
    rng = np.random.default_rng(seed)
    counts = rng.integers(1, 4, (6, 8)), rng.integers(1, 4, (5, 7))
    weighted = match(source, reference, source_mask=counts[0] / 4, reference_mask=counts[1] / 4)
    longer = [
        np.repeat(image.reshape(-1, 3), count.ravel(), axis=0)[None]
        for image, count in zip((source, reference), counts, strict=True)
    ]
    repeated = np.repeat(weighted.reshape(-1, 3), counts[0].ravel(), axis=0)[None]
    np.testing.assert_allclose(match(*longer), repeated, atol=1e-4)


@ALL
def test_what_lies_outside_the_masks_does_not_matter(match):
    source, reference = pair()
    masks = {"source_mask": soft_mask(source.shape[:2]), "reference_mask": soft_mask(reference.shape[:2])}
    others = []
    for image, mask in zip((source, reference), masks.values(), strict=True):
        others.append(np.where(mask[..., None] > 0, image, 1 - image))
    inside = masks["source_mask"] > 0
    found, wanted = match(*others, **masks)[inside], match(source, reference, **masks)[inside]
    np.testing.assert_allclose(found, wanted, atol=1e-5)


@ALL
@pytest.mark.parametrize("seed", range(5))
def test_a_picture_matched_to_itself_stays_as_it_is(match, seed):
    image = picture(seed)
    mask = soft_mask(image.shape[:2])
    np.testing.assert_allclose(match(image, image), image, atol=3e-5)
    result = match(image, image, source_mask=mask, reference_mask=mask)
    np.testing.assert_allclose(result[mask > 0], image[mask > 0], atol=3e-5)


@ALL
def test_grays_with_a_trace_of_color_stay_as_they_are(match):
    image = np.repeat(picture(0)[..., :1], 3, axis=-1)
    np.testing.assert_allclose(match(image, image), image, atol=3e-5)
    image[3, 4] = 0.9, 0.1, 0.1
    np.testing.assert_allclose(match(image, image), image, atol=3e-5)


@ALL
def test_a_gray_reference_gives_grays(match):
    source, reference = pair()
    gray = np.repeat(luminance(reference)[..., None], 3, axis=-1)
    result = match(source, gray)
    np.testing.assert_allclose(result, np.repeat(result[..., :1], 3, axis=-1), atol=1e-4)
    assert result.mean() == pytest.approx(gray.mean(), abs=2e-3)


def test_a_gray_source_takes_on_the_hues_that_go_with_the_lightness():
    gray = np.repeat(picture(0)[..., :1], 3, axis=-1)
    share = picture(1)[..., :1]
    sky = (0.3 + 0.5 * (share * [1, 0.8, 0.4] + [0, 0.2, 0.6])).astype(np.float32)
    result = match_linear(gray, sky)
    np.testing.assert_allclose(moments(result)[0], moments(sky)[0], atol=1e-4)
    np.testing.assert_allclose(moments(result)[1], moments(sky)[1], atol=1e-4)


@pytest.mark.parametrize("match", [match_linear, reinhard])
def test_noise_is_not_stretched_to_colors(match):
    rng = np.random.default_rng(0)
    noise = 0.5 / 255
    gray = np.repeat(picture(0, low=0.2, high=0.8)[..., :1], 3, axis=-1)
    noisy = gray + rng.normal(0, noise, gray.shape).astype(np.float32)
    reference = 0.2 + 0.6 * rng.random((20, 25, 3)).astype(np.float32)
    off = match(noisy, reference) - match(gray, reference)
    # Stretched in full, it would be the reference's own spread in color, 0.16.
    assert off.std() < 0.05


@ALL
def test_a_region_of_one_color_gives_that_color(match):
    source, reference = pair()
    mask = np.zeros(reference.shape[:2], np.float32)
    mask[4:9, 5:9] = 0.7
    reference[mask > 0] = 0.8, 0.3, 0.1
    result = match(source, reference, reference_mask=mask)
    np.testing.assert_allclose(result, np.broadcast_to(np.float32([0.8, 0.3, 0.1]), result.shape), atol=1e-5)


@ALL
def test_a_source_of_one_color_becomes_a_color_of_the_middle(match):
    reference = picture(1)
    result = match(np.full((5, 6, 3), 0.4, np.float32), reference)
    assert (result == result[0, 0]).all()
    np.testing.assert_allclose(result[0, 0], reference.mean((0, 1)), atol=0.06)


@ALL
@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_regions_of_a_few_pixels(match, count):
    source, reference = pair()
    mask = np.zeros(reference.shape[:2], np.float32)
    mask.flat[:count] = 1e-6
    result = match(source, reference, reference_mask=mask)
    assert np.isfinite(result).all()
    np.testing.assert_allclose(result.mean((0, 1)), reference.reshape(-1, 3)[:count].mean(0), atol=0.02)


@ALL
def test_extreme_colors_can_be_shown(match):
    source = picture(0)
    reference = (picture(1) > 0.5).astype(np.float32)
    result = match(source, reference)
    assert result.min() >= 0
    assert result.max() <= 1


@ALL
def test_nothing_that_was_given_is_changed(match):
    given_ = [*pair(), soft_mask((30, 40)), soft_mask((20, 25))]
    kept = [array.copy() for array in given_]
    match(given_[0], given_[1], source_mask=given_[2], reference_mask=given_[3])
    for array, copy in zip(given_, kept, strict=True):
        np.testing.assert_array_equal(array, copy)


@ALL
@pytest.mark.parametrize("name", ["source", "reference"])
def test_an_empty_mask(match, name):
    images = dict(zip(("source", "reference"), pair(), strict=True))
    empty = {f"{name}_mask": np.zeros(images[name].shape[:2], np.float32)}
    message = f"^the mask of the {name} selects nothing, so there are no colors to match; choose another$"
    with pytest.raises(RegionError, match=message):
        match(**images, **empty)
