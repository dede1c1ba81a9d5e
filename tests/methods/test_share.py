"""The share of a style that a region takes."""

import contextlib

import numpy as np
import pytest
import torch
from helpers import FAST, drained, objectives_of, prepared, smooth
from PIL import Image

from sfumato import images
from sfumato.errors import RegionError
from sfumato.losses import Moments, Transport
from sfumato.methods import localized, steps
from sfumato.methods.optimization import Optimization
from sfumato.recipe import Recipe

pytestmark = [pytest.mark.usefixtures("vgg"), pytest.mark.filterwarnings("ignore:.*is plain beside")]

REGION, MAPPED = "rect(0, 0, 50%, 100%)", "relu3_1"


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


def targets(found, layer="relu1_1"):
    """The moments at a layer that a layer of the recipe is to have: those of its only style."""
    (style,) = found.regions[0].styles.values()
    return style.picture[layer]


def test_a_region_takes_what_it_gets_if_the_whole_photo_is_restyled(recipe, photo, folder, monkeypatch):
    """Against the map from the whole photo's features to the style's, computed here without crop or windows."""
    asked = objectives_of(monkeypatch, localized)
    next(steps(recipe(size=0, iterations="1"), photo))
    network = asked[0].network

    def seen(pixels):
        tensor = torch.from_numpy(pixels.astype(np.float32) / 255).movedim(-1, 0)[None]
        return network(tensor, ["relu1_1"])["relu1_1"][0].flatten(1).double()

    whole, style = seen(photo), seen(np.asarray(Image.open(folder / "style.png")))
    # The network repeats the border, so that the features at the crop's differ a little from the photo's.
    own = seen(photo).view(-1, *photo.shape[:2])[..., :40].flatten(1)
    of = [Moments(rows.mean(1), rows @ rows.T / rows.shape[1]) for rows in (style, whole, own)]
    mixed = Moments(*(0.7 * one + 0.3 * other for one, other in zip(of[1], of[2], strict=True)))
    transport, found = Transport(of[0], mixed), targets(asked[0])
    expected = transport.moments(of[2], common=max(0.3, 1 - transport.contrast(of[2]) ** 2))
    scale = of[0].mean.abs().max().item()
    np.testing.assert_allclose(found.mean, expected.mean, atol=0.04 * scale)
    # Nearer to it than to all of the style.
    assert (found.mean - expected.mean).norm() < 0.2 * (of[0].mean - expected.mean).norm()


def test_a_whole_photo_takes_the_whole_style(recipe, photo, monkeypatch):
    found = []
    for share in ("matched", "whole"):
        asked = objectives_of(monkeypatch, localized)
        next(steps(recipe(region="all", style_share=share), photo))
        found.append(targets(asked[0]))
    for one, other in zip(*found, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-3, atol=1e-3 * other.abs().max().item())


def test_a_plain_region_gets_the_contrast_of_the_style(recipe, folder, monkeypatch):
    """And is not held to its own: a clear sky is painted as well as what stands before it."""
    photo = smooth(64, 80, 1)
    photo[:, :40] = 120 + photo[:, :40] // 40
    found = {}
    for region in (REGION, f"~{REGION}"):
        asked = objectives_of(monkeypatch, localized)
        next(steps(recipe(region=region, style_layers=MAPPED), photo))
        wanted = targets(asked[0], MAPPED)
        variance = (wanted.gram.trace() - wanted.mean.square().sum()).item()
        found[region] = variance, sum(content.weight for content in asked[0].regions[0].contents)
    (plain, loose), (full, held) = found.values()
    assert plain > 0.5 * full
    assert loose < 0.5 * held


def test_a_region_keeps_its_tone(recipe, photo):
    """Warm stays warm all over: otherwise the whole style has to fit into the region."""

    def blue_in_warm(**options):
        picture = drained(steps(recipe(iterations="40", size=64, **options), photo)).array[:, :36].astype(float)
        return (picture[..., 2] > picture[..., 0]).mean()

    assert blue_in_warm() < 0.5 * blue_in_warm(style_share="whole")


@pytest.mark.parametrize("options", [{"style_share": "whole"}, {"color": "linear"}, {"color": "histogram"}])
def test_all_of_a_style_that_is_taken_whole(recipe, photo, monkeypatch, options):
    """That is the published loss; and a style in the photo's colors already has what suits the region."""
    asked = objectives_of(monkeypatch, localized)
    next(steps(recipe(**options), photo))
    optimization = Optimization(prepared(recipe(**options), images.from_array(photo)))
    style = optimization.problem.parts[0].styles[0]
    level = optimization.levels()[0]
    expected = optimization.moments(style, style.size(level.scale), ["relu1_1"])["relu1_1"]
    for one, other in zip(targets(asked[0]), expected, strict=True):
        torch.testing.assert_close(one, other)


def test_of_a_large_photo_only_windows_are_looked_at(recipe, photo, monkeypatch):
    """Evenly spread ones, whose moments are about those of all of it."""
    large = np.tile(photo, (40, 32, 1))
    seen, plain = [], images.Picture.rgb

    def watched(picture, box=None):
        found = plain(picture, box)
        seen.append(found.size // 3)
        return found

    monkeypatch.setattr(images.Picture, "rgb", watched)
    asked = objectives_of(monkeypatch, localized)
    next(steps(recipe(region="rect(80, 64, 160, 128)", size=0, iterations="1"), large))
    assert sum(seen) < 0.2 * large.size / 3
    # The photo repeats itself: the region, one period of it, is like the whole, so that it takes all of the style.
    region, style = targets(asked[0]), asked[0]
    optimization = Optimization(prepared(recipe(size=0), images.from_array(photo)))
    whole = optimization.moments(optimization.problem.parts[0].styles[0], (48, 64), ["relu1_1"])["relu1_1"]
    assert style.photo.shape[-1] < 400
    assert (region.mean - whole.mean).norm() < 0.15 * whole.mean.norm()


def test_the_finishing_steps_take_a_share_too(recipe, photo, monkeypatch):
    asked = objectives_of(monkeypatch, localized)
    drained(steps(recipe(size=40, iterations="2", finish=2), photo))
    coarse, fine = (targets(found) for found in asked)
    assert asked[1].photo.shape[-1] > 1.5 * asked[0].photo.shape[-1]
    asked.clear()
    drained(steps(recipe(size=40, iterations="2", finish=2, style_share="whole"), photo))
    for found, whole in zip((coarse, fine), (targets(found) for found in asked), strict=True):
        assert (found.mean - whole.mean).norm() > 0.05 * whole.mean.norm()


def test_each_style_of_each_layer_has_a_share_of_its_own(folder, photo, monkeypatch):
    one, other = ({"image": str(folder / name)} for name in ("style.png", "second.png"))
    layers = [{"region": REGION, "styles": [one, other]}, {"region": f"~{REGION}", "styles": [other]}]
    asked = objectives_of(monkeypatch, localized)
    next(steps(Recipe.from_mapping({"version": 1, **FAST, "size": 0, "layers": layers}), photo))
    warm, cold = asked[0].regions
    means = [style.picture["relu1_1"].mean for region in (warm, cold) for style in region.styles.values()]
    assert len(means) == 3
    for index, mean in enumerate(means):
        assert all((mean - another).norm() > 0.05 * mean.norm() for another in means[:index])


def features(network, photo, layer=MAPPED):
    tensor = torch.from_numpy(photo.astype(np.float32) / 255).movedim(-1, 0)[None]
    return network(tensor, [layer])[layer].float()


def test_content_is_the_photo_and_the_photo_mapped_as_its_share_is(recipe, photo, monkeypatch):
    """Of a whole photo, the mapped one has the means of the style, and keeps the photo's order."""
    asked = objectives_of(monkeypatch, localized)
    next(steps(recipe(region="all", size=0, iterations="1", content_layer="relu4_1", style_layers=MAPPED), photo))
    found = {content.layer: content.activation.float() for content in asked[0].regions[0].contents}
    assert set(found) == {"relu4_1", MAPPED}
    torch.testing.assert_close(found["relu4_1"], features(asked[0].network, photo, "relu4_1"))
    own, mapped, wanted = features(asked[0].network, photo), found[MAPPED], targets(asked[0], MAPPED)
    assert mapped.shape == own.shape
    assert (mapped >= 0).all()
    distance = (mapped.mean((0, 2, 3)) - wanted.mean).norm()
    # What is cut off below zero shifts it a little.
    assert distance < 0.4 * (own.mean((0, 2, 3)) - wanted.mean).norm()
    pairs = zip(own[0].flatten(1), mapped[0].flatten(1), strict=True)
    order = [np.corrcoef(one, other)[0, 1] for one, other in pairs if one.std() * other.std() > 0]
    assert np.mean(order) > 0.5


def test_mapped_content_counts_more_than_the_photos_own(recipe, photo, monkeypatch):
    asked = objectives_of(monkeypatch, localized)
    next(steps(recipe(region="all", style_layers=MAPPED), photo))
    weights = {content.layer: content.weight for content in asked[0].regions[0].contents}
    assert 0 < weights["relu2_2"] < weights[MAPPED]


def mapped(found):
    """The activation of the photo in the manner of the styles of the only region."""
    (activation,) = (content.activation for content in found.regions[0].contents if content.layer == MAPPED)
    return activation.float()


def test_mapped_content_of_several_styles_is_their_mean(folder, recipe, photo, monkeypatch):
    found = {}
    for names in (("style.png",), ("second.png",), ("style.png:3", "second.png:1")):
        asked = objectives_of(monkeypatch, localized)
        styles = [str(folder / name) for name in names]
        next(steps(recipe(style=styles, region="all", style_layers=MAPPED), photo))
        found[names] = mapped(asked[0])
    one, other, both = found.values()
    torch.testing.assert_close(both, 0.75 * one + 0.25 * other, rtol=0.02, atol=0.02 * both.max().item())


@pytest.mark.parametrize(
    "options",
    [
        {"style_share": "whole", "style_layers": MAPPED},
        # A position of the mapped layer may be larger than the region, or than a part of the style.
        {"style_layers": "relu1_1"},
        {"style_layers": MAPPED, "region": "rect(0, 0, 2, 2)", "size": 0},
    ],
)
def test_content_is_the_photo_itself_otherwise(recipe, photo, monkeypatch, options):
    asked = objectives_of(monkeypatch, localized)
    with contextlib.suppress(RegionError):  # the last region is too small for the style as well
        next(steps(recipe(**options), photo))
    assert not asked[0].regions[0].contents


def test_content_is_mapped_at_a_layer_that_is_no_style_layer(recipe, photo, monkeypatch):
    asked = objectives_of(monkeypatch, localized)
    next(steps(recipe(region="all", style_layers="relu1_1,relu4_1"), photo))
    assert {content.layer for content in asked[0].regions[0].contents} == {"relu2_2", MAPPED}


def test_a_style_in_the_photos_colors_is_taken_whole_by_the_content_too(recipe, photo, monkeypatch):
    """The region's own features are mapped, not the whole photo's, which are colder than this region."""
    asked = objectives_of(monkeypatch, localized)
    next(steps(recipe(color="linear", size=0, style_layers=MAPPED), photo))
    wanted = targets(asked[0], MAPPED)
    means = mapped(asked[0])[..., :10].mean((0, 2, 3))
    assert (means - wanted.mean).norm() < 0.3 * wanted.mean.norm()


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
        ("draft", (20,), (40, 20)),
        ("normal", (20, 10), (60, 40, 20)),
        ("fine", (50, 36, 20), (120, 80, 60, 30)),
    ):
        assert Recipe.from_options(style="a.jpg", preset=preset).iterations == matched
        assert Recipe.from_options(style="a.jpg", preset=preset, style_share="whole").iterations == whole
