"""Small faces are painted once more, enlarged."""

import cv2
import numpy as np
import pytest
from helpers import FAST, drained, face_at, prepared, texture
from PIL import Image

from sfumato import images
from sfumato.methods import fast, steps
from sfumato.methods.insets import insets_of
from sfumato.recipe import Recipe

pytestmark = pytest.mark.usefixtures("vgg")

# In pixels of what is worked on, which has half the photo's size.
FACES = face_at(40, 30, 5), face_at(16, 20, 4)
BASE = 2  # levels of a run without insets


@pytest.fixture(scope="module")
def photo():
    return texture(96, 128, seed=1)


@pytest.fixture(scope="module")
def recipe(tmp_path_factory):
    place = tmp_path_factory.mktemp("pictures") / "style.png"
    Image.fromarray(texture(100, 128, seed=2)).save(place)

    def make(**options):
        plain = {**FAST, "style": place, "region": "all", "feather": 0, "optimizer": "adam", "size": 64, "finish": 2}
        return Recipe.from_options(**{**plain, **options})

    return make


@pytest.fixture
def counted(recipe, photo, pretend_faces):
    """How many insets faces get."""

    def count(*found, photo=photo, **options):
        pretend_faces(*found)
        return len(insets_of(prepared(recipe(**options), images.from_array(photo))))

    return count


def center(picture, face, radius=None):
    """The pixels of a photo inside a face, or within a distance of its center."""
    left, top, right, bottom = face.box
    rows, columns = np.indices(picture.shape[:2]) + 0.5
    distance = np.hypot(columns - (left + right), rows - (top + bottom))
    return distance < (right - left if radius is None else radius)


# ---- which faces


def test_each_small_face_in_a_region_has_one(counted):
    assert counted() == 0
    assert counted(FACES[0]) == 1
    assert counted(*FACES) == 2
    assert counted(face_at(60, 60, 10), face_at(20, 40, 8), region="rect(0, 0, 30%, 100%)", size=0) == 1


def test_a_face_that_is_large_enough_has_none(counted, photo):
    larger = cv2.resize(photo, (192, 144))
    assert counted(face_at(96, 72, 54), photo=larger, size=0) == 1
    assert counted(face_at(96, 72, 56), photo=larger, size=0) == 0


def test_a_face_that_the_region_only_touches_has_none(counted):
    """Such a sliver could not carry a style, which would end the run after all else was painted."""
    for radius, number in ((10, 1), (18, 0), (20, 0), (22, 0), (24, 0)):
        region = f"all - ellipse(64, 48, {radius}, {radius})"
        assert counted(face_at(64, 48, 20), region=region, size=0) == number


def test_at_most_twelve_the_largest(recipe, photo, pretend_faces):
    sizes = np.linspace(12, 6, 14)
    pretend_faces(*(face_at(8 + 8 * (number % 7), 16 + 16 * (number // 7), size) for number, size in enumerate(sizes)))
    found = insets_of(prepared(recipe(), images.from_array(photo)))
    assert len(found) == 12
    # Each shows one face, enlarged to 160 pixels, or to twice the photo's own size.
    for inset, size in zip(found, sizes, strict=False):
        (face,) = inset.problem.faces
        left, _, right, _ = face.box
        assert right - left == pytest.approx(min(160, 2 * 4 * size), rel=1e-3)


def test_where_an_inset_lies(recipe, photo, pretend_faces):
    pretend_faces(FACES[0])
    problem = prepared(recipe(), images.from_array(photo))
    (inset,) = insets_of(problem)
    top, left, bottom, right = inset.box
    (face,) = inset.problem.faces
    scale = inset.problem.scale
    assert inset.problem.content.shape == (round((bottom - top) * scale), round((right - left) * scale), 3)
    np.testing.assert_allclose(face.points / scale + (left, top), FACES[0].points * 2, atol=1e-6)
    # The photo's own detail, not what the working size left of it.
    shown = cv2.resize(
        photo[top:bottom, left:right] / np.float32(255), inset.problem.content.shape[1::-1], None, 0, 0, 2
    )
    np.testing.assert_allclose(inset.problem.content, shown.clip(0, 1), atol=1e-6)
    assert inset.problem.crop.box == inset.box
    assert inset.problem.finest == 1
    # The style is that of the face alone.
    assert inset.alpha.shape == (bottom - top, right - left)
    assert 0.1 < inset.alpha.mean() < 0.4
    np.testing.assert_array_equal(inset.problem.parts[0].mask, inset.alpha)


# ---- painting


@pytest.fixture(scope="module")
def painted(recipe, photo):
    """The results of runs with faces and without, and the steps of the former with their pictures."""
    from sfumato.methods import faces, portraits

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(faces, "find_faces", lambda photo: list(FACES))
        patch.setattr(portraits, "find_faces", lambda picture: [])
        run = steps(recipe(), photo)
        found = [(step, step.working_picture()) for step in run]
        return run, found, drained(steps(recipe(faces="off"), photo))


def test_the_steps_are_numbered_through(painted):
    run, found, off = painted
    seen = [step for step, _ in found]
    levels = [step.level for step in seen]
    assert levels == sorted(levels)
    assert set(levels) == set(range(1, BASE + 3))
    assert {step.levels for step in seen} == {BASE + 2}
    assert {step.levels for step in off.trace} == {BASE}
    for level in (BASE + 1, BASE + 2):
        here = [step.iteration for step in seen if step.level == level]
        assert here == list(range(1, len(here) + 1))
    done, seconds = ([getattr(step, name) for step in seen] for name in ("done", "seconds"))
    assert done == sorted(set(done))
    assert 0 < done[0] < done[-1] == 1
    assert seconds == sorted(seconds)
    assert run.result().finished


def test_only_faces_are_painted_again_and_at_the_photos_own_resolution(painted, photo):
    run, found, off = painted
    result, last = run.result(), found[-1][1]
    assert last.shape == (96, 128, 3)
    np.testing.assert_allclose(result.array, 255 * last, atol=0.51)
    changed = (result.array != off.array).any(-1)
    near = np.zeros_like(changed)
    for face in FACES:
        size = 2 * (face.box[2] - face.box[0])
        assert changed[center(photo, face, 0.6 * size)].mean() > 0.95
        # A little of what is around it, too: 0.15 of its size, and half of a soft edge of 0.2.
        near |= center(photo, face, size / 2 + 0.25 * size + 1)
    assert not changed[~near].any()


def test_one_inset_at_a_time_each_with_its_picture(painted, photo):
    _, found, _ = painted
    by_level = {step.level: picture for step, picture in found}
    before, first, second = (by_level[level] for level in range(BASE, BASE + 3))
    own = cv2.resize(before, (128, 96), interpolation=cv2.INTER_CUBIC)
    large, small = (center(photo, face) for face in FACES)
    assert np.abs(first - own)[large].mean() > 0.02
    np.testing.assert_array_equal(second[large], first[large])
    assert np.abs(second - first)[small].mean() > 0.02
    assert np.abs(first - own)[small].mean() < np.abs(second - first)[small].mean()


@pytest.mark.parametrize("level", [1, BASE + 1])
def test_a_resumed_run_ends_the_same(recipe, photo, painted, pretend_faces, tmp_path, level):
    pretend_faces(*FACES)
    path = tmp_path / "state"
    stopped = steps(recipe(), photo, checkpoint_path=path)
    while next(stopped).level < level:
        pass
    next(stopped)
    stopped.save_checkpoint()
    again = steps(recipe(), photo, checkpoint_path=path, resume=True)
    np.testing.assert_array_equal(drained(again).array, painted[0].result().array)


def test_a_run_that_is_cancelled_in_an_inset_has_its_picture(recipe, photo, painted, pretend_faces):
    pretend_faces(*FACES)
    run = steps(recipe(), photo)
    while (step := next(run)).level <= BASE:
        pass
    step = next(run)
    run.cancel()
    assert list(run) == []
    result = run.result()
    assert not result.finished
    np.testing.assert_array_equal(result.array, np.rint(255 * step.full_picture()))
    assert (result.array != painted[2].array)[center(photo, FACES[0])].any()
    np.testing.assert_array_equal(result.array[center(photo, FACES[1])], painted[2].array[center(photo, FACES[1])])


def test_insets_of_a_part_of_a_photo_that_is_seen_larger_than_it_is_worked_at(recipe, photo, pretend_faces):
    """They begin where the crop begins, and nothing outside of the region changes."""
    pretend_faces(face_at(64, 36, 8))
    result = drained(steps(recipe(region="rect(50%, 25%, 100%, 75%)", size=48), photo))
    assert {step.levels for step in result.trace} == {2}
    np.testing.assert_array_equal(result.array[result.alpha == 0], photo[result.alpha == 0])


def test_masks_that_leave_out_what_reaches_beyond_them(recipe, photo, pretend_faces):
    """What a deep layer sees always reaches beyond a single small face."""
    pretend_faces(FACES[0])
    options = {"style_layers": "relu4_1", "content_layer": "relu4_1", "mask_mode": "inside"}
    result = drained(steps(recipe(**options, iterations="1", finish=0), photo))
    assert result.trace[-1].levels == 2


def test_the_fast_start_is_made_once(recipe, photo, arbitrary, pretend_faces, monkeypatch):
    pretend_faces(FACES[0])
    calls, plain = [], fast.begun
    monkeypatch.setattr(fast, "begun", lambda problem: calls.append(problem) or plain(problem))
    assert drained(steps(recipe(start="fast", iterations="1", finish=0), photo)).trace[-1].levels == 2
    assert len(calls) == 1
