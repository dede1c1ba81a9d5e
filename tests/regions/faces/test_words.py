"""The words `face`, `eyes`, `lips` and `hair` of region expressions."""

import numpy as np
import pytest
from helpers import OVAL, face_at

from sfumato import regions
from sfumato.errors import RegionError
from sfumato.regions import evaluate, models_needed, needs_photo
from sfumato.regions.faces import words


@pytest.fixture
def pretend(monkeypatch):
    """Put faces into every photo, and a subject; by default all of it is the subject."""

    def put(*faces, subject=1.0):
        monkeypatch.setattr(words, "find_faces", lambda photo: list(faces))
        monkeypatch.setattr(words, "subject", lambda photo: np.full(photo.shape[:2], subject, np.float32))
        return np.zeros((120, 160, 3), np.float32)

    return put


def disk(face):
    """The outline of a face drawn on a whole photo, with its soft edge."""
    left, _, right, _ = face.box
    drawn = regions.polygon(*face.points[OVAL].ravel(), shape=(120, 160))
    return (regions.feather(drawn, (right - left) / 20) / 0.96 - 1 / 48).clip(0, 1)


def test_a_face_is_its_outline_with_a_soft_edge_also_over_the_border(pretend):
    for face in (face_at(70, 60, 40), face_at(5, 110, 30)):
        mask = evaluate("face", pretend(face))
        assert mask.dtype == np.float32
        np.testing.assert_allclose(mask, disk(face), atol=0.02)
    assert not evaluate("face", pretend(face_at(-60, 60, 40))).any()


def test_numbers_and_all_of_them(pretend):
    large, small = face_at(50, 60, 30), face_at(120, 60, 20)
    photo = pretend(large, small)
    np.testing.assert_allclose(evaluate("face#1", photo), disk(large), atol=0.02)
    np.testing.assert_allclose(evaluate("face#2", photo), disk(small), atol=0.02)
    np.testing.assert_array_equal(evaluate("face", photo), evaluate("face#1 | face#2", photo))


@pytest.mark.parametrize("word", ["face", "eyes", "lips", "hair"])
def test_no_face_or_too_few(pretend, word):
    with pytest.raises(RegionError) as caught:
        evaluate(f"all - {word}", pretend())
    text = "no face is found in this photo; use ellipse() or a mask file instead, at column 7"
    assert str(caught.value) == f'region "all - {word}": {text}'
    for number, faces, found in ((2, 1, "1 face is"), (4, 3, "3 faces are")):
        photo = pretend(*[face_at(60, 60, 30)] * faces)
        with pytest.raises(RegionError) as caught:
            evaluate(f"{word}#{number}", photo)
        text = f"there is no {word}#{number} in this photo: {found} found, and #1 is the largest"
        assert str(caught.value) == f'region "{word}#{number}": {text}'


def test_numbers_begin_with_1(pretend):
    with pytest.raises(RegionError, match="there is no face#0 in this photo: 1 face is found"):
        regions.face(photo=pretend(face_at(60, 60, 30)), number=0)


def test_hair_is_of_the_subject_and_of_no_face(pretend):
    face, other = face_at(70, 70, 30), face_at(115, 70, 12)
    photo = pretend(face, other, subject=0.8)
    mask = evaluate("hair#1", photo)
    assert mask.max() == np.float32(0.8)
    assert mask[30, 70] == np.float32(0.8)  # above
    assert mask[60, 35] > 0.7  # beside
    assert mask[97, 45] == 0  # beside the chin
    assert mask[110, 70] == 0  # below
    assert mask[70, 70] == mask[70, 115] == 0  # within either face
    assert mask[30, 150] == 0
    assert (evaluate("hair", photo) >= mask).all()


@pytest.mark.parametrize("side", [-1, 1])
def test_hair_follows_the_tilt_of_a_face(pretend, side):
    face = face_at(80, 60, 20)
    face.points[[33, 263]] = (72, 60 - 8 * side), (88, 60 + 8 * side)  # by 45 degrees
    mask = evaluate("hair", pretend(face))
    # What is above a tilted face is to its side in the photo.
    assert mask[35, 80 + 25 * side] == 1
    assert mask[85, 80 - 25 * side] == 0


def test_no_hair_without_a_subject(pretend):
    with pytest.raises(RegionError, match="no hair is found, since the subject of this photo is not around a face"):
        evaluate("hair", pretend(face_at(70, 70, 30), subject=0))


def test_what_the_words_need():
    faces = {"face-detection", "face-mesh"}
    assert models_needed("face | lips#1 - eyes") == faces
    assert models_needed("matte(hair)") == {*faces, "u2netp"}
    assert needs_photo("eyes")


# ---- with the networks

# Places in the astronaut, x and y.
NOSE, CHEEK, LIP, TEETH, EYE, BROW, FRINGE, CURL, SKY, SUIT = (
    *((223, 120), (200, 125), (223, 152), (222, 146), (203, 101), (247, 93)),
    *((215, 75), (290, 75), (400, 30), (200, 350)),
)


def values(mask, *places):
    return [round(float(mask[y, x]), 2) for x, y in places]


def test_face_eyes_and_lips_of_the_astronaut(face_networks, astronaut):
    face, eyes, lips = (evaluate(word, astronaut) for word in ("face", "eyes", "lips"))
    for mask in (face, eyes, lips):
        assert mask.shape == astronaut.shape[:2]
        assert mask.min() == 0
        assert mask.max() == 1
        assert ((mask > 0.1) & (mask < 0.9)).any()
    assert values(face, NOSE, CHEEK, LIP, TEETH, EYE, BROW, CURL, SKY, SUIT) == [1, 1, 1, 1, 1, 1, 0, 0, 0]
    assert values(eyes, EYE, BROW, NOSE, CHEEK, LIP, SKY) == [1, 1, 0, 0, 0, 0]
    assert values(lips, LIP, TEETH, NOSE, CHEEK, EYE, SKY) == [1, 1, 0, 0, 0, 0]
    assert 0.02 < face.mean() < 0.04
    assert 0.03 < eyes.sum() / face.sum() < 0.2
    assert 0.03 < lips.sum() / face.sum() < 0.15
    # Both eyes are alike, and the nose is between them.
    left, right = eyes[:, :223].sum(), eyes[:, 223:].sum()
    assert 0.7 < left / right < 1.4


def test_hair_of_the_astronaut(face_networks, u2netp, astronaut):
    mask = evaluate("hair", astronaut)
    assert values(mask, NOSE, CHEEK, LIP, SKY, SUIT) == [0] * 5
    assert mask[45, 225] > 0.9  # on top
    assert mask[75, 290] > 0.9
    assert not mask[190:].any()
