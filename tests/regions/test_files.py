import warnings

import numpy as np
import pytest
from PIL import Image

from sfumato.errors import ImageError, RegionError, SfumatoWarning
from sfumato.regions.colormap import read_labels
from sfumato.regions.files import find, mask_from_file

GRAY = np.arange(20 * 30, dtype=np.uint8).reshape(20, 30)  # every 8-bit value


def save(array, path):
    Image.fromarray(array).save(path)
    return path


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A current folder and, beside it, the folder of a recipe."""
    (tmp_path / "here").mkdir()
    (tmp_path / "recipe").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    return tmp_path / "here"


def test_gray_of_8_bits(tmp_path):
    mask = mask_from_file(save(GRAY, tmp_path / "m.png"), (20, 30))
    np.testing.assert_array_equal(mask, (GRAY / 255).astype(np.float32))
    assert mask.dtype == np.float32


def test_gray_of_16_bits(tmp_path):
    values = np.linspace(0, 65535, 600).round().astype(np.uint16).reshape(20, 30)
    mask = mask_from_file(save(values, tmp_path / "m.png"), (20, 30))
    np.testing.assert_allclose(mask, values / 65535, atol=1e-7)
    assert mask[0, 0] == 0
    assert mask[-1, -1] == 1


def test_one_bit(tmp_path):
    bits = GRAY > 100
    Image.fromarray(bits).save(tmp_path / "m.png")
    np.testing.assert_array_equal(mask_from_file(tmp_path / "m.png", (20, 30)), bits)


def test_palette(tmp_path):
    picture = Image.new("P", (30, 20), 1)
    picture.putpalette([0, 0, 0, 51, 51, 51, 255, 255, 255])
    picture.paste(2, (0, 0, 10, 20))
    picture.save(tmp_path / "m.png")
    mask = mask_from_file(tmp_path / "m.png", (20, 30))
    assert (mask[:, :10] == 1).all()
    np.testing.assert_allclose(mask[:, 10:], 0.2)


def test_a_tint_counts_by_its_luma_without_linearization(tmp_path):
    tinted = np.uint8(GRAY[..., None] * np.array([1, 0.9, 0.8]))
    mask = mask_from_file(save(tinted, tmp_path / "m.png"), (20, 30))
    np.testing.assert_allclose(mask, tinted / 255 @ [0.2126, 0.7152, 0.0722], atol=1e-6)


def test_alpha_is_multiplied_in(tmp_path):
    both = np.stack([GRAY, GRAY[::-1]], axis=-1)
    mask = mask_from_file(save(both, tmp_path / "la.png"), (20, 30))
    np.testing.assert_allclose(mask, (GRAY / 255) * (GRAY[::-1] / 255), atol=1e-6)
    white = np.full((20, 30, 4), 255, np.uint8)
    white[..., 3] = GRAY
    mask = mask_from_file(save(white, tmp_path / "rgba.png"), (20, 30))
    np.testing.assert_array_equal(mask, (GRAY / 255).astype(np.float32))


def test_fringes_of_a_jpeg_are_snapped(tmp_path):
    drawn = np.zeros((64, 96), np.uint8)
    drawn[13:50, 21:77] = 255
    Image.fromarray(drawn).save(tmp_path / "m.jpg", quality=80)
    stored = np.asarray(Image.open(tmp_path / "m.jpg"))
    assert ((stored > 0) & (stored <= 12)).any(), "the file has no fringes to test with"
    assert ((stored < 255) & (stored >= 243)).any(), "the file has no fringes to test with"
    mask = mask_from_file(tmp_path / "m.jpg", (64, 96))
    expected = stored / 255
    expected[stored <= 12] = 0
    expected[stored >= 243] = 1
    np.testing.assert_allclose(mask, expected, atol=1e-6)
    assert set(mask[stored <= 12]) == {0}
    assert set(mask[stored >= 243]) == {1}


def test_other_files_are_not_snapped(tmp_path):
    values = np.where(GRAY > 99, 12, GRAY // 99 * 244).astype(np.uint8)
    mask = mask_from_file(save(values, tmp_path / "m.png"), (20, 30))
    np.testing.assert_allclose(mask, values / 255)


def test_a_larger_mask_is_averaged(tmp_path):
    values = np.random.default_rng(0).integers(0, 256, (48, 72), np.uint8)
    with pytest.warns(SfumatoWarning, match="72 x 48 pixels, the photo 24 x 16: resized to fit"):
        mask = mask_from_file(save(values, tmp_path / "m.png"), (16, 24))
    blocks = (values / 255).reshape(16, 3, 24, 3).mean(axis=(1, 3))
    np.testing.assert_allclose(mask, blocks, atol=1e-6)


def test_a_smaller_mask_is_interpolated(tmp_path):
    ramp = np.repeat(np.arange(0, 240, 10, dtype=np.uint8)[None], 16, axis=0)
    with pytest.warns(SfumatoWarning, match="resized to fit"):
        mask = mask_from_file(save(ramp, tmp_path / "m.png"), (32, 48))
    middles = (np.arange(48) + 0.5) / 2 - 0.5
    expected = np.interp(middles, np.arange(24), ramp[0] / 255)
    np.testing.assert_allclose(mask, np.broadcast_to(expected, (32, 48)), atol=1e-6)


@pytest.mark.parametrize("photo", [(301, 400), (300, 401), (299, 400), (600, 802), (75, 101)])
def test_one_pixel_of_rounding_is_the_same_aspect(tmp_path, photo):
    path = save(np.full((300, 400), 255, np.uint8), tmp_path / "m.png")
    with pytest.warns(SfumatoWarning, match="resized to fit"):
        mask = mask_from_file(path, photo)
    assert mask.shape == photo
    assert (mask == 1).all()


@pytest.mark.parametrize("photo", [(400, 300), (303, 400), (300, 404), (600, 806), (75, 103)])
def test_another_aspect_is_refused(tmp_path, photo):
    path = save(np.full((300, 400), 255, np.uint8), tmp_path / "m.png")
    sizes = rf"m\.png' is 400 x 300 pixels, the photo {photo[1]} x {photo[0]}: give it the photo's"
    with pytest.raises(RegionError, match=sizes):
        mask_from_file(path, photo)


def test_another_aspect_is_refused_before_anything_is_decoded(tmp_path, monkeypatch):
    """A header may promise far more pixels than the file holds, and decoding may take minutes."""
    path = save(np.zeros((40, 30), np.uint8), tmp_path / "m.png")
    path.write_bytes(path.read_bytes()[:60])  # its header only
    with pytest.raises(RegionError, match="is 30 x 40 pixels, the photo 50 x 20"):
        mask_from_file(path, (20, 50))
    with pytest.raises(RegionError, match="is 30 x 40 pixels, the picture 50 x 20"):
        read_labels(path, (20, 50))


def test_a_mask_turned_by_its_exif_data_fits(tmp_path):
    picture = Image.fromarray(np.repeat(GRAY, 3).reshape(20, 30, 3))
    exif = Image.Exif()
    exif[0x0112] = 6
    picture.save(tmp_path / "m.png", exif=exif)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert mask_from_file(tmp_path / "m.png", (30, 20)).shape == (30, 20)


def test_the_same_size_gives_no_warning(tmp_path):
    path = save(GRAY, tmp_path / "m.png")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        mask_from_file(str(path), (20, 30))
    assert not caught


def test_files_are_looked_up_beside_the_recipe_and_then_here(here):
    recipe = here.parent / "recipe"
    save(np.full((20, 30), 255, np.uint8), recipe / "m.png")
    assert find("m.png") is None
    assert find("m.png", recipe) == recipe / "m.png"
    assert (mask_from_file("m.png", (20, 30), folder=recipe) == 1).all()
    save(np.zeros((20, 30), np.uint8), here / "m.png")
    assert find("m.png", recipe) == recipe / "m.png"
    assert (mask_from_file("m.png", (20, 30), folder=str(recipe)) == 1).all()
    assert (mask_from_file("m.png", (20, 30)) == 0).all()
    assert find(recipe / "m.png") == recipe / "m.png"
    assert find("../recipe/m.png").samefile(recipe / "m.png")
    assert find("../recipe") is None  # a folder


@pytest.mark.parametrize("name", ["", "x" * 5000 + ".png", "nul\0.png", "~", ".", "/"])
def test_odd_names_are_not_found(here, name):
    assert find(name, here) is None


def test_a_missing_file_names_both_places(here):
    recipe = here.parent / "recipe"
    with pytest.raises(RegionError) as caught:
        mask_from_file("no such\nmask.png", (20, 30), folder=recipe)
    message = str(caught.value)
    assert message == (rf"mask file 'no such\nmask.png' is not there: looked in {str(recipe)!r} and {str(here)!r}")


def test_a_file_that_is_no_picture_is_refused(tmp_path):
    (tmp_path / "m.png").write_text("hello")
    with pytest.raises(ImageError, match=r"m\.png"):
        mask_from_file(tmp_path / "m.png", (20, 30))
