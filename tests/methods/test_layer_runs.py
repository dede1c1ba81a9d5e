"""Runs of several layers: passes through the network, terms of the loss, strength, and going on after a stop."""

from itertools import pairwise

import numpy as np
import pytest
from helpers import objectives_of, texture
from PIL import Image

from sfumato.features import VGG19
from sfumato.methods import Run, localized, steps

pytestmark = pytest.mark.filterwarnings("ignore:.*is plain beside")

SHAPE = 48, 64


# ---- one network, one loss


@pytest.mark.usefixtures("vgg")
@pytest.mark.parametrize("count", [1, 2, 4])
def test_a_step_is_one_pass_through_the_network(layered, monkeypatch, count):
    calls, plain = [], VGG19.__call__

    def watched(self, picture, layers):
        calls.append(tuple(picture.shape[-2:]))
        return plain(self, picture, layers)

    monkeypatch.setattr(VGG19, "__call__", watched)
    layers = [{"region": f"rect({16 * n}, 0, {16 * n + 14}, 48)"} for n in range(count)]
    seen = []
    for step in steps(layered(*layers, tolerance=0), texture(*SHAPE, 1)):
        seen.append((step.iteration, len(calls)))
    repeated = [after - before for (_, before), (number, after) in pairwise(seen) if number > 1]
    assert len(repeated) >= 3
    assert set(repeated) == {1}


def test_each_style_of_each_layer_has_its_term(made, folder):
    styles = [{"image": str(folder / "a.png")}, {"image": str(folder / "b.png"), "layers": ["relu1_2"]}]
    names = "rect(0, 0, 30, 48)", "rect(34, 0, 64, 48)"
    both = made({"region": names[0], "styles": styles}, {"region": names[1], "styles": styles[:1] * 2})
    expected = {f"a.png [{names[0]}]", f"b.png [{names[0]}]", f"a.png [{names[1]}]", f"a.png #2 [{names[1]}]"}
    expected |= {"variation", *(f"content [{name}]" for name in names)}
    for step in both.trace:
        assert set(step.terms) == expected
        assert step.loss == pytest.approx(sum(step.terms.values()), rel=1e-9)
    assert all(value > 0 for value in both.trace[-1].terms.values())


# ---- strength


def test_strength_leads_from_the_photo_to_the_styled_picture(made):
    photo = texture(*SHAPE, 1)
    layer = {"region": "ellipse(32, 24, 20, 15)"}
    whole_strength = made(layer)
    results = {strength: made({**layer, "strength": strength}) for strength in (0, 0.25, 0.5, 0.75, 1)}
    np.testing.assert_array_equal(results[0].picture.pixels, photo)
    assert results[0].alpha.max() == 0
    np.testing.assert_array_equal(results[1].picture.pixels, whole_strength.picture.pixels)
    np.testing.assert_array_equal(results[0.25].alpha, whole_strength.alpha)
    change = [np.abs(result.picture.pixels.astype(int) - photo).mean() for result in results.values()]
    for less, more in pairwise(change):
        assert more > less + 0.1 * change[-1]


# ---- stopped and gone on


@pytest.mark.usefixtures("vgg")
def test_a_resumed_run_of_several_layers_ends_the_same(problem, folder, tmp_path):
    masked = [{"image": str(folder / "b.png"), "mask": "rect(0, 0, 50%, 100%)", "layers": "relu1_1:2,relu3_1"}]
    layers = (
        {"region": "rect(0, 0, 30, 48)", "styles": masked, "color": "histogram", "blend": "mrf"},
        {"region": "linear(30, 0, 64, 0)", "strength": 0.5},
    )

    def start(**options):
        return Run(problem(*layers, tolerance=0), **options)

    full = start()
    list(full)
    path = tmp_path / "checkpoint"
    first = start(checkpoint_path=path, checkpoint_every=0)
    next(first), next(first)
    second = start(checkpoint_path=path, resume=True)
    assert [step.loss for step in second] == [step.loss for step in full.trace[2:]]
    np.testing.assert_array_equal(second.result().picture.pixels, full.result().picture.pixels)
    np.testing.assert_array_equal(second.result().alpha, full.result().alpha)


def test_the_fingerprint_follows_the_layers(problem, folder):
    def printed(**style):
        layer = {"region": "rect(8, 0, 64, 48)", "styles": [{"image": str(folder / "a.png"), **style}]}
        return problem(layer, {"region": "rect(0, 0, 4, 4)", "strength": 0}).fingerprint()

    prints = [printed(), printed(mask="rect(0, 0, 50%, 100%)"), printed(mask="all"), printed(layers="relu1_1")]
    for gray in (100, 200):
        Image.new("L", (48, 40), gray).save(folder / "part.png")
        prints.append(printed(mask=str(folder / "part.png")))
    assert printed(mask="all") == prints[2]
    assert len(set(prints)) == len(prints)


# ---- finishing


@pytest.mark.usefixtures("vgg")
def test_at_the_photos_own_size_styles_have_shallow_layers_only(layered, folder, monkeypatch):
    found = objectives_of(monkeypatch, localized)
    own = ["relu1_1:2,relu4_1", "relu5_1,relu4_1:3", None]
    styles = [{"image": str(folder / name), "layers": names} for name, names in zip("abc", own, strict=True)]
    styles = [{**style, "image": style["image"] + ".png"} for style in styles]
    recipe = layered({"region": "all", "styles": styles}, size=32, finish=1, iterations="1")
    trace = list(steps(recipe, texture(*SHAPE, 1)))
    assert [step.level for step in trace] == [1, 2]
    coarse, fine = ([[style.layers for style in region.styles.values()] for region in each.regions] for each in found)
    assert coarse == [[{"relu1_1": 2, "relu4_1": 1}, {"relu5_1": 1, "relu4_1": 3}, {"relu1_1": 1, "relu2_1": 1}]]
    assert fine == [[{"relu1_1": 2}, {"relu4_1": 3}, {"relu1_1": 1, "relu2_1": 1}]]
