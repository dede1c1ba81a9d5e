"""A photo in the mood of another that shows other things."""

import numpy as np
import pytest
from scipy.linalg import sqrtm

from sfumato.color import Grade, oklab_to_rgb, rgb_to_oklab
from sfumato.errors import InputError, RegionError


def picture(seed=0, spread=(0.06, 0.02, 0.02), mean=(0.55, 0.0, 0.0), size=(40, 50)):
    """Random colors around a mean in Oklab."""
    colors = np.random.default_rng(seed).normal(size=(*size, 3)).clip(-2.5, 2.5) * spread + mean
    return np.clip(oklab_to_rgb(colors), 0, 1).astype(np.float32)


def lab(image):
    return rgb_to_oklab(image).astype(np.float64)


def graded(photo, reference, *masks, **options):
    """What becomes of a photo, in Oklab."""
    return Grade(photo, reference, *masks, **options)(lab(photo))


def factors(grade):
    """By how much differences between colors are stretched, from the least to the most."""
    corners = 0.5 + 0.1 * np.concatenate([np.zeros((1, 3)), np.eye(3)])
    moved = grade(corners)
    return np.linalg.svd((moved[1:] - moved[0]) / 0.1, compute_uv=False)[::-1]


def covariance(colors):
    return np.cov(colors.reshape(-1, 3).T, bias=True)


# ---- what it makes of a photo


@pytest.mark.parametrize("mean", [(0.4, 0.03, -0.04), (0.6, -0.05, 0.05), (0.3, 0.0, 0.0)])
@pytest.mark.parametrize("spread", [(0.06, 0.02, 0.02), (0.3, 0.0, 0.0)])
def test_the_mean_becomes_that_of_the_reference(mean, spread):
    reference = picture(1, spread, mean)
    found = graded(picture(0), reference)
    np.testing.assert_allclose(found.mean((0, 1)), lab(reference).mean((0, 1)), atol=1e-5)


def test_what_is_not_limited_is_the_map_by_scipy():
    """Least displacement between Gaussians: S^-½ (S^½ R S^½)^½ S^-½."""
    photo, reference = picture(0, (0.06, 0.03, 0.03)), picture(1, (0.07, 0.025, 0.04), (0.5, 0.02, 0.03))
    ours, theirs = covariance(lab(photo)), covariance(lab(reference))
    root = sqrtm(ours)
    matrix = (np.linalg.inv(root) @ sqrtm(root @ theirs @ root) @ np.linalg.inv(root)).real
    assert np.linalg.eigvalsh(matrix)[0] > 1 / 1.5
    assert np.linalg.eigvalsh(matrix)[2] < 1.5
    expected = (lab(photo) - lab(photo).mean((0, 1))) @ matrix + lab(reference).mean((0, 1))
    found = graded(photo, reference)
    np.testing.assert_allclose(found, expected, atol=1e-5)
    np.testing.assert_allclose(covariance(found), theirs, atol=1e-6)


@pytest.mark.parametrize("most", [1.0, 1.2, 1.5, 3.0])
@pytest.mark.parametrize(("own", "wanted"), [(0.02, 0.1), (0.1, 0.02)])
def test_factors_are_limited(own, wanted, most):
    photo, reference = picture(0, (own, own / 2, own / 2)), picture(1, (wanted, wanted / 2, wanted / 2))
    expected = most if own < wanted else 1 / most
    np.testing.assert_allclose(factors(Grade(photo, reference, most=most)), expected, rtol=1e-3)


def test_each_direction_is_limited_by_itself():
    """More contrast is wanted, less of the first hue, and the second as it is."""
    photo, reference = picture(0, (0.02, 0.06, 0.03)), picture(1, (0.1, 0.01, 0.03))
    np.testing.assert_allclose(factors(Grade(photo, reference)), [1 / 1.5, 1, 1.5], rtol=0.05)
    moved = Grade(photo, reference)(np.array([[0.5, 0, 0], [0.6, 0, 0], [0.5, 0.1, 0]]))
    np.testing.assert_allclose(moved[1] - moved[0], [0.15, 0, 0], atol=0.005)
    np.testing.assert_allclose(moved[2] - moved[0], [0, 0.1 / 1.5, 0], atol=0.005)


@pytest.mark.parametrize("mean", [0.08, 0.2, 0.5, 0.8, 0.95])
@pytest.mark.parametrize("seed", range(3))
def test_nearly_all_tones_stay_between_black_and_white(mean, seed):
    photo = picture(seed, (0.2, 0.02, 0.02), (0.55, 0, 0))
    reference = picture(seed + 5, (0.02, 0.01, 0.01), (mean, 0, 0))
    for options in ({}, {"most": 1.0}):
        found = graded(photo, reference, **options)[..., 0]
        low, high = np.quantile(found, [0.01, 0.99])
        assert low > -0.005
        assert high < 1.005
        assert found.mean() == pytest.approx(lab(reference)[..., 0].mean(), abs=1e-4)


def test_tones_are_not_compressed_more_than_that_takes():
    """Of a wide photo, the darkest or lightest hundredth becomes black or white; hues stay strong."""
    photo = picture(0, (0.2, 0.02, 0.02))
    for mean, quantile, end in ((0.1, 0.01, 0), (0.92, 0.99, 1)):
        found = graded(photo, picture(1, (0.02, 0.02, 0.02), (mean, 0, 0)))
        assert np.quantile(found[..., 0], quantile) == pytest.approx(end, abs=0.002)
        assert (found[..., 1:].std((0, 1)) > 0.8 * lab(photo)[..., 1:].std((0, 1))).all()
    middle = graded(photo, picture(1, (0.02, 0.01, 0.01)))[..., 0]
    assert middle.std() == pytest.approx(lab(photo)[..., 0].std() / 1.5, rel=0.01)


def test_a_photo_in_its_own_mood_stays_as_it_is():
    photo = picture(0, (0.1, 0.05, 0.04))
    np.testing.assert_allclose(graded(photo, photo), lab(photo), atol=1e-4)


@pytest.mark.parametrize("flat", ["photo", "reference", "both"])
def test_flat_pictures_are_graded_too(flat):
    gray = np.full((10, 12, 3), 0.5, np.float32)
    photo = picture(0) if flat == "reference" else gray
    reference = picture(1, mean=(0.5, 0.02, 0.03)) if flat == "photo" else gray + np.float32(0.1)
    found = graded(photo, reference)
    np.testing.assert_allclose(found.mean((0, 1)), lab(reference).mean((0, 1)), atol=1e-5)
    assert (found.std((0, 1)) < 1.5 * lab(photo).std((0, 1)) + 1e-6).all()


# ---- what counts


def test_only_what_the_masks_select_counts():
    photo = np.concatenate([picture(0), picture(1, (0.1, 0.05, 0.01), (0.3, 0.05, 0))], 1)
    # So dark that the range of the selected tones decides on the contrast.
    reference = np.concatenate([picture(2, mean=(0.1, 0.03, 0)), picture(3, mean=(0.3, -0.05, 0))], 1)
    left = np.tile(np.arange(100) < 50, (40, 1))
    expected = Grade(photo[:, :50], reference[:, :50])(lab(photo))
    np.testing.assert_allclose(graded(photo, reference, left, left), expected, atol=1e-6)
    assert np.abs(graded(photo, reference) - expected).mean() > 0.02
    # Weights of a half and a quarter are as good as pixels that are there twice and once.
    twice = [np.concatenate([each, each[:, :50]], 1) for each in (photo, reference)]
    soft = 0.25 + 0.25 * left
    np.testing.assert_allclose(graded(photo, reference, soft, soft), Grade(*twice)(lab(photo)), atol=1e-6)


def test_bytes_are_as_good_as_floats_and_colors_may_have_any_shape():
    photo, reference = (np.rint(255 * picture(seed)).astype(np.uint8) for seed in (0, 1))
    colors = lab(np.float32(photo / 255))
    found = Grade(np.float32(photo / 255), np.float32(reference / 255))(colors)
    np.testing.assert_allclose(Grade(photo, reference)(colors), found, atol=1e-6)
    np.testing.assert_allclose(Grade(photo, reference)(colors[3, 4]), found[3, 4], atol=1e-6)


# ---- what cannot be used


@pytest.mark.parametrize("name", ["photo", "reference"])
def test_a_mask_that_selects_nothing(name):
    with pytest.raises(RegionError) as error:
        Grade(picture(0), picture(1), **{f"{name}_mask": np.zeros((40, 50))})
    assert str(error.value) == (
        f"the mask of the {name} selects nothing, so there are no colors to match; choose another"
    )


@pytest.mark.parametrize("name", ["photo", "reference"])
def test_a_mask_of_another_size(name):
    with pytest.raises(InputError) as error:
        Grade(picture(0), picture(1), **{f"{name}_mask": np.ones((40, 51))})
    assert str(error.value) == f"the {name} mask has the shape (40, 51); give one of the {name}'s size, (40, 50)"


@pytest.mark.parametrize("most", [0.99, 0, -2, float("nan")])
def test_a_factor_below_one(most):
    with pytest.raises(InputError, match="colors are stretched by a factor of at least 1, got"):
        Grade(picture(0), picture(1), most=most)
