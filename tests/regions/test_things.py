"""Which single things there are: people by their faces, animals and cars by their waists."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from helpers import face_at, network_file

from sfumato import images, models
from sfumato.errors import ModelError, SfumatoWarning
from sfumato.regions import find, find_faces, things
from sfumato.regions.faces import masks
from sfumato.regions.segmenters import Segments
from sfumato.regions.things import faces_in, instances

ROWS, COLUMNS = np.mgrid[:160, :256].astype(np.float32)
FLAT = np.full((160, 256, 3), 0.5, np.float32)


def disks(*places):
    away = [np.hypot(COLUMNS - x, ROWS - y) - radius for x, y, radius in places]
    return np.clip(0.5 - np.min(away, axis=0), 0, 1).astype(np.float32)


def person_at(x, half=35, top=20):
    """A head on a body, upright, and the face."""
    mask = np.maximum(disks((x, top + 22, 22)), ((np.abs(COLUMNS - x) < half) & (top + 40 < ROWS)).astype(np.float32))
    return mask, face_at(x, top + 22, 15)


def told(mask, faces=(), labels=("person",), photo=FLAT, **more):
    seen = Segments({labels[0]: mask, **more}, ())
    return instances(labels, seen, photo, mask, lambda photo: list(faces))


def coats(*bounds):
    """A photo with a color of its own from each bound to the next."""
    colors = np.float32([[0.9, 0.3, 0.2], [0.1, 0.3, 0.8], [0.2, 0.8, 0.2]])
    return colors[np.searchsorted(bounds, COLUMNS, side="right")]


# ---- faces


def test_people_side_by_side_are_told_apart_by_their_faces():
    (one, left), (two, right) = person_at(80, half=50), person_at(170, half=45)
    mask, photo = np.maximum(one, two), coats(129.5)
    first, second = told(mask, [right, left], photo=photo)
    np.testing.assert_allclose(first + second, mask, atol=1e-5)
    np.testing.assert_array_equal(first > 0.5, (mask > 0.5) & (COLUMNS < 130))
    np.testing.assert_array_equal(second > 0.5, (mask > 0.5) & (COLUMNS >= 130))


def test_without_faces_or_with_one_they_are_one():
    (one, left), (two, _) = person_at(80, half=50), person_at(170, half=45)
    mask = np.maximum(one, two)
    elsewhere = face_at(20, 20, 8)
    for faces in ([], [left], [left, elsewhere]):
        (only,) = told(mask, faces, photo=coats(129.5))
        np.testing.assert_array_equal(only, mask)


def test_faces_are_for_people():
    (one, left), (two, right) = person_at(80, half=50), person_at(170, half=45)
    mask = np.maximum(one, two)
    for label in ("sofa", "dog", "building"):
        assert len(told(mask, [left, right], labels=(label,), photo=coats(129.5))) == 1
    assert len(told(mask, [left, right], photo=coats(129.5))) == 2


def test_three_people_are_three_the_largest_first():
    people = [person_at(50, half=50), person_at(125, half=25), person_at(195, half=45)]
    mask = np.max([each for each, _ in people], axis=0)
    parts = told(mask, [face for _, face in people], photo=coats(100, 150))
    assert len(parts) == 3
    assert [part.sum() for part in parts] == sorted((part.sum() for part in parts), reverse=True)
    centers = [float((part * COLUMNS).sum() / part.sum()) for part in parts]
    np.testing.assert_allclose(centers, [50, 195, 125], atol=4)


def test_a_tilted_face_is_followed_to_its_chest():
    lying = face_at(60, 80, 15)
    turn = np.array([[0, 1], [-1, 0]])  # the chin to the right
    lying = replace(lying, points=(lying.points - (60, 80)) @ turn + (60, 80))
    oval, chest = things._drawn(lying, 1.0, (160, 256))
    center = [float(np.mean(np.nonzero(chest)[axis])) for axis in (1, 0)]
    assert abs(center[1] - 80) < 2
    assert abs(abs(center[0] - 60) - 30) < 3
    assert oval[80, 60]
    assert abs(chest.sum() - 30 * 0.7 * 30) < 0.15 * 30 * 0.7 * 30


def test_people_who_cannot_be_told_apart_are_one_and_that_is_said():
    one, left = person_at(40, half=40)
    two, right = person_at(216, half=40)
    mask = np.maximum(np.maximum(one, two), (ROWS > 60).astype(np.float32))
    photo = FLAT.copy()
    photo[:, 78:84] = photo[:, 172:178] = 0  # what is between them is fenced off from both
    with pytest.warns(
        SfumatoWarning, match=r"^2 people touch in this photo and cannot be told apart; they count as one$"
    ):
        (only,) = told(mask, [left, right], photo=photo)
    np.testing.assert_array_equal(only, mask)


# ---- waists


@pytest.mark.parametrize(
    ("label", "count"),
    [("person", 2), ("dog", 2), ("zebra", 2), ("car", 2), ("bus", 2), ("bicycle", 1), ("chair", 1), ("tree", 1)],
)
def test_compact_things_are_two_at_a_waist(label, count):
    mask = disks((70, 80, 40), (145, 80, 40))
    parts = told(mask, labels=(label,))
    assert len(parts) == count
    np.testing.assert_allclose(np.sum(parts, axis=0), mask, atol=1e-5)


def test_an_animal_that_is_half_another_has_no_waist():
    dog, sheep = disks((70, 80, 40), (145, 80, 40)), np.zeros_like(ROWS)
    sheep[50:110, 90:125] = 1 - dog[50:110, 90:125]
    assert len(told(dog, labels=("dog",))) == 2
    assert len(told(dog, labels=("dog",), sheep=sheep)) == 1
    assert len(told(dog, labels=("dog",), sofa=sheep)) == 2


def test_waists_and_faces_together():
    """Two people who stand close, and a third beyond a waist, whose face is not seen."""
    (one, left), (two, right) = person_at(50, half=40), person_at(110, half=30)
    third = disks((200, 115, 44))
    mask = np.maximum(np.maximum(one, two) * (COLUMNS < 141), third)
    mask[100:130, 135:165] = 1
    photo = coats(85)
    assert things.waists(mask).max() == 2
    for faces, count in (([left, right], 3), ([left], 2), ([], 2)):
        parts = told(mask, faces, photo=photo)
        assert len(parts) == count
        np.testing.assert_allclose(np.sum(parts, axis=0), mask, atol=1e-5)
    parts = told(mask, [left, right], photo=photo)
    centers = sorted(float((part * COLUMNS).sum() / part.sum()) for part in parts)
    np.testing.assert_allclose(centers, [46, 112, 196], atol=8)


def test_a_face_before_the_chest_of_another_is_of_its_own():
    """A child in front of a parent."""
    parent, upper = person_at(128, half=60)
    lower = face_at(128, 85, 12)
    child = np.maximum(disks((128, 85, 18)), ((np.abs(COLUMNS - 128) < 18) & (ROWS > 85)).astype(np.float32))
    photo = np.where(child[..., None] > 0.5, np.float32([0.9, 0.3, 0.2]), np.float32([0.1, 0.3, 0.8]))
    first, second = told(parent, [upper, lower], photo=photo)
    assert second[np.hypot(COLUMNS - 128, ROWS - 85) < 10].min() > 0.9
    np.testing.assert_array_equal(second[95:] > 0.5, child[95:] > 0.5)
    assert first[30, 128] > 0.9


def test_a_core_that_lies_in_another_part_does_not_count():
    """The enlarged mask falls apart at another place than the small map has its waist."""
    small = disks((70, 80, 40), (145, 80, 40))
    mask = small.copy()
    mask[:, 82:86] = 0
    parts = instances(["dog"], Segments({"dog": small}, ()), FLAT, mask, lambda photo: [])
    assert len(parts) == 2
    np.testing.assert_allclose(sum(parts), mask, atol=1e-6)
    assert [part[:, :82].any() for part in parts] == [False, True]


def test_small_maps_of_other_proportions_fit():
    photo = np.full((357, 288, 3), 0.5, np.float32)
    small = np.zeros((129, 105), np.float32)
    small[20:60, 10:95] = small[70:110, 10:95] = small[60:70, 45:60] = 1
    mask = np.kron(small, np.ones((3, 3), np.float32))[:357, :288]
    assert len(instances(["dog"], Segments({"dog": small}, ()), photo, mask, lambda photo: [])) == 2


# ---- networks


@pytest.mark.parametrize("name", ["0515", "0700"])
def test_two_people_in_a_photo(name):
    file = Path(__file__).resolve().parents[2] / ".." / "shared" / "data" / "photos" / f"{name}.jpg"
    if not file.is_file():
        pytest.skip(f"{file} is not there")
    pytest.importorskip("ai_edge_litert", reason="the extra deeplab is not installed")
    for network in ("deeplab", "face-detection", "face-mesh"):
        network_file(network)
    photo = images.load(file).rgb()
    seen, faces = find(photo), find_faces(photo)
    assert [word for word in seen if word.startswith("person#")] == ["person#1", "person#2"]
    assert len(faces) == 2
    ovals = [masks.ovals([each], photo.shape[:2]) > 0.5 for each in faces]
    shares = [[float((seen[f"person#{n}"] > 0.5)[oval].mean()) for n in (1, 2)] for oval in ovals]
    assert sorted(max(each) > 0.9 for each in shares) == [True, True]
    assert {int(np.argmax(each)) for each in shares} == {0, 1}


def test_without_the_network_there_are_no_faces(monkeypatch):
    def missing(photo):
        raise ModelError("it is not there")

    monkeypatch.setattr(things, "find_faces", missing)
    assert faces_in(FLAT) == []


def test_faces_are_not_looked_for_if_that_would_fetch_something(monkeypatch):
    state = dict.fromkeys(("face-detection", "face-mesh"), "ready")
    monkeypatch.setattr(things, "find_faces", lambda photo: ["a face"])
    monkeypatch.setattr(models, "state", lambda name: state[name])
    assert faces_in(FLAT, fetch=False) == ["a face"]
    state["face-mesh"] = "absent"
    assert faces_in(FLAT, fetch=False) == []
    assert faces_in(FLAT) == ["a face"]


@pytest.mark.parametrize("fetch", [True, False])
def test_find_fetches_only_if_it_may(pretend, told_people, monkeypatch, fetch):
    asked = []
    monkeypatch.setattr("sfumato.regions.semantic.faces_in", lambda photo, *, fetch: (asked.append(fetch), [])[1])
    pretend({"person": told_people})
    find(np.full((96, 128, 3), 0.5, np.float32), fetch=fetch)
    assert asked == [fetch]


@pytest.fixture
def told_people():
    small = np.zeros((12, 16), np.float32)
    small[2:10, 2:12] = 1
    return small
