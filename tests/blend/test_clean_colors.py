import numpy as np
import pytest
from skimage.color import lab2rgb, rgb2lab

from sfumato.blend import clean_colors


def pictures(height=24, width=30):
    """A photo of two halves and a result of its colors with grain, in mid-tones so that nothing leaves the gamut."""
    rng = np.random.default_rng(0)
    photo = np.full((height, width, 3), (0.75, 0.45, 0.3)) + 0.02 * rng.random((height, width, 3))
    photo[:, width // 2 :] -= (0.45, 0.0, -0.45)
    return np.float32([photo, photo + rng.uniform(-0.06, 0.06, photo.shape)])


def by_regression(plane, guide, radius=2, eps=0.01):
    """He et al. 2010, eq. 14 to 18: a line through each window, and the mean of the lines that a pixel lies on."""
    height, width = plane.shape
    gradients, offsets = np.zeros((height, width, 3)), np.zeros((height, width))
    for y in range(radius, height - radius):
        for x in range(radius, width - radius):
            window = np.s_[y - radius : y + radius + 1, x - radius : x + radius + 1]
            colors, values = guide[window].reshape(-1, 3).astype(float), plane[window].ravel().astype(float)
            spread = np.cov(colors.T, ddof=0) + eps * np.eye(3)
            gradient = np.linalg.solve(spread, (colors.T @ values) / len(values) - colors.mean(0) * values.mean())
            gradients[y, x], offsets[y, x] = gradient, values.mean() - gradient @ colors.mean(0)
    found = np.full(plane.shape, np.nan)
    for y in range(2 * radius, height - 2 * radius):
        for x in range(2 * radius, width - 2 * radius):
            window = np.s_[y - radius : y + radius + 1, x - radius : x + radius + 1]
            found[y, x] = gradients[window].mean((0, 1)) @ guide[y, x] + offsets[window].mean()
    return found


def test_colors_are_filtered_as_the_photo_says_and_lightness_is_left():
    photo, result = pictures()
    found = clean_colors(result, photo)
    assert found.dtype == np.float32
    lab, own = rgb2lab(found), rgb2lab(result)
    np.testing.assert_allclose(lab[..., 0], own[..., 0], atol=1e-3)
    inner = np.s_[4:-4, 4:-4]
    for channel in (1, 2):
        expected = by_regression(own[..., channel], photo)
        np.testing.assert_allclose(lab[..., channel][inner], expected[inner], atol=2e-3)
        assert np.abs(own[..., channel] - expected)[inner].max() > 1


def test_the_result_is_less_grainy_and_the_edge_stays():
    photo, result = pictures()
    before, after = (rgb2lab(image)[..., 2] for image in (result, clean_colors(result, photo)))
    assert after[:, :13].std() < before[:, :13].std() / 2
    step = [image[:, 18:].mean() - image[:, :12].mean() for image in (before, after)]
    assert abs(step[0]) > 20
    assert step[1] == pytest.approx(step[0], rel=0.02)
    beside = after[:, 16].mean() - after[:, 13].mean()
    assert beside == pytest.approx(step[0], rel=0.2)


def test_what_is_clean_stays_as_it_is():
    for photo in pictures():
        gray = np.repeat(photo[..., :1], 3, -1)
        np.testing.assert_allclose(clean_colors(gray, photo), gray, atol=1e-4)
        np.testing.assert_allclose(clean_colors(np.full_like(photo, 0.3), photo), 0.3, atol=1e-4)


def test_colors_out_of_gamut_are_clipped_without_a_warning():
    """A line of black through yellow, of which no color is that dark."""
    result = np.full((9, 9, 3), (1.0, 1.0, 0.0), np.float32)
    result[4] = 0
    found = clean_colors(result, np.full_like(result, 0.5))
    assert found.min() == 0
    assert found.max() <= 1
    with pytest.warns(UserWarning, match="negative Z"):
        lab2rgb([[[1.0, 10.0, 90.0]]])  # what is to be told of it


def test_any_layout_and_precision_will_do_and_nothing_is_changed():
    photo, result = pictures()
    kept = photo.copy(), result.copy()
    expected = clean_colors(result, photo)
    odd = clean_colors(np.asfortranarray(result.astype(float)), photo[::-1].copy()[::-1])
    np.testing.assert_allclose(odd, expected, atol=1e-5)
    np.testing.assert_array_equal(photo, kept[0])
    np.testing.assert_array_equal(result, kept[1])
