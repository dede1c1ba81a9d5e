"""The share of a style that a region takes, and the colors that its content gets."""

import numpy as np
import pytest
from helpers import FAST, drained, objectives_of, prepared, smooth
from PIL import Image

from sfumato import images
from sfumato.methods import localized, steps
from sfumato.recipe import Recipe

pytestmark = pytest.mark.usefixtures("vgg")

REGION = "rect(0, 0, 50%, 100%)"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A style with a blue and a yellow half, and another one."""
    folder = tmp_path_factory.mktemp("pictures")
    style = smooth(48, 64, 2) // 3
    style[:, :32, 2] += 150
    style[:, 32:, :2] += 150
    Image.fromarray(style).save(folder / "style.png")
    Image.fromarray(smooth(48, 64, 3)).save(folder / "second.png")
    return folder


@pytest.fixture(scope="module")
def photo():
    """Warm on the left, cold on the right."""
    pixels = smooth(64, 80, 1) // 2
    pixels[:, :40, :2] += 80
    pixels[:, 40:, 2] += 80
    return pixels


@pytest.fixture(scope="module")
def recipe(folder):
    def make(**options):
        return Recipe.from_options(**{**FAST, "style": folder / "style.png", "region": REGION, "feather": 0, **options})

    return make


@pytest.fixture(scope="module")
def problem(recipe, photo):
    def make(pixels=photo, **options):
        return prepared(recipe(**options), images.from_array(pixels))

    return make


def test_a_warm_region_takes_the_warm_half_of_the_style(problem):
    share = problem().parts[0].styles[0].share
    assert share.mean() == pytest.approx(1, rel=1e-3)
    assert share[:, 40:].mean() > 3 * share[:, :24].mean()
    cold = problem(region=f"~{REGION}").parts[0].styles[0].share
    assert cold[:, :24].mean() > 2 * cold[:, 40:].mean()


def test_the_content_has_the_colors_of_the_style(problem, photo, folder):
    found = problem(region="all", size=0)
    style = images.load(folder / "style.png").rgb()
    assert found.content.shape == photo.shape
    mean, wanted = found.content.mean((0, 1)), style.mean((0, 1))
    gray = wanted @ (0.299, 0.587, 0.114)
    # With 1.3 times their chroma.
    np.testing.assert_allclose(mean, gray + 1.3 * (wanted - gray), atol=0.03)
    # A whole photo takes nearly all of the style alike; a part of it does not.
    whole, part = (problem(region=region).parts[0].styles[0].share.std() for region in ("all", REGION))
    assert whole < 0.5 * part


def test_the_content_of_the_finishing_steps_has_them_too(recipe, photo, monkeypatch):
    found = objectives_of(monkeypatch, localized)
    drained(steps(recipe(size=40, iterations="2", finish=2), photo))
    coarse, fine = (objective.photo for objective in found)
    assert fine.shape[-1] > 1.5 * coarse.shape[-1]
    assert (coarse.mean((2, 3)) - fine.mean((2, 3))).abs().max() < 0.02


def test_a_region_keeps_its_tone(recipe, photo):
    """Warm stays warm all over: without a tone, the whole style has to fit into the region."""

    def blue_in_warm(**options):
        picture = drained(steps(recipe(iterations="40", size=64, **options), photo)).array[:, :36].astype(float)
        return (picture[..., 2] > picture[..., 0]).mean()

    assert blue_in_warm() < 0.3 * blue_in_warm(style_share="whole")


def test_the_whole_style_is_the_published_loss(problem, photo, recipe, monkeypatch):
    found = problem(style_share="whole", size=0)
    part = found.parts[0]
    assert part.tone is part.styles[0].share is None
    top, left, bottom, right = found.crop.box
    np.testing.assert_allclose(found.content, photo[top:bottom, left:right] / 255, atol=1e-6)
    asked = objectives_of(monkeypatch, localized)
    run = steps(recipe(style_share="whole"), photo)
    step = next(run)
    assert "tone" not in step.terms
    assert asked[0].regions[0].tone_weight == 0
    assert "tone" in next(steps(recipe(), photo)).terms


@pytest.mark.parametrize("color", ["luminance", "linear", "histogram"])
def test_styles_in_the_photos_colors_are_taken_whole(problem, color):
    part = problem(color=color).parts[0]
    assert part.tone is part.styles[0].share is None


def test_of_a_large_photo_only_a_sample_is_looked_at(problem, photo, monkeypatch):
    large = np.kron(photo, np.ones((16, 16, 1), np.uint8))
    seen, plain = [], images.Picture.rgb

    def watched(picture, box=None):
        found = plain(picture, box)
        seen.append(found.size // 3)
        return found

    monkeypatch.setattr(images.Picture, "rgb", watched)
    region = "rect(40, 40, 72, 72)"
    found = problem(large, region=region)
    assert sum(seen) < 100_000 < large.size // 3
    # As if all had been looked at.
    expected = problem(photo, region="rect(2, 2, 5, 5)")
    np.testing.assert_allclose(found.parts[0].tone.matrix, expected.parts[0].tone.matrix, atol=0.05)


def test_a_part_of_a_style_is_shared_among_itself(problem, folder):
    style = f"{folder / 'style.png'}@rect(0, 0, 50%, 100%)"
    blue = problem(style=style).parts[0]
    assert blue.styles[0].mask.max() == 1
    # All that is left is blue, and so becomes the region.
    colors = problem(style=style, region="all", size=0).content.mean((0, 1))
    assert colors[2] > 1.5 * colors[0]


def test_several_styles_give_a_mean_tone(problem, folder, photo):
    one, other = folder / "style.png", folder / "second.png"
    first, second = (problem(style=name, size=0, region="all").content for name in (one, other))
    both = problem(style=[f"{one}:3", f"{other}:1"], size=0, region="all")
    np.testing.assert_allclose(both.content.mean((0, 1)), (0.75 * first + 0.25 * second).mean((0, 1)), atol=0.01)
    assert all(style.share is not None for style in both.parts[0].styles)


def test_each_layer_has_a_tone_of_its_own(folder, photo):
    layers = [
        {"region": REGION, "styles": [{"image": str(folder / "style.png")}]},
        {"region": f"~{REGION}", "styles": [{"image": str(folder / "second.png")}], "color": "linear"},
    ]
    found = prepared(Recipe.from_mapping({"version": 1, **FAST, "size": 0, "layers": layers}), images.from_array(photo))
    change = np.abs(found.content - photo / 255).mean((0, 2))
    assert change[:32].min() > 0.02
    assert change[48:].max() < 1e-6


def test_any_mask_mode(recipe, photo):
    for mode in ("inside", "receptive"):
        assert drained(steps(recipe(mask_mode=mode), photo)).finished


def test_the_smallest_styles(recipe, photo):
    options = {"size": 32, "iterations": "1", "style_layers": "relu5_1", "content_layer": "relu4_2"}
    assert drained(steps(recipe(**options), photo)).finished


@pytest.mark.parametrize("value", [0, 255])
def test_a_photo_of_one_color(recipe, value):
    result = drained(steps(recipe(), np.full((64, 80, 3), value, np.uint8)))
    assert np.isfinite(result.picture.rgb()).all()


def test_presets_for_a_matched_share_begin_larger():
    for preset, matched, whole in (
        ("draft", (40, 20), (40, 20)),
        ("normal", (40, 24), (60, 40, 20)),
        ("fine", (80, 60, 30), (120, 80, 60, 30)),
    ):
        assert Recipe.from_options(style="a.jpg", preset=preset).iterations == matched
        assert Recipe.from_options(style="a.jpg", preset=preset, style_share="whole").iterations == whole
