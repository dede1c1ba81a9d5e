import numpy as np
import pytest
from scipy import ndimage
from skimage.metrics import structural_similarity

from sfumato.errors import InputError
from sfumato.metrics import structure

GRAY = np.array([0.299, 0.587, 0.114])


def picture(height, width, seed=0, sigma=1.5):
    rough = np.random.default_rng(seed).normal(size=(height, width, 3))
    smooth = ndimage.gaussian_filter(rough, (sigma, sigma, 0))
    return (0.5 + 0.12 * smooth / smooth.std()).clip(0, 1).astype(np.float32)


def gradients(image, weight):
    """How steep, by SciPy, relative to the root mean square."""
    gray = image.astype(np.float64) @ GRAY
    steep = np.hypot(*(ndimage.sobel(gray, axis, mode="nearest") / 8 for axis in (0, 1)))
    return steep / np.sqrt((steep**2 * weight).sum() / weight.sum())


def test_it_is_the_structural_similarity_of_gradients():
    original = picture(50, 70)
    made = 0.6 * original + 0.4 * picture(50, 70, 1)
    x, y = (gradients(image, np.ones((50, 70))) for image in (made, original))
    expected, image = structural_similarity(
        x, y, data_range=4, gaussian_weights=True, sigma=1.5, use_sample_covariance=False, full=True
    )
    assert 0.3 < expected < 0.9
    # The number that scikit-image gives leaves out a border of 5 pixels; its map does not.
    assert structure(made, original) == pytest.approx(image.mean(), rel=1e-5)


def test_windows_see_the_mask_only():
    original, made = picture(24, 30), picture(24, 30, 1)
    mask = np.zeros((24, 30), np.float32)
    mask[5:15, 8:20] = np.random.default_rng(2).random((10, 12))
    x, y = (gradients(image, mask) for image in (made, original))
    bell = np.exp(-(np.arange(-5, 6) ** 2) / (2 * 1.5**2))
    total = 0.0
    for row, column in zip(*np.nonzero(mask), strict=True):
        # As no part of the mask is near the border, rolling is as good as padding.
        window = [np.roll(a, (11 - row, 14 - column), (0, 1))[6:17, 9:20] for a in (x, y, mask)]
        weight = np.outer(bell, bell) * window[2]
        a, b, weight = window[0].ravel(), window[1].ravel(), weight.ravel() / weight.sum()
        (xx, xy), (_, yy) = np.cov(a, b, aweights=weight, ddof=0)
        mean_x, mean_y = weight @ a, weight @ b
        alike = (2 * mean_x * mean_y + 0.04**2) / (mean_x**2 + mean_y**2 + 0.04**2)
        total += mask[row, column] * alike * (2 * xy + 0.12**2) / (xx + yy + 0.12**2)
    assert structure(made, original, mask) == pytest.approx(total / mask.sum(), rel=1e-5)


def test_what_a_style_may_change():
    original = picture(60, 60)
    for made in (original, 0.2 + original / 2, 1 - original):
        assert structure(made, original) == pytest.approx(1, abs=1e-5)
    assert structure(original**1.5, original) > 0.9


def test_the_more_of_another_picture_the_less_structure():
    original, other = picture(80, 80), picture(80, 80, 1)
    shares = (0, 0.1, 0.3, 0.5, 0.8, 1)
    values = [structure(original + share * (other - original), original) for share in shares]
    assert values == sorted(values, reverse=True)
    assert values[0] == pytest.approx(1)
    assert -0.1 < values[-1] < 0.25


def test_texture_in_a_sky_and_a_meadow_painted_flat_both_cost():
    flat = np.full((60, 120, 3), 0.5, np.float32)
    original = flat.copy()
    original[:, 60:] = picture(60, 60)
    textured, smooth = original.copy(), original.copy()
    textured[:, 10:50] = picture(60, 40, 1)
    smooth[:, 70:110] = 0.5
    sky, meadow = np.zeros((60, 120)), np.zeros((60, 120))
    sky[:, 10:50] = meadow[:, 70:110] = 1
    assert structure(textured, original) < 0.75
    assert structure(smooth, original) < 0.75
    assert structure(smooth, original, sky) == pytest.approx(1)
    assert structure(textured, original, sky) < 0.1
    assert structure(textured, original, meadow) == pytest.approx(1)
    assert structure(smooth, original, meadow) < 0.3


def test_flat_pictures():
    flat = np.full((20, 20, 3), 0.5, np.float32)
    assert structure(flat, flat) == pytest.approx(1)
    # A tenth of a level of 8 bits is no structure; texture is.
    faint = flat + np.random.default_rng(0).uniform(-0.1, 0.1, (20, 20, 1)) / 255
    assert structure(faint, flat) > 0.5
    assert structure(picture(20, 20), flat) < 0.1


def test_pictures_and_masks_that_do_not_fit():
    own = picture(20, 30)
    with pytest.raises(InputError, match=r"^the picture has the shape \(20, 30, 3\); give .* \(30, 20\)$"):
        structure(own, picture(30, 20))
    with pytest.raises(InputError, match=r"^the mask of the original has the shape \(30, 20\); give .* \(20, 30\)$"):
        structure(own, own, np.ones((30, 20)))
    with pytest.raises(InputError, match=r"^the mask of the original selects nothing, so .*$"):
        structure(own, own, np.zeros((20, 30)))
