"""A pasted object, harmonized in one pass or two."""

import dataclasses

import cv2
import numpy as np
import pytest
from helpers import SHALLOW, drained, objectives_of, texture
from PIL import Image

from sfumato import images
from sfumato.blend import enlarge
from sfumato.methods import Run, steps
from sfumato.methods.harmonize import patches as harmonize
from sfumato.recipe import Recipe

pytestmark = pytest.mark.usefixtures("vgg")

FAST = {"size": 64, "iterations": "2,1", **SHALLOW}
OBJECT, REGION = np.s_[20:44, 28:56], "rect(28, 20, 56, 44)"


def recipe(folder, **options):
    given = {
        "style": folder / "painting.png",
        "region": REGION,
        "method": "harmonize",
        "matches": "patches",
        **FAST,
        **options,
    }
    return Recipe.from_options(**given)


@pytest.fixture(scope="module")
def started(tmp_path_factory):
    """Begin to harmonize: the painting is saved, the object pasted into it."""
    folder = tmp_path_factory.mktemp("pictures")

    def start(painting=None, pasted=None, **options):
        if painting is None:
            painting = texture(64, 80, 1)
        if pasted is None:
            pasted = painting.copy()
            pasted[OBJECT] = texture(24, 28, 9)
        Image.fromarray(painting).save(folder / "painting.png")
        return steps(recipe(folder, **options), pasted)

    return start


LARGE = texture(96, 112, 1)


@pytest.fixture(scope="module")
def large(started):
    """Of 96 × 112 pixels, which are worked at whole, in two sizes."""

    def start(**options):
        pasted = LARGE.copy()
        pasted[30:66, 36:76] = texture(36, 40, 9)
        given = {"size": 200, "region": "rect(36, 30, 76, 66)", "tolerance": 0, "style_layers": "relu2_1", **options}
        return started(LARGE, pasted, **given)

    return start


@pytest.fixture(scope="module")
def whole(large):
    """A run in two passes, which is at its end; and what it was at each step."""
    run = large()
    pictures = [step.full_picture() for step in run]
    return run, pictures


@pytest.fixture
def objectives(monkeypatch):
    """The objective of each level."""
    return objectives_of(monkeypatch, harmonize)


def level_of(trace):
    return [(step.level, step.iteration) for step in trace]


# ---- what is outside stays


def stored(path, kind):
    """Save a painting of a kind and return it."""
    pixels = texture(64, 80, 1, depth=16 if kind == "16 bit" else 8)
    opacity = np.random.default_rng(4).integers(0, 256, (64, 80), np.uint8)
    if kind == "16 bit":
        cv2.imwrite(str(path), pixels[..., ::-1])
    elif kind == "alpha":
        Image.fromarray(np.dstack([pixels, opacity])).save(path)
    else:
        Image.fromarray(pixels[..., 0] if kind == "gray" else pixels).save(path)
    return images.load(path)


@pytest.mark.parametrize(("feather", "edge", "reach"), [(0, "center", 0), (6, "center", 3), (6, "outside", 6)])
@pytest.mark.parametrize("kind", ["8 bit", "16 bit", "alpha", "gray"])
def test_the_object_changes_and_the_painting_does_not(tmp_path, kind, feather, edge, reach):
    painting = stored(tmp_path / "painting.png", kind).in_color()
    pixels = painting.pixels.copy()
    pixels[OBJECT] = texture(24, 28, 9, depth=16 if kind == "16 bit" else 8)
    run = steps(
        recipe(tmp_path, feather=feather, edge=edge, iterations="1"), dataclasses.replace(painting, pixels=pixels)
    )
    result = drained(run)
    grown = np.zeros((64, 80), bool)
    grown[20 - reach : 44 + reach, 28 - reach : 56 + reach] = True
    assert result.picture.pixels.dtype == painting.pixels.dtype
    np.testing.assert_array_equal(result.picture.pixels[~grown], painting.pixels[~grown])
    assert (result.alpha[~grown] == 0).all()
    np.testing.assert_array_equal(result.picture.alpha, painting.alpha)
    assert (result.picture.pixels != painting.pixels).any(-1)[OBJECT].mean() > 0.9
    assert (result.picture.pixels != pixels).any(-1)[26:38, 34:50].mean() > 0.9


def test_the_object_comes_nearer_to_the_painting(started):
    """Of two brightnesses, and a painting of no other colors than grays."""
    gray = np.repeat(texture(64, 80, 1)[..., :1], 3, -1)
    pasted = gray.copy()
    pasted[OBJECT] = texture(24, 28, 9) // [1, 2, 4]
    result = drained(started(gray, pasted, iterations="20", content_weight=0.05, painterly=10))
    before, after = (
        np.ptp(pixels[24:40, 32:52].astype(float), axis=-1).mean() for pixels in (pasted, result.picture.pixels)
    )
    assert after < before / 2


# ---- passes, sizes and steps


@pytest.mark.parametrize("passes", [1, 2])
def test_each_pass_goes_from_coarse_to_fine(large, passes):
    trace = list(large(passes=passes))
    assert level_of(trace) == [(1, 1), (1, 2), (2, 1), (3, 1), (3, 2), (4, 1)][: 3 * passes]
    assert [step.shape for step in trace] == [(48, 56), (48, 56), (96, 112)] * passes
    assert {step.levels for step in trace} == {2 * passes}
    done = [step.done for step in trace]
    assert done == sorted(done)
    assert done[-1] == 1
    names = {"painting.png", "content", "variation"}
    assert [set(step.terms) for step in trace] == [names] * 3 + [names | {"histogram"}] * 3 * (passes - 1)
    for step in trace:
        assert step.loss == pytest.approx(sum(step.terms.values()))


def test_both_passes_begin_with_the_paste(whole):
    content = {(step.level, step.iteration): step.terms["content"] for step in whole[0].trace}
    assert content[1, 1] == content[3, 1] == 0
    assert min(content[1, 2], content[3, 2]) > 1e-4


@pytest.mark.parametrize("detail", [1.0, 0.3])
def test_each_size_begins_with_the_fine_detail_of_the_paste(large, detail):
    run = large(detail=detail)
    pictures = {(step.level, step.iteration): run.working_picture() for step in run}
    own, mask = run.problem.content, run.problem.parts[0].mask > 0
    for level in (1, 3):
        expected = np.where(mask[..., None], enlarge(pictures[level, 2], own, detail=detail), own)
        np.testing.assert_allclose(pictures[level + 1, 1], expected, atol=1e-5)
        assert np.abs(enlarge(pictures[level, 2], own, detail=0) - expected)[mask].mean() > 0.005
    # Where it is finished, less, or it would stay as an engraving.
    run = large(detail=detail, size=24, finish=1, passes=1)
    before, after = [run.working_picture() for _ in run][-2:]
    own, mask = run.problem.own(), run.problem.parts[0].mask == 1
    np.testing.assert_allclose(after[mask], enlarge(before, own, detail=0.3 * detail)[mask], atol=1e-5)


@pytest.mark.parametrize("passes", [1, 2])
def test_an_object_larger_than_the_size_is_finished_at_its_own(large, passes, objectives):
    run = large(passes=passes, size=24, finish=3)
    crop = run.problem.crop.box
    trace = list(run)
    assert level_of(trace) == [
        *((n + 1, i) for n in range(passes) for i in (1, 2, 3)),
        *((passes + 1, i) for i in (1, 2, 3)),
    ]
    assert trace[-1].shape == (crop[2] - crop[0], crop[3] - crop[1])
    assert trace[-1].shape > trace[0].shape
    assert "histogram" not in trace[-1].terms
    result = run.result()
    np.testing.assert_array_equal(result.picture.pixels[result.alpha == 0], LARGE[result.alpha == 0])
    assert (result.picture.pixels != LARGE).any(-1)[34:62, 40:72].mean() > 0.9
    working, finest = objectives[-2], objectives[-1]
    # Looked at as large as it is there, in the same places.
    style = finest.regions[0].styles["painting.png"]
    assert style.mask.shape[-2:] == style.picture.shape[-2:] == (96, 112)
    assert set(style.mask.unique().tolist()) == {0, 1}
    if passes == 2:
        chosen = working.regions[0].styles["painting.png"].mask
        assert style.mask.mean().item() == pytest.approx(chosen.mean().item(), abs=0.1)


def test_there_is_nothing_to_finish_when_that_is_not_asked_for(large):
    assert level_of(large(passes=1, size=24, finish=0))[-1] == (1, 3)


# ---- stopped and gone on


@pytest.mark.parametrize("after", [1, 3, 4, 5, 6])
def test_a_run_resumed_in_either_pass_ends_the_same(whole, tmp_path, after):
    run, _ = whole
    path = tmp_path / "checkpoint"
    first = Run(run.problem, checkpoint_path=path, checkpoint_every=0)
    for _ in range(after):
        step = next(first)
    assert ("first" in step.state()) == (after > 3)
    second = Run(run.problem, checkpoint_path=path, resume=True)
    assert level_of(second) == level_of(run.trace)[min(after, 5) :]
    np.testing.assert_array_equal(second.result().picture.pixels, run.result().picture.pixels)


@pytest.mark.parametrize("passes", [1, 2])
def test_a_run_resumed_while_finishing_ends_the_same(large, tmp_path, passes):
    whole = large(passes=passes, size=24, finish=3)
    expected = drained(whole)
    path = tmp_path / "checkpoint"
    first = Run(whole.problem, checkpoint_path=path, checkpoint_every=0)
    for _ in range(3 * passes + 1):
        step = next(first)
    assert step.level == passes + 1
    second = Run(whole.problem, checkpoint_path=path, resume=True)
    assert level_of(second) == [(passes + 1, 2), (passes + 1, 3)]
    np.testing.assert_array_equal(second.result().picture.pixels, expected.picture.pixels)


def test_the_state_holds_what_the_first_pass_has_painted(large, whole):
    run, (*_, painted, _, _, _) = whole
    first = large()
    state = [step.state() for step, _ in zip(first, range(4), strict=False)][-1]["first"]
    assert state.shape == (1, 3, 96, 112)
    np.testing.assert_array_equal(run.problem.compose(state[0].movedim(0, -1).numpy()).rgb(), painted)


@pytest.mark.parametrize("options", [{}, {"optimizer": "adam", "passes": 1}])
def test_the_same_inputs_give_the_same_picture(started, options):
    first, second = (drained(started(**options)).picture.pixels for _ in range(2))
    np.testing.assert_array_equal(first, second)
