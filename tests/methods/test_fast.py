"""Regions painted in one pass or two, against the networks called by hand."""

import numpy as np
import pytest
import torch
from helpers import prepared, smooth
from PIL import Image
from safetensors.numpy import save_file

from sfumato import blend, features, images
from sfumato.color import match_histogram, strengthen
from sfumato.errors import ModelError, RecipeError
from sfumato.feedforward import Painter, embed, transfer
from sfumato.feedforward.network import Network
from sfumato.feedforward.sfm import Plan
from sfumato.methods import Run, steps
from sfumato.methods.fast import begun
from sfumato.optimize import resize
from sfumato.recipe import Recipe

pytestmark = pytest.mark.usefixtures("arbitrary")

SHAPE = 60, 72
STYLES = ("a.png", "b.png")


PHOTO = smooth(*SHAPE, 1)


def as_float(picture):
    return picture.astype(np.float32) / np.float32(255)


@pytest.fixture(autouse=True)
def no_features(request, monkeypatch):
    """The loss network is not to be had, but for tests that ask for it."""
    if "vgg" not in request.fixturenames:
        monkeypatch.setattr(features, "load", lambda *_: pytest.fail("the loss network is not needed"))


@pytest.fixture
def folder(tmp_path):
    for seed, name in enumerate(STYLES, start=2):
        Image.fromarray(smooth(40, 48, seed)).save(tmp_path / name)
    Network(Plan(("sea", "sky"), width=3), 1).save(tmp_path / "two.sfm")
    Network(Plan(("one",), width=3, masks=True), 2).save(tmp_path / "masked.sfm")
    return tmp_path


@pytest.fixture
def started(folder):
    def start(*layers, photo=PHOTO, checkpoint_path=None, resume=False, **options):
        layers = [{"styles": [{"image": "a.png"}], "feather": 0, **layer} for layer in layers or [{}]]
        recipe = Recipe.from_mapping({"method": "fast", "size": 0, **options, "layers": layers})
        return steps(recipe, photo, folder=folder, checkpoint_path=checkpoint_path, resume=resume)

    return start


@pytest.fixture
def made(started):
    """The result, and what was painted before it was put back."""

    def make(*layers, **options):
        run = started(*layers, **options)
        (step,) = run
        assert (step.level, step.levels, step.iteration, step.iterations, step.done) == (1, 1, 1, 1, 1)
        return run.result(), run.working_picture()

    return make


def numbers(folder, name="a.png"):
    return embed(as_float(np.asarray(Image.open(folder / name))))


def close(found, expected):
    """Equal but for the rounding to 8 bits."""
    return np.abs(found.astype(float) - expected * 255).max() < 0.51


def test_all_of_a_photo_is_what_the_network_paints(made, folder):
    result, painted = made()
    expected = transfer(as_float(PHOTO), numbers(folder))
    np.testing.assert_array_equal(painted, expected)
    assert close(result.picture.pixels, expected)
    assert result.finished
    assert (result.best.loss, result.best.terms, result.warnings) == (0, {}, ())


def test_nothing_outside_changes(made):
    result, _ = made({"region": "rect(10, 12, 40, 45)", "feather": 5})
    outside = result.alpha == 0
    assert 0.4 < outside.mean() < 0.9
    assert (result.picture.pixels[outside] == PHOTO[outside]).all()
    assert (result.picture.pixels[~outside] != PHOTO[~outside]).mean() > 0.9


def test_a_larger_photo_is_painted_twice(made, folder):
    style, own = numbers(folder), as_float(PHOTO)
    _, painted = made(size=36)
    first = transfer(own.reshape(30, 2, 36, 2, 3).mean((1, 3)), style)
    np.testing.assert_allclose(painted, transfer(blend.enlarge(first, own), style), atol=2e-3)
    _, once = made(size=36, finish=0)
    np.testing.assert_allclose(once, first, atol=2e-3)


def test_where_there_is_little_to_enlarge_it_is_painted_once_at_its_own_size(made, folder):
    _, painted = made(size=60)
    np.testing.assert_array_equal(painted, transfer(as_float(PHOTO), numbers(folder)))
    _, small = made(size=60, finish=0)
    assert small.shape == (50, 60, 3)


def test_each_region_has_its_style(made, folder):
    left, right = "rect(0, 0, 30, 60)", "rect(50, 0, 72, 60)"
    result, painted = made({"region": left}, {"region": right, "styles": [{"image": "b.png"}]})
    own = as_float(PHOTO)
    assert close(result.picture.pixels[:, :30], transfer(own, numbers(folder, "a.png"))[:, :30])
    assert close(result.picture.pixels[:, 50:], transfer(own, numbers(folder, "b.png"))[:, 50:])
    np.testing.assert_array_equal(result.picture.pixels[:, 30:50], PHOTO[:, 30:50])
    np.testing.assert_array_equal(painted[:, 32:48], own[:, 32:48])


def test_strength_lies_between_the_photo_and_the_style(made, folder):
    own, style = as_float(PHOTO), numbers(folder)
    half, _ = made({"strength": 0.5})
    # Mixed for the network, and not faded into the photo once more.
    assert close(half.picture.pixels, transfer(own, (embed(own) + style) / 2))
    none, _ = made({"strength": 0})
    np.testing.assert_array_equal(none.picture.pixels, PHOTO)
    full, _ = made({"strength": 1})
    distances = [np.abs(one.picture.pixels.astype(float) - PHOTO).mean() for one in (half, full)]
    assert 0 < distances[0] < distances[1]


def test_styles_are_mixed_by_their_weights(made, folder):
    styles = [{"image": "a.png", "weight": 1}, {"image": "b.png", "weight": 3}]
    _, painted = made({"styles": styles})
    mixed = 0.25 * numbers(folder, "a.png") + 0.75 * numbers(folder, "b.png")
    np.testing.assert_allclose(painted, transfer(as_float(PHOTO), mixed), atol=1e-4)


def test_of_a_masked_style_the_rectangle_around_the_mask_is_read(made, folder):
    mask = "rect(5, 10, 25, 20) | rect(20, 15, 40, 38)"
    _, painted = made({"styles": [{"image": "a.png", "mask": mask}]})
    part = as_float(np.asarray(Image.open(folder / "a.png")))[10:38, 5:40]
    np.testing.assert_array_equal(painted, transfer(as_float(PHOTO), embed(part)))
    Image.fromarray(np.full((40, 48), 60, np.uint8)).save(folder / "faint.png")
    _, painted = made({"styles": [{"image": "a.png", "mask": "faint.png"}]})
    np.testing.assert_array_equal(painted, transfer(as_float(PHOTO), numbers(folder)))


def test_colors(made, folder):
    own, style = as_float(PHOTO), as_float(np.asarray(Image.open(folder / "a.png")))
    _, painted = made({"color": "histogram"})
    recolored = match_histogram(style, own, reference_mask=np.ones(SHAPE, np.float32))
    np.testing.assert_array_equal(painted, transfer(own, embed(recolored)))
    result, _ = made({"color": "luminance"})
    luma = np.array([0.299, 0.587, 0.114])
    chroma = [picture - (picture @ luma)[..., None] for picture in (result.picture.pixels / 255, PHOTO / 255)]
    inside = ((result.picture.pixels > 0) & (result.picture.pixels < 255)).all(-1)
    assert inside.mean() > 0.5
    assert np.abs(chroma[0] - chroma[1])[inside].max() < 0.01
    assert np.abs(result.picture.pixels.astype(float) - PHOTO).mean() > 5


def test_a_surface(made):
    result, painted = made(corners="10,8,60,12,56,50,14,44")
    outside = result.alpha == 0
    assert 0.4 < outside.mean() < 0.8
    assert (result.picture.pixels[outside] == PHOTO[outside]).all()
    assert painted.shape == (37, 46, 3)  # the upright rectangle, with about as many pixels as the photo has of it


# ---- trained networks


def test_a_trained_network(made, folder):
    _, painted = made({"styles": [{"image": "two.sfm", "mask": "sky"}]})
    own = as_float(PHOTO)
    np.testing.assert_array_equal(painted, Painter(folder / "two.sfm", [0, 1])(own))
    styles = [{"image": "two.sfm", "mask": "sky", "weight": 3}, {"image": "two.sfm", "mask": "sea"}]
    _, painted = made({"styles": styles})
    np.testing.assert_array_equal(painted, Painter(folder / "two.sfm", [1, 3])(own))


def test_a_network_that_takes_masks_gets_the_regions(made, folder):
    layers = [{"region": "rect(0, 0, 36, 60)", "styles": [{"image": "masked.sfm"}]}, {"region": "rect(36, 0, 72, 60)"}]
    result, _ = made(*layers)
    mask = np.zeros(SHAPE, np.float32)
    mask[:, :36] = 1
    painter = Painter(folder / "masked.sfm")
    expected = painter(as_float(PHOTO), mask)
    assert close(result.picture.pixels[:, :34], expected[:, :34])
    assert not close(result.picture.pixels[:, :34], painter(as_float(PHOTO))[:, :34])


def test_less_of_a_trained_network_fades_into_the_photo(made, folder):
    layer = {"styles": [{"image": "two.sfm", "mask": "sea"}], "strength": 0.5}
    result, painted = made(layer)
    own = as_float(PHOTO)
    np.testing.assert_array_equal(painted, Painter(folder / "two.sfm", [1, 0])(own))
    assert close(result.picture.pixels, strengthen(own, painted, 0.5))


def test_from_python_a_network_is_a_style(folder):
    recipe = Recipe.from_options(style=folder / "two.sfm", mask="sea")
    assert recipe.method == "fast"
    assert Recipe.from_options(style="a.png").method == "localized"
    assert Recipe.from_toml(recipe.to_toml()) == recipe


SEVERAL = [{"image": "two.sfm", "mask": "sea"}, {"image": "a.png"}]


@pytest.mark.parametrize(
    ("layer", "options", "parts"),
    [
        ({"styles": SEVERAL}, {}, ["two.sfm", "mixed", "a region of its own"]),
        ({"styles": SEVERAL[:1]}, {"method": "localized"}, ["two.sfm", "only the method fast", "localized"]),
        ({"styles": SEVERAL[:1], "color": "linear"}, {}, ["linear", "two.sfm", "luminance"]),
        ({"styles": [{"image": "a.png", "scale": 2}]}, {}, ["cannot scale", "smaller size"]),
        ({}, {"method": "harmonize", "start": "fast"}, ["start: input should be"]),
        ({"styles": [{"image": "two.sfm"}]}, {}, ["sea, sky", "two.sfm@sea"]),
        ({"styles": [{"image": "two.sfm", "mask": "se"}]}, {}, ["no style 'se'", "sea, sky"]),
        ({"styles": [{"image": "a.png", "weight": 0}]}, {}, ["weight", "greater than 0"]),
    ],
)
def test_one_line_for_what_cannot_be(started, layer, options, parts):
    with pytest.raises(RecipeError) as caught:
        started(layer, **options)
    assert "\n" not in str(caught.value)
    for part in parts:
        assert part in str(caught.value)


def test_one_line_for_a_network_that_cannot_be_used(started, folder):
    (folder / "half.sfm").write_bytes((folder / "two.sfm").read_bytes()[:-9])
    save_file({}, folder / "later.sfm", {"sfumato network": '{"version": 2}'})
    for name, part in (("half.sfm", "damaged"), ("none.sfm", "no such file"), ("later.sfm", "version 2")):
        with pytest.raises(ModelError, match=part) as caught:
            started({"styles": [{"image": name}]})
        assert "\n" not in str(caught.value)


# ---- going on, and going on to the optimizer


def test_going_on_is_painting_again(started, tmp_path):
    path = tmp_path / "checkpoint"
    first = started(checkpoint_path=path)
    next(first)
    first.save_checkpoint()
    second = started(checkpoint_path=path, resume=True)
    (step,) = second
    assert step.iteration == 1
    np.testing.assert_array_equal(first.result().picture.pixels, second.result().picture.pixels)


@pytest.mark.parametrize("strength", [1, 0.3])
def test_the_optimizer_begins_from_what_is_painted(vgg, folder, strength):
    layer = {"region": "rect(0, 0, 40, 60)", "feather": 0, "styles": [{"image": "a.png"}], "strength": strength}
    few = {"size": 0, "iterations": "2", "style_layers": "relu1_1,relu2_1", "content_layer": "relu2_2"}
    recipe = Recipe.from_mapping({**few, "start": "fast", "layers": [layer]})
    problem = prepared(recipe, images.from_array(PHOTO), halo=8, folder=folder)
    expected = transfer(problem.content, embed(problem.parts[0].styles[0].picture))
    np.testing.assert_array_equal(begun(problem), expected)
    run = Run(problem)
    next(run)
    np.testing.assert_allclose(run.working_picture()[:, :40], expected[:, :40], atol=1e-6)
    np.testing.assert_array_equal(run.working_picture()[:, 40:], problem.content[:, 40:])


def test_the_optimizer_begins_small_from_what_is_painted(vgg, folder):
    Image.fromarray(smooth(100, 120, 3)).save(folder / "large.png")
    layer = {"styles": [{"image": "large.png"}]}
    few = {"size": 0, "iterations": "1,1", "style_layers": "relu1_1", "content_layer": "relu2_2"}
    recipe = Recipe.from_mapping({**few, "start": "fast", "layers": [layer]})
    problem = prepared(recipe, images.from_array(smooth(100, 120, 4)), halo=8, folder=folder)
    run = Run(problem)
    next(run)
    painted = torch.from_numpy(begun(problem)).movedim(-1, 0)[None]
    expected = resize(painted, 50, 60)[0].movedim(0, -1).numpy()
    np.testing.assert_allclose(run.working_picture(), expected, atol=1e-6)
