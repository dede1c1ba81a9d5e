import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sfumato.errors import RegionError, SfumatoWarning
from sfumato.labels.groups import merge
from sfumato.labels.masks import cutoff, hard, limit, normalize
from sfumato.labels.matching import match

NAMES = ("sky", "lake", "sea", "tree", "grass", "dog", "kite")


@st.composite
def labels(draw, names=NAMES, shape=None, least=1):
    """Soft masks of a small random picture that sum to at most 1, with some pixels and masks empty."""
    chosen = draw(st.lists(st.sampled_from(names), min_size=least, max_size=len(names), unique=True))
    height, width = shape or draw(st.tuples(st.integers(1, 5), st.integers(1, 5)))
    rng = np.random.default_rng(draw(st.integers(0, 10**6)))
    power = draw(st.sampled_from([1, 4, 30]))
    stack = rng.random((len(chosen), height, width)) ** power
    stack[rng.random(len(chosen)) < 0.2] = 0
    stack *= (rng.random((height, width)) < draw(st.sampled_from([0.3, 0.9, 1]))) / np.maximum(stack.sum(0), 1)
    return dict(zip(chosen, stack.astype(np.float32), strict=True))


def total(masks):
    return np.sum([mask.astype(np.float64) for mask in masks.values()], axis=0)


def masks(**rows):
    return {name: np.float32([row]) for name, row in rows.items()}


def same(one, other):
    assert list(one) == list(other)
    for name in one:
        np.testing.assert_allclose(one[name], other[name], atol=1e-6)


# The steps.


@settings(deadline=None)
@given(labels(least=0))
def test_merging_adds_up(soft):
    before = {name: mask.copy() for name, mask in soft.items()}
    merged = merge(soft)
    same(soft, before)
    assert set(merged) == {{"lake": "water", "sea": "water", "dog": "animal"}.get(n, n) for n in soft} - {
        "tree",
        "grass",
    } | ({"plant"} if {"tree", "grass"} & set(soft) else set())
    if soft:
        np.testing.assert_allclose(total(merged), total(soft), atol=1e-6)
    for group, names in {"water": ("lake", "sea"), "plant": ("tree", "grass")}.items():
        if group in merged:
            np.testing.assert_allclose(merged[group], total({n: soft[n] for n in names if n in soft}), atol=1e-6)
            assert merged[group].dtype == np.float32
    same(merge(merged), merged)
    same(merge(soft, {}), soft)


@settings(deadline=None)
@given(labels())
def test_merging_and_hardening_commute_where_one_label_rules(soft):
    same(hard(merge(hard(soft))), merge(hard(soft)))
    sure = np.max(list(soft.values()), axis=0) > 0.5  # then no group can outvote it
    one, other = hard(merge(soft)), merge(hard(soft))
    assert set(one) == set(other)
    for name in one:
        np.testing.assert_array_equal(one[name][sure], other[name][sure])


def test_merging_first_can_change_the_winner():
    soft = masks(sky=[0.4], lake=[0.3], sea=[0.3])
    same(hard(merge(soft)), masks(sky=[0], water=[1]))
    same(merge(hard(soft)), masks(sky=[1], water=[0]))


@settings(deadline=None)
@given(labels(least=0))
def test_hard_masks_are_the_arg_max(soft):
    masks_ = hard(soft)
    assert list(masks_) == list(soft)
    for place in np.ndindex(next(iter(soft.values())).shape if soft else (0, 0)):
        values = [float(mask[place]) for mask in soft.values()]
        won = [float(mask[place]) for mask in masks_.values()]
        assert won == [float(max(values) > 0 and i == values.index(max(values))) for i in range(len(values))]


@settings(deadline=None)
@given(labels(least=0), st.floats(0, 1), st.floats(0, 1))
def test_cutoff_keeps_masks_as_they_are(soft, least, area):
    kept = cutoff(soft, least=least, area=area)
    good = {n for n, m in soft.items() if m.max() > 0 and m.max() >= np.float32(least) and m.mean() >= area}
    if good:
        assert set(kept) == good
    else:
        assert len(kept) == any(mask.any() for mask in soft.values())
        assert all(mask.sum() == max(other.sum() for other in soft.values()) for mask in kept.values())
    for name in kept:
        np.testing.assert_array_equal(kept[name], soft[name])
        assert kept[name] is not soft[name]


def test_cutoff_by_default():
    soft = {"sky": np.full((50, 50), 0.5, np.float32), "sea": np.full((50, 50), 0.19, np.float32)}
    soft |= {"kite": np.zeros((50, 50), np.float32), "dog": np.zeros((50, 50), np.float32)}
    soft["kite"][:2, 0] = 0.4  # 0.8 / 2500
    soft["dog"][:2, 5:8] = 0.45  # 2.7 / 2500
    assert list(cutoff(soft)) == ["sky", "dog"]
    assert list(cutoff(soft, area=0)) == ["sky", "kite", "dog"]
    assert list(cutoff(soft, least=0.19)) == ["sky", "sea", "dog"]
    assert list(cutoff(soft, least=0.9)) == ["sky"]  # all would go: the largest stays


def nearest(full, place):
    """Distance to the nearest pixel that is labelled, by brute force."""
    return min(np.hypot(*np.subtract(place, other)) for other in np.argwhere(full))


@settings(deadline=None)
@given(labels())
def test_normalizing(soft):
    full = total(soft) > 0
    if not full.any():
        with pytest.raises(RegionError, match=r"the labels \['.*'\] are all empty: give a mask that selects something"):
            normalize(soft)
        return
    whole = normalize(soft)
    assert list(whole) == list(soft)
    np.testing.assert_allclose(total(whole), 1, atol=1e-6)
    for name in soft:
        np.testing.assert_allclose(whole[name][full], (soft[name][full] / total(soft)[full]), rtol=1e-5, atol=1e-7)
    check_gaps(soft, whole, full)


def check_gaps(soft, whole, full):
    """Pixels without any label got one that a nearest labelled pixel has."""
    winners = hard(soft)
    for place in np.argwhere(~full):
        (name,) = [name for name in whole if whole[name][tuple(place)] == 1]
        away = [np.hypot(*(place - other)) for other in np.argwhere(winners[name] * full)]
        assert min(away) == nearest(full, place)


@settings(deadline=None)
@given(labels(), st.sets(st.sampled_from((*NAMES, "boat"))))
def test_limit_invents_nothing_and_leaves_no_gap(soft, style):
    there = {name for name in soft if name in style and soft[name].any()}
    if not there:
        with pytest.raises(RegionError, match=r"no label of the photo \['.*'\] is in the style \[.*\]: merge those"):
            limit(soft, style)
        return
    left = limit(soft, style)
    assert set(left) == there
    np.testing.assert_allclose(total(left), 1, atol=1e-6)
    kept = {name: soft[name] for name in left}
    winners, full = hard(kept), total(kept) > 0
    for name in left:
        expected = kept[name] + winners[name] * (1 - total(kept))
        np.testing.assert_allclose(left[name][full], expected[full], atol=1e-6)
    check_gaps(kept, left, full)


def test_limit_scales_down_masks_that_overlap():
    same(limit(masks(sky=[0.9, 0.4], sea=[0.6, 0.4]), ["sky", "sea"]), masks(sky=[0.6, 0.6], sea=[0.4, 0.4]))


def test_nothing_in_nothing_out():
    assert merge({}) == cutoff({}) == hard({}) == normalize({}) == {}
    with pytest.raises(RegionError, match=r"no label of the photo \[\] is in the style \['sky'\]"):
        limit({}, {"sky": 1})


# The whole.


@settings(deadline=None)
@given(labels(shape=(4, 5)), labels(shape=(3, 7)))
def test_matching_random_pictures(content, style):
    for side, soft in (("photo", content), ("style", style)):
        if not any(mask.any() for mask in soft.values()):
            with pytest.raises(RegionError, match=f"the {side} has no label, or only empty ones: label it, or go"):
                match(content, style)
            return
    before = [{name: mask.copy() for name, mask in soft.items()} for soft in (content, style)]
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        result = match(content, style)
    same(content, before[0])
    same(style, before[1])
    assert list(result.content) == list(result.style)
    assert result.content
    np.testing.assert_allclose(total(result.content), 1, atol=1e-6)
    assert total(result.style).max() <= 1 + 1e-6
    shared = set(cutoff(merge(content))) & set(cutoff(merge(style)))
    assert set(result.content) == (shared or {"all"})
    assert [("share no label" in str(warning.message)) for warning in caught] == [True] * (not shared)


def test_what_is_left_goes_to_the_most_probable_label_that_both_have():
    content = masks(lake=[1, 1, 0, 0, 0, 0], sky=[0, 0, 0.6, 0.8, 0, 0], kite=[0, 0, 0.3, 0.1, 0, 0])
    content |= masks(haze=[0, 0, 0.1, 0.1, 0, 0], dog=[0, 0, 0, 0, 1, 0])
    style = masks(sea=[1, 0, 0, 0], river=[0, 0.5, 0, 0], sky=[0, 0, 1, 0], person=[0, 0, 0, 0.8])
    result = match(content, style)
    same(result.content, masks(water=[1, 1, 0, 0, 0, 0], sky=[0, 0, 1, 1, 1, 1]))
    same(result.style, masks(water=[1, 0.5, 0, 0], sky=[0, 0, 1, 0]))


def test_small_and_empty_labels_are_left_out():
    content = masks(sky=[1, 1, 0, 0], sea=[0, 0, 1, 0], person=[0, 0, 0, 1], car=[0, 0, 0, 0])
    style = masks(sky=[1, 1, 1, 0.9], sea=[0, 0, 0, 0.1], person=[0, 0, 0, 0])
    for least in (0.2, 0):
        result = match(content, style, groups={}, least=least, area=0.2)
        same(result.content, masks(sky=[1, 1, 1, 1]))
        same(result.style, masks(sky=[1, 1, 1, 0.9]))


def test_pictures_that_share_nothing_are_taken_whole():
    with pytest.warns(SfumatoWarning, match=r"the photo \('sky'\) and the style \('water'\) share no label: the whole"):
        result = match(masks(sky=[1, 0, 0]), masks(sea=[1, 0.5]))
    same(result.content, masks(all=[1, 1, 1]))
    same(result.style, masks(all=[1, 1]))


def test_one_label_that_both_have():
    result = match(masks(sky=[0.1, 0.1]), masks(sky=[0.1]))  # faint, but all there is
    same(result.content, masks(sky=[1, 1]))
    same(result.style, masks(sky=[0.1]))
