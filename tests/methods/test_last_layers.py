"""The last of several sizes, left to the network layers that see strokes."""

import numpy as np
import pytest
from helpers import drained, face_at, objectives_of, texture
from PIL import Image

from sfumato.features import VGG19, depth
from sfumato.methods import localized, steps
from sfumato.recipe import Recipe

pytestmark = [pytest.mark.usefixtures("vgg"), pytest.mark.filterwarnings("ignore:.*is plain beside")]

STROKES = depth("relu3_1")
LAYERS = "relu1_1,relu2_1,relu3_1,relu4_1,relu5_1"


@pytest.fixture(scope="module")
def photo():
    return texture(128, 160, seed=1)


@pytest.fixture(scope="module")
def style(tmp_path_factory):
    place = tmp_path_factory.mktemp("pictures") / "style.png"
    Image.fromarray(texture(180, 224, seed=2)).save(place)
    return str(place)


@pytest.fixture(scope="module")
def recipe(style):
    def make(**options):
        plain = {"size": 96, "iterations": "2,2", "feather": 0, "tolerance": 0, "finish": 0, "style_layers": LAYERS}
        plain |= {
            "style": style,
            "region": "rect(20, 16, 116, 112)",
            "last_layers": "shallow",
            "content_layer": "relu4_2",
        }
        return Recipe.from_options(**{**plain, **options})

    return make


@pytest.fixture
def read(monkeypatch, photo):
    """The deepest layer that each size of a run asks the network for, by number of the size."""
    calls, plain = [], VGG19.__call__

    def watched(self, picture, layers):
        layers = list(layers)
        calls.extend(layers)
        return plain(self, picture, layers)

    monkeypatch.setattr(VGG19, "__call__", watched)

    def run(recipe, photo=photo):
        found = {}
        for step in steps(recipe, photo):
            found[step.level] = max([*calls, found.get(step.level, "relu1_1")], key=depth)
            calls.clear()
        return found

    return run


@pytest.fixture
def asked(monkeypatch, recipe, photo):
    """What the last size of a run asks its objective for, and the terms of its first step."""

    def run(recipe):
        with monkeypatch.context() as patch:
            objectives = objectives_of(patch, localized)
            trace = drained(steps(recipe, photo)).trace
        return objectives[-1], next(step.terms for step in trace if step.level == trace[-1].level)

    return run


# ---- which layers


@pytest.mark.parametrize("share", ["matched", "whole"])
def test_the_last_size_reads_no_deep_layer(recipe, read, share):
    faces = "off" if share == "whole" else "keep"
    assert read(recipe(style_share=share, faces=faces)) == {1: "relu5_1", 2: "relu3_1"}
    assert read(recipe(style_share=share, faces=faces, last_layers="all")) == {1: "relu5_1", 2: "relu5_1"}


def test_of_three_sizes_only_the_last(recipe, read):
    large = texture(224, 224, seed=3)
    found = read(recipe(size=200, iterations="1,1,1", region="all"), large)
    assert found == {1: "relu5_1", 2: "relu5_1", 3: "relu3_1"}


def test_an_only_size_reads_all(recipe, read, photo):
    assert read(recipe(iterations="2")) == {1: "relu5_1"}
    # Also where what is worked on is too small for two.
    assert read(recipe(region="rect(0, 0, 40, 40)")) == {1: "relu5_1"}
    one, other = (drained(steps(recipe(iterations="3", last_layers=last), photo)) for last in ("all", "shallow"))
    np.testing.assert_array_equal(one.array, other.array)


def test_insets_read_all(recipe, read, pretend_faces):
    """They are painted at one size only."""
    pretend_faces(face_at(68, 60, 9))
    assert read(recipe(region="all", size=128)) == {1: "relu5_1", 2: "relu3_1", 3: "relu5_1"}


@pytest.mark.parametrize("last", ["shallow", "all"])
def test_where_the_photos_own_size_follows_that_is_the_last(recipe, read, last):
    one = recipe(size=100, iterations="1,1", finish=1, region="all", last_layers=last)
    assert read(one, texture(256, 256)) == {1: "relu5_1", 2: "relu5_1", 3: "relu3_1"}


def test_where_nothing_is_finished_the_working_size_is_the_last(recipe, read):
    one = recipe(size=100, iterations="1,1", finish=0, region="all")
    assert read(one, texture(256, 256)) == {1: "relu5_1", 2: "relu3_1"}


# ---- what it asks for


def test_content_is_held_at_a_layer_of_strokes(recipe, asked):
    """With a share, to the photo mapped as the share is, as much as before; else to the photo, and less."""
    last, _ = asked(recipe())
    (region,) = last.regions
    assert [content.layer for content in region.contents] == ["relu3_1"]
    full, _ = asked(recipe(last_layers="all"))
    mapped = next(content for content in full.regions[0].contents if content.layer == "relu3_1")
    assert region.content_weight == full.regions[0].content_weight
    assert region.contents[0].weight == pytest.approx(mapped.weight)
    whole, _ = asked(recipe(style_share="whole", faces="off"))
    assert whole.weights.content_layer == "relu3_1"
    assert not whole.regions[0].contents
    assert whole.regions[0].content_weight == pytest.approx(full.regions[0].content_weight / 3)


def test_a_layer_counts_what_it_counts_beside_the_deep_ones(recipe, asked):
    """At the first step of the last size, when the picture is still the photo."""
    options = {"iterations": "1,1", "style_share": "whole", "faces": "off"}

    def term(**more):
        return asked(recipe(**{**options, **more}))[1]["style.png"]

    alone = term(style_layers="relu2_1", last_layers="all")
    assert term(style_layers="relu2_1:1,relu4_1:1") == pytest.approx(alone / 2, rel=1e-3)
    assert term(style_layers="relu2_1:1,relu4_1:3", style_weight=2) == pytest.approx(alone / 2, rel=1e-3)
    three = [term(style_layers=layer, last_layers="all") for layer in ("relu1_1", "relu2_1", "relu3_1")]
    assert term() == pytest.approx(sum(three) / 5, rel=1e-3)
    assert term(last_layers="all") > sum(three) / 5


def test_each_style_counts_what_it_counts_beside_its_deep_layers(recipe, style, asked):
    """Where styles have layers of their own."""
    styles = [
        {"image": style, "layers": ["relu2_1"]},
        {"image": style, "layers": ["relu2_1", "relu4_1", "relu5_1"], "weight": 3},
    ]
    data = recipe(style_share="whole", faces="off", iterations="1,1").model_dump(mode="json", exclude_none=True)
    data["layers"][0]["styles"] = styles
    _, terms = asked(Recipe.from_mapping(data))
    alone = asked(recipe(style_share="whole", faces="off", iterations="1,1", style_layers="relu2_1"))[1]["style.png"]
    assert terms["style.png"] == pytest.approx(alone / 4, rel=1e-3)
    assert terms["style.png #2"] == pytest.approx(alone * 3 / 4 / 3, rel=1e-3)


def test_of_deep_layers_only_the_shallowest_counts_what_it_counted(recipe, asked):
    options = {"iterations": "1,1", "style_share": "whole", "faces": "off"}
    alone = asked(recipe(**options, style_layers="relu4_1", last_layers="all"))[1]["style.png"]
    found = asked(recipe(**options, style_layers="relu4_1:0.5,relu5_1:0.5"))[1]["style.png"]
    assert found == pytest.approx(alone / 2, rel=1e-3)


# ---- pictures


@pytest.mark.parametrize("options", [{}, {"style_share": "whole", "faces": "off"}])
def test_the_picture_is_another(recipe, photo, options):
    short, full = (drained(steps(recipe(**options, last_layers=last), photo)) for last in ("shallow", "all"))
    assert (short.array != full.array).any()
    outside = short.alpha == 0
    np.testing.assert_array_equal(short.array[outside], photo[outside])
    # The sizes before are the same, and the last one goes on from them.
    assert [step.loss for step in short.trace[:2]] == [step.loss for step in full.trace[:2]]


@pytest.mark.parametrize("share", ["matched", "whole"])
@pytest.mark.parametrize("layers", ["relu1_1,relu2_1", "relu3_1", "relu4_1,relu5_1", "relu1_1:0.2,relu5_1:3"])
def test_any_style_layers(recipe, photo, share, layers):
    options = {"style_share": share, "style_layers": layers, "faces": "off", "content_layer": "relu2_2"}
    result = drained(steps(recipe(**options, iterations="2,5"), photo))
    assert result.finished
    first, *others = (step.loss for step in result.trace if step.level == 2)
    assert min(others) < first
    assert (result.array != photo).any()


def test_a_stopped_run_goes_on_the_same(recipe, photo, tmp_path):
    whole = drained(steps(recipe(), photo))
    path = tmp_path / "state"
    stopped = steps(recipe(), photo, checkpoint_path=path)
    for _ in range(3):
        next(stopped)
    stopped.save_checkpoint()
    again = drained(steps(recipe(), photo, checkpoint_path=path, resume=True))
    np.testing.assert_array_equal(again.array, whole.array)
