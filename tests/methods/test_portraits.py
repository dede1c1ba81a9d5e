"""A style that shows a face gives it to the faces in the photo."""

import dataclasses
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
import torch
from helpers import FAST, face_at, objectives_of, prepared, texture
from PIL import Image
from scipy.ndimage import map_coordinates
from skimage import data

from sfumato import images
from sfumato.features import VGG19
from sfumato.features.tiles import cut
from sfumato.methods import localized, portraits, steps
from sfumato.methods.optimization import Optimization
from sfumato.methods.portraits import like_portraits
from sfumato.recipe import Recipe

pytestmark = pytest.mark.usefixtures("vgg")

LAYERS = ("relu3_1", "relu4_1")
DEEP = {"size": 0, "iterations": "1", "style_layers": "relu1_1,relu3_1", "feather": 0, "region": "all"}

FACE = face_at(60, 44, 30)
PORTRAIT = face_at(50, 50, 40)  # in a style of 100 x 128 pixels


@pytest.fixture(scope="module")
def photo():
    return texture(96, 128, seed=1)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pictures")
    for seed, name in enumerate(["style.png", "second.png"], start=2):
        Image.fromarray(texture(100, 128, seed=seed)).save(folder / name)
    return folder


@pytest.fixture(scope="module")
def recipe(folder):
    def make(*styles, **options):
        named = [str(folder / name) for name in styles or ["style.png"]]
        return Recipe.from_options(**{**FAST, **DEEP, "style": named, **options})

    return make


@pytest.fixture
def lent(photo, monkeypatch):
    """What the faces in a region are to be near beside the photo, and the rest of its contents."""

    def find(recipe):
        asked = objectives_of(monkeypatch, localized)
        next(steps(recipe, photo))
        contents = asked[0].regions[0].contents
        return contents[4:], contents[:4]

    return find


@pytest.fixture
def drawn(recipe, photo, pretend_faces, monkeypatch):
    """What a style that is a portrait asks of faces, and the pictures that the network saw for it."""

    def draw(*found, portrait=PORTRAIT, picture=None, size=(96, 128)):
        pretend_faces(*found, style=[portrait])
        problem = prepared(recipe(), images.from_array(photo))
        (part,) = problem.parts
        if picture is not None:
            part = dataclasses.replace(part, styles=(dataclasses.replace(part.styles[0], picture=picture),))
        optimization, seen, plain = Optimization(problem), [], VGG19.__call__
        level = dataclasses.replace(optimization.levels()[-1], height=size[0], width=size[1])

        def watched(self, picture, layers):
            seen.append(picture)
            return plain(self, picture, layers)

        with monkeypatch.context() as patch:
            patch.setattr(VGG19, "__call__", watched)
            contents = like_portraits(optimization, level, part, 2.0)
        content, warped = seen[:2]
        mask = contents[0].mask[0, 0].numpy()
        return SimpleNamespace(
            contents=contents, network=optimization.network, content=content, warped=warped, mask=mask
        )

    return draw


# ---- which styles


def test_a_portrait_lends_its_face_at_two_layers(recipe, lent, pretend_faces):
    pretend_faces(FACE, style=[PORTRAIT])
    found, (own, _, again, _) = lent(recipe())
    assert [content.layer for content in found] == list(LAYERS)
    # 0.6 times the weight of what faces are held by in addition, for both together.
    assert sum(content.weight for content in found) == pytest.approx(0.6 * again.weight / own.weight)


def test_small_faces_in_a_style_are_not_what_it_is_about(recipe, lent, pretend_faces):
    for radius, number in ((12, 0), (13, 2)):  # a quarter of the shorter side is 25 pixels
        pretend_faces(FACE, style=[face_at(50, 50, radius)])
        assert len(lent(recipe())[0]) == number


def test_a_style_without_a_face_lends_none(recipe, lent, pretend_faces):
    pretend_faces(FACE)
    assert not lent(recipe())[0]


def test_a_face_in_a_part_of_the_style_that_is_not_used_is_not_lent(recipe, lent, pretend_faces):
    pretend_faces(FACE, style=[face_at(40, 50, 20)])
    for mask, number in (("rect(0, 0, 50%, 100%)", 2), ("rect(50%, 0, 100%, 100%)", 0)):
        assert len(lent(recipe(f"style.png@{mask}"))[0]) == number


def test_each_style_lends_its_own_by_its_weight(recipe, lent, folder, pretend_faces, monkeypatch):
    pretend_faces(FACE, style=[PORTRAIT])
    (both, _), (alone, _) = lent(recipe("style.png:3", "second.png:1")), lent(recipe())
    assert [content.layer for content in both] == [*LAYERS, *LAYERS]
    total = sum(content.weight for content in alone)
    weights = [content.weight / total for content in both]
    np.testing.assert_allclose(weights, [3 / 8, 3 / 8, 1 / 8, 1 / 8], rtol=1e-3)
    # Only one of them is a portrait.
    second = np.asarray(Image.open(folder / "second.png")) / np.float32(255)
    found = {True: [PORTRAIT], False: []}
    monkeypatch.setattr(portraits, "find_faces", lambda picture: found[np.allclose(picture, second, atol=0.01)])
    one, _ = lent(recipe("style.png:3", "second.png:1"))
    assert [content.weight / total for content in one] == pytest.approx([1 / 8, 1 / 8], rel=1e-3)


def test_the_networks_find_a_portrait(recipe, lent, tmp_path, face_networks, monkeypatch, pretend_faces):
    find = portraits.find_faces
    pretend_faces(FACE)
    monkeypatch.setattr(portraits, "find_faces", find)
    for size, number in ((128, 2), (48, 0)):
        canvas = texture(128, 128, seed=4)
        canvas[:size, :size] = cv2.resize(data.astronaut()[20:220, 120:320], (size, size), interpolation=cv2.INTER_AREA)
        Image.fromarray(canvas).save(tmp_path / "portrait.png")
        assert len(lent(recipe(style=str(tmp_path / "portrait.png")))[0]) == number


# ---- the warp


def places(height, width):
    """A picture (h, w, 3) that shows at each place where it is: x and y as fractions of its size."""
    rows, columns = np.indices((height, width), np.float32) + 0.5
    return np.stack([columns / width, rows / height, np.full_like(rows, 0.5)], -1)


def shown(found, points):
    """Which places (x, y) of a style of 100 x 128 pixels a warped picture shows at points (n, 2)."""
    colors = found.warped[0].numpy()
    at = [points[:, 1] - 0.5, points[:, 0] - 0.5]
    return np.stack([size * map_coordinates(colors[i], at, order=1) for i, size in ((0, 128), (1, 100))], 1)


def inner(found, points):
    """Which points lie in a face, with all pixels around them."""
    low = np.floor(points - 0.5).astype(int)
    return [index for index, (x, y) in enumerate(low) if (found.mask[y : y + 2, x : x + 2] > 0.999).all()]


def bent(points):
    """Points that were moved, turned, and bent a little."""
    across, down = (points - (60, 44)).T
    return np.stack([52 + 1.1 * across - 0.3 * down + 0.006 * down**2, 48 + 0.3 * across + down - 0.004 * across**2], 1)


def test_each_landmark_comes_from_the_same_landmark(drawn):
    portrait = dataclasses.replace(FACE, points=bent(FACE.points), box=PORTRAIT.box)
    found = drawn(FACE, portrait=portrait, picture=places(100, 128))
    checked = inner(found, FACE.points)
    assert len(checked) > 400
    np.testing.assert_allclose(shown(found, FACE.points[checked]), portrait.points[checked], atol=0.3)
    # The same at a coarser level.
    small = drawn(FACE, portrait=portrait, picture=places(100, 128), size=(48, 64))
    checked = inner(small, FACE.points / 2)
    assert len(checked) > 400
    np.testing.assert_allclose(shown(small, FACE.points[checked] / 2), portrait.points[checked], atol=0.6)


def test_between_landmarks_it_is_linear(drawn):
    """So that an affine map of all landmarks is one of all pixels."""
    turn = np.array([[1.2, 0.3], [-0.2, 0.9]])
    portrait = dataclasses.replace(FACE, points=(FACE.points - (60, 44)) @ turn.T + (55, 50), box=PORTRAIT.box)
    found = drawn(FACE, portrait=portrait, picture=places(100, 128))
    rows, columns = np.indices((96, 128)) + 0.5
    points = np.stack([columns, rows], -1)[found.mask > 0.999]
    assert len(points) > 2000
    np.testing.assert_allclose(shown(found, points), (points - (60, 44)) @ turn.T + (55, 50), atol=0.1)


def test_every_face_gets_it_and_the_larger_one_lies_on_top(drawn):
    large, inside, beside = FACE, face_at(66, 44, 8), face_at(110, 70, 14)
    found = drawn(large, beside, inside, picture=places(100, 128))
    assert [content.layer for content in found.contents] == list(LAYERS)
    for face, other in ((large, PORTRAIT), (beside, PORTRAIT)):
        checked = inner(found, face.points)
        assert len(checked) > 400
        np.testing.assert_allclose(shown(found, face.points[checked]), other.points[checked], atol=0.3)


def test_only_faces_are_meant(drawn):
    found = drawn(FACE)
    rows, columns = np.indices((96, 128)) + 0.5
    distance = np.hypot(columns - 60, rows - 44)
    assert found.mask[distance < 27] == pytest.approx(1)
    assert (found.mask[distance > 32] == 0).all()
    assert ((found.mask > 0.1) & (found.mask < 0.9)).any()


# ---- the gain


def test_features_of_the_photo_times_a_gain_within_limits(drawn):
    found = drawn(FACE)
    (own, theirs) = (found.network(picture, LAYERS) for picture in (found.content, found.warped))
    photo = texture(96, 128, seed=1) / np.float32(255)
    np.testing.assert_allclose(found.content[0].numpy(), photo.transpose(2, 0, 1), atol=1e-6)
    for content, layer in zip(found.contents, LAYERS, strict=True):
        one, other = (each[layer].double().numpy() for each in (own, theirs))
        expected = one * np.clip(other / (one + 1e-4), 0.7, 5)
        np.testing.assert_allclose(content.activation.numpy(), expected, rtol=1e-4)
        gains = content.activation.numpy()[one > 1] / one[one > 1]
        assert (gains.min(), gains.max()) == pytest.approx((0.7, 5), rel=1e-3)
        assert ((gains > 0.8) & (gains < 4)).mean() > 0.1
        assert content.weight == 1  # half of what both share


def test_of_a_large_photo_only_tiles_with_faces_are_seen(drawn, monkeypatch):
    """And what they give is that of one pass."""
    once = drawn(face_at(20, 20, 10))
    monkeypatch.setattr(portraits, "cut", lambda size, layers, masks, most: cut(size, layers, masks, 16))
    tiled = drawn(face_at(20, 20, 10))
    assert tiled.content.numel() < 0.7 * once.content.numel()
    for one, other in zip(tiled.contents, once.contents, strict=True):
        inside = torch.nn.functional.interpolate(one.mask, one.activation.shape[-2:], mode="area") > 0
        difference = (one.activation - other.activation).float() * inside
        assert difference.abs().max() < 1e-3 * other.activation.abs().max()
