"""The colors that styles take on, and the parts of them that count."""

import numpy as np
import pytest
from helpers import SHALLOW, prepared, smooth
from PIL import Image

from sfumato import images
from sfumato.errors import ImageError, RecipeError, RegionError, SfumatoWarning
from sfumato.methods import steps
from sfumato.recipe import Recipe

pytestmark = pytest.mark.filterwarnings("ignore:.*is plain beside")

FAST = {"size": 0, "iterations": "2", **SHALLOW}
REGION, INSIDE = "rect(10, 8, 50, 40)", (slice(8, 40), slice(10, 50))
PART = "rect(0, 0, 50%, 100%)"
LUMA = np.array([0.299, 0.587, 0.114])


def photo():
    """Two halves of different colors, so that means over more than the region tell."""
    pixels = smooth(48, 64, 1, blur=2, high=0.7)
    pixels[..., 2] //= 3
    pixels[:, 52:] = 255 - pixels[:, 52:] // 3
    return pixels


@pytest.fixture
def style(tmp_path):
    """Of the size at which it is worked: 40 × 32, the right half darker."""
    pixels = smooth(32, 40, 2, blur=2, high=0.7)
    pixels[:, 20:] //= 3
    Image.fromarray(pixels).save(tmp_path / "style.png")
    return tmp_path / "style.png"


@pytest.fixture
def recipe(style):
    def make(**options):
        return Recipe.from_options(**{**FAST, "style": style, "region": REGION, "feather": 0, **options})

    return make


@pytest.fixture
def loaded(recipe):
    """The style as it is when all is prepared."""

    def make(pixels=None, folder=None, **options):
        picture = images.from_array(photo() if pixels is None else pixels)
        return prepared(recipe(**options), picture, halo=4, folder=folder).parts[0].styles[0]

    return make


# ---- colors


@pytest.mark.parametrize("part", [None, PART])
@pytest.mark.parametrize("color", ["luminance", "linear", "histogram"])
def test_the_part_of_the_style_takes_on_the_regions_colors(loaded, color, part):
    style = loaded(color=color, mask=part)
    assert style.picture.shape == (32, 40, 3)
    counted = style.picture if part is None else style.picture[:, :20]
    seen, wanted = counted.reshape(-1, 3).astype(float), photo()[INSIDE].reshape(-1, 3) / 255
    if color == "luminance":
        assert (np.ptp(seen, axis=1) == 0).all()
        wanted = wanted @ LUMA
        assert seen[:, 0].mean() == pytest.approx(wanted.mean(), abs=0.002)
        assert seen[:, 0].std() == pytest.approx(wanted.std(), rel=0.02)
        return
    np.testing.assert_allclose(seen.mean(0), wanted.mean(0), atol=0.003)
    np.testing.assert_allclose(np.cov(seen.T), np.cov(wanted.T), atol=4e-4)
    if color == "histogram":
        shares = np.linspace(0.05, 0.95, 19)
        np.testing.assert_allclose(np.quantile(seen, shares, 0), np.quantile(wanted, shares, 0), atol=0.01)


@pytest.mark.parametrize("color", ["luminance", "linear", "histogram"])
def test_colors_come_from_the_region_alone(loaded, color):
    outside, inside = photo(), photo()
    outside[:, 50:], outside[:8] = 90, 17
    inside[20:30, 20:40] = 90
    plain, same, other = (loaded(pixels, color=color).picture for pixels in (photo(), outside, inside))
    np.testing.assert_array_equal(same, plain)
    assert np.abs(other - plain).max() > 0.01


@pytest.mark.parametrize("color", ["luminance", "linear", "histogram"])
def test_the_rest_of_the_style_is_no_matter_to_its_colors(loaded, style, color):
    plain = loaded(color=color, mask=PART).picture[:, :20]
    pixels = np.array(Image.open(style))
    pixels[:, 20:] = 255 - pixels[:, 20:]
    Image.fromarray(pixels).save(style)
    np.testing.assert_allclose(loaded(color=color, mask=PART).picture[:, :20], plain, atol=1e-5)
    assert np.abs(loaded(color=color).picture[:, :20] - plain).max() > 0.01


def test_no_color_leaves_the_style_as_it_is(loaded, style):
    np.testing.assert_allclose(loaded().picture, np.array(Image.open(style)) / 255, atol=1e-6)


@pytest.mark.usefixtures("vgg")
@pytest.mark.parametrize("color", ["none", "luminance", "linear", "histogram"])
@pytest.mark.parametrize("size", [0, 20])
def test_recoloring_leaves_the_outside_alone(recipe, color, size):
    run = steps(recipe(color=color, feather=5, size=size, mask=PART), photo())
    list(run)
    result = run.result()
    assert 0 < (result.alpha == 0).sum() < result.alpha.size
    np.testing.assert_array_equal(result.picture.pixels[result.alpha == 0], photo()[result.alpha == 0])
    assert (result.picture.pixels != photo()).any(-1)[result.alpha == 1].mean() > 0.8


# ---- parts


@pytest.mark.usefixtures("vgg")
def test_what_lies_outside_the_part_does_not_matter(recipe, style):
    def run(**options):
        started = steps(recipe(style_layers="relu1_1,relu2_1", mask_mode="inside", **options), photo())
        losses = [step.loss for step in started]
        return losses, started.result().picture.pixels

    plain, whole = run(mask=PART), run()
    pixels = np.array(Image.open(style))
    pixels[:, 20:] = smooth(32, 20, 9, blur=2, high=0.7)
    Image.fromarray(pixels).save(style)
    again = run(mask=PART)
    assert again[0] == plain[0]
    np.testing.assert_array_equal(again[1], plain[1])
    assert whole[0] != plain[0]
    assert run()[0] != whole[0]


def test_a_part_is_carried_to_the_size_of_the_style(loaded):
    half = loaded(mask=PART, scale=0.8)
    assert half.mask.shape == half.picture.shape[:2] == (32, 32)
    np.testing.assert_allclose(half.mask.mean(0)[[0, 15, 16, 31]], [1, 1, 0, 0])
    assert loaded().mask is None


def test_a_mask_file_lies_beside_the_recipe(loaded, tmp_path, monkeypatch):
    beside, elsewhere = tmp_path / "recipes", tmp_path / "here"
    beside.mkdir()
    elsewhere.mkdir()
    gray = np.zeros((32, 40), np.uint8)
    gray[:, 10:30] = 255
    Image.fromarray(gray).save(beside / "part.png")
    (tmp_path / "style.png").rename(beside / "style.png")
    monkeypatch.chdir(elsewhere)
    found = loaded(style="style.png", mask="part.png", folder=beside)
    np.testing.assert_array_equal(found.mask, gray / 255)
    with pytest.raises(RegionError, match=r"^part of the style picture .*style\.png: .*'part\.png' is not there"):
        loaded(style=beside / "style.png", mask="part.png")


def test_a_file_beside_the_recipe_comes_first(loaded, tmp_path, monkeypatch):
    beside = tmp_path / "recipes"
    beside.mkdir()
    Image.fromarray(smooth(32, 40, 5, blur=2, high=0.7)).save(beside / "style.png")
    monkeypatch.chdir(tmp_path)
    found = loaded(style="style.png", folder=beside).picture
    np.testing.assert_array_equal(found, loaded(style=beside / "style.png").picture)
    assert np.abs(loaded(style="style.png").picture - found).max() > 0.1


@pytest.mark.parametrize("mask", ["~all", "rect(100, 0, 200, 20)", "all - all"])
def test_an_empty_part_is_refused(loaded, mask, style):
    with pytest.raises(RegionError) as error:
        loaded(mask=mask)
    expected = f"mask {mask!r} selects nothing in the style picture {style}"
    assert str(error.value) == expected


@pytest.mark.parametrize(("mask", "words"), [("subjct", "subject"), ("rect(0, 0", "rect"), ("odd.png", "aspect")])
def test_a_part_that_cannot_be_used_is_named_with_its_picture(loaded, mask, words, tmp_path):
    Image.new("L", (40, 90), 255).save(tmp_path / "odd.png")
    with pytest.raises(RegionError, match=r"^part of the style picture .*style\.png: ") as error:
        loaded(mask=mask, folder=tmp_path)
    assert words in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.usefixtures("vgg")
def test_a_part_too_small_for_a_layer_is_refused(recipe):
    with pytest.raises(RegionError, match=r"mask of style 'style\.png' is too small .* 0\.25 positions of relu2_1"):
        next(steps(recipe(mask="rect(4, 4, 5, 5)"), photo()))


@pytest.mark.usefixtures("vgg")
@pytest.mark.parametrize(
    ("layers", "words"),
    [("relu1_1:0", "above 0"), ("relu1_1,relu1_1:2", "named twice"), ("rleu2_1:0.5", "nearest name is 'relu2_1'")],
)
def test_layers_of_a_style_that_are_none(style, layers, words):
    layer = {"region": REGION, "styles": [{"image": str(style), "layers": layers}]}
    with pytest.raises(RecipeError, match=words) as error:
        next(steps(Recipe.from_mapping({**FAST, "layers": [layer]}), photo()))
    assert "\n" not in str(error.value)


def test_a_name_that_is_too_long_for_a_file_is_one_line(loaded, tmp_path):
    with pytest.raises(ImageError) as error:
        loaded(style="a" * 300, folder=tmp_path)
    assert "\n" not in str(error.value)


def test_a_part_of_another_size_is_told_of(loaded, tmp_path):
    Image.new("L", (80, 64), 255).save(tmp_path / "large.png")
    with pytest.warns(SfumatoWarning, match=r"large\.png' is 80 x 64 pixels"):
        assert loaded(mask="large.png", folder=tmp_path).mask.min() == 1
