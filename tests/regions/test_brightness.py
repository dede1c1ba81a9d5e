"""Masks that are no plain black and white: what they select, and what is said of it."""

import warnings

import cv2
import numpy as np
import pytest
from PIL import Image

from sfumato.errors import RegionError, SfumatoWarning
from sfumato.images import Picture
from sfumato.regions.brightness import meant
from sfumato.regions.files import mask_from_file

SHAPE = (40, 60)
INSIDE = np.zeros(SHAPE, bool)
INSIDE[8:30, 10:45] = True
# A soft disk, and how much of each pixel it covers.
SOFT = np.clip((15 - np.hypot(*np.subtract(np.indices(SHAPE), np.array([20, 30])[:, None, None]))) / 8 + 0.5, 0, 1)
VOC = {1: (128, 0, 0), 2: (0, 128, 0), 7: (128, 128, 128), 15: (192, 128, 128), 255: (224, 224, 192)}

CUT = "has transparent parts: its opacity counts, and not its colors"
COLOR = "is in color: it counts by its brightest channel, and the brightest pixel in full"
LABELS = "is a label map: all of it that is not black counts in full"


@pytest.fixture
def read(tmp_path):
    """Write pixels to a file, read it as a mask, and return what was said as well."""

    def run(pixels, ending="png", palette=None, **options):
        path = tmp_path / f"mask.{ending}"
        image = Image.fromarray(pixels)
        if palette is not None:
            image.putpalette(np.uint8(palette).tobytes())
        image.save(path, **options)
        with warnings.catch_warnings(record=True) as heard:
            warnings.simplefilter("always")
            mask = mask_from_file(path, SHAPE)
        assert all(warning.category is SfumatoWarning for warning in heard)
        return mask, [str(warning.message).replace(f"mask {str(path)!r} ", "") for warning in heard]

    return run


def on_black(color, cover=INSIDE):
    return np.rint(cover[..., None] * np.float32(color)).astype(np.uint8)


# ---- too dark


@pytest.mark.parametrize(
    ("value", "dtype", "said"),
    [
        (1, np.uint8, "its brightest value is 1 of 255, too little to be seen; multiply its values by 255, or paint"),
        (15, np.uint8, "its brightest value is 15 of 255, too little to be seen; multiply its values by 17, or paint"),
        (255, np.uint16, "its brightest value is 255 of 65535, too little to be seen; multiply its values by 257, or"),
        (1, np.uint16, "its brightest value is 1 of 65535, too little to be seen; multiply its values by 65535, or"),
    ],
)
def test_a_mask_of_ones_is_refused(read, value, dtype, said):
    with pytest.raises(RegionError, match=r"mask '.*mask\.png' is nearly black: " + said) as caught:
        read(dtype(value) * INSIDE.astype(dtype))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("form", ["P", "RGB", "LA", "jpg"])
def test_a_mask_of_ones_is_refused_in_any_form(read, form):
    ones = INSIDE.astype(np.uint8)
    pixels = {"RGB": np.dstack([ones] * 3), "LA": np.dstack([ones, np.full_like(ones, 255)]), "jpg": ones | 1}
    palette = np.arange(256).repeat(3).reshape(-1, 3) if form == "P" else None
    with pytest.raises(RegionError, match="its brightest value is 1 of 255"):
        read(pixels.get(form, ones), "jpg" if form == "jpg" else "png", palette)


def test_a_dark_mask_is_told_of(read):
    mask, said = read(np.uint8(20 * INSIDE))
    np.testing.assert_allclose(mask, 20 / 255 * INSIDE, rtol=1e-6)
    assert said == ["is dark: its brightest value is 20 of 255, and no more of a style shows"]
    assert read(np.uint8(40 * INSIDE))[1] == []


def test_black_is_empty_and_no_more_is_said(read):
    for pixels in (np.zeros(SHAPE, np.uint8), np.zeros((*SHAPE, 4), np.uint8), on_black((0, 0, 0))):
        mask, said = read(pixels)
        assert (mask == 0).all()
        assert said == []


# ---- transparent


@pytest.mark.parametrize("cover", [INSIDE, SOFT])
def test_of_a_cutout_the_opacity_counts(read, cover):
    photo = np.random.default_rng(0).integers(0, 256, (*SHAPE, 3), np.uint8)
    alpha = np.rint(255 * cover).astype(np.uint8)
    mask, said = read(np.dstack([photo, alpha]))
    np.testing.assert_allclose(mask, alpha / 255, rtol=1e-6)
    assert said == [CUT]


@pytest.mark.parametrize("pixels", [np.zeros((*SHAPE, 3)), np.zeros((*SHAPE, 1)), on_black((9, 9, 9))])
def test_of_a_black_shape_the_opacity_counts(read, pixels):
    mask, said = read(np.uint8(np.dstack([pixels, 255 * SOFT])))
    np.testing.assert_allclose(mask, np.uint8(255 * SOFT) / 255, rtol=1e-6)
    assert said == [CUT]


def test_grays_with_opacity_are_multiplied_as_ever(read):
    gray = np.random.default_rng(0).integers(0, 256, SHAPE, np.uint8)
    alpha = np.rint(255 * SOFT).astype(np.uint8)
    for pixels in (np.dstack([gray, alpha]), np.dstack([gray, gray, gray, alpha])):
        mask, said = read(pixels)
        np.testing.assert_allclose(mask, gray / 255 * (alpha / 255), atol=1e-6)
        assert said == []


def test_hidden_colors_make_no_cutout(read):
    pixels = np.dstack([np.where(INSIDE[..., None], 255, np.uint8([200, 0, 0])), 255 * INSIDE]).astype(np.uint8)
    mask, said = read(pixels)
    np.testing.assert_array_equal(mask, INSIDE)
    assert said == []


# ---- in color


@pytest.mark.parametrize("color", [(255, 0, 0), (0, 0, 255), (128, 0, 0), (255, 0, 200), (90, 200, 60)])
@pytest.mark.parametrize("cover", [INSIDE, SOFT])
def test_paint_of_one_color_counts_beside_its_brightest(read, color, cover):
    pixels = on_black(color, cover)
    mask, said = read(pixels)
    np.testing.assert_allclose(mask, pixels.max(-1) / max(color), rtol=1e-6)
    assert np.abs(mask - cover).max() < 0.5 / max(color) + 1e-6
    assert said == [COLOR]


def test_red_in_a_jpeg(read):
    mask, said = read(on_black((255, 0, 0)), "jpg", quality=90)
    core, away = (cv2.erode(np.uint8(where), np.ones((17, 17))) > 0 for where in (INSIDE, ~INSIDE))
    assert (mask[core] > 0.95).all()
    assert (mask[away] == 0).all()
    assert said == [COLOR]


def test_grays_beside_a_color_stay_as_they_are(read):
    pixels = on_black((255, 0, 0))
    pixels[:6] = np.arange(0, 240, 4)[:, None]
    mask, said = read(pixels)
    np.testing.assert_allclose(mask[:6], pixels[:6, :, 0] / 255, rtol=1e-6)
    assert (mask[INSIDE] == 1).all()
    assert said == [COLOR]


def test_a_few_colored_pixels_make_no_mask_in_color(read):
    pixels = np.uint8(255) * INSIDE[..., None].repeat(3, -1)
    pixels[10, 10:15] = 255, 0, 0
    mask, said = read(pixels)
    assert mask[10, 10] == pytest.approx(0.2126)
    assert said == []


@pytest.mark.parametrize("used", [(1,), (15,), (7,), (1, 2), (1, 15, 255), (7, 15)])
@pytest.mark.parametrize("form", ["P", "RGB"])
def test_labels_count_in_full(read, used, form):
    index = np.zeros(SHAPE, np.uint8)
    for number, label in enumerate(used):
        index[6 * number : 6 * number + 6, 10:50] = label
    palette = np.zeros((256, 3), np.uint8)
    for label in range(256):
        # Written out as in the development kit of PASCAL VOC.
        rest = label
        for bit in range(8):
            for channel in range(3):
                palette[label, channel] |= (rest >> channel & 1) << (7 - bit)
            rest >>= 3
    for label, color in VOC.items():
        assert tuple(palette[label]) == color
    if form == "P":
        mask, said = read(index, palette=palette)
    else:
        mask, said = read(palette[index])
        if used == (7,):  # which is a gray
            np.testing.assert_allclose(mask, 128 / 255 * (index > 0), rtol=1e-6)
            assert said == []
            return
        # Of one label the brightest counts in full, which comes to the same.
        said = [note.replace(COLOR, LABELS) for note in said] if len(used) == 1 else said
    np.testing.assert_array_equal(mask, index > 0)
    assert said == [LABELS]


def test_a_palette_of_grays_is_read_as_grays(read):
    index = np.random.default_rng(0).integers(0, 3, SHAPE, np.uint8)
    mask, said = read(index, palette=[[0] * 3, [128] * 3, [255] * 3])
    np.testing.assert_allclose(mask, np.array([0, 128, 255])[index] / 255, rtol=1e-6)
    assert said == []


@pytest.mark.parametrize("inside", [(255, 0, 0), (0, 0, 255)])
def test_red_on_white_does_not_say_where(read, inside):
    pixels = np.full((*SHAPE, 3), 255, np.uint8)
    pixels[INSIDE] = inside
    with pytest.raises(
        RegionError, match=r"mask\.png' is in color and nowhere black, so it does not say where: paint wh"
    ):
        read(pixels)


def test_all_of_one_color_is_everything(read):
    mask, said = read(np.full((*SHAPE, 3), (255, 0, 0), np.uint8))
    assert (mask == 1).all()
    assert said == [COLOR]


def test_a_picture_that_is_from_no_file():
    mask, note = meant(Picture(on_black((0, 200, 0))), "a.png")
    np.testing.assert_array_equal(mask, INSIDE)
    assert note == f"mask 'a.png' {COLOR}"
