import numpy as np
import pytest
import torch

from sfumato.losses import SimilarityLoss


def features(seed=0, shape=(1, 5, 6, 7), dtype=torch.float64):
    return torch.rand(shape, generator=torch.Generator().manual_seed(seed), dtype=dtype) - 0.3


MASK = features(3, (1, 1, 6, 7)).clamp_min(0)


def by_hand(activation, target, mask):
    activation, target, mask = (values.double().numpy() for values in (activation, target, mask))
    distance = size = 0.0
    for c, i, j in np.ndindex(target.shape[1:]):
        distance += mask[0, 0, i, j] * abs(activation[0, c, i, j] - target[0, c, i, j])
        size += mask[0, 0, i, j] * abs(target[0, c, i, j])
    return distance / size


def test_the_loss_is_the_relative_absolute_distance_in_the_mask():
    activation, target = features(1), features(2)
    assert SimilarityLoss(target, MASK)(activation).item() == pytest.approx(by_hand(activation, target, MASK), rel=1e-5)
    ones = torch.ones(1, 1, 6, 7)
    assert SimilarityLoss(target)(activation).item() == pytest.approx(by_hand(activation, target, ones), rel=1e-5)


def test_the_photo_is_at_0_and_black_at_1():
    loss = SimilarityLoss(features(2), MASK)
    assert loss(features(2)).item() == pytest.approx(0, abs=1e-7)
    assert loss(0 * features(2)).item() == pytest.approx(1, rel=1e-5)


def test_the_gradient_is_the_sign_of_the_difference_in_the_mask():
    activation, target = features(1).requires_grad_(), features(2)
    (2 * SimilarityLoss(target, MASK)(activation)).backward()
    expected = 2 * MASK * (activation - target).sign() / (MASK * target.abs()).sum()
    torch.testing.assert_close(activation.grad, expected.detach(), rtol=1e-5, atol=1e-9)


def test_a_mask_of_one_half_acts_like_a_full_one():
    half, full = SimilarityLoss(features(2), torch.full((1, 1, 6, 7), 0.5)), SimilarityLoss(features(2))
    assert half(features(1)).item() == pytest.approx(full(features(1)).item(), rel=1e-5)


def test_windows_add_up_to_the_whole():
    activation, target = features(1), features(2)
    loss = SimilarityLoss(target, MASK)
    parts = [
        loss.part(activation[..., rows, columns], (rows, columns))
        for rows in (slice(0, 1), slice(1, 4), slice(4, 6))
        for columns in (slice(0, 3), slice(3, 7))
    ]
    assert all(part.item() > 0 for part in parts)
    assert sum(part.item() for part in parts) == pytest.approx(by_hand(activation, target, MASK), rel=1e-5)


def test_half_precision_is_added_up_in_full():
    activation, target = features(1, (1, 8, 90, 90)), features(2, (1, 8, 90, 90))
    short = [values.to(torch.bfloat16) for values in (activation, target)]
    expected = by_hand(*short, torch.ones(1, 1, 90, 90))
    assert SimilarityLoss(short[1])(short[0]).item() == pytest.approx(expected, rel=1e-4)


def test_an_empty_mask_or_a_black_photo_gives_a_finite_loss():
    assert SimilarityLoss(features(2), torch.zeros(1, 1, 6, 7))(features(1)).item() == 0
    assert torch.isfinite(SimilarityLoss(torch.zeros(1, 5, 6, 7))(features(1)))
