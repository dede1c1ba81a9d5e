"""A pasted object in the colors and strokes of the parts of its painting that are as light."""

import numpy as np
import pytest
from helpers import SHALLOW, drained, objectives_of, smooth, texture
from PIL import Image
from scipy import ndimage

from sfumato.blend import clean_colors, enlarge
from sfumato.methods import Run, steps
from sfumato.methods.harmonize import tones as harmonize
from sfumato.recipe import Recipe

pytestmark = pytest.mark.usefixtures("vgg")

OBJECT, REGION = np.s_[30:66, 36:76], "rect(36, 30, 76, 66)"
SIZES = {"size": 200, "iterations": "2,1", "tolerance": 0, **SHALLOW}
ONE = {**SIZES, "iterations": "1"}
FINISHED = {**SIZES, "size": 24, "finish": 3}

# How far from the object the painting is not used, in pixels of a picture of 112.
AWAY = 6


@pytest.fixture(scope="module")
def begun(tmp_path_factory, vgg):
    """Begin to harmonize an object in a painting of 96 × 112 pixels, which is red on the left, blue on the right."""
    folder = tmp_path_factory.mktemp("pictures")
    painting = texture(96, 112, 1)
    painting[:, :56, 2] //= 4
    painting[:, 56:, 0] //= 4
    Image.fromarray(painting).save(folder / "painting.png")
    pasted = painting.copy()
    pasted[OBJECT] = texture(36, 40, 9)

    def start(pasted=pasted, name="painting.png", **options):
        given = {"style": folder / name, "region": REGION, "method": "harmonize", **SIZES, **options}
        return steps(Recipe.from_options(**given), pasted, precision="float32")

    start.painting, start.pasted, start.folder = painting, pasted, folder
    return start


@pytest.fixture(scope="module")
def finished(begun):
    """A run at its end, of an object that is larger than the size; its picture; and its last objectives."""
    run = begun(**FINISHED)
    return run, drained(run)


@pytest.fixture
def objectives(monkeypatch):
    """The objective of each level."""
    return objectives_of(monkeypatch, harmonize)


def level_of(trace):
    return [(step.level, step.iteration) for step in trace]


def used_by(objective):
    (style,) = objective.regions[0].styles.values()
    return style.mask[0, 0].numpy()


# ---- what changes, and what stays


@pytest.mark.parametrize("options", [{}, FINISHED])
@pytest.mark.parametrize("feather", [0, 6])
def test_the_object_changes_and_the_painting_does_not(begun, options, feather):
    result = drained(begun(**options, feather=feather))
    reach = feather // 2
    grown = np.zeros((96, 112), bool)
    grown[30 - reach : 66 + reach, 36 - reach : 76 + reach] = True
    assert (result.alpha[~grown] == 0).all()
    np.testing.assert_array_equal(result.picture.pixels[result.alpha == 0], begun.painting[result.alpha == 0])
    assert (result.picture.pixels != begun.pasted).any(-1)[36:60, 42:70].mean() > 0.95


def test_without_strength_the_object_is_as_it_was_pasted(begun):
    result = drained(begun(strength=0, feather=0))
    np.testing.assert_array_equal(result.picture.pixels, begun.pasted)


# ---- what the object is held to


def in_its_colors(problem):
    """The crop with the object in the colors of the palette; its border is soft."""
    own = problem.own()
    inside = ndimage.gaussian_filter(problem.parts[0].region, 1, mode="mirror", truncate=4)[..., None]
    return own + inside * (problem.palette.recolored(own) - own)


def test_the_content_is_the_object_in_the_colors_of_the_painting(begun):
    problem = begun(feather=0).problem
    own = problem.own()
    np.testing.assert_allclose(own, begun.pasted / 255, atol=1e-6)
    np.testing.assert_allclose(problem.content, in_its_colors(problem), atol=1e-5)
    np.testing.assert_array_equal(problem.aim(), problem.content)
    inner, outside = np.s_[34:62, 40:72], np.s_[:26]
    np.testing.assert_allclose(problem.content[inner], problem.palette.recolored(own)[inner], atol=1e-5)
    assert np.abs(problem.content - own)[inner].mean() > 0.03
    np.testing.assert_array_equal(problem.content[outside], own[outside])


def test_the_object_takes_the_colors_of_the_part_that_counts(begun):
    """A gray one becomes red by the painting's left half, blue by its right one."""
    pasted = begun.painting.copy()
    pasted[OBJECT] = np.repeat(texture(36, 40, 9)[..., :1], 3, -1)
    tints = []
    for part in ("rect(0, 0, 50%, 100%)", "rect(50%, 0, 100%, 100%)"):
        pixels = drained(begun(pasted, mask=part, **FINISHED)).picture.pixels[38:58, 44:68].astype(float)
        tints.append((pixels[..., 0] - pixels[..., 2]).mean())
    assert tints[0] > 20
    assert tints[1] < -20


def test_with_patches_the_object_is_held_to_itself(begun):
    problem = begun(matches="patches").problem
    assert problem.palette is None
    np.testing.assert_array_equal(problem.content, problem.aim())
    np.testing.assert_array_equal(problem.aim(), problem.own())


def test_an_object_that_is_worked_at_a_smaller_size_is_finished_in_the_same_colors(begun, objectives):
    run = begun(**FINISHED)
    list(run)
    problem = run.problem
    assert problem.content.shape[:2] < problem.crop.shape
    own, aim = problem.own(), in_its_colors(problem)
    working, finest = (each.photo[0].movedim(0, -1).numpy() for each in objectives[-2:])
    np.testing.assert_allclose(finest, aim, atol=1e-5)
    assert np.abs(working.mean((0, 1)) - aim.mean((0, 1))).max() < 0.003
    assert np.abs(own - aim).max() > 0.1
    styled = np.random.default_rng(0).random(problem.content.shape, np.float32)
    expected = clean_colors(enlarge(styled, aim, detail=1.0), aim)
    np.testing.assert_allclose(problem.enlarged(styled), expected, atol=1e-4)


def test_the_picture_begins_with_what_the_object_is_held_to(begun):
    trace = list(begun())
    for name in ("content", "tones"):
        found = {(step.level, step.iteration): step.terms[name] for step in trace}
        assert found[1, 1] == pytest.approx(0, abs=1e-9)
        assert found[1, 2] > 1e-5


@pytest.mark.parametrize(("options", "detail"), [({}, 0.15), ({**FINISHED, "finish": 1}, 0.15)])
def test_each_size_begins_with_fine_detail_in_the_colors_of_the_painting(begun, options, detail):
    run = begun(**options, detail=0.5)
    before, after = [run.working_picture() for _ in run][-2:]
    assert before.shape < after.shape
    mask = run.problem.parts[0].mask == 1
    expected = enlarge(before, in_its_colors(run.problem), detail=detail)
    np.testing.assert_allclose(after[mask], expected[mask], atol=1e-5)


# ---- which paint is used


@pytest.mark.parametrize(
    ("options", "columns"), [({}, slice(0, 112)), ({"mask": "rect(0, 0, 50%, 100%)"}, slice(0, 56))]
)
def test_the_painting_is_used_away_from_the_object_and_where_its_mask_is(begun, objectives, options, columns):
    list(begun(feather=0, **ONE, **options))
    used = used_by(objectives[-1])
    assert used.shape == (96, 112)
    near = np.zeros((96, 112), bool)
    near[30 - AWAY : 66 + AWAY, 36:76] = near[30:66, 36 - AWAY : 76 + AWAY] = True
    free = np.zeros((96, 112), bool)
    free[:, columns] = True
    assert (used[near | ~free] == 0).all()
    # The corners of what is near are round.
    near[30 - AWAY : 66 + AWAY, 36 - AWAY : 76 + AWAY] = True
    assert (used[free & ~near] > 0).mean() > 0.7
    assert used.max() == 1


@pytest.mark.parametrize("options", [{}, FINISHED])
def test_the_style_is_that_of_the_paint_that_was_taken(begun, objectives, options):
    run = begun(**options)
    list(run)
    assert len(objectives) == 2
    for objective in objectives:
        used = used_by(objective)
        np.testing.assert_array_equal(used, run.problem.palette.used(*used.shape))
        assert objective.regions[0].styles["painting.png"].picture.shape[-2:] == used.shape


def test_where_the_object_leaves_nothing_the_painting_counts_beneath_it(begun, objectives):
    list(begun(region="rect(4, 4, 108, 92)", feather=0, mask="rect(0, 0, 50%, 100%)"))
    used = used_by(objectives[-1])
    assert (used[:, :56] > 0).mean() > 0.9
    assert (used[:, 56:] == 0).all()


@pytest.mark.parametrize("finish", [0, 8])
def test_a_painting_that_is_looked_at_smaller_than_it_is(begun, finish):
    painting = smooth(300, 400, 1)
    Image.fromarray(painting).save(begun.folder / "large.png")
    pasted = painting.copy()
    pasted[20:30, 180:220] = 0
    run = begun(pasted, "large.png", region="rect(180, 20, 220, 30)", feather=0, size=10, finish=finish)
    used = run.problem.palette.used(75, 100)
    assert (used[5:8, 45:55] == 0).all()
    assert used[20:].max() > 0


# ---- steps


def test_what_is_weighed_at_each_size(begun, finished):
    usual = {"painting.png", "content", "histogram", "tones", "variation"}
    assert [set(step.terms) for step in begun()] == [usual] * 3
    trace = finished[0].trace
    assert level_of(trace) == [(1, 1), (1, 2), (1, 3), (2, 1), (2, 2), (2, 3)]
    assert [set(step.terms) for step in trace] == [usual] * 3 + [usual - {"tones", "histogram"}] * 3
    for step in trace:
        assert step.loss == pytest.approx(sum(step.terms.values()))


# ---- stopped and gone on


def test_the_same_inputs_give_the_same_picture(begun, finished):
    np.testing.assert_array_equal(drained(begun(**FINISHED)).picture.pixels, finished[1].picture.pixels)


@pytest.mark.parametrize("after", [1, 2, 3, 4, 5])
def test_a_run_resumed_ends_the_same(finished, tmp_path, after):
    whole, expected = finished
    path = tmp_path / "checkpoint"
    first = Run(whole.problem, checkpoint_path=path, checkpoint_every=0)
    for _ in range(after):
        next(first)
    second = Run(whole.problem, checkpoint_path=path, resume=True)
    assert level_of(second) == level_of(whole.trace)[after:]
    np.testing.assert_array_equal(second.result().picture.pixels, expected.picture.pixels)
