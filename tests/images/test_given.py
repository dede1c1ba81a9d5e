"""Pictures in every form that people have them in."""

import numpy as np
import pytest
from PIL import Image, ImageCms

from sfumato.errors import ImageError, InputError
from sfumato.images import Picture, as_picture, from_array, from_pil, save, to_pil

VALUES = np.random.default_rng(0).integers(0, 256, (20, 30, 4), np.uint8)


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_the_same_picture_in_every_form(tmp_path, channels):
    values = VALUES[..., :channels]
    mode = {1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}[channels]
    image = Image.frombytes(mode, (30, 20), values.tobytes())
    save(from_array(values), tmp_path / "a.png")
    forms = [tmp_path / "a.png", str(tmp_path / "a.png"), image, values, values / 255, values.astype(np.uint16) * 257]
    forms.append(from_array(values))
    for form in forms:
        found = as_picture(form).in_8_bits()
        assert found.space == ("gray" if channels < 3 else "rgb")
        np.testing.assert_array_equal(found.pixels, values[..., : 1 if channels < 3 else 3])
        assert (found.alpha is None) == (channels in (1, 3))
        if found.alpha is not None:
            np.testing.assert_array_equal(found.alpha, values[..., -1])
        np.testing.assert_array_equal(np.asarray(to_pil(found)), np.asarray(image))
        assert to_pil(found).mode == mode


@pytest.mark.parametrize(
    ("mode", "space", "alpha"),
    [("1", "gray", False), ("P", "rgb", False), ("YCbCr", "rgb", False), ("RGBa", "rgb", True)],
)
def test_other_modes_of_pillow(mode, space, alpha):
    found = from_pil(
        Image.fromarray(VALUES[..., :3]).convert("RGBA").convert(mode)
        if mode == "RGBa"
        else Image.fromarray(VALUES[..., :3]).convert(mode)
    )
    assert (found.space, found.alpha is not None, found.shape) == (space, alpha, (20, 30))


def test_a_palette_with_a_transparent_color():
    image = Image.new("P", (30, 20), 1)
    image.putpalette([0, 0, 0, 255, 0, 0])
    image.info["transparency"] = 1
    found = from_pil(image)
    assert (found.pixels[0, 0].tolist(), found.alpha.max()) == ([255, 0, 0], 0)


def test_sixteen_bits_cmyk_profiles_and_orientation():
    deep = Image.fromarray(np.arange(600, dtype=np.uint16).reshape(20, 30))
    found = from_pil(deep)
    assert found.pixels.dtype == np.uint16
    np.testing.assert_array_equal(np.asarray(to_pil(found)), np.asarray(deep))
    ink = Image.frombytes("CMYK", (30, 20), VALUES.tobytes())
    assert from_pil(ink).space == "cmyk"
    np.testing.assert_array_equal(np.asarray(to_pil(from_pil(ink))), VALUES)
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    image = Image.fromarray(VALUES[..., :3])
    image.info["icc_profile"] = profile
    assert from_pil(image).icc == profile == to_pil(from_pil(image)).info["icc_profile"]
    image.getexif()[274] = 6
    np.testing.assert_array_equal(from_pil(image).pixels, np.rot90(VALUES[..., :3], -1))


def test_what_is_no_picture():
    with pytest.raises(ImageError, match="int is no picture; give a path, a Pillow image, an array or a Picture"):
        as_picture(3)
    with pytest.raises(ValueError, match="mode F has no fixed white; convert it to L, RGB or I;16"):
        as_picture(Image.new("F", (30, 20)))
    assert issubclass(InputError, ValueError)
    picture = Picture(VALUES[..., :3])
    assert as_picture(picture) is picture
    assert picture.in_8_bits() is picture
