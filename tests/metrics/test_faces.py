"""How much of faces is kept."""

import cv2
import numpy as np
import pytest
from skimage import data

from sfumato.errors import ImageError
from sfumato.metrics import faces

pytestmark = pytest.mark.usefixtures("face_networks")

EYES = 62.5  # pixels between the outer corners of the astronaut's eyes


@pytest.fixture(scope="module")
def photo():
    return np.float32(data.astronaut()[:320, 60:380] / 255)


def blurred(photo, sigma):
    return cv2.GaussianBlur(photo, (0, 0), sigma)


def test_the_photo_itself(photo):
    (kept,) = faces(photo, photo)
    assert kept.shift == 0
    assert kept.detection > 0.9
    assert kept.fit > 0.99


def test_the_more_it_is_blurred_the_less_is_kept(photo):
    found = [faces(blurred(photo, sigma), photo)[0] for sigma in (1, 2, 4, 8)]
    for measure, sign in (("shift", 1), ("detection", -1), ("fit", -1)):
        values = [sign * getattr(kept, measure) for kept in found]
        assert values == sorted(values), measure
    assert found[0].shift < 0.01
    assert 0.1 < found[-1].shift < 0.3
    assert found[-1].detection < 0.5
    assert found[-1].fit < 0.01


@pytest.mark.parametrize(("right", "down"), [(5, 0), (0, -4), (3, 3)])
def test_a_face_that_moved(photo, right, down):
    (kept,) = faces(np.roll(photo, (down, right), (0, 1)), photo)
    assert kept.shift == pytest.approx(np.hypot(right, down) / EYES, rel=0.25)
    assert kept.fit > 0.99
    assert kept.detection > 0.9


def test_only_the_face_counts(photo):
    far = photo.copy()
    far[240:] = 0
    (kept,) = faces(far, photo)
    assert kept.shift < 0.005


def test_a_face_that_went_elsewhere_is_not_detected(photo):
    picture = np.full_like(photo, 0.5)
    picture[180:300, 180:300] = photo[60:180, 103:223]
    (kept,) = faces(picture, photo)
    assert kept.fit < 0.5
    assert kept.detection < 0.5


def test_a_value_for_each_face_the_largest_first(photo):
    small = cv2.resize(photo[40:200, 80:260], None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    both = photo.copy()
    both[220:300, 10:100] = small
    changed = both.copy()
    changed[210:310, :110] = blurred(changed, 6)[210:310, :110]
    large, other = faces(changed, both)
    assert large.shift < 0.01
    assert other.shift > 0.1
    assert other.fit < 0.5 < large.fit


def test_no_face():
    cup = data.coffee()
    assert faces(cup, cup) == []


def test_a_picture_that_is_not_clipped_counts_as_if_it_were(photo):
    wild = photo + np.where(photo > 0.5, 0.4, -0.4).astype(np.float32)
    assert faces(wild, photo) == faces(wild.clip(0, 1), photo)


def test_another_size(photo):
    with pytest.raises(ImageError, match=r"the picture has the shape \(310, 320, 3\); give one of the photo's size"):
        faces(photo[10:], photo)
