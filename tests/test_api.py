"""The functions of the package, with pictures in every form that people have."""

import inspect
from typing import get_type_hints

import numpy as np
import pytest
from PIL import Image

import sfumato
from sfumato import images, models
from sfumato.errors import ImageError, InputError, RecipeError, RegionError
from sfumato.recipe import METHODS, Layer, Recipe, Style
from sfumato.recipe.options import HarmonizeOptions, PhotorealOptions, StylizeOptions

QUICK = {"size": 48, "iterations": (2,), "style_layers": ("relu1_1",), "content_layer": "relu1_2"}
RNG = np.random.default_rng(1)
PHOTO, STYLE = (RNG.integers(0, 256, shape, np.uint8) for shape in ((40, 48, 3), (32, 40, 3)))
MASK = np.zeros((40, 48), bool)
MASK[8:32, 8:40] = True


@pytest.fixture
def files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, values in (("photo", PHOTO), ("style", STYLE), ("mask", MASK)):
        Image.fromarray(values).save(f"{name}.png")
    return tmp_path


def forms(values):
    """The same picture as people may have it."""
    deep = values.astype(np.uint16) * 257
    return [values, values / 255, deep, Image.fromarray(values), images.from_array(values)]


@pytest.mark.usefixtures("vgg")
def test_styles_and_masks_in_every_form_give_the_same(files):
    made = np.asarray(sfumato.stylize("photo.png", "style.png", region="mask.png", **QUICK))
    assert (made != PHOTO)[MASK].mean() > 0.5
    np.testing.assert_array_equal(made[~MASK & (made == PHOTO).all(-1)], PHOTO[~MASK & (made == PHOTO).all(-1)])
    for style in forms(STYLE):
        np.testing.assert_array_equal(np.asarray(sfumato.stylize(PHOTO, style, region="mask.png", **QUICK)), made)
    masks = [MASK, MASK.astype(float), np.uint8(MASK) * 255, np.uint16(MASK) * 65535, Image.fromarray(MASK)]
    masks += [images.from_array(MASK), files / "mask.png"]
    for mask in masks:
        np.testing.assert_array_equal(np.asarray(sfumato.stylize(PHOTO, STYLE, region=mask, **QUICK)), made)


@pytest.mark.usefixtures("vgg")
def test_gray_and_transparent_styles(files):
    gray = np.asarray(Image.fromarray(STYLE).convert("L"))
    expected = np.asarray(sfumato.stylize(PHOTO, np.repeat(gray[..., None], 3, 2), **QUICK))
    np.testing.assert_array_equal(np.asarray(sfumato.stylize(PHOTO, gray, **QUICK)), expected)
    opaque = np.dstack([STYLE, np.full(STYLE.shape[:2], 255, np.uint8)])
    expected = np.asarray(sfumato.stylize(PHOTO, STYLE, **QUICK))
    np.testing.assert_array_equal(np.asarray(sfumato.stylize(PHOTO, opaque, **QUICK)), expected)


@pytest.mark.usefixtures("vgg")
def test_several_styles_are_mixed(files):
    one = sfumato.stylize(PHOTO, ["style.png", "photo.png"], **QUICK)
    other = sfumato.stylize(PHOTO, [STYLE, Image.fromarray(PHOTO)], **QUICK)
    np.testing.assert_array_equal(one.array, other.array)
    assert [style.image for style in other.recipe.layers[0].styles] == ["<style 1>", "<style 2>"]


@pytest.mark.usefixtures("vgg")
def test_label_maps_in_every_form(files):
    colors = np.zeros((40, 48, 3), np.uint8)
    colors[:, 24:] = 255
    theirs = np.zeros((32, 40, 3), np.uint8)
    theirs[:, 20:] = 255
    made = []
    quick = {"size": 48, "iterations": (2,)}
    for given in (lambda values: values, Image.fromarray, lambda values: Image.fromarray(values).quantize(2)):
        result = sfumato.photoreal(PHOTO, STYLE, labels=given(colors), reference_labels=given(theirs), **quick)
        assert {name for name in result.trace[0].terms if "[" in name}
        made.append(result.array)
    np.testing.assert_array_equal(made[0], made[1])
    # Of a palette the numbers count, which say the same here.
    np.testing.assert_array_equal(made[0], made[2])


@pytest.mark.usefixtures("vgg")
def test_a_recipe_in_place_of_a_style(files):
    recipe = Recipe.from_options(style="style.png", region="mask.png", **QUICK)
    made = sfumato.stylize(PHOTO, recipe)
    np.testing.assert_array_equal(made.array, sfumato.stylize(PHOTO, STYLE, region=MASK, **QUICK).array)
    for options in ({"size": 3}, {"region": "subject"}, {"region": MASK}):
        with pytest.raises(RecipeError, match="leave out the region and other options"):
            sfumato.stylize(PHOTO, recipe, **options)
    with pytest.raises(RecipeError, match="the recipe is for the method localized"):
        sfumato.harmonize(PHOTO, recipe)
    with pytest.raises(RecipeError, match="leave out the region"):
        sfumato.photoreal(PHOTO, Recipe.from_options(style="style.png", method="photo"), labels=PHOTO)


@pytest.mark.usefixtures("vgg")
def test_an_object_is_pasted_and_harmonized_in_memory(files):
    pasted = sfumato.paste(STYLE, PHOTO, region="rect(4, 4, 28, 28)", feather=1)
    result = sfumato.harmonize(pasted.picture, PHOTO, region=pasted.mask, passes=1, **QUICK)
    changed = (result.array != pasted.picture.pixels).any(-1)
    assert changed[pasted.mask > 0.9].mean() > 0.5
    assert not changed[pasted.mask == 0][:50].any()


@pytest.mark.usefixtures("vgg")
def test_a_surface_by_corners_or_by_a_region(files):
    corners = [8, 8, 40, 8, 40, 32, 8, 32]
    result = sfumato.surface(PHOTO, STYLE, corners=corners, **QUICK)
    found = sfumato.surface(PHOTO, STYLE, region=MASK, **QUICK)
    assert sorted(found.recipe.corners) == sorted(corners)
    np.testing.assert_array_equal(found.array, result.array)
    with pytest.raises(RecipeError, match="which surface"):
        sfumato.surface(PHOTO, STYLE)
    round_ = np.hypot(*(np.indices((40, 48)) - [[[20]], [[24]]])) < 14
    with pytest.warns(sfumato.SfumatoWarning, match="no four corners"):
        assert sfumato.surface(PHOTO, STYLE, region=round_, **QUICK).recipe.corners is None


def test_regions_are_found(files):
    masks = sfumato.find_regions(PHOTO, "rect(0, 0, 50%, 100%)")
    assert masks["rect(0, 0, 50%, 100%)"][:, :24].all()
    recipe = Recipe.from_mapping(
        {"layers": [{"region": name, "styles": [{"image": "a.jpg"}]} for name in ("all", "mask.png")]}
    )
    masks = sfumato.find_regions("photo.png", recipe)
    np.testing.assert_array_equal(masks["mask.png"], MASK)
    assert masks["all"].all()


def test_a_network_is_trained(files, vgg):
    (files / "photos").mkdir()
    Image.fromarray(PHOTO).save("photos/a.png")
    network = sfumato.train(
        ["style.png", Image.fromarray(STYLE)], "photos", steps=1, batch=1, size=32, style_size=32, width=2
    )
    assert network.plan.styles == ("style", "style 2")
    network.save("a.sfm")
    assert sfumato.stylize(PHOTO, "a.sfm@style").recipe.method == "fast"
    with pytest.raises(InputError, match="two styles are called 'style'"):
        sfumato.train(["style.png", "style.png"], "photos")


@pytest.mark.parametrize(
    ("photo", "style", "options", "error", "words"),
    [
        (np.zeros(5), STYLE, {}, ImageError, "shape"),
        (PHOTO, np.full((20, 20, 3), np.nan), {}, ImageError, "from nan to nan"),
        (PHOTO.astype(float), STYLE, {}, ImageError, "255"),
        (PHOTO, 5, {}, TypeError, "iterable"),
        (PHOTO, STYLE, {"region": np.zeros((40, 48))}, RegionError, "nothing"),
        (PHOTO, STYLE, {"region": np.ones((9, 48), bool)}, RegionError, "is 48 x 9 pixels, the photo 48 x 40"),
        (PHOTO, STYLE, {"region": np.ones((40, 40), bool)}, RegionError, "aspect"),
        (PHOTO, STYLE, {"passes": 2}, RecipeError, "of the method harmonize"),
        (PHOTO, STYLE, {"sise": 2}, RecipeError, "did you mean 'size'"),
    ],
)
def test_what_cannot_be_used_is_a_value_error(photo, style, options, error, words):
    with pytest.raises(error, match=words) as caught:
        sfumato.stylize(photo, style, **options)
    assert "\n" not in str(caught.value)
    assert isinstance(caught.value, ValueError | TypeError)


def test_a_recipe_that_was_made_with_arrays_says_so(files, vgg):
    result = sfumato.stylize(PHOTO, STYLE, region=MASK, **QUICK)
    with pytest.raises(InputError, match="'<region>' was given as a picture in memory, and no file holds it"):
        sfumato.stylize(PHOTO, result.recipe)
    whole = sfumato.stylize(PHOTO, STYLE, **QUICK)
    with pytest.raises(InputError, match="<style> was given as a picture in memory, and no file holds it"):
        sfumato.stylize(PHOTO, whole.recipe)


@pytest.mark.usefixtures("vgg")
def test_warnings_reach_the_result_and_python(files):
    double = np.kron(MASK, np.ones((2, 2), bool))
    with pytest.warns(sfumato.SfumatoWarning, match="resized to fit") as told:
        result = sfumato.stylize(PHOTO, STYLE, region=double, **QUICK)
    assert [str(each.message) for each in told] == list(result.warnings)
    assert told[0].filename == __file__


@pytest.mark.parametrize(
    ("function", "options", "methods"),
    [
        ("stylize", StylizeOptions, ("localized", "naive", "fast")),
        ("harmonize", HarmonizeOptions, ("harmonize",)),
        ("photoreal", PhotorealOptions, ("photo",)),
    ],
)
def test_every_option_of_a_method_is_typed(function, options, methods):
    fields = {name for method in methods for name in METHODS[method].model_fields}
    fields |= {*Layer.model_fields, *Style.model_fields} - {"weight", "image", "mask", "layers"}
    named = set(inspect.signature(getattr(sfumato, function)).parameters)
    assert set(get_type_hints(options)) | named >= fields - {"version", "layers", "styles", "method"}
    assert set(get_type_hints(options)) <= fields


def test_nothing_is_fetched_for_what_needs_no_network(files, monkeypatch):
    monkeypatch.setattr(models, "path", lambda name, **_: pytest.fail(f"{name} was asked for"))
    assert sfumato.find_regions(PHOTO, "all")["all"].all()
