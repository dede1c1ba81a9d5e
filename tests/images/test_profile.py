import numpy as np
import pytest

from sfumato.images import Picture
from sfumato.images.profile import describes, problem

RNG = np.random.default_rng(0)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_srgb_in_any_spelling_is_a_plain_division(srgb_profile, dtype):
    pixels = RNG.integers(0, int(np.iinfo(dtype).max) + 1, (20, 20, 3), dtype)
    picture = Picture(pixels, icc=srgb_profile)
    np.testing.assert_array_equal(picture.rgb(), Picture(pixels).rgb())
    np.testing.assert_array_equal(np.rint(picture.encode(picture.rgb())), pixels)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_a_wide_profile_agrees_with_the_formula(adobe_rgb, adobe_to_srgb, dtype):
    top = int(np.iinfo(dtype).max)
    pixels = RNG.integers(top // 4, top * 3 // 4, (30, 30, 3), dtype)
    expected = adobe_to_srgb(pixels / top)
    inside = ((expected > 0.02) & (expected < 0.98)).all(axis=2)
    assert inside.sum() > 100
    assert np.abs(expected - pixels / top)[inside].max() > 0.03  # so a plain division would fail
    rgb = Picture(pixels, icc=adobe_rgb).rgb()
    assert np.abs(rgb - expected)[inside].max() < 1.2 / 255
    back = Picture(pixels, icc=adobe_rgb).encode(expected)
    assert np.abs(back - pixels)[inside].max() < 1.2 * top / 255


def test_16_bit_steps_survive_the_8_bit_engine(adobe_rgb, adobe_to_srgb):
    ramp = np.arange(20000, 24000, 16, dtype=np.uint16)
    picture = Picture(np.repeat(ramp[None, :, None], 3, axis=2), icc=adobe_rgb)
    rgb = picture.rgb()[0, :, 1]
    assert len(np.unique(rgb)) > 200  # 8 bits would leave 17 values
    assert np.abs(rgb - adobe_to_srgb(picture.pixels[0] / 65535)[:, 1]).max() < 1.2 / 255
    codes = picture.encode(np.linspace(0.3, 0.4, 500, dtype=np.float32)[None, :, None].repeat(3, axis=2))
    assert len(np.unique(codes)) > 400


def test_out_of_gamut_colors_are_clipped(adobe_rgb):
    picture = Picture(np.array([[[0, 65535, 0]]], np.uint16), icc=adobe_rgb)
    rgb = picture.rgb()
    assert rgb.min() >= 0
    assert rgb.max() <= 1
    codes = picture.encode(np.array([[[1.0, 0.9999, 0.0]]]))
    assert codes.min() >= 0
    assert codes.max() <= 65535


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_gray_profile(gray_profile, dtype):
    top = int(np.iinfo(dtype).max)
    picture = Picture(np.linspace(top // 10, top, 50).astype(dtype)[None, :, None], space="gray", icc=gray_profile)
    expected = 1.055 * (picture.pixels / top) ** (1 / 2.4) - 0.055
    rgb = picture.rgb()
    assert rgb.shape == (1, 50, 3)
    assert np.abs(rgb - expected).max() < 3 / 255


def test_gray_pixels_with_an_rgb_profile(adobe_rgb, adobe_to_srgb):
    picture = Picture(np.arange(60, 200, dtype=np.uint8)[None, :, None], space="gray", icc=adobe_rgb)
    expected = adobe_to_srgb(np.repeat(picture.pixels / 255, 3, axis=2))
    assert np.abs(picture.rgb() - expected).max() < 1.5 / 255


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_cmyk_profile(cmyk_profile, dtype):
    top = int(np.iinfo(dtype).max)
    corners = np.array(
        [[0, 0, 0, 0], [1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [1, 1, 0, 0], [0, 1, 1, 0], [0, 0, 0, 1]]
    )
    picture = Picture((corners[None] * top).astype(dtype), space="cmyk", icc=cmyk_profile)
    expected = (1 - corners[:, :3]) * (1 - corners[:, 3:])
    assert np.abs(picture.rgb()[0] - expected).max() < 0.06
    rgb = np.array([[[0.25, 0.5, 0.75], [0.9, 0.9, 0.9], [0.6, 0.3, 0.3]]], np.float32)
    codes = picture.encode(rgb)
    assert codes.shape == (1, 3, 4)
    assert np.abs(codes[0, :, :3] / top - (1 - rgb[0])).max() < 0.1
    assert np.abs(codes[0, :, 3]).max() <= 0.02 * top


def test_profiles_that_do_not_fit(adobe_rgb, gray_profile, cmyk_profile):
    lab = adobe_rgb[:16] + b"Lab " + adobe_rgb[20:]
    cases = {
        (adobe_rgb, "rgb"): None,
        (adobe_rgb, "gray"): None,
        (gray_profile, "gray"): None,
        (cmyk_profile, "cmyk"): None,
        (adobe_rgb, "cmyk"): "it is for rgb values",
        (gray_profile, "rgb"): "it is for gray values",
        (cmyk_profile, "rgb"): "it is for cmyk values",
        (lab, "rgb"): "it is for Lab values",
        (b"", "rgb"): "it is damaged, or of a kind that is not supported",
        (adobe_rgb[:200], "rgb"): "it is damaged, or of a kind that is not supported",
    }
    for (icc, space), reason in cases.items():
        assert problem(icc, space) == reason
        assert describes(icc, space) is (reason is None)
    assert not describes(None, "rgb")


def test_an_unusable_profile_counts_as_srgb():
    pixels = RNG.integers(0, 256, (4, 4, 3), np.uint8)
    np.testing.assert_array_equal(Picture(pixels, icc=b"broken").rgb(), Picture(pixels).rgb())
    np.testing.assert_array_equal(
        Picture(pixels, icc=b"broken").encode(pixels / 255), Picture(pixels).encode(pixels / 255)
    )
