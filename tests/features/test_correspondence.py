import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional

from sfumato.features import agree, spread


def voted(matches, mask, colors, radius):
    """For each position, what each candidate costs: its mean squared distance to all, by plain loops; own first."""
    height, width = colors.shape[1:]
    match = {tuple(place): divmod(int(m), width) for place, m in zip(np.argwhere(mask).tolist(), matches, strict=True)}
    found = []
    for y, x in match:
        candidates = []
        for dy in range(-radius, radius + 1):
            for dx in range(-radius, radius + 1):
                if (y + dy, x + dx) in match:
                    row, column = match[y + dy, x + dx]
                    row, column = row - dy, column - dx
                    if 0 <= row < height and 0 <= column < width:
                        candidates.append((row, column))
        costs = {}
        for one in [match[y, x], *candidates]:
            apart = [((colors[:, *one] - colors[:, *other]) ** 2).sum() for other in candidates]
            costs[one[0] * width + one[1]] = float(np.mean(apart))
        found.append(costs)
    return found


def asked(matches, mask, colors, **options):
    tensors = torch.as_tensor(matches), torch.as_tensor(mask), torch.as_tensor(colors)
    kept = [values.clone() for values in tensors]
    found = agree(*tensors, **options)
    assert all(torch.equal(*pair) for pair in zip(tensors, kept, strict=True))
    assert found.dtype == torch.int64
    return found.tolist()


@settings(deadline=None, max_examples=60)
@given(
    seed=st.integers(0, 2**32 - 1),
    shape=st.tuples(*[st.integers(1, 7)] * 4),
    channels=st.sampled_from([1, 3]),
    density=st.sampled_from([0.15, 0.6, 1.0]),
    radius=st.integers(0, 3),
    order=st.sampled_from(["random", "shift", "shift with strays"]),
)
def test_the_candidate_nearest_to_all_wins(seed, shape, channels, density, radius, order):
    rng = np.random.default_rng(seed)
    colors = rng.random((channels, *shape[2:]))
    mask = rng.random(shape[:2]) < density
    mask[rng.integers(shape[0]), rng.integers(shape[1])] = True
    places = np.argwhere(mask)
    matches = rng.integers(0, colors[0].size, len(places))
    if order != "random":
        rows, columns = ((places[:, i] + 1).clip(max=shape[2 + i] - 1) for i in (0, 1))
        keep = rng.random(len(places)) < (1 if order == "shift" else 0.7)
        matches = np.where(keep, rows * shape[3] + columns, matches)
    found = asked(matches, mask, colors, radius=radius)
    for own, winner, costs in zip(matches, found, voted(matches, mask, colors, radius), strict=True):
        assert costs[winner] == pytest.approx(min(costs.values()), abs=1e-12)
        if len(costs) == 1:
            assert winner == own


def test_two_is_the_usual_radius():
    rng = np.random.default_rng(0)
    colors, mask, matches = rng.random((3, 9, 8)), np.ones((7, 6), bool), rng.integers(0, 72, 42)
    found = {radius: asked(matches, mask, colors, radius=radius) for radius in (1, 2, 3)}
    assert found[1] != found[2] != found[3]
    assert asked(matches, mask, colors) == found[2]


def test_what_is_consistent_stays():
    """A region with a hole, which lies at the border of the picture, and whose match lies at that of the style."""
    mask = np.ones((5, 6), bool)
    mask[1:3, 2:4] = False
    colors = np.random.default_rng(0).random((3, 8, 9))
    for down, right in ((0, 0), (3, 3), (0, 3), (2, 1)):
        rows, columns = np.nonzero(mask)
        matches = (rows + down) * 9 + columns + right
        for radius in (1, 2, 5):
            assert asked(matches, mask, colors, radius=radius) == matches.tolist()


def test_a_stray_is_mended_and_its_neighbors_do_not_follow_it():
    colors = np.random.default_rng(1).random((3, 12, 12))
    mask = np.ones((6, 6), bool)
    rows, columns = np.nonzero(mask)
    matches = (rows + 4) * 12 + columns + 5
    for stray in (0, 5, 14, 21, 35):
        wrong = matches.copy()
        wrong[stray] = 3
        assert asked(wrong, mask, colors) == matches.tolist()


def test_two_parts_that_match_different_places_stay_two_parts():
    colors = np.zeros((1, 4, 24))
    colors[..., 12:] = 1
    mask = np.ones((4, 8), bool)
    rows, columns = np.nonzero(mask)
    matches = rows * 24 + columns + np.where(columns < 4, 0, 12)
    found = np.array(asked(matches, mask, colors)).reshape(4, 8)
    np.testing.assert_array_equal(colors[0].ravel()[found], np.r_[np.zeros(4), np.ones(4)] * np.ones((4, 1)))


def test_positions_outside_the_mask_have_no_say():
    """Each stands alone, its nearest neighbors being outside."""
    mask = np.zeros((7, 7), bool)
    mask[::3, ::3] = True
    matches = np.random.default_rng(2).permutation(30)[: mask.sum()]
    assert asked(matches, mask, np.random.default_rng(3).random((3, 5, 6)), radius=2) == matches.tolist()


def test_of_equally_good_ones_the_own_is_kept():
    """Colors of two values, so that all the numbers are exact; one color, so that all are equally good."""
    rng = np.random.default_rng(4)
    mask = rng.random((6, 6)) < 0.7
    matches = rng.integers(0, 36, mask.sum())
    assert asked(matches, mask, np.zeros((2, 6, 6))) == matches.tolist()
    pair = np.array([[True, True]])
    assert asked([0, 3], pair, np.array([[[0.0, 2.0, 2.0, 0.0, 2.0, 0.0]]]), radius=1) == [0, 3]


def test_candidates_beyond_the_style_do_not_wrap_around():
    """Taken for the row above or below, the neighbors' proposals would agree with each other and win."""
    colors = np.array([[[7.0, 7.0, 0.0], [0.0, 5.0, 7.0]]])
    mask = np.ones((1, 3), bool)
    assert list(voted([2, 4, 3], mask, colors, 1)[1]) == [4]
    assert asked([2, 4, 3], mask, colors, radius=1) == [2, 4, 3]


def test_no_positions_have_no_matches():
    assert asked(np.zeros(0, np.int64), np.zeros((3, 3), bool), np.zeros((3, 4, 4))) == []


# ---- to a shallower layer


@settings(deadline=None, max_examples=60)
@given(
    size=st.tuples(*[st.integers(1, 40)] * 2),
    poolings=st.integers(0, 3),
    count=st.integers(0, 12),
    seed=st.integers(0, 2**32 - 1),
)
def test_all_that_lies_under_a_match_is_chosen_once(size, poolings, count, seed):
    """Each fine position knows the deep one above it, from poolings that round up as the network's do."""
    step = 2**poolings
    deep = functional.max_pool2d(torch.zeros(1, 1, *size), 1)
    for _ in range(poolings):
        deep = functional.max_pool2d(deep, 2, ceil_mode=True)
    height, width = deep.shape[-2:]
    matches = np.random.default_rng(seed).integers(0, height * width, count)
    chosen = {int(match) for match in matches}
    expected = [
        y * size[1] + x for y in range(size[0]) for x in range(size[1]) if (y // step) * width + x // step in chosen
    ]
    found = spread(torch.as_tensor(matches), (height, width), size, step)
    assert found.dtype == torch.int64
    assert found.tolist() == expected
    assert len(expected) >= len(chosen)


def test_where_a_pooling_rounded_up_the_rest_is_cut_off():
    assert spread(torch.tensor([5, 5, 2]), (2, 3), (3, 5), 2).tolist() == [4, 9, 14]


def test_of_two_candidates_the_own_match_wins_whatever_rounding_says():
    generator = torch.Generator().manual_seed(0)
    mask = torch.ones(1, 2, dtype=torch.bool)
    for _ in range(50):
        colors = torch.rand(3, 4, 8, generator=generator)
        matches = torch.randint(2, 6, (2,), generator=generator) + torch.tensor([8, 16])
        assert torch.equal(agree(matches, mask, colors, radius=1), matches)
