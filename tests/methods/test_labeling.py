"""What in a photo takes after what in its reference: from files, by a segmenter, or by neither."""

import warnings
from dataclasses import dataclass

import numpy as np
import pytest
from helpers import prepared, texture
from PIL import Image

from sfumato import images
from sfumato.errors import ImageError, ModelError, RegionError, SfumatoWarning
from sfumato.methods.photoreal.problem import MIN_LABEL
from sfumato.recipe import Recipe
from sfumato.regions import cache, segmenters
from sfumato.regions.segmenters import Segments

SHAPE, OTHER = (64, 80), (48, 72)
RED, GREEN, BLUE = (255, 0, 0), (0, 255, 0), (0, 0, 255)


PHOTO = texture(*SHAPE, 1)
ALIKE = PHOTO[8:56, 4:76]  # the same kind of scene, as `texture(*OTHER, 2)` is not


def bands(shape, *colors, ends=()):
    """A label map of horizontal bands, of equal height if it is not said where they end."""
    stops = [*(ends or np.linspace(0, shape[0], len(colors) + 1).astype(int)[1:-1]), shape[0]]
    found = np.empty((*shape, *np.shape(colors[0])), np.uint8)
    for start, stop, value in zip([0, *stops], stops, colors, strict=False):
        found[start:stop] = value
    return found


def rows(shape, *ranges):
    mask = np.zeros(shape, np.float32)
    for start, stop in ranges:
        mask[start:stop] = 1
    return mask


@pytest.fixture
def labeled(tmp_path, monkeypatch):
    """Prepare a photo, with maps as pictures; return its problem, and what was said."""
    monkeypatch.setattr(cache, "folder", lambda: tmp_path / "masks")

    def make(ours=None, theirs=None, *, reference=None, ending="png", halo=40, **options):
        Image.fromarray(texture(*OTHER, 2) if reference is None else reference).save(tmp_path / "ref.png")
        maps = {}
        for name, pixels in (("labels", ours), ("reference_labels", theirs)):
            if pixels is not None:
                Image.fromarray(pixels).save(tmp_path / f"{name}.{ending}", quality=90)
                maps[name] = f"{name}.{ending}"
        given = {"style": "ref.png", "size": 0, "feather": 0, **maps, **options}
        recipe = Recipe.from_options(method="photo", **given)
        with warnings.catch_warnings(record=True) as heard:
            warnings.simplefilter("always", SfumatoWarning)
            problem = prepared(recipe, images.from_array(PHOTO), halo=halo, folder=tmp_path)
        return problem, [str(warning.message) for warning in heard]

    return make


def masks(problem):
    return {label.name: label.mask for label in problem.labels}, {
        label.name: label.reference for label in problem.labels
    }


def check_sums(problem):
    ours, theirs = (np.sum(list(side.values()), axis=0) for side in masks(problem))
    np.testing.assert_allclose(ours, 1, atol=1e-5)
    assert theirs.max() < 1 + 1e-5


# ---- from files


@pytest.mark.parametrize("ending", ["png", "jpg"])
def test_colors_are_labels(labeled, ending):
    problem, heard = labeled(bands(SHAPE, RED, BLUE), bands(OTHER, BLUE, RED, ends=[16]), ending=ending)
    assert problem.found == "labels from files: blue, red"
    ours, theirs = masks(problem)
    wrong = max(np.abs(ours["red"] - rows(SHAPE, (0, 32))).mean(), np.abs(theirs["red"] - rows(OTHER, (16, 48))).mean())
    assert wrong == 0 if ending == "png" else wrong < 0.05
    assert ending == "jpg" or not heard
    check_sums(problem)


def test_indices_are_labels_and_one_map_of_them_makes_the_other_one_too(labeled):
    problem, heard = labeled(bands(SHAPE, 1, 7), bands(OTHER, 7, 1))
    assert (problem.found, heard) == ("labels from files: 1, 7", [])
    np.testing.assert_array_equal(masks(problem)[0]["7"], rows(SHAPE, (32, 64)))
    # Of black and white alone, it would be a map of colors.
    problem, heard = labeled(bands(SHAPE, 0, 255), bands(OTHER, 255, 3, 0))
    assert problem.found == "labels from files: 0, 255"
    np.testing.assert_array_equal(masks(problem)[1]["0"], rows(OTHER, (32, 48)))


def test_a_map_of_another_size_is_resized_with_a_word(labeled):
    problem, heard = labeled(bands((32, 40), RED, BLUE), bands(OTHER, BLUE, RED))
    (note,) = heard
    assert "resized to fit" in note
    np.testing.assert_array_equal(masks(problem)[0]["red"], rows(SHAPE, (0, 32)))


def test_maps_of_numbers_may_have_another_size_too(labeled):
    problem, heard = labeled(bands((32, 40), 1, 7), bands((96, 144), 7, 1))
    assert problem.found == "labels from files: 1, 7"
    assert [note.rpartition(": ")[2] for note in heard] == ["resized to fit"] * 2
    np.testing.assert_array_equal(masks(problem)[0]["1"], rows(SHAPE, (0, 32)))
    with pytest.raises(RegionError, match="32 x 64 pixels, the picture 80 x 64: give it the picture's size"):
        labeled(bands((64, 32), 1, 7), bands(OTHER, 7, 1))
    with pytest.raises(RegionError, match=r"has colors, and .* numbers of labels: save both in the same way"):
        labeled(bands(SHAPE, 1, 7), bands(OTHER, RED, BLUE))


def test_maps_that_are_refused(labeled):
    good = bands(OTHER, RED, BLUE)
    with pytest.raises(RegionError, match="32 x 64 pixels, the picture 80 x 64"):
        labeled(bands((64, 32), RED, BLUE), good)
    for ours, theirs in ((PHOTO, good), (bands(SHAPE, RED, BLUE), texture(*OTHER, 5))):
        with pytest.raises(RegionError, match="in no patch of a label's color"):
            labeled(ours, theirs)
    with pytest.raises(ImageError, match="absent"):
        labeled(labels="absent.png", reference_labels="absent.png")


def test_what_only_one_picture_has_is_told_in_a_line_each(labeled):
    problem, heard = labeled(bands(SHAPE, RED, GREEN, BLUE, ends=[16, 32]), bands(OTHER, (255, 255, 0), BLUE, RED))
    assert [note.rpartition(": ")[2] for note in heard] == ["green (25.0%)", "yellow"]
    assert problem.found == "labels from files: blue, red"
    ours, theirs = masks(problem)
    assert not np.any(theirs["red"] + theirs["blue"] > rows(OTHER, (16, 48)))
    # Where nothing else is likely, what is nearest.
    assert (ours["red"][:22] == 1).all()
    assert (ours["blue"][26:] == 1).all()
    check_sums(problem)


def test_nothing_in_common_is_as_without_labels(labeled):
    problem, heard = labeled(bands(SHAPE, RED, GREEN), bands(OTHER, BLUE, (255, 255, 0)))
    (note,) = heard
    assert "share no label" in note
    assert problem.found == "no labels"
    (label,) = problem.labels
    assert label.name == "all"
    assert label.mask.min() == label.reference.min() == 1


@pytest.mark.parametrize("semantic", ["soft", "hard"])
def test_a_label_of_a_few_pixels_goes_to_another_one(labeled, semantic):
    ours, theirs = bands(SHAPE, RED, BLUE), bands(OTHER, BLUE, RED)
    theirs[:24, :24] = GREEN
    for wide in (15, 16):
        ours[40:56, 30 : 30 + wide] = GREEN
        problem, heard = labeled(ours, theirs, semantic=semantic)
        assert ("green" in problem.found) == (16 * wide >= MIN_LABEL)
        assert [note.rpartition(": ")[2] for note in heard] == ["green (4.7%)", "green"] * (wide == 15)
        blue = rows(SHAPE, (32, 64))
        blue[40:56, 30:46] -= wide == 16
        np.testing.assert_array_equal(masks(problem)[0]["blue"], blue)


def test_if_all_labels_are_that_small_there_are_none(labeled):
    problem, _ = labeled(bands(SHAPE, RED, BLUE), bands(OTHER, BLUE, RED), region="rect(30, 24, 46, 40)", size=64)
    assert problem.found == "no labels"
    assert masks(problem)[0]["all"].min() == 1


@pytest.mark.parametrize("semantic", ["soft", "hard"])
def test_at_a_smaller_size_labels_are_soft_at_their_borders_or_hard(labeled, semantic):
    ours = np.full((*SHAPE, 3), RED, np.uint8)
    ours[33:, 41:] = BLUE
    problem, _ = labeled(ours, bands(OTHER, BLUE, RED, ends=[25]), size=40, semantic=semantic)
    found = masks(problem)[0]["blue"]
    exact = rows(SHAPE, (33, 64)) * (np.arange(80) >= 41)
    mean = exact.reshape(32, 2, 40, 2).mean((1, 3))
    assert len(np.unique(mean)) == 4
    if semantic == "soft":
        np.testing.assert_allclose(found, mean, atol=1e-6)
    else:
        assert set(np.unique(found)) == {0, 1}
        np.testing.assert_array_equal(found[mean != 0.5], mean[mean != 0.5] > 0.5)
        assert set(np.unique(masks(problem)[1]["blue"])) == {0, 1}
    check_sums(problem)


def test_labels_are_of_the_crop(labeled):
    ours = bands(SHAPE, RED, BLUE, ends=[30])
    ours[:, 60:] = GREEN
    problem, heard = labeled(ours, bands(OTHER, BLUE, RED), region="rect(0, 0, 16, 100%)", size=400, feather=0)
    top, left, bottom, right = problem.crop.box
    assert right < 60
    np.testing.assert_array_equal(masks(problem)[0]["red"], rows((bottom - top, right - left), (0, 30)))
    assert heard == []


def test_only_a_part_of_the_reference_counts(labeled):
    options = {"style": "ref.png@rect(0, 0, 50%, 100%)"}
    for problem, _ in (
        labeled(bands(SHAPE, RED, BLUE), bands(OTHER, BLUE, RED), **options),
        labeled(semantic="none", **options),
    ):
        assert not any(label.reference[:, 36:].any() for label in problem.labels)
        np.testing.assert_array_equal(np.sum([label.reference for label in problem.labels], 0)[:, :36], 1)


# ---- by a segmenter, or by neither


@dataclass
class Fake:
    """A segmenter that sees what it is told to in pictures of either shape."""

    found: dict
    name: str = "fake"
    key: str = "fake"

    def __call__(self, photo):
        return Segments(self.found[photo.shape[:2]], ())


SKY, SEA = {"sky": rows((8, 10), (0, 5))}, {"river": rows((8, 10), (5, 8))}
LAKE = {"cloud": rows((8, 12), (0, 2)), "lake": rows((8, 12), (2, 8))}


@pytest.fixture
def pretend(monkeypatch):
    def put(ours, theirs, installed=True):
        def choose(name="auto"):
            if not installed and name == "auto":
                raise ModelError("none")
            return Fake({SHAPE: ours, OTHER: theirs}, key=f"fake {ours} {theirs}")

        monkeypatch.setattr(segmenters, "choose", choose)
        monkeypatch.setattr(segmenters, "model_of", lambda name: "deeplab" if installed else "")

    return put


def test_a_segmenter_labels_both_and_what_looks_alike_is_alike(labeled, pretend):
    pretend(SKY | SEA, LAKE)
    problem, heard = labeled()
    assert (problem.found, heard) == ("labels by fake: sky, water", [])
    ours, theirs = masks(problem)
    assert np.abs(ours["sky"] - rows(SHAPE, (0, 40))).mean() < 0.1
    assert np.abs(theirs["water"] - rows(OTHER, (12, 48))).mean() < 0.1
    check_sums(problem)


def test_whatever_else_there_is_need_not_be_the_same_in_both(labeled, pretend):
    pretend({"background": SKY["sky"], "sea": SEA["river"]}, {"background": LAKE["cloud"], "sea": LAKE["lake"]})
    assert {label.name: label.same for label in labeled()[0].labels} == {"background": False, "water": True}


@pytest.mark.parametrize("semantic", ["soft", "hard"])
def test_labels_that_lie_elsewhere_are_none(labeled, pretend, semantic):
    pretend({"sky": rows((8, 10), (0, 3)), "sea": rows((8, 10), (3, 5))}, LAKE)
    problem, heard = labeled(semantic=semantic, region="rect(0, 52, 100%, 100%)", halo=0)
    assert (problem.found, heard) == ("no labels", [])
    assert problem.labels[0].mask.shape == (12, 80)
    pretend(SKY | SEA, {name: mask * (np.arange(12) > 7) for name, mask in LAKE.items()})
    problem, heard = labeled(semantic=semantic, style="ref.png@rect(0, 0, 50%, 100%)")
    assert (problem.found, heard) == ("no labels", [])
    np.testing.assert_array_equal(masks(problem)[1]["all"], np.float32(np.arange(72) < 36) * np.ones((48, 1)))


@pytest.mark.usefixtures("vgg")
@pytest.mark.parametrize("theirs", [SKY, {"boat": LAKE["lake"], "cloud": LAKE["cloud"]}, {}])
@pytest.mark.parametrize("segmenter", ["auto", "fake+crf"])
def test_where_it_finds_too_little_pictures_are_divided(labeled, pretend, segmenter, theirs):
    pretend(SKY | SEA, theirs)
    problem, heard = labeled(segmenter=segmenter, reference=ALIKE)
    assert heard == ["fake finds too little that both pictures have; labels are found by color and features"] * (
        segmenter != "auto"
    )
    assert problem.found.endswith("found by color and features")
    check_sums(problem)


@pytest.mark.usefixtures("vgg")
def test_labels_that_cover_less_than_half_are_too_little(labeled, pretend):
    pretend({"sky": rows((8, 10), (0, 2)), "sea": rows((8, 10), (6, 7))}, LAKE)
    assert labeled(reference=ALIKE)[0].found.endswith("found by color and features")
    pretend({"sky": rows((8, 10), (0, 2)), "sea": rows((8, 10), (4, 8))}, LAKE)
    assert labeled(size=40)[0].found == "labels by fake: sky, water"


@pytest.mark.usefixtures("vgg")
def test_where_the_network_file_cannot_be_had_pictures_are_divided_and_this_is_said(labeled, monkeypatch):
    def unreachable(name):
        raise ModelError('model "deeplab" is not in the store and cannot be fetched: there is no connection')

    monkeypatch.setattr(segmenters, "choose", unreachable)
    monkeypatch.setattr(segmenters, "model_of", lambda name: "deeplab")
    problem, heard = labeled(reference=ALIKE)
    assert problem.found.endswith("found by color and features")
    told = 'model "deeplab" is not in the store and cannot be fetched; labels are found by color and features'
    assert heard == [told]
    with pytest.raises(ModelError, match="there is no connection"):
        labeled(segmenter="deeplab")


@pytest.mark.usefixtures("vgg")
@pytest.mark.parametrize("semantic", ["soft", "hard"])
def test_pictures_of_different_kinds_are_not_divided(labeled, pretend, semantic):
    pretend({}, {}, installed=False)
    problem, heard = labeled(semantic=semantic)
    assert (problem.found, heard) == ("no labels", [])
    (label,) = problem.labels
    assert label.mask.min() == label.reference.min() == 1


@pytest.mark.usefixtures("vgg")
def test_without_a_segmenter_pictures_are_divided(labeled, pretend):
    pretend({}, {}, installed=False)
    problem, heard = labeled(size=60, reference=PHOTO)
    count = len(problem.labels)
    assert count > 1
    assert (problem.found, heard) == (f"{count} labels found by color and features", [])
    check_sums(problem)
    assert all(label.mask.sum() >= MIN_LABEL <= label.reference.sum() for label in problem.labels)
    again, _ = labeled(size=60, reference=PHOTO)
    for label, twin in zip(problem.labels, again.labels, strict=True):
        np.testing.assert_array_equal(label.mask, twin.mask)
    crop, _ = labeled(size=30, region="rect(0, 0, 40, 64)", reference=PHOTO)
    assert crop.labels[0].mask.shape == crop.content.shape[:2]
    check_sums(crop)
    hard, _ = labeled(size=60, semantic="hard", reference=PHOTO)
    assert all(set(np.unique(mask)) <= {0, 1} for side in masks(hard) for mask in side.values())
    check_sums(hard)


def test_a_segmenter_that_is_asked_for_has_to_be_there(labeled):
    with pytest.raises(ModelError, match="no segmenter is called"):
        labeled(segmenter="deeplap")
