import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from sfumato.errors import ImageError, SfumatoWarning
from sfumato.images import Picture, from_array

RNG = np.random.default_rng(0)


def _random(space, channels, dtype, icc=None, size=(6, 7)):
    top = int(np.iinfo(dtype).max) + 1
    return Picture(RNG.integers(0, top, (*size, channels), dtype), space=space, icc=icc)


@pytest.mark.parametrize(
    ("pixels", "alpha", "space"),
    [
        (np.zeros((4, 4, 3), np.float32), None, "rgb"),
        (np.zeros((4, 4), np.uint8), None, "gray"),
        (np.zeros((4, 4, 4), np.uint8), None, "rgb"),
        (np.zeros((4, 4, 3), np.uint8), None, "cmyk"),
        (np.zeros((4, 4, 3), np.uint8), np.zeros((4, 5), np.uint8), "rgb"),
        (np.zeros((4, 4, 3), np.uint8), np.zeros((4, 4), np.uint16), "rgb"),
        (np.zeros((4, 4, 4), np.uint8), np.zeros((4, 4), np.uint8), "cmyk"),
    ],
)
def test_fields_that_do_not_fit_together(pixels, alpha, space):
    with pytest.raises(ValueError, match="of shape"):
        Picture(pixels, alpha, space)


def test_size_is_height_then_width():
    picture = Picture(np.zeros((4, 9, 3), np.uint8))
    assert (picture.height, picture.width, picture.shape) == (4, 9, (4, 9))


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_rgb_without_profile_is_a_division(dtype):
    picture = _random("rgb", 3, dtype)
    out = picture.rgb((1, 2, 5, 6))
    assert out.dtype == np.float32
    np.testing.assert_allclose(out, picture.pixels[1:5, 2:6] / np.iinfo(dtype).max, rtol=1e-6)


def test_gray_becomes_three_equal_channels():
    picture = _random("gray", 1, np.uint16)
    expected = np.repeat(picture.pixels / 65535, 3, axis=2)
    np.testing.assert_allclose(picture.rgb(), expected, rtol=1e-6)
    color = picture.in_color()
    assert color.space == "rgb"
    np.testing.assert_array_equal(color.pixels, np.repeat(picture.pixels, 3, axis=2))
    np.testing.assert_array_equal(color.rgb(), picture.rgb())


def test_plain_cmyk_agrees_with_pillow_both_ways():
    picture = _random("cmyk", 4, np.uint8, size=(40, 40))
    image = Image.frombytes("CMYK", (40, 40), picture.pixels.tobytes())
    assert np.abs(picture.rgb() * 255 - np.asarray(image.convert("RGB"))).max() <= 1
    rgb = RNG.integers(0, 256, (5, 5, 3), np.uint8)
    ours = picture.encode(rgb / 255)
    np.testing.assert_allclose(ours, np.asarray(Image.fromarray(rgb).convert("CMYK")), atol=1e-4)
    deep = _random("cmyk", 4, np.uint16)
    np.testing.assert_allclose(
        deep.rgb() * 65535,
        Picture(np.rint(deep.encode(deep.rgb())).astype(np.uint16), space="cmyk").rgb() * 65535,
        atol=1,
    )


@given(dtype=st.sampled_from([np.uint8, np.uint16]), space=st.sampled_from(["rgb", "cmyk"]), seed=st.integers(0, 99))
def test_encode_undoes_rgb(dtype, space, seed):
    top = int(np.iinfo(dtype).max) + 1
    values = np.random.default_rng(seed).integers(0, top, (3, 5, 4), dtype)
    if space == "cmyk":
        values[..., 3] = 0  # black is a choice that sRGB does not carry
        picture = Picture(values, space="cmyk")
    else:
        picture = Picture(values[..., :3].copy())
    codes = picture.encode(picture.rgb())
    assert codes.dtype == np.float32
    np.testing.assert_array_equal(np.rint(codes), picture.pixels)


def test_encode_does_not_round_and_clips():
    picture = Picture(np.zeros((1, 1, 3), np.uint8))
    np.testing.assert_allclose(picture.encode(np.array([[[0.3, -1, 2]]])), [[[76.5, 0, 255]]], rtol=1e-6)


def test_encode_of_gray_is_refused():
    with pytest.raises(ValueError, match="in_color"):
        Picture(np.zeros((1, 1, 1), np.uint8), space="gray").encode(np.zeros((1, 1, 3)))


def test_in_color_leaves_others_alone():
    for picture in (_random("rgb", 3, np.uint8), _random("cmyk", 4, np.uint8)):
        assert picture.in_color() is picture


def test_in_color_drops_a_gray_profile_and_says_so(gray_profile):
    picture = Picture(np.zeros((4, 4, 1), np.uint8), space="gray", icc=gray_profile, path=Path("a.png"))
    with pytest.warns(SfumatoWarning, match=r"a\.png: its gray color profile"):
        assert picture.in_color().icc is None


def test_in_color_keeps_an_rgb_profile(adobe_rgb):
    picture = Picture(np.full((4, 4, 1), 99, np.uint8), space="gray", icc=adobe_rgb)
    color = picture.in_color()
    assert color.icc == adobe_rgb
    np.testing.assert_array_equal(color.rgb(), picture.rgb())


def test_replaced_touches_the_box_only():
    picture = Picture(
        RNG.integers(0, 9, (6, 7, 3), np.uint8), RNG.integers(0, 9, (6, 7), np.uint8), icc=b"x", dpi=(9, 9)
    )
    before = picture.pixels.copy()
    values = np.full((2, 3, 3), 200, np.uint8)
    new = picture.replaced((1, 2, 3, 5), values)
    np.testing.assert_array_equal(picture.pixels, before)
    np.testing.assert_array_equal(new.pixels[1:3, 2:5], values)
    changed = (new.pixels != before).any(axis=2)
    assert changed.sum() == 6
    assert (new.alpha is picture.alpha, new.icc, new.dpi) == (True, b"x", (9, 9))


@pytest.mark.parametrize(
    "values", [np.zeros((2, 2, 3), np.uint16), np.zeros((2, 3, 3), np.uint8), np.zeros((2, 2), np.uint8)]
)
def test_replaced_refuses_other_shapes_and_types(values):
    with pytest.raises(ValueError, match="do not fit a box"):
        _random("rgb", 3, np.uint8).replaced((0, 0, 2, 2), values)


@pytest.mark.parametrize(
    "box", [(0, 0, 0, 3), (0, 0, 3, 0), (-1, 0, 3, 3), (0, -1, 3, 3), (0, 0, 7, 3), (0, 0, 3, 8), (3, 0, 2, 3)]
)
def test_boxes_outside_the_picture(box):
    with pytest.raises(ValueError, match="leaves the 7 x 6 pixels"):
        _random("rgb", 3, np.uint8).rgb(box)


def test_a_small_box_of_a_large_picture_needs_little_memory(adobe_rgb):
    for icc in (None, adobe_rgb):
        picture = Picture(np.zeros((3000, 3000, 3), np.uint8), icc=icc)
        picture.rgb((0, 0, 1, 1))  # build the transforms first
        tracemalloc.start()
        picture.rgb((100, 100, 150, 150))
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert 0 < peak < 1_000_000  # the whole picture as floats would take 108 MB


@pytest.mark.parametrize(
    ("array", "space", "pixel", "alpha"),
    [
        (np.full((2, 3), 7, np.uint8), "gray", [7], None),
        (np.full((2, 3, 1), 700, np.uint16), "gray", [700], None),
        (np.full((2, 3, 1), 700, ">u2"), "gray", [700], None),
        (np.full((2, 3, 2), 8, np.uint8), "gray", [8], 8),
        (np.full((2, 3, 3), 9, np.uint8), "rgb", [9, 9, 9], None),
        (np.full((2, 3, 4), 10, np.uint16), "rgb", [10, 10, 10], 10),
        (np.ones((2, 3), bool), "gray", [255], None),
        (np.full((2, 3, 3), 0.5, np.float32), "rgb", [128, 128, 128], None),
        (np.full((2, 3, 3), 0.3), "rgb", [76, 76, 76], None),
    ],
)
def test_from_array(array, space, pixel, alpha):
    picture = from_array(array)
    assert (picture.space, picture.pixels[1, 2].tolist(), picture.shape) == (space, pixel, (2, 3))
    assert (None if picture.alpha is None else picture.alpha[1, 2]) == alpha


def test_from_array_copies():
    array = np.zeros((4, 4, 4), np.uint8)
    picture = from_array(array)
    array[:] = 9
    assert not picture.pixels.any()
    assert not picture.alpha.any()


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.zeros(5, np.uint8), r"shape \(5,\)"),
        (np.zeros((4, 4, 5), np.uint8), "is no picture"),
        (np.zeros((4, 0, 3), np.uint8), "is no picture"),
        (np.zeros((4, 4, 3), np.int64), "type int64"),
        (np.full((4, 4, 3), 1.5), "goes from 1.5 to 1.5"),
        (np.full((4, 4, 3), -0.5), "goes from -0.5"),
        (np.full((4, 4, 3), np.nan), "goes from nan"),
    ],
)
def test_from_array_refuses(array, message):
    with pytest.raises(ImageError, match=message):
        from_array(array)
