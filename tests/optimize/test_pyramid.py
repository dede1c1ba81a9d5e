import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfumato.optimize.pyramid import SMALLEST, Level, pyramid

SIDES = st.integers(1, 5000)
COUNTS = st.lists(st.integers(1, 500), min_size=1, max_size=8)


@given(SIDES, SIDES, COUNTS)
def test_levels_double_up_to_the_finest(height, width, iterations):
    levels = pyramid(height, width, iterations)
    assert (levels[-1].height, levels[-1].width, levels[-1].scale) == (height, width, 1)
    assert [level.number for level in levels] == list(range(1, len(levels) + 1))
    for level in levels:
        assert level.scale == 2.0 ** (level.number - len(levels))
        assert abs(level.height - height * level.scale) <= 0.5 or level.height == 1
        assert abs(level.width - width * level.scale) <= 0.5 or level.width == 1


@given(SIDES, SIDES, COUNTS)
def test_no_iteration_is_lost(height, width, iterations):
    levels = pyramid(height, width, iterations)
    assert sum(level.iterations for level in levels) == sum(iterations)
    kept = len(levels) - 1
    # The finer levels keep their own; the coarsest takes what the left-out ones had.
    assert [level.iterations for level in levels[1:]] == iterations[len(iterations) - kept :]


@given(SIDES, SIDES, COUNTS, st.integers(1, 200))
def test_only_levels_that_are_too_small_are_left_out(height, width, iterations, smallest):
    levels = pyramid(height, width, iterations, smallest=smallest)
    shorter = min(height, width)
    assert len(levels) == 1 or shorter * levels[0].scale >= smallest
    assert len(levels) == len(iterations) or shorter * levels[0].scale / 2 < smallest


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ((512, 384), [(128, 96, 60), (256, 192, 40), (512, 384, 20)]),
        ((191, 400), [(96, 200, 100), (191, 400, 20)]),
        ((192, 400), [(48, 100, 60), (96, 200, 40), (192, 400, 20)]),
        ((50, 50), [(50, 50, 120)]),
        ((1, 1), [(1, 1, 120)]),
    ],
)
def test_sizes_by_hand(size, expected):
    assert [(v.height, v.width, v.iterations) for v in pyramid(*size, (60, 40, 20))] == expected


def test_what_was_given_stays_as_it_was():
    iterations = [60, 40, 20]
    pyramid(40, 40, iterations)
    assert iterations == [60, 40, 20]
    assert SMALLEST == 48
    assert pyramid(9, 9, (5,)) == [Level(1, 9, 9, 1.0, 5)]
