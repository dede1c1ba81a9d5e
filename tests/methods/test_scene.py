import warnings

import numpy as np
import pytest
from helpers import noise, prepared
from PIL import Image
from scipy import ndimage

from sfumato import blend, images, regions
from sfumato.errors import ImageError, RegionError, SfumatoWarning
from sfumato.methods import prepare as scene_module
from sfumato.recipe import Recipe

HALO = 10


@pytest.fixture
def style(tmp_path):
    path = tmp_path / "style.png"
    Image.fromarray(noise(96, 128, seed=9)).save(path)
    return path


@pytest.fixture
def problem(style):
    def make(photo=None, *, halo=HALO, folder=None, **options):
        photo = noise(60, 100) if photo is None else photo
        options = {"style": style, "region": "rect(40, 20, 60, 30)", **options}
        return prepared(Recipe.from_options(**options), images.from_array(photo), halo=halo, folder=folder)

    return make


# ---- the crop


def test_the_crop_is_the_regions_box_with_its_edge_and_halo(problem):
    top, left, bottom, right = problem(feather=0, size=0).crop.box
    assert (top, left, bottom, right) == (20 - HALO, 40 - HALO, 30 + HALO, 60 + HALO)
    inside = problem(feather=6, edge="outside", size=0).crop.box
    # The edge reaches 6 pixels out; some more is allowed, less is not.
    assert inside[0] <= 20 - 6 - HALO
    assert inside[1] <= 40 - 6 - HALO


def test_the_crop_stays_in_the_photo(problem):
    found = problem(region="all", size=0, style_share="whole")
    assert found.crop.box == (0, 0, 60, 100)
    np.testing.assert_array_equal(found.content, noise(60, 100) / np.float32(255))


def test_the_longer_side_of_the_region_is_worked_at_the_size(problem):
    found = problem(region="rect(10, 20, 90, 40)", feather=0, size=40, halo=4)
    assert found.crop.box == (20 - 8, 10 - 8, 40 + 8, 90 + 8)
    assert found.content.shape == (36 / 2, 96 / 2, 3)
    (part,) = found.parts
    assert part.mask.shape == part.region.shape == found.alpha.shape == (36, 96)
    assert (part.mask[8:28, 8:88] == 1).all()
    assert part.mask.sum() == 20 * 80


def test_a_region_smaller_than_the_size_is_not_enlarged(problem):
    assert problem(feather=0, size=4000).content.shape == (10 + 2 * HALO, 20 + 2 * HALO, 3)


def test_the_naive_method_takes_the_whole_photo_and_shows_the_region(problem):
    found = problem(method="naive", feather=0, size=0)
    assert found.crop.box == (0, 0, 60, 100)
    assert (found.parts[0].mask == 1).all()
    assert found.alpha.sum() == 10 * 20
    assert (found.alpha[20:30, 40:60] == 1).all()


# ---- alpha


@pytest.mark.parametrize("edge", ["inside", "center", "outside"])
@pytest.mark.parametrize("width", [0, 1, 2, 5, 8, 21])
@pytest.mark.parametrize("region", ["rect(40, 20, 70, 45)", "rect(0, 0, 30, 60)", "ellipse(50, 30, 30, 20)"])
def test_cutting_out_does_not_change_the_alpha(problem, region, edge, width):
    found = problem(region=region, feather=width, edge=edge)
    whole = np.zeros((60, 100), np.float32)
    whole[found.crop.box[0] : found.crop.box[2], found.crop.box[1] : found.crop.box[3]] = found.alpha
    mask = regions.evaluate(region, noise(60, 100))
    np.testing.assert_allclose(whole, blend.soft_edge(mask, width, edge), atol=1e-6)


def test_an_edge_inside_is_soft_and_stays_inside(problem):
    found = problem(region="rect(40, 20, 70, 50)", feather=8, edge="inside")
    top, left = 20 - found.crop.box[0], 40 - found.crop.box[1]
    ramp = found.alpha[top + 15, left : left + 10]
    assert found.alpha[top + 15, left - 1] == 0
    assert ramp[0] < 0.2
    assert ramp[9] == 1
    assert (np.diff(ramp) >= 0).all()


def test_what_clearly_shows_has_been_styled(problem):
    for edge in ("inside", "center", "outside"):
        found = problem(region="ellipse(50, 30, 15, 12)", feather=9, edge=edge, size=0)
        assert (found.parts[0].mask[found.alpha > 0.06] > 0).all(), edge


def test_a_region_whose_edge_leaves_nothing_of_it_is_said_to(problem):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises((RegionError, SfumatoWarning)):
            problem(region="rect(40, 20, 60, 30)", feather=60, edge="inside")


def test_layers_that_overlap_show_no_more_than_all(style):
    recipe = Recipe.from_mapping(
        {
            "layers": [
                {"region": "rect(0, 0, 60, 60)", "styles": [{"image": str(style)}]},
                {"region": "rect(40, 0, 90, 60)", "styles": [{"image": str(style)}]},
            ]
        }
    )
    with pytest.warns(SfumatoWarning, match="overlap in 1200 pixels, where both styles act"):
        found = prepared(recipe, images.from_array(noise(60, 100)), halo=HALO)
    assert found.alpha.max() == 1
    assert (found.alpha[:, :88] == 1).all()
    assert (found.alpha[:, 92:] == 0).all()


# ---- composing


def test_a_composed_picture_is_the_photo_outside_and_the_styled_one_inside(problem):
    photo = noise(60, 100)
    found = problem(photo, feather=4, size=0)
    made = found.compose(np.ones_like(found.content)).pixels
    selected = np.zeros((60, 100), bool)
    selected[20:30, 40:60] = True
    near = ndimage.binary_dilation(selected, np.ones((3, 3)), iterations=2)
    deep = ndimage.binary_erosion(selected, np.ones((3, 3)), iterations=2)
    np.testing.assert_array_equal(made[~near], photo[~near])
    assert (made[deep] == 255).all()
    # In between, it is the photo's color, without what the region's side adds to it, under white.
    assert (made.astype(int) >= photo.astype(int) - 64).all()


def edged():
    """A dark object on a bright ground, whose edge is mixed over four pixels; its region is exact."""
    share = np.clip((np.arange(100) - 48) / 4, 0, 1)
    share = np.tile(share[None, :, None], (60, 1, 1))
    photo = (1 - share) * np.float64([40, 30, 20]) + share * np.float64([220, 225, 230])
    return np.round(photo).astype(np.uint8)


def test_what_is_kept_shows_without_its_old_background(problem):
    photo = edged()
    found = problem(photo, region="rect(50, 0, 100, 60)", feather=6, size=0)
    paint = np.float32([40, 30, 20]) / 255  # as dark as the object: nothing bright is left to show
    picture, alpha = found.blended(np.broadcast_to(paint, found.content.shape))
    left = found.crop.box[1]
    edge = picture.pixels[:, 48:54].astype(int)
    assert np.abs(edge - [40, 30, 20]).max() < 12
    plain = blend.compose(found.photo, np.broadcast_to(paint, found.content.shape), found.alpha, found.crop.box)
    assert np.abs(plain.pixels[:, 48:54].astype(int) - [40, 30, 20]).max() > 30
    np.testing.assert_array_equal(picture.pixels[:, :left], photo[:, :left])
    np.testing.assert_array_equal(picture.pixels[:, left:][alpha == 0], photo[:, left:][alpha == 0])


def test_a_wide_feather_is_no_edge(problem):
    found = problem(noise(60, 100), region="linear(10, 0, 90, 0)", feather=0, size=0)
    styled = np.ones_like(found.content)
    picture, alpha = found.blended(styled)
    np.testing.assert_array_equal(alpha, found.alpha)
    expected = blend.compose(found.photo, styled, found.alpha, found.crop.box)
    np.testing.assert_array_equal(picture.pixels, expected.pixels)


def test_the_look_of_a_photo_that_changes_nothing_leaves_it(problem):
    photo = edged()
    found = problem(photo, region="rect(50, 0, 100, 60)", feather=4, size=0, method="photo", semantic="none")
    np.testing.assert_array_equal(found.compose(found.content).pixels, photo)


@pytest.mark.parametrize("kind", blend.BLENDS)
def test_a_style_that_is_the_photo_leaves_it(problem, kind):
    photo = edged()
    found = problem(photo, region="rect(50, 0, 100, 60)", feather=4, size=0, blend=kind, strength=0.01)
    made = found.compose(1 - found.content).pixels
    assert np.abs(made.astype(int) - photo.astype(int)).max() <= 8


def test_keeping_colors_takes_only_the_luminance(problem):
    photo = noise(60, 100)
    found = problem(photo, feather=0, size=0, color="luminance")
    made = found.compose(np.full_like(found.content, 0.5)).pixels[20:30, 40:60] / 255
    np.testing.assert_allclose(made @ [0.299, 0.587, 0.114], 0.5, atol=0.003)
    assert np.abs(made - 0.5).max() > 0.1


def test_a_composed_picture_of_any_size_fits(problem):
    found = problem(size=10)
    assert found.content.shape[0] < 30
    assert found.compose(np.zeros((5, 7, 3), np.float32)).pixels.shape == (60, 100, 3)


# ---- styles


def test_a_style_is_shrunk_to_the_region_and_never_enlarged(problem):
    (style,) = problem(region="all", size=64, finish=0).parts[0].styles
    assert (style.name, style.picture.shape, style.weight) == ("style.png", (48, 64, 3), 1)
    assert style.size(0.75) == (36, 48)
    (style,) = problem(region="all", size=64, scale=0.75, finish=0).parts[0].styles
    assert style.picture.shape == (36, 48, 3)
    (style,) = problem(region="all", size=64, scale=2.5, finish=0).parts[0].styles
    assert style.picture.shape == (96, 128, 3)


def test_a_style_is_loaded_as_large_as_the_photos_own_size_wants_it(problem):
    found = problem(noise(90, 120), region="all", size=64)
    assert found.finest == pytest.approx(120 / 64)
    (style,) = found.parts[0].styles
    assert style.picture.shape == (90, 120, 3)
    assert style.size(1) == (48, 64)
    assert style.size(found.finest) == (90, 120)
    assert style.size(5) == (90, 120)


def test_a_very_large_region_is_finished_at_fewer_pixels_than_its_own(problem, monkeypatch):
    monkeypatch.setattr(scene_module, "_MAX_TO_FINISH", 4 * 48 * 64)
    found = problem(noise(300, 400), region="all", size=64)
    assert found.finest == pytest.approx(2)
    assert problem(noise(90, 120), region="all", size=0).finest == 1
    assert problem(noise(300, 400), region="all", size=64, finish=0).finest == 1


def test_a_style_too_small_for_its_strokes_is_told_once(problem):
    with pytest.warns(SfumatoWarning, match=r"style\.png has 128×96 pixels") as told:
        problem(noise(300, 400), region="all", size=300)
    assert len(told) == 1
    assert "\n" not in str(told[0].message)


def test_a_flat_style_is_refused(problem, tmp_path):
    path = tmp_path / "flat.png"
    Image.new("RGB", (64, 48), (10, 200, 40)).save(path)
    with pytest.raises(ImageError, match=r"flat\.png is one flat color"):
        problem(style=path)
    values = np.full((48, 64, 3), 100, np.uint8)
    values[::2] = 130
    Image.fromarray(values).save(path)
    problem(style=path)


def test_files_are_looked_for_in_the_recipes_folder_too(problem, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path.parent)
    Image.new("L", (100, 60), 255).save(tmp_path / "mask.png")
    with pytest.raises(ImageError, match=r"style\.png: no such file"):
        problem(style="style.png")
    with pytest.raises(RegionError, match=r"mask\.png"):
        problem(region="mask.png")
    assert problem(style="style.png", region="mask.png", folder=tmp_path).alpha.min() == 1


def test_keeping_colors_turns_the_styles_gray_with_the_regions_brightness(problem):
    photo = noise(60, 100)
    photo[:, :50] //= 4
    part = problem(photo, region="rect(0, 0, 50, 60)", feather=0, size=0, halo=0, color="luminance").parts[0]
    picture = part.styles[0].picture
    assert (np.ptp(picture, axis=-1) == 0).all()
    gray = photo[:, :50] / 255 @ [0.299, 0.587, 0.114]
    assert picture.mean() == pytest.approx(gray.mean(), abs=0.01)
    assert picture.std() == pytest.approx(gray.std(), rel=0.1)


# ---- regions that cannot be used


@pytest.mark.parametrize("region", ["~all", "rect(200, 0, 300, 20)", "all - all"])
def test_a_region_that_selects_nothing_is_refused(problem, region):
    with pytest.raises(RegionError, match="selects nothing") as error:
        problem(region=region)
    assert region in str(error.value)


def test_shapes_do_not_look_at_the_whole_photo(problem, monkeypatch):
    boxes = []
    rgb = images.Picture.rgb

    def watched(picture, box=None):
        if picture.shape == (60, 100):
            boxes.append(box)
        return rgb(picture, box)

    monkeypatch.setattr(images.Picture, "rgb", watched)
    crop = problem(feather=0, size=0, style_share="whole").crop.box
    assert boxes == [crop]


# ---- the fingerprint


def test_the_fingerprint_follows_all_that_shapes_the_run(problem, tmp_path):
    photo = noise(60, 100)
    other = photo.copy()
    other[0, 0, 0] ^= 1
    Image.fromarray(noise(96, 128, seed=8)).save(tmp_path / "other.png")
    prints = [
        problem().fingerprint(),
        problem(other).fingerprint(),
        problem(style=tmp_path / "other.png").fingerprint(),
        problem(region="rect(40, 20, 60, 31)").fingerprint(),
        problem(content_weight=0.2).fingerprint(),
        problem(iterations="5").fingerprint(),
        problem(edge="inside").fingerprint(),
        problem(seed=1).fingerprint(),
    ]
    assert len(set(prints)) == len(prints)
    assert problem().fingerprint() == prints[0]
    Image.fromarray(noise(96, 128, seed=8)).save(tmp_path / "style.png")
    assert problem().fingerprint() != prints[0]
