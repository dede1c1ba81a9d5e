"""Faces in a restyled region stay faces."""

import sys

import cv2
import numpy as np
import pytest
from helpers import FAST, drained, face_at, objectives_of, prepared, texture
from PIL import Image
from skimage import data

from sfumato import images, metrics, models, stylize
from sfumato.errors import CheckpointError, ModelError, SfumatoWarning
from sfumato.jobs import needs
from sfumato.methods import faces, localized, steps
from sfumato.recipe import Recipe
from sfumato.regions.faces import masks

pytestmark = pytest.mark.usefixtures("vgg")

# The content is held to the mapped features of relu3_1 only if a style layer is as deep.
DEEP = {"size": 0, "iterations": "2", "style_layers": "relu1_1,relu3_1", "optimizer": "adam"}


@pytest.fixture(scope="module")
def photo():
    return texture(96, 128, seed=1)


@pytest.fixture(scope="module")
def style(tmp_path_factory):
    place = tmp_path_factory.mktemp("pictures") / "style.png"
    Image.fromarray(texture(100, 128, seed=2)).save(place)
    return place


@pytest.fixture(scope="module")
def recipe(style):
    def make(**options):
        return Recipe.from_options(**{**FAST, "style": style, "region": "all", "feather": 0, **options})

    return make


# ---- looked for, or not


def test_without_a_face_nothing_changes(recipe, photo, face_networks):
    kept, off = (drained(steps(recipe(faces=faces), photo)) for faces in ("keep", "off"))
    np.testing.assert_array_equal(kept.picture.pixels, off.picture.pixels)
    assert [step.loss for step in kept.trace] == [step.loss for step in off.trace]


@pytest.mark.parametrize("options", [{"faces": "off"}, {"style_share": "whole"}, {"method": "naive"}])
def test_faces_that_are_not_kept_are_not_looked_for(recipe, photo, monkeypatch, options):
    monkeypatch.setattr(faces, "find_faces", lambda photo: pytest.fail("should not be looked for"))
    assert prepared(recipe(**options), images.from_array(photo)).faces == ()


def lacking_litert(monkeypatch):
    monkeypatch.setitem(sys.modules, "ai_edge_litert.interpreter", None)


def lacking_a_file(monkeypatch):
    pytest.importorskip("ai_edge_litert", reason="the extra faces is not installed")
    plain = models.path

    def path(name):
        if name.startswith("face"):
            raise ModelError(f"{name} is not in the store; fetch it")
        return plain(name)

    monkeypatch.setattr(models, "path", path)


@pytest.mark.parametrize(
    ("lacking", "advice"),
    [
        (lacking_litert, r'faces need LiteRT .*; run: pip install "sfumato\[faces\]"'),
        (lacking_a_file, "face-detection is not in the store; fetch it"),
    ],
)
def test_without_the_networks_a_run_goes_on_and_says_so(photo, style, nothing_loaded, monkeypatch, lacking, advice):
    options = {**FAST, "region": "all"}
    off = stylize(photo, style, **options, faces="off")
    lacking(monkeypatch)
    with pytest.warns(SfumatoWarning, match=f"^faces are not looked for: {advice}; set faces off to do without$"):
        kept = stylize(photo, style, **options)
    assert len(kept.warnings) == 1
    np.testing.assert_array_equal(kept.picture.pixels, off.picture.pixels)


def test_a_run_needs_no_networks_for_faces_unless_a_region_names_them():
    """Else a machine that cannot have them could not run at all."""
    for option in ("keep", "soft", "off"):
        assert needs.needed(Recipe.from_options(style="a.jpg", region="all", faces=option)) == {"vgg19"}
    recipe = Recipe.from_options(style="a.jpg", region="face", faces="off")
    assert needs.needed(recipe) == {"vgg19", "face-detection", "face-mesh"}


def test_faces_are_looked_for_in_what_is_worked_on(recipe, photo, monkeypatch):
    """At the working size, so that they are found as large as they are painted."""
    seen = []
    monkeypatch.setattr(faces, "find_faces", lambda photo: seen.append(photo) or [])
    problem = prepared(recipe(region="rect(0, 0, 40, 40)", size=20), images.from_array(photo), halo=4)
    np.testing.assert_array_equal(seen[0], problem.content)
    assert problem.content.shape == (24, 24, 3)


def test_a_run_is_not_resumed_with_other_faces(recipe, photo, tmp_path, pretend_faces):
    """As on a machine that had no networks for faces when the run began."""
    path = tmp_path / "state"
    pretend_faces()
    run = steps(recipe(), photo, checkpoint_path=path)
    next(run)
    run.save_checkpoint()
    pretend_faces(face_at(30, 20, 10))
    with pytest.raises(CheckpointError):
        steps(recipe(), photo, checkpoint_path=path, resume=True)


# ---- held

FACE = face_at(60, 40, 24)


def contents(recipe, photo, monkeypatch, **options):
    """What the only region is to be near at the finest level."""
    asked = objectives_of(monkeypatch, localized)
    next(steps(recipe(**{**DEEP, **options}), photo))
    return asked[0].regions[0].contents


def test_what_a_region_is_near_it_is_near_once_more_in_faces(recipe, photo, monkeypatch, pretend_faces):
    pretend_faces(FACE)
    found = contents(recipe, photo, monkeypatch)
    assert len(found) == 4
    for one, again in zip(found[:2], found[2:], strict=True):
        assert one.mask is None
        assert again.layer == one.layer
        assert again.activation is one.activation
        # Four times the region's, and the more of it is faces.
        covered = again.mask.sum().item() / (96 * 128)
        assert again.weight == pytest.approx(4 * covered * one.weight, rel=1e-4)


def test_skin_counts_half_as_much_as_eyes_and_lips(recipe, photo, monkeypatch, pretend_faces):
    pretend_faces(FACE)
    mask = contents(recipe, photo, monkeypatch)[2].mask[0, 0].numpy()
    eyes, lips = (draw([FACE], mask.shape) for draw in (masks.eyes_of, masks.lips_of))
    assert mask[(eyes == 1) | (lips == 1)] == pytest.approx(1)
    rows, columns = np.indices(mask.shape) + 0.5
    distance = np.hypot(columns - 60, rows - 40)
    skin = (distance < 22) & (eyes == 0) & (lips == 0)
    assert skin.sum() > 300
    assert mask[skin] == pytest.approx(0.5)
    assert (mask[(distance > 27) & (eyes == 0) & (lips == 0)] == 0).all()


@pytest.mark.filterwarnings("ignore:the style picture")
def test_a_large_face_is_held_less(recipe, monkeypatch, pretend_faces):
    """It survives by itself: from 150 pixels on, what it is held by is in inverse proportion to its size."""
    large = face_at(160, 160, 150)
    left, top, right, bottom = large.box
    pretend_faces(large)
    mask = contents(recipe, texture(320, 320, seed=1), monkeypatch)[2].mask
    assert mask.max().item() == pytest.approx(150 / max(right - left, bottom - top), rel=1e-4)


def test_how_strongly_faces_are_kept(recipe, photo, monkeypatch, pretend_faces):
    pretend_faces(FACE)

    def weight(**options):
        return sum(each.weight for each in contents(recipe, photo, monkeypatch, **options) if each.mask is not None)

    keep = weight()
    assert weight(faces="soft") == pytest.approx(keep / 4)
    assert weight(face_weight=2.5) == pytest.approx(2.5 * keep)
    assert weight(face_weight=0) == 0
    # Of a smaller region, the face is a larger part.
    assert weight(region="rect(0, 0, 90, 100%)") == pytest.approx(128 / 90 * keep, rel=0.05)


def test_a_region_without_the_face_is_held_as_without_one(recipe, photo, monkeypatch, pretend_faces):
    pretend_faces(face_at(15, 40, 12))  # of what is worked on, whose first 40 columns are around the region
    assert len(contents(recipe, photo, monkeypatch, region="rect(100, 0, 128, 96)")) == 2


# ---- what a user sees


def test_a_small_face_stays_a_face(face_networks):
    """And nothing outside the region changes."""
    photo = cv2.resize(data.astronaut()[20:276, 96:352], (64, 64), interpolation=cv2.INTER_AREA)
    options = {"region": "rect(0, 0, 100%, 70%)", "size": 0, "iterations": "8", "feather": 0}
    kept, off = (stylize(photo, data.coffee()[:300, 100:500], **options, faces=faces) for faces in ("keep", "off"))
    (with_it,), (without,) = (metrics.faces(result.array, photo) for result in (kept, off))
    assert with_it.shift < 0.7 * without.shift
    assert with_it.detection > without.detection
    assert with_it.fit > 0.9
    for result in (kept, off):
        np.testing.assert_array_equal(result.array[result.alpha == 0], photo[result.alpha == 0])
    np.testing.assert_array_equal(kept.alpha == 0, off.alpha == 0)
