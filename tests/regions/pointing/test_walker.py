import numpy as np
import pytest
from skimage.color import rgb2lab

from sfumato.errors import InputError, RegionError
from sfumato.regions.pointing.walker import corrected, walked


def dense(photo, keep, drop, prior=None, hold=0.0):
    """The same equations, pixel by pixel, solved as a dense system."""
    height, width = keep.shape
    lab = rgb2lab(photo.astype(np.float64)) / 100
    matrix, right = np.zeros((keep.size, keep.size)), np.zeros(keep.size)
    for row in range(height):
        for column in range(width):
            here = row * width + column
            if keep[row, column] > 0.5 or drop[row, column] > 0.5:
                matrix[here, here], right[here] = 1, keep[row, column] > 0.5
                continue
            for down, across in ((0, 1), (0, -1), (1, 0), (-1, 0)):
                there = row + down, column + across
                if 0 <= there[0] < height and 0 <= there[1] < width:
                    weight = np.exp(-30 * np.linalg.norm(lab[row, column] - lab[there])) + 1e-3
                    matrix[here, here] += weight
                    matrix[here, there[0] * width + there[1]] -= weight
            matrix[here, here] += hold
            right[here] += hold * (0 if prior is None else prior[row, column])
    return np.linalg.solve(matrix, right).reshape(keep.shape)


@pytest.mark.parametrize("hold", [0.0, 0.3])
def test_a_walk_solves_the_equations(hold):
    rng = np.random.default_rng(3)
    photo = rng.random((6, 9, 3)).astype(np.float32)
    prior = rng.random((6, 9)).astype(np.float32)
    keep, drop = np.zeros((2, 6, 9), np.float32)
    keep[1, 2] = keep[4, 7] = drop[5, 0] = drop[0, 8] = 1
    found = walked(photo, keep, drop, prior=prior, hold=hold)
    np.testing.assert_allclose(found, dense(photo, keep, drop, prior, hold), atol=2e-3)


def test_on_one_color_the_walk_is_a_straight_ramp():
    keep, drop = np.zeros((2, 3, 11), np.float32)
    keep[:, 10] = drop[:, 0] = 1
    np.testing.assert_allclose(walked(np.full((3, 11, 3), 0.5), keep, drop)[1], np.linspace(0, 1, 11), atol=1e-5)


def test_marks_everywhere_are_the_mask():
    keep = np.eye(4, dtype=np.float32)
    np.testing.assert_array_equal(walked(np.zeros((4, 4, 3)), keep, 1 - keep), keep)


def test_nothing_marked_is_refused():
    with pytest.raises(RegionError, match="nothing to spread; mark what to keep or what to drop"):
        walked(np.zeros((4, 4, 3)), np.zeros((4, 4)), np.zeros((4, 4)))
    with pytest.raises(InputError, match="keep"):
        walked(np.zeros((4, 4, 3)), np.zeros((4, 5)), np.zeros((4, 4)))


def stripes():
    photo = np.zeros((30, 60, 3), np.float32)
    photo[:, 20:40], photo[:, 40:] = (0.8, 0.2, 0.2), (0.2, 0.3, 0.8)
    return photo


def test_a_correction_ends_at_an_edge():
    mask = np.zeros((30, 60), np.float32)
    mask[:, :20] = 1
    found = corrected(mask, stripes(), [(30, 15)]) > 0.5
    assert found[:, :39].all()
    assert not found[:, 42:].any()


def test_what_is_right_stays():
    mask = np.zeros((30, 60), np.float32)
    mask[:, :20] = 1
    mask[5:9, 50:54] = 0.7
    found = corrected(mask, stripes(), [(30, 15)])
    np.testing.assert_array_equal(found[:, 46:], mask[:, 46:])
    np.testing.assert_array_equal(corrected(mask, stripes(), [(5, 5)], [(45, 20)]), mask)


def test_a_click_takes_away():
    mask = np.ones((30, 60), np.float32)
    found = corrected(mask, stripes(), [(50, 10)], [(10, 10)])
    assert found[10, 10] == 0
    assert found[10, 50] == 1


def test_a_click_far_from_the_edge_means_a_large_mistake():
    photo = np.zeros((120, 140, 3), np.float32)
    photo[:, 100:] = 0.8
    mask = np.zeros((120, 140), np.float32)
    mask[:, :20] = 1
    found = corrected(mask, photo, [(60, 60)], [(130, 60)]) > 0.5
    assert found[:, :96].mean() > 0.95
    assert not found[:, 104:].any()
