"""Surfaces seen upright and put back."""

import cv2
import numpy as np
import pytest
from helpers import SHALLOW, prepared
from PIL import Image

from sfumato import images
from sfumato.errors import RecipeError, RegionError
from sfumato.methods import steps
from sfumato.methods.corners import upright_size
from sfumato.methods.surface import Surface
from sfumato.recipe import Recipe

CORNERS = (22, 14, 84, 24, 78, 70, 16, 60)
FLAT = (232, 164, 408, 164, 662, 388, -22, 388)  # a floor seen at 10 degrees, in a photo of 640 x 420
FAST = {"size": 64, "iterations": "2,1", **SHALLOW}


def smooth(height, width, seed=0):
    noise = np.random.default_rng(seed).random((height // 8 + 2, width // 8 + 2, 3)).astype(np.float32)
    large = cv2.resize(noise, (width, height), interpolation=cv2.INTER_CUBIC)
    return np.rint(255 * large.clip(0, 1)).astype(np.uint8)


@pytest.fixture
def recipe(tmp_path):
    Image.fromarray(smooth(48, 64, seed=5)).save(tmp_path / "style.png")

    def make(**options):
        return Recipe.from_options(style=tmp_path / "style.png", **{**FAST, "corners": CORNERS, **options})

    return make


def surface(corners, shape):
    return Surface.of(np.ravel(corners), shape)


@pytest.mark.parametrize("factor", [0.5, 0.07, 2.0])
@pytest.mark.parametrize("corners", [FLAT, (20, 20, 620, 20, 620, 80, 20, 80), (20, 20, 80, 20, 80, 400, 20, 400)])
def test_a_part_of_a_surface_is_the_same_part_in_a_copy_of_the_photo(corners, factor):
    found = surface(np.reshape(corners, (4, 2)), (420, 640))
    height, width = found.shape
    part = found.cut((height // 4, width // 2, height, width))
    photo = round(420 * factor), round(640 * factor)
    whole, copy = found.scaled(factor, photo), part.scaled(factor, photo)
    assert whole.part == (0, 0, *upright_size(whole.corners, photo))
    expected = np.array([0.25, 0.5, 1, 1]) * np.tile(whole.shape, 2)
    np.testing.assert_allclose(copy.part, expected, atol=1)


def longest_edge(corners):
    return max(np.linalg.norm(a - b) for a, b in zip(corners, np.roll(corners, 1, axis=0), strict=True))


def test_the_working_size_is_that_of_the_surface_in_the_photo(recipe):
    found = surface(np.reshape(FLAT, (4, 2)), (420, 640))
    longest = longest_edge(found.corners)
    assert found.longer == round(longest)
    problem = prepared(recipe(size=64, corners=FLAT), images.from_array(smooth(420, 640)), halo=40)
    assert problem.scale == pytest.approx(64 / longest, rel=2e-3)
    # A part is as long as it is in the photo, too.
    height, width = found.shape
    part = found.cut((0, width // 2, height, width))
    matrix = cv2.getPerspectiveTransform(np.float32([[0, 0], [1, 0], [1, 1], [0, 1]]), np.float32(found.corners))
    half = width // 2 / width
    places = np.array([[[half, 0], [1, 0], [1, 1], [half, 1]]])
    assert part.longer == round(longest_edge(cv2.perspectiveTransform(places, matrix)[0]))
    assert surface([[0, 0], [60, 0], [60, 40], [0, 40]], (40, 60)).longer == 60


def test_upright_as_it_lies_is_the_picture_itself():
    picture = smooth(40, 60)
    found = surface([[0, 0], [60, 0], [60, 40], [0, 40]], (40, 60))
    assert found.shape == upright_size(found.corners, (40, 60)) == (40, 60)
    np.testing.assert_allclose(found.rgb(images.from_array(picture)), picture / np.float32(255), atol=1e-5)
    mask = picture[..., 0] / np.float32(255)
    np.testing.assert_allclose(found.take(mask), mask, atol=1e-5)


def test_a_parallelogram_of_a_ramp_is_a_ramp():
    """An affine map of a linear picture is linear: known in closed form."""
    y, x = np.mgrid[:80, :100] + 0.5
    ramp = np.repeat((0.1 + 0.005 * x + 0.003 * y)[..., None], 3, axis=2).astype(np.float32)
    found = surface([[20, 10], [70, 20], [80, 60], [30, 50]], (80, 100))
    height, width = found.shape
    v, u = np.mgrid[:height, :width] + 0.5
    u, v = u / width, v / height
    expected = 0.1 + 0.005 * (20 + 50 * u + 10 * v) + 0.003 * (10 + 10 * u + 40 * v)
    np.testing.assert_allclose(found.take(ramp)[..., 0], expected, atol=2e-3)
    # A part of it is cut out of the same rectangle, and a copy of half the size shows the same.
    part = found.cut((5, 10, 25, 40))
    assert part.shape == (20, 30)
    np.testing.assert_allclose(part.take(ramp)[..., 0], expected[5:25, 10:40], atol=2e-3)
    np.testing.assert_allclose(part.widened(3).take(ramp)[..., 0], expected[2:28, 7:43], atol=2e-3)
    half = cv2.resize(ramp, (50, 40), interpolation=cv2.INTER_AREA)
    np.testing.assert_allclose(part.take(half)[..., 0], expected[5:25, 10:40], atol=5e-3)


def test_what_is_far_away_is_averaged_when_it_is_laid_back():
    found = surface([[0, 0], [120, 0], [75, 60], [45, 60]], (60, 120))
    height, width = found.shape
    board = np.indices((height, width)).sum(0) % 2
    board = np.repeat(board[..., None], 3, axis=2).astype(np.float32)
    laid, alpha = found.lay(board, np.ones((height, width), np.float32), 2.0)
    assert alpha[30, 60] == 1
    assert laid[50:58, 52:68].std() < 0.15


def test_there_and_back_is_the_photo_and_the_rest_keeps_its_bytes(recipe):
    photo = images.from_array(smooth(90, 100, seed=1))
    problem = prepared(recipe(size=0), photo, halo=40)
    picture, alpha = problem.blended(problem.own())
    whole = np.zeros((90, 100), np.float32)
    top, left, bottom, right = problem.crop.box
    whole[top:bottom, left:right] = alpha
    drawn = cv2.fillConvexPoly(np.zeros((90, 100), np.uint8), np.array(CORNERS).reshape(4, 2), 1) > 0
    assert (whole[~cv2.dilate(drawn.astype(np.uint8), np.ones((5, 5))).astype(bool)] == 0).all()
    assert (whole[cv2.erode(drawn.astype(np.uint8), np.ones((9, 9))).astype(bool)] == 1).all()
    np.testing.assert_array_equal(picture.pixels[whole == 0], photo.pixels[whole == 0])
    change = np.abs(picture.pixels.astype(int) - photo.pixels)[whole > 0]
    # Resampling, and the edge, whose sides are told apart as if it were the photo's.
    assert change.mean() < 1.75


@pytest.mark.usefixtures("vgg")
@pytest.mark.parametrize("options", [{}, {"size": 30, "finish": 2}, {"color": "luminance"}, {"strength": 0.5}])
def test_a_surface_is_restyled_and_the_rest_is_not(recipe, options):
    photo = smooth(90, 100, seed=1)
    run = steps(recipe(**options), photo)
    list(run)
    result = run.result()
    outside = result.alpha == 0
    np.testing.assert_array_equal(result.picture.pixels[outside], photo[outside])
    assert (result.picture.pixels[result.alpha == 1] != photo[result.alpha == 1]).mean() > 0.5
    assert Recipe.from_toml(result.recipe.to_toml()).corners == CORNERS


def test_corners_may_lie_outside_the_picture(recipe):
    photo = images.from_array(smooth(90, 100, seed=1))
    problem = prepared(recipe(corners=(-30, -20, 60, 5, 55, 60, -25, 70), size=0), photo, halo=40)
    assert problem.crop.box[:2] == (0, 0)
    assert problem.blended(problem.own())[1].shape == (problem.crop.box[2], problem.crop.box[3])
    with pytest.raises(RegionError, match="the surface lies outside the picture, 100 x 90 pixels"):
        prepared(recipe(corners=(-60, 10, -20, 10, -20, 60, -60, 60)), photo, halo=40)


def test_eight_numbers_are_corners(recipe):
    with pytest.raises(RecipeError, match="corners"):
        recipe(corners=(1, 2, 3))


@pytest.fixture
def partial(sfumato, vgg, here):
    Image.fromarray(smooth(90, 100, seed=1)).save("photo.png")
    fast = [part for name, value in FAST.items() for part in ("--" + name.replace("_", "-"), str(value))]
    return lambda *arguments: sfumato("partial", "photo.png", "-s", "style.png", "-o", "out.png", *fast, *arguments)


def test_the_command_takes_corners_or_a_region(partial, here):
    written = ",".join(map(str, CORNERS))
    assert partial("--corners", written).code == 0
    first = np.asarray(Image.open("out.png")).astype(int)
    assert Recipe.from_toml(images.read_recipe("out.png")).corners == CORNERS
    region = f"polygon({', '.join(map(str, CORNERS))})"
    assert partial("--region", region, "-f").err == ""
    found = Recipe.from_toml(images.read_recipe("out.png")).corners
    np.testing.assert_allclose(sorted(found), sorted(CORNERS), atol=2)
    photo = np.asarray(Image.open("photo.png"))
    assert (first[:10] == photo[:10]).all()


def test_a_region_without_corners_is_restyled_as_it_lies(partial):
    done = partial("--region", "ellipse(50, 45, 30, 30)")
    assert done.code == 0
    assert "has no four corners; it is restyled as it lies" in done.err
    assert Recipe.from_toml(images.read_recipe("out.png")).layers[0].region == "ellipse(50, 45, 30, 30)"


def test_the_command_wants_one_of_them(partial):
    done = partial()
    assert (done.code, done.out) == (2, "")
    assert "give its --corners, or a --region" in done.err


def inside(height, width, corners=CORNERS):
    drawn = np.zeros((height, width), np.uint8)
    return cv2.fillConvexPoly(drawn, np.round(np.reshape(corners, (4, 2))).astype(np.int32), 1) > 0


@pytest.mark.usefixtures("vgg")
def test_a_region_on_a_surface_is_evaluated_on_the_photo(recipe):
    photo = smooth(90, 100, seed=1)
    run = steps(recipe(region="rect(40, 30, 60, 50)", feather=1), photo)
    list(run)
    result = run.result()
    changed = (result.picture.pixels != photo).any(-1)
    assert changed[34:46, 44:56].mean() > 0.9
    away = np.ones((90, 100), bool)
    away[26:54, 36:64] = False
    assert not changed[away].any()
    with pytest.raises(RegionError, match="selects nothing on the surface"):
        steps(recipe(region="rect(0, 75, 10, 90)"), photo)


@pytest.mark.usefixtures("vgg")
def test_the_look_of_a_photo_on_a_surface(tmp_path):
    photo = smooth(90, 100, seed=1)
    Image.fromarray(255 - smooth(60, 70, seed=2)).save(tmp_path / "reference.png")
    given = {"style": tmp_path / "reference.png", "method": "photo", "semantic": "none", "size": 64}
    run = steps(Recipe.from_options(**given, corners=CORNERS, iterations="6"), photo)
    list(run)
    result = run.result()
    outside = cv2.dilate(np.uint8(inside(90, 100)), np.ones((3, 3))) == 0
    np.testing.assert_array_equal(result.picture.pixels[outside], photo[outside])
    middle = cv2.erode(np.uint8(inside(90, 100)), np.ones((9, 9))) > 0
    assert (result.picture.pixels != photo).any(-1)[middle].mean() > 0.8
    # It is nearer to the reference in its colors.
    before, after = (np.abs(values[middle].mean(0) - 128) for values in (photo, result.picture.pixels))
    assert result.alpha[middle].min() > 0.9
    assert not np.allclose(before, after, atol=1)


@pytest.mark.usefixtures("vgg")
@pytest.mark.parametrize("how", [{"matches": "tones"}, {"passes": 1}, {"passes": 2}])
def test_an_object_is_harmonized_on_a_surface(tmp_path, how):
    painting = smooth(90, 100, seed=1)
    pasted = painting.copy()
    pasted[34:50, 40:58] = smooth(16, 18, seed=9)
    Image.fromarray(painting).save(tmp_path / "painting.png")
    options = {**FAST, "style": tmp_path / "painting.png", "region": "rect(40, 34, 58, 50)", "feather": 1}
    run = steps(Recipe.from_options(method="harmonize", corners=CORNERS, **how, **options), pasted)
    list(run)
    result = run.result()
    changed = (result.picture.pixels != pasted).any(-1)
    assert changed[36:48, 42:56].mean() > 0.8
    away = np.ones((90, 100), bool)
    away[28:56, 34:64] = False
    np.testing.assert_array_equal(result.picture.pixels[away], painting[away])
