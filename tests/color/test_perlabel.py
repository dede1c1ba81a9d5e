import numpy as np
import pytest

from sfumato.color import match_histogram, match_linear, reinhard, transfer_per_label

ALL = pytest.mark.parametrize("transfer", [match_linear, match_histogram, reinhard])


def picture(seed, size, low, high):
    return (low + (high - low) * np.random.default_rng(seed).random((*size, 3))).astype(np.float32)


def halves(height, width, share=0.5):
    left = np.zeros((height, width), np.float32)
    left[:, : round(share * width)] = 1
    return {"left": left, "right": 1 - left}


@pytest.fixture
def pair():
    """A photo, and a reference whose left is dark, right light."""
    reference = np.hstack([picture(1, (20, 24), 0.1, 0.3), picture(2, (20, 12), 0.6, 0.9)])
    return picture(0, (30, 40), 0.2, 0.8), reference


@ALL
def test_hard_labels_are_transferred_as_if_cut_out(pair, transfer):
    photo, reference = pair
    result = transfer_per_label(photo, reference, halves(30, 40, 0.3), halves(20, 36, 2 / 3), transfer)
    alone = [transfer(photo[:, :12], reference[:, :24]), transfer(photo[:, 12:], reference[:, 24:])]
    assert result.dtype == np.float32
    np.testing.assert_allclose(result, np.hstack(alone), atol=2e-5)


def test_means_are_those_of_the_labels(pair):
    photo, reference = pair
    result = transfer_per_label(photo, reference, halves(30, 40), halves(20, 36, 2 / 3), match_linear)
    np.testing.assert_allclose(result[:, :20].mean((0, 1)), reference[:, :24].mean((0, 1)), atol=2e-3)
    np.testing.assert_allclose(result[:, 20:].mean((0, 1)), reference[:, 24:].mean((0, 1)), atol=2e-3)


def test_soft_masks_weigh_what_each_label_takes(pair):
    photo, reference = pair
    ramp = np.tile(np.linspace(0, 1, 40, dtype=np.float32), (30, 1))
    theirs = halves(20, 36, 2 / 3)
    result = transfer_per_label(photo, reference, {"left": 1 - ramp, "right": ramp}, theirs, match_linear)
    dark = match_linear(photo, reference[:, :24], source_mask=1 - ramp)
    light = match_linear(photo, reference[:, 24:], source_mask=ramp)
    np.testing.assert_allclose(result, (1 - ramp[..., None]) * dark + ramp[..., None] * light, atol=1e-5)


@pytest.mark.parametrize(
    "theirs", [{"left": np.ones((20, 36))}, {"left": np.ones((20, 36)), "right": np.zeros((20, 36))}]
)
def test_a_label_that_the_reference_lacks_keeps_the_colors(pair, theirs):
    photo, reference = pair
    result = transfer_per_label(photo, reference, halves(30, 40), theirs, match_linear)
    np.testing.assert_array_equal(result[:, 20:], photo[:, 20:])
    assert np.abs(result[:, :20] - photo[:, :20]).mean() > 0.05


def test_what_has_no_label_keeps_the_colors_and_an_empty_label_does_no_harm(pair):
    photo, reference = pair
    labels = {"left": halves(30, 40)["left"] / 2, "nothing": np.zeros((30, 40), np.float32)}
    theirs = {name: np.ones((20, 36), np.float32) for name in labels}
    result = transfer_per_label(photo, reference, labels, theirs, match_linear)
    whole = match_linear(photo, reference, source_mask=labels["left"])
    np.testing.assert_array_equal(result[:, 20:], photo[:, 20:])
    np.testing.assert_allclose(result[:, :20], (photo[:, :20] + whole[:, :20]) / 2, atol=1e-6)


def test_nothing_given_is_changed_and_no_labels_leave_the_photo(pair):
    photo, reference = pair
    ours, theirs = halves(30, 40), halves(20, 36)
    before = [each.copy() for each in (photo, reference, *ours.values(), *theirs.values())]
    transfer_per_label(photo, reference, ours, theirs, match_linear)
    for old, new in zip(before, (photo, reference, *ours.values(), *theirs.values()), strict=True):
        np.testing.assert_array_equal(old, new)
    np.testing.assert_array_equal(transfer_per_label(photo, reference, {}, theirs, match_linear), photo)


def test_the_range_is_kept():
    photo, reference = np.float32([[[0.4, 0.4, 0.4], [0.6, 0.6, 0.6]]]), np.float32([[[1, 1, 1], [0, 0, 0]]])
    over = {name: np.full((1, 2), 0.6, np.float32) for name in ("one", "other")}
    whole = dict.fromkeys(over, np.ones((1, 2), np.float32))
    result = transfer_per_label(photo, reference, over, whole, match_linear)
    assert result.min() == 0
    assert result.max() == 1
