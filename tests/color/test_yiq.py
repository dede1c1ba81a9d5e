import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from skimage.color import rgb2yiq, yiq2rgb

from sfumato.color import into_range, keep_colors, luminance, match_luminance, rgb_to_yiq, yiq_to_rgb

COLORS = hnp.arrays(np.float32, (3, 4, 3), elements=st.floats(0, 1, width=32))
# 8-bit colors: the corners of the gamut, grays, and all that photos have.
BYTES = hnp.arrays(np.uint8, (3, 4, 3))


def pictures(count=2, size=(30, 40)):
    rng = np.random.default_rng(0)
    return [rng.random((*size, 3), np.float32) for _ in range(count)]


def test_yiq_agrees_with_scikit_image():
    (image,) = pictures(1)
    # The two round the published matrix to other digits.
    np.testing.assert_allclose(rgb_to_yiq(image), rgb2yiq(image), atol=5e-4)
    np.testing.assert_allclose(yiq_to_rgb(rgb2yiq(image).astype(np.float32)), yiq2rgb(rgb2yiq(image)), atol=1e-3)


@given(COLORS)
def test_yiq_and_back(image):
    np.testing.assert_allclose(yiq_to_rgb(rgb_to_yiq(image)), image, atol=2e-6)
    np.testing.assert_allclose(luminance(image), rgb_to_yiq(image)[..., 0], atol=1e-6)


def test_gray_has_no_color():
    gray = np.linspace(0, 1, 20, dtype=np.float32)[:, None].repeat(3, 1)
    yiq = rgb_to_yiq(gray)
    np.testing.assert_allclose(yiq[:, 0], gray[:, 0], atol=1e-6)
    np.testing.assert_allclose(yiq[:, 1:], 0, atol=1e-6)


def test_double_precision_is_kept():
    image = np.random.default_rng(0).random((4, 4, 3))
    assert luminance(image).dtype == np.float64
    np.testing.assert_allclose(luminance(image), image @ [0.299, 0.587, 0.114], atol=1e-7)


@given(hnp.arrays(np.float64, (3, 4, 3), elements=st.floats(-2, 3, width=32)))
def test_colors_brought_into_range(image):
    result = into_range(image)
    assert result.min() >= 0
    assert result.max() <= 1
    y, found = image @ [0.299, 0.587, 0.114], result @ [0.299, 0.587, 0.114]
    shown = ((image >= 0) & (image <= 1)).all(-1)
    np.testing.assert_allclose(result[shown], image[shown], atol=1e-6)
    np.testing.assert_array_equal(result[y < -1e-6], 0)
    # Toned down and no more than needed: luminance and hue stay.
    toned = (y > 1e-3) & (image.min(-1) < -1e-3) & (result.max(-1) < 1)
    np.testing.assert_allclose(found[toned], y[toned], atol=1e-6)
    np.testing.assert_allclose(result[toned].min(-1), 0, atol=1e-6)
    np.testing.assert_allclose(np.cross(result[toned] - y[toned, None], image[toned] - y[toned, None]), 0, atol=1e-5)
    # With no channel too dark, too light ones are clipped.
    light = image.min(-1) >= 0
    np.testing.assert_allclose(result[light], image[light].clip(0, 1), atol=1e-6)


@given(COLORS, COLORS)
@example(np.ones((3, 4, 3), np.float32), np.full((3, 4, 3), [1, 0, 0], np.float32))
@example(np.zeros((3, 4, 3), np.float32), np.full((3, 4, 3), [0, 0, 1], np.float32))
@example(np.zeros((3, 4, 3), np.float32), np.full((3, 4, 3), np.finfo(np.float32).tiny))
def test_kept_colors_can_always_be_shown(styled, photo):
    result = keep_colors(styled, photo)
    assert result.shape == photo.shape
    assert result.dtype == np.float32
    assert np.isfinite(result).all()
    # To the last digit of single precision, which no file can hold.
    assert result.min() >= -1e-6
    assert result.max() <= 1 + 1e-6
    np.testing.assert_allclose(luminance(result), luminance(styled), atol=2e-6)


@given(BYTES, BYTES)
def test_kept_colors_of_8_bit_pictures(styled, photo):
    styled, photo = styled.astype(np.float32) / 255, photo.astype(np.float32) / 255
    result = keep_colors(styled, photo).astype(np.float64)
    found, own = rgb2yiq(result), rgb2yiq(photo.astype(np.float64))
    np.testing.assert_allclose(found[..., 0], rgb2yiq(styled.astype(np.float64))[..., 0], atol=1e-5)
    wanted = yiq2rgb(np.concatenate([found[..., :1], own[..., 1:]], -1))
    fits = ((wanted >= 0) & (wanted <= 1)).all(-1)
    # Where there is room, I and Q are the photo's own.
    np.testing.assert_allclose(found[fits][:, 1:], own[fits][:, 1:], atol=1e-4)
    # Where there is not, they are toned down alike, which keeps the hue, and no more than needed.
    strength, full = np.hypot(*found[~fits][:, 1:].T), np.hypot(*own[~fits][:, 1:].T)
    assert (strength <= full + 1e-4).all()
    crossed = found[~fits][:, 1] * own[~fits][:, 2] - found[~fits][:, 2] * own[~fits][:, 1]
    np.testing.assert_allclose(crossed, 0, atol=1e-4)
    tight = np.minimum(result[~fits].min(-1), 1 - result[~fits].max(-1))
    np.testing.assert_allclose(tight, 0, atol=2e-3)


def test_a_picture_keeps_its_own_colors():
    (photo,) = pictures(1)
    np.testing.assert_allclose(keep_colors(photo, photo), photo, atol=1e-6)


def test_a_gray_photo_gives_a_gray_result():
    styled, photo = pictures()
    result = keep_colors(styled, np.repeat(photo[..., :1], 3, axis=-1))
    np.testing.assert_allclose(result, np.repeat(luminance(styled)[..., None], 3, axis=-1), atol=1e-5)


def test_keep_colors_changes_nothing_that_was_given():
    styled, photo = pictures()
    kept = styled.copy(), photo.copy()
    keep_colors(styled, photo)
    np.testing.assert_array_equal(styled, kept[0])
    np.testing.assert_array_equal(photo, kept[1])


def test_matched_luminance_has_the_mean_and_spread_of_the_region():
    style, photo = pictures()
    photo = 0.3 + 0.3 * photo
    photo[:, 20:] += 0.2
    mask = np.zeros((30, 40), np.float32)
    mask[5:25, 10:30] = np.random.default_rng(1).random((20, 20))
    result = match_luminance(style, photo, mask)
    assert result.shape == style.shape
    assert result.dtype == np.float32
    assert (result == result[..., :1]).all()
    y = luminance(photo).astype(np.float64)
    mean = np.average(y, weights=mask)
    spread = np.sqrt(np.average((y - mean) ** 2, weights=mask))
    assert result.mean() == pytest.approx(mean, abs=1e-4)
    assert result[..., 0].std() == pytest.approx(spread, abs=1e-4)
    # A straight line of the style's own luminance.
    own = luminance(style).astype(np.float64)
    assert np.corrcoef(result[..., 0].ravel(), own.ravel())[0, 1] == pytest.approx(1, abs=1e-5)


def test_the_photo_outside_the_region_does_not_matter():
    style, photo = pictures()
    mask = np.zeros((30, 40), np.float32)
    mask[5:25, 10:30] = 1
    other = np.where(mask[..., None] > 0, photo, 0)
    np.testing.assert_allclose(match_luminance(style, photo, mask), match_luminance(style, other, mask), atol=1e-6)


def test_the_strength_of_the_mask_does_not_matter():
    style, photo = pictures()
    mask = np.random.default_rng(2).random((30, 40))
    np.testing.assert_allclose(match_luminance(style, photo, mask), match_luminance(style, photo, mask / 2), atol=1e-6)


def test_matched_luminance_can_be_shown():
    style, photo = pictures()
    style[:3] = 1
    style[3:] *= 0.05
    photo = (photo > 0.5).astype(np.float32)
    result = match_luminance(style, photo, np.ones((30, 40)))
    assert result.min() >= 0
    assert result.max() == 1


def test_a_flat_style_or_photo_gives_a_flat_gray():
    style, photo = pictures()
    flat = np.full((10, 10, 3), 0.4, np.float32)
    mask = np.ones((30, 40))
    mean = luminance(photo).mean()
    np.testing.assert_allclose(match_luminance(flat, photo, mask), mean, atol=0.05)
    np.testing.assert_allclose(match_luminance(style, np.full_like(photo, 0.4), mask), 0.4, atol=1e-5)
