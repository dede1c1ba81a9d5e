import numpy as np

from sfumato.regions.pointing.candidates import best, candidates
from sfumato.regions.pointing.crops import Look, around, laid, squares

SHAPE, SIZE = (100, 200, 3), (50, 100)


def seen(box, *filled):
    """A map of a box in which boxes of the photo are full."""
    values = np.zeros((64, 64), np.float32)
    top, left, bottom, right = box
    for each in filled:
        rows = slice(*(round((side - top) * 64 / (bottom - top)) for side in each[::2]))
        columns = slice(*(round((side - left) * 64 / (right - left)) for side in each[1::2]))
        values[max(0, rows.start) : rows.stop, max(0, columns.start) : columns.stop] = 1
    return Look(box, values)


WHOLE, LARGE, SMALL = (0, 0, 100, 200), (10, 60, 90, 140), (30, 80, 70, 120)
THING = (40, 90, 60, 112)


def test_what_others_agree_with_is_chosen():
    looks = [seen(WHOLE, (0, 0, 100, 150)), seen(LARGE, THING), seen(SMALL, THING)]
    found = candidates(looks, (50, 25), SHAPE, SIZE)
    assert len(found) == 3
    assert best(found).look is not looks[0]


def test_what_goes_on_beyond_its_square_is_not_chosen():
    looks = [seen(SMALL, SMALL), seen(LARGE, (20, 70, 80, 130))]
    assert best(candidates(looks, (50, 25), SHAPE, SIZE)).look is looks[1]
    # At the border of the photo, nothing goes on.
    corner = [seen((0, 0, 40, 40), (0, 0, 20, 20))]
    touching = candidates(corner, (3, 3), SHAPE, SIZE)[0].score
    inside = candidates([seen((0, 0, 40, 40), (4, 4, 24, 24))], (5, 5), SHAPE, SIZE)[0].score
    assert abs(touching - inside) < 0.05


def test_only_the_part_that_was_clicked_counts():
    (one,) = candidates([seen(WHOLE, THING, (10, 10, 30, 30))], (50, 25), SHAPE, SIZE)
    assert one.mask[25, 50]
    assert not one.mask[10, 10]
    assert candidates([seen(WHOLE, THING)], (5, 5), SHAPE, SIZE) == []


def test_a_map_is_laid_where_it_was_seen():
    rows, columns = np.nonzero(laid(seen(LARGE, THING), SHAPE, SIZE) > 0.5)
    assert (rows.min(), rows.max() + 1, columns.min(), columns.max() + 1) == (20, 30, 45, 56)


def test_squares_stay_in_the_picture():
    for box in (*squares(199, 0, SHAPE), *squares(0, 100, SHAPE), around((0, 190, 5, 200), SHAPE, margin=0.25)):
        assert 0 <= box[0] < box[2] <= 100
        assert 0 <= box[1] < box[3] <= 200
