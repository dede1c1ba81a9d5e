import numpy as np
import pytest
import torch

from sfumato.losses import ContentLoss


def features(seed=0, shape=(1, 5, 6, 7), dtype=torch.float64):
    return torch.rand(shape, generator=torch.Generator().manual_seed(seed), dtype=dtype)


def by_hand(activation, target, mask):
    activation, target, mask = (values.double().numpy() for values in (activation, target, mask))
    distance = energy = 0.0
    for c, i, j in np.ndindex(target.shape[1:]):
        distance += mask[0, 0, i, j] * (activation[0, c, i, j] - target[0, c, i, j]) ** 2
        energy += mask[0, 0, i, j] * target[0, c, i, j] ** 2
    return distance / energy


def test_the_loss_is_the_relative_squared_distance_in_the_mask():
    activation, target, mask = features(1), features(2), features(3, (1, 1, 6, 7))
    expected = by_hand(activation, target, mask)
    assert ContentLoss(target, mask)(activation).item() == pytest.approx(expected, rel=1e-5)
    ones = torch.ones(1, 1, 6, 7)
    assert ContentLoss(target)(activation).item() == pytest.approx(by_hand(activation, target, ones), rel=1e-5)


def test_the_photo_is_at_0_and_black_at_1():
    target, mask = features(2), features(3, (1, 1, 6, 7))
    loss = ContentLoss(target, mask)
    assert loss(target).item() == pytest.approx(0, abs=1e-12)
    assert loss(0 * target).item() == pytest.approx(1, rel=1e-5)


def test_a_mask_of_one_half_acts_like_a_full_one():
    target = features(2)
    half, full = ContentLoss(target, torch.full((1, 1, 6, 7), 0.5)), ContentLoss(target)
    first, second = features(1).requires_grad_(), features(1).requires_grad_()
    half(first).backward()
    full(second).backward()
    assert half(first).item() == pytest.approx(full(second).item(), rel=1e-5)
    torch.testing.assert_close(first.grad, second.grad, rtol=1e-5, atol=1e-9)


def test_windows_add_up_to_the_whole():
    activation, target, mask = features(1), features(2), features(3, (1, 1, 6, 7))
    loss = ContentLoss(target, mask)
    parts = [
        loss.part(activation[..., rows, columns], (rows, columns))
        for rows in (slice(0, 1), slice(1, 4), slice(4, 6))
        for columns in (slice(0, 3), slice(3, 7))
    ]
    assert all(part.item() > 0 for part in parts)
    assert sum(part.item() for part in parts) == pytest.approx(by_hand(activation, target, mask), rel=1e-5)


def test_an_empty_mask_or_a_black_photo_gives_a_finite_loss():
    assert ContentLoss(features(2), torch.zeros(1, 1, 6, 7))(features(1)).item() == 0
    assert torch.isfinite(ContentLoss(torch.zeros(1, 5, 6, 7))(features(1)))


def test_the_target_takes_no_gradient():
    target = features(2).requires_grad_()
    ContentLoss(target)(features(1).requires_grad_()).backward()
    assert target.grad is None


def test_the_gradient_is_the_weighted_difference():
    target, mask = features(2), features(3, (1, 1, 6, 7))
    loss = ContentLoss(target, mask)
    activation = features(1).requires_grad_()
    loss(activation).backward()
    expected = 2 * mask * (activation.detach() - target) / (mask * target.square()).sum()
    torch.testing.assert_close(activation.grad, expected, rtol=1e-5, atol=1e-8)
