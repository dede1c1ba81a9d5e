from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from skimage.color import deltaE_ciede2000, rgb2lab, rgb2xyz

from sfumato.color import oklab_to_rgb, rgb_to_oklab, strengthen
from sfumato.errors import RecipeError

COLORS = hnp.arrays(np.float32, (3, 4, 3), elements=st.floats(0, 1, width=32))


def pictures(size=(30, 40)):
    rng = np.random.default_rng(0)
    return [rng.random((*size, 3), np.float32) for _ in range(2)]


def test_oklab_agrees_with_the_definition_by_xyz():
    image = np.random.default_rng(0).random((20, 20, 3))
    cones = [
        [0.8189330101, 0.3618667424, -0.1288597137],
        [0.0329845436, 0.9293118715, 0.0361456387],
        [0.0482003018, 0.2643662691, 0.6338517070],
    ]
    opponents = [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
    wanted = np.cbrt(rgb2xyz(image) @ np.transpose(cones)) @ np.transpose(opponents)
    # The two matrices were rounded on different ways to them.
    np.testing.assert_allclose(rgb_to_oklab(image), wanted, atol=1e-3)


def test_oklab_of_the_primaries_is_the_published_one():
    wanted = [[0.62796, 0.22486, 0.12585], [0.86644, -0.23389, 0.17950], [0.45201, -0.03246, -0.31153]]
    np.testing.assert_allclose(rgb_to_oklab(np.eye(3, dtype=np.float32)), wanted, atol=2e-4)


@given(COLORS)
def test_oklab_and_back(image):
    result = oklab_to_rgb(rgb_to_oklab(image))
    assert result.dtype == np.float32
    # One level of a 16-bit file.
    np.testing.assert_allclose(result, image, atol=2e-5)


def test_colors_beyond_the_range_and_back():
    image = np.random.default_rng(0).uniform(-0.3, 1.3, (20, 20, 3))
    np.testing.assert_allclose(oklab_to_rgb(rgb_to_oklab(image)), image, atol=1e-5)


def test_gray_has_no_hue():
    gray = np.linspace(0, 1, 20, dtype=np.float32)[:, None].repeat(3, 1)
    np.testing.assert_allclose(rgb_to_oklab(gray)[:, 1:], 0, atol=1e-6)


def test_strength_has_exact_ends():
    photo, styled = pictures()
    kept = photo.copy(), styled.copy()
    for strength, wanted in ((0, photo), (0.0, photo), (1, styled), (1.0, styled)):
        result = strengthen(photo, styled, strength)
        np.testing.assert_array_equal(result, wanted)
        assert result.dtype == np.float32
        result[:] = 0.5
    np.testing.assert_array_equal(photo, kept[0])
    np.testing.assert_array_equal(styled, kept[1])


@pytest.mark.parametrize("strength", [1e-6, 0.3, 0.999999])
def test_pixels_that_are_the_same_stay_so(strength):
    photo, styled = pictures()
    styled[:, 10:] = photo[:, 10:]
    result = strengthen(photo, styled, strength)
    assert result.dtype == np.float32
    np.testing.assert_array_equal(result[:, 10:], photo[:, 10:])
    assert (result[:, :10] != photo[:, :10]).any()


def test_strength_grows_from_one_end_to_the_other_without_a_jump():
    photo, styled = pictures()
    results = [strengthen(photo, styled, strength) for strength in np.linspace(0, 1, 101)]
    moved = [np.abs(b - a).max() for a, b in pairwise(results)]
    # The largest step is the first one away from black.
    assert max(moved) < 0.12
    np.testing.assert_allclose(strengthen(photo, styled, 1e-6), photo, atol=1e-4)
    np.testing.assert_allclose(strengthen(photo, styled, 1 - 1e-6), styled, atol=1e-4)


@given(COLORS, COLORS, st.floats(0, 1), st.floats(0, 1))
def test_more_strength_is_further_from_the_photo(photo, styled, one, other):
    less, more = sorted((one, other))
    results = [strengthen(photo, styled, strength) for strength in (less, more)]
    for result in results:
        assert result.min() >= 0
        assert result.max() <= 1
    # Along a straight line both distances are monotone, up to what rounding and the range take.
    near, far = (np.linalg.norm(rgb_to_oklab(result) - rgb_to_oklab(photo), axis=-1) for result in results)
    assert (far >= near - 0.02).all()


def test_strength_is_about_even_to_the_eye():
    photo, styled = pictures()
    lab = rgb2lab(photo.astype(np.float64))
    steps = np.linspace(0, 1, 11)
    results = [strengthen(photo, styled, strength).astype(np.float64) for strength in steps]
    change = np.array([deltaE_ciede2000(lab, rgb2lab(result)).mean() for result in results])
    np.testing.assert_allclose(change / change[-1], steps, atol=0.05)


@pytest.mark.parametrize(("strength", "shown"), [(-0.1, "-0.1"), (1.5, "1.5"), (float("nan"), "nan")])
def test_a_strength_that_makes_no_sense(strength, shown):
    with pytest.raises(RecipeError, match=f"^the strength must be from 0 to 1, got {shown}$"):
        strengthen(*pictures(), strength)
