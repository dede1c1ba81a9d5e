"""A pasted object and its painting, made ready: what lies beneath, what is looked at, and what cannot be used."""

from contextlib import nullcontext

import numpy as np
import pytest
from helpers import prepared, smooth
from PIL import Image

from sfumato import images
from sfumato.blend import clean_colors, compose, enlarge
from sfumato.errors import ImageError, RegionError
from sfumato.methods.harmonize import prepare as preparing
from sfumato.methods.prepare import HALO
from sfumato.recipe import Recipe

REGION, OBJECT = "rect(60, 40, 100, 72)", np.s_[40:72, 60:100]


@pytest.fixture
def painting(tmp_path):
    """120 × 160 pixels; painting.png, too."""
    pixels = smooth(120, 160, 1)
    Image.fromarray(pixels).save(tmp_path / "painting.png")
    return pixels


@pytest.fixture
def pasted(painting):
    """The painting with an object of 32 × 40 pixels."""
    pixels = painting.copy()
    pixels[OBJECT] = 255 - smooth(32, 40, 2)
    return pixels


@pytest.fixture
def ready(tmp_path):
    def make(pixels, folder=None, style=None, halo=HALO, **options):
        given = {
            "style": style or tmp_path / "painting.png",
            "region": REGION,
            "method": "harmonize",
            "matches": "patches",
            **options,
        }
        picture = pixels if isinstance(pixels, images.Picture) else images.from_array(pixels)
        return prepared(Recipe.from_options(**given), picture, halo=halo, folder=folder)

    return make


def over_all(problem):
    """Where the problem's mask is, over the whole picture."""
    whole = np.zeros(problem.photo.shape, bool)
    top, left, bottom, right = problem.crop.box
    whole[top:bottom, left:right] = problem.parts[0].mask > 0
    return whole


# ---- what lies beneath


def test_beneath_the_object_lies_the_painting(ready, painting, pasted):
    problem = ready(pasted)
    top, left, bottom, right = problem.crop.box
    assert (top, left, bottom, right) != (0, 0, 120, 160)
    np.testing.assert_array_equal(problem.photo.pixels, painting)
    np.testing.assert_allclose(problem.beneath(), painting[top:bottom, left:right] / 255, atol=1e-6)
    np.testing.assert_allclose(problem.own(), pasted[top:bottom, left:right] / 255, atol=1e-6)
    np.testing.assert_allclose(problem.content, problem.own(), atol=1e-6)


@pytest.mark.parametrize("quality", [60, 95])
def test_compression_is_no_reason_to_leave_the_paintings_bytes(ready, painting, pasted, tmp_path, quality):
    Image.fromarray(pasted).save(tmp_path / "pasted.jpg", quality=quality)
    compressed = images.load(tmp_path / "pasted.jpg")
    assert (compressed.pixels != painting).any(-1)[:30].mean() > 0.5
    np.testing.assert_array_equal(ready(compressed).photo.pixels, painting)


@pytest.mark.parametrize(("change", "stays"), [(3, False), (25, True), (-25, True)])
def test_another_object_that_can_be_seen_stays(ready, painting, pasted, change, stays):
    pasted[100:116, 10:26] = painting[100:116, 10:26] + np.int8(change).astype(np.uint8)
    pasted[38:74, 58:102] = 255 - painting[38:74, 58:102]
    problem = ready(pasted, feather=6)
    if not stays:
        np.testing.assert_array_equal(problem.photo.pixels, painting)
        return
    band = over_all(problem)
    grown = np.zeros_like(band)
    grown[37:75, 57:103] = True
    assert (band == grown).mean() > 0.998  # but for the corners
    np.testing.assert_array_equal(problem.photo.pixels, np.where(band[..., None], painting, pasted))


@pytest.mark.parametrize("place", [(0, 0), (50, 70), (88, 120), (0, 120)])
def test_the_object_itself_is_no_reason_to_keep_the_pasted_picture(ready, painting, tmp_path, place):
    """However much it differs, and wherever it is; nor to keep its depth or profile."""
    Image.fromarray(painting // 8).save(tmp_path / "painting.png")
    pasted, (top, left) = painting // 8, place
    pasted[top : top + 32, left : left + 40] = 255
    problem = ready(pasted, region=f"rect({left}, {top}, {left + 40}, {top + 32})", feather=0)
    np.testing.assert_array_equal(problem.photo.pixels, painting // 8)
    assert problem.photo.path == tmp_path / "painting.png"


def test_the_painting_gives_depth_alpha_and_profile(ready, tmp_path, painting, pasted):
    opacity = np.random.default_rng(4).integers(0, 256, (120, 160), np.uint8)
    Image.fromarray(np.dstack([painting, opacity])).save(tmp_path / "painting.png")
    deep = (pasted.astype(np.uint16)) * 257
    problem = ready(deep)
    assert problem.photo.pixels.dtype == np.uint8
    np.testing.assert_array_equal(problem.photo.alpha, opacity)
    # With another object in it, the base is the pasted picture with all that it has.
    deep[100:116, 10:26] = 0
    problem = ready(deep)
    assert problem.photo.pixels.dtype == np.uint16
    assert problem.photo.alpha is None


def test_files_are_found_beside_the_recipe(ready, tmp_path, painting, pasted, monkeypatch):
    folder = tmp_path / "beside"
    folder.mkdir()
    (tmp_path / "painting.png").rename(folder / "other.png")
    mask = np.zeros((120, 160), np.uint8)
    mask[OBJECT] = 255
    Image.fromarray(mask).save(folder / "mask.png")
    monkeypatch.chdir(tmp_path)
    problem = ready(pasted, folder, "other.png", region="mask.png", feather=0)
    np.testing.assert_array_equal(over_all(problem), mask > 0)
    np.testing.assert_array_equal(problem.photo.pixels, painting)


# ---- what is enlarged


@pytest.mark.parametrize("size", [0, 20])
def test_specks_of_color_are_taken_out_of_the_result(ready, pasted, size):
    problem = ready(pasted, size=size)
    styled = np.random.default_rng(0).random(problem.content.shape, np.float32)
    own = pasted[problem.crop.box[0] : problem.crop.box[2], problem.crop.box[1] : problem.crop.box[3]] / np.float32(255)
    expected = clean_colors(enlarge(styled, own, detail=1.0), own)
    np.testing.assert_allclose(problem.enlarged(styled), expected, atol=1e-6)


# ---- what is put back


def test_the_painting_shows_as_it_is_beside_the_object(ready, pasted):
    """The object has its own colors since it was pasted, and the painting beneath never held it."""
    problem = ready(pasted, size=0)
    styled = np.random.default_rng(0).random(problem.content.shape, np.float32)
    picture, alpha = problem.blended(styled)
    assert ((alpha > 0) & (alpha < 1)).sum() > 100
    expected = compose(problem.photo, *problem.shown(styled), problem.crop.box)
    np.testing.assert_array_equal(picture.pixels, expected.pixels)


# ---- how much of the painting


def test_a_small_painting_is_looked_at_whole(ready, painting, pasted):
    (style,) = ready(pasted).parts[0].styles
    np.testing.assert_allclose(style.picture, painting / 255, atol=1e-6)
    assert style.size(1) == (120, 160)
    assert style.size(0.5) == (60, 80)
    assert style.mask is None


def test_the_painting_is_as_large_as_the_object_in_it(ready, pasted):
    """Of half the size for an object of 40 pixels that is worked at 20, and larger again where it is finished."""
    problem = ready(pasted, size=20, feather=0)
    (style,) = problem.parts[0].styles
    assert problem.scale == 0.5
    assert problem.finest == 2
    assert style.size(1) == (60, 80)
    assert style.size(2) == style.picture.shape[:2] == (120, 160)


@pytest.mark.parametrize(
    ("size", "pixels", "rows", "columns"),
    [
        (0, 120**2, (0, 112), (20, 140)),  # the crop is 112 × 120
        (0, 140**2, (0, 120), (10, 150)),  # 10 more on each side, as far as there are
        (0, 1, (0, 112), (20, 140)),  # never less than the crop
    ],
)
def test_a_large_painting_is_cut_to_what_is_around_the_object(
    ready, painting, pasted, monkeypatch, size, pixels, rows, columns
):
    monkeypatch.setattr(preparing, "_LARGEST_PAINTING", pixels)
    problem = ready(pasted, size=size, feather=0, mask="rect(0, 0, 80, 120)")
    assert problem.crop.box == (0, 20, 112, 140)
    (style,) = problem.parts[0].styles
    np.testing.assert_allclose(style.picture, painting[slice(*rows), slice(*columns)] / 255, atol=1e-6)
    assert style.size(1) == style.picture.shape[:2]
    assert style.size(0.5) == tuple(round(side / 2) for side in style.picture.shape[:2])
    expected = np.broadcast_to(np.arange(*columns) < 80, style.mask.shape)
    np.testing.assert_array_equal(style.mask, expected)


@pytest.mark.parametrize("finish", [0, 8])
def test_the_cut_is_counted_in_pixels_of_the_working_size(ready, tmp_path, monkeypatch, finish):
    """96 × 96 at a quarter are 384 × 384: 12 more on each side than the crop, which is 360 long."""
    painting = smooth(300, 400, 1)
    Image.fromarray(painting).save(tmp_path / "painting.png")
    pasted = painting.copy()
    pasted[20:30, 180:220] = 0
    options = {"region": "rect(180, 20, 220, 30)", "feather": 0, "size": 10, "finish": finish}
    monkeypatch.setattr(preparing, "_LARGEST_PAINTING", 96**2)
    problem = ready(pasted, **options)
    assert problem.crop.box == (0, 20, 190, 380)
    assert problem.scale == 0.25
    (style,) = problem.parts[0].styles
    around = painting[:202, 8:392] / 255
    assert style.size(1) == (50, 96)
    if finish:
        np.testing.assert_allclose(style.picture, around, atol=1e-6)
        assert style.size(4) == around.shape[:2]
    else:
        quarter = around[:200].reshape(50, 4, 96, 4, 3).mean((1, 3))
        np.testing.assert_allclose(style.picture, quarter, atol=1e-5)


# ---- what cannot be used


def test_a_painting_of_another_size(ready, tmp_path, pasted):
    Image.fromarray(smooth(60, 160)).save(tmp_path / "painting.png")
    with pytest.raises(ImageError) as error:
        ready(pasted)
    assert str(error.value) == (
        f"the painting {tmp_path}/painting.png is 160×60 pixels, the pasted picture 160×120;"
        " give the painting that the object was pasted into"
    )


def test_there_is_no_painting(ready, pasted):
    with pytest.raises(ImageError, match=r"nowhere\.png: no such file"):
        ready(pasted, style="nowhere.png")


@pytest.mark.parametrize("size", [0, 40])
@pytest.mark.parametrize("region", ["all", "(all)"])
def test_an_object_as_large_as_the_picture(ready, painting, pasted, region, size):
    with pytest.raises(RegionError) as error:
        ready(pasted, region=region, size=size)
    assert str(error.value) == (
        f"region {region!r} covers the whole picture; it should show no more than the pasted object"
    )


def test_a_faint_mask_of_all_is_not_all(ready, tmp_path, painting, pasted):
    for value, refused in ((180, True), (90, False)):
        Image.new("L", (160, 120), value).save(tmp_path / "mask.png")
        with pytest.raises(RegionError, match="the whole picture") if refused else nullcontext():
            ready(pasted, region=str(tmp_path / "mask.png"))


@pytest.mark.parametrize("region", ["~rect(70, 50, 75, 55)", "rect(0, 0, 160, 119)"])
def test_an_object_that_leaves_anything_out(ready, painting, pasted, region):
    assert ready(pasted, region=region).crop.box == (0, 0, 120, 160)
    assert ready(pasted, halo=0, feather=0).crop.box == (40, 60, 72, 100)


def test_no_object(ready, painting, pasted):
    with pytest.raises(RegionError, match="region '~all' selects nothing"):
        ready(pasted, region="~all")


def test_a_part_of_the_painting_that_is_not_near_the_object(ready, tmp_path, painting, pasted, monkeypatch):
    monkeypatch.setattr(preparing, "_LARGEST_PAINTING", 1)
    assert ready(pasted, mask="rect(0, 0, 30, 120)").parts[0].styles[0].mask.any()
    with pytest.raises(RegionError) as error:
        ready(pasted, mask="rect(0, 0, 15, 120)")
    name = f"{tmp_path}/painting.png"
    assert str(error.value) == f"the mask or the transparency of the painting {name} leaves nothing near the object"


@pytest.mark.usefixtures("vgg")
def test_without_strength_the_object_is_as_it_was_pasted(ready, pasted):
    problem = ready(pasted, strength=0, size=32, iterations="1")
    shown = problem.compose(problem.content).pixels
    inner = tuple(slice(part.start + 6, part.stop - 6) for part in OBJECT)
    assert abs(shown[inner].astype(int) - pasted[inner]).max() <= 1
