import numpy as np
import pytest

from sfumato.demo.sheet import sheet

RED, GREEN, BLUE = (1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)


def flat(height, width, color):
    return np.full((height, width, 3), color, np.float32)


def box(made, color):
    """Where a color is, as top, left, bottom, right."""
    rows, columns = np.nonzero(np.abs(made - np.float32(color)).max(-1) < 0.01)
    assert len(rows), color
    return rows.min(), columns.min(), rows.max() + 1, columns.max() + 1


def test_one_picture_with_its_caption_above():
    made = sheet({"ok": flat(20, 40, RED)}, height=30)
    assert made.dtype == np.float32
    assert made.ndim == 3
    top, left, bottom, right = box(made, RED)
    assert (bottom - top, right - left) == (30, 60)
    assert (made[top:bottom, left:right] == RED).all()
    above = made[:top, left:right]
    assert above.min() < 0.3  # letters
    assert above.mean() > 0.7  # on white
    around = made.copy()
    around[:bottom, left:right] = 1
    assert (around == 1).all()


def test_pictures_stand_in_rows_in_the_order_given():
    made = sheet({"r": flat(10, 10, RED), "g": flat(10, 20, GREEN), "b": flat(20, 10, BLUE)}, height=40, columns=2)
    red, green, blue = (box(made, color) for color in (RED, GREEN, BLUE))
    assert (red[3] - red[1], green[3] - green[1], blue[3] - blue[1]) == (40, 80, 20)
    assert red[0] == green[0]
    assert red[3] < green[1]
    assert blue[1] == red[1]
    assert blue[0] > red[2]
    assert blue[2] <= made.shape[0]
    assert green[3] <= made.shape[1]
    assert made[red[2] : blue[0], blue[1] : blue[3]].min() < 0.3  # its caption, between the rows


def test_captions_differ():
    captions = [sheet({text: flat(20, 40, RED)}, height=30) for text in ("one", "two")]
    assert (captions[0] != captions[1]).any()
    blank = sheet({"": flat(20, 40, RED)}, height=30)
    top = box(blank, RED)[0]
    assert (blank[:top] == 1).all()


def test_a_caption_longer_than_its_picture_does_not_run_into_the_next():
    long = "naive: all restyled, then cut out"
    alone = sheet({"": flat(40, 10, RED), "next": flat(40, 60, GREEN)}, height=40)
    both = sheet({long: flat(40, 10, RED), "next": flat(40, 60, GREEN)}, height=40)
    left, right = (box(made, GREEN)[1] for made in (alone, both))
    top = box(both, GREEN)[0]
    np.testing.assert_array_equal(both[:top, right : right + 60], alone[:top, left : left + 60])


def test_values_outside_the_range_are_clipped_and_the_inputs_kept():
    picture = flat(10, 10, (2.0, -1.0, 0.5))
    before = picture.copy()
    made = sheet({"x": picture}, height=10)
    np.testing.assert_array_equal(picture, before)
    assert box(made, (1.0, 0.0, 128 / 255))
    assert made.min() >= 0
    assert made.max() <= 1


@pytest.mark.parametrize("shape", [(400, 1), (1, 400), (1, 1)])
def test_pictures_of_any_shape(shape):
    made = sheet({"x": flat(*shape, RED)}, height=20)
    top, left, bottom, right = box(made, RED)
    assert bottom - top == 20
    assert right - left >= 1
