"""What a pasted object takes from its painting by tones: how strongly, how smoothly, and at which layers."""

import numpy as np
import pytest
import torch
from helpers import SHALLOW, objectives_of, texture
from PIL import Image

from sfumato.methods import steps
from sfumato.methods.harmonize import tones as harmonize
from sfumato.methods.harmonize.strokes import painterly
from sfumato.recipe import Recipe

OBJECT, REGION = np.s_[30:66, 36:76], "rect(36, 30, 76, 66)"
ONE = {"size": 200, "iterations": "1", **SHALLOW}


@pytest.fixture(scope="module")
def begun(tmp_path_factory, vgg):
    """Begin to harmonize an object in a painting of 96 × 112 pixels."""
    folder = tmp_path_factory.mktemp("pictures")
    painting = texture(96, 112, 1)
    Image.fromarray(painting).save(folder / "painting.png")
    pasted = painting.copy()
    pasted[OBJECT] = texture(36, 40, 9)

    def start(**options):
        given = {"style": folder / "painting.png", "region": REGION, "method": "harmonize", **ONE, **options}
        return steps(Recipe.from_options(**given), pasted, precision="float32")

    return start


@pytest.fixture
def objectives(monkeypatch):
    """The objective of each level."""
    return objectives_of(monkeypatch, harmonize)


def off_tone(picture, content, mask):
    """The mean squared distance (3, h, w) in squares of 6 pixels, every 3 pixels, in proportion to what is covered."""
    apart, covered = [], []
    for top in range(0, mask.shape[0] - 5, 3):
        for left in range(0, mask.shape[1] - 5, 3):
            square = np.s_[..., top : top + 6, left : left + 6]
            apart.append((((picture - content) * mask)[square].mean((-2, -1)) ** 2).sum())
            covered.append(mask[square].mean())
    return sum(apart) / sum(covered) + 3.3 * beyond_strokes((picture - content) * mask) / mask.sum()


def beyond_strokes(apart):
    """What differs by more than 0.08 in the mean of a square of 2 pixels, squared and summed over all such squares."""
    means = (apart[:, 1:, 1:] + apart[:, 1:, :-1] + apart[:, :-1, 1:] + apart[:, :-1, :-1]) / 4
    return (np.maximum(np.abs(means) - 0.08, 0) ** 2).sum()


def test_tones_are_compared_in_squares(begun, objectives):
    rng = np.random.default_rng(0)
    weights = []
    for content_weight in (0.3, 0.6):
        run = begun(feather=6, content_weight=content_weight)
        list(run)
        (term,) = objectives[-1].more
        content, mask = run.problem.content, run.problem.parts[0].mask.astype(float)
        assert mask[mask > 0].min() > 0
        picture = content + 0.3 * rng.standard_normal(content.shape).astype(np.float32) + 0.1
        found = term.of_picture(torch.from_numpy(picture).movedim(-1, 0)[None])
        one, other = (np.moveaxis(each.astype(float), -1, 0) for each in (picture, content))
        weights.append(found["tones"].item() / off_tone(one, other, mask))
    np.testing.assert_allclose(weights, [0.3 * 60, 0.6 * 60], rtol=1e-4)


def test_shapes_and_colors_are_held_by_two_layers(begun, objectives):
    list(begun())
    (objective,) = objectives
    found = objective.regions[0].contents
    assert {content.layer: content.weight for content in found} == {"relu2_2": 0.5, "relu3_1": 1.0}
    with torch.no_grad():
        for layer, activation, *_ in found:
            expected = objective.network(objective.photo, [layer])[layer]
            torch.testing.assert_close(activation, expected, rtol=1e-4, atol=1e-3)


def test_layers_that_see_whole_objects_count_less(begun, objectives):
    layers = "relu1_1,relu4_1:2,relu5_1,relu5_2:4"
    list(begun(size=24, finish=1, style_layers=layers))
    working, finest = (dict(objective.weights.style_layers) for objective in objectives)
    assert working == {"relu1_1": 1, "relu4_1": 2, "relu5_1": 0.2, "relu5_2": 0.8}
    assert finest == {"relu1_1": 1}


def test_histograms_are_those_of_the_paint_that_was_taken(begun, objectives):
    list(begun())
    (objective,) = objectives
    style = objective.regions[0].styles["painting.png"]
    used = style.mask[0, 0].numpy()
    assert set(objective.regions[0].histograms) == {"relu1_1", "relu4_1"}
    for layer, target in objective.regions[0].histograms.items():
        step = {"relu1_1": 1, "relu4_1": 8}[layer]
        carried = used.reshape(96 // step, step, 112 // step, step).mean((1, 3))
        with torch.no_grad():
            features = objective.network(style.picture, [layer])[layer][0].numpy()
        expected = features[:, carried >= min(0.5, carried.max())].T
        assert 0 < len(expected) < carried.size
        np.testing.assert_allclose(target.numpy(), expected, rtol=1e-3, atol=1e-3)


def test_what_is_given_takes_the_place_of_the_guess(begun, objectives):
    run = begun()
    guess = painterly(run.problem.parts[0].styles[0].picture)
    list(run)
    for options in ({"painterly": 2.0}, {"painterly": 8.0}, {"painterly": 8.0, "style_weight": 3.0}):
        list(begun(**options))
    pulls = [objective.regions[0].style_weight for objective in objectives]
    assert pulls == pytest.approx([guess / 5, 2 / 5, 8 / 5, 3 * 8 / 5])
    assert guess != pytest.approx(2)


def test_smooth_paintings_are_smoothed_and_keep_no_histograms(begun, objectives, monkeypatch):
    variations, histograms = [], []
    for share in (0.0, 0.75, 1.0):
        monkeypatch.setattr(harmonize, "smoothness", lambda *_, share=share: share)
        (step,) = begun(painterly=5)
        variations.append(step.terms["variation"])
        histograms.append(objectives[-1].regions[0].histogram_weight)
    assert histograms == pytest.approx([0.3, 0.3 / 4, 0])
    np.testing.assert_allclose(variations, np.multiply([1, 1.75, 2], variations[0]), rtol=1e-5)
