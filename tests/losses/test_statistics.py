import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from sfumato.losses import ContentLoss, GramLoss, WassersteinLoss, moments

LOSSES = [GramLoss, WassersteinLoss]


def features(channels, height, width, seed=0, dtype=torch.float32):
    generator = torch.Generator().manual_seed(seed)
    return torch.rand(1, channels, height, width, generator=generator, dtype=dtype)


def by_hand(activation, mask):
    """Mean and Gram matrix, position by position in double precision."""
    values = activation[0].double().numpy()
    mean, gram, area = np.zeros(len(values)), np.zeros((len(values), len(values))), 0.0
    for i, j in np.ndindex(values.shape[1:]):
        weight = float(mask[0, 0, i, j])
        mean += weight * values[:, i, j]
        gram += weight * np.outer(values[:, i, j], values[:, i, j])
        area += weight
    return mean / area, gram / area


@given(st.integers(1, 6), st.integers(1, 9), st.integers(1, 9), st.integers(0, 2**31))
@settings(max_examples=25, deadline=None)
def test_moments_are_weighted_averages(channels, height, width, seed):
    activation, mask = features(channels, height, width, seed), features(1, height, width, seed + 1)
    mask[mask < 0.3] = 0
    mask[0, 0, 0, 0] = 1
    mean, gram = by_hand(activation, mask)
    found = moments(activation, mask)
    np.testing.assert_allclose(found.mean, mean, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(found.gram, gram, rtol=1e-5, atol=1e-6)


def test_no_mask_is_a_mask_of_ones():
    activation = features(5, 6, 7)
    mean, gram = by_hand(activation, torch.ones(1, 1, 6, 7))
    found = moments(activation)
    np.testing.assert_allclose(found.mean, mean, rtol=1e-5)
    np.testing.assert_allclose(found.gram, gram, rtol=1e-5)


@pytest.mark.parametrize("make", LOSSES)
@pytest.mark.parametrize("strength", [0.5, 0.25, 0.01])
def test_a_mask_of_one_half_acts_like_a_full_one(make, strength):
    style = make(moments(features(6, 9, 9, 1)))
    gradients, values = [], []
    for mask in (torch.ones(1, 1, 8, 8), torch.full((1, 1, 8, 8), strength)):
        activation = features(6, 8, 8).requires_grad_()
        value = style(moments(activation, mask))
        value.backward()
        values.append(value.item())
        gradients.append(activation.grad)
    assert values[0] > 1e-3
    assert values[1] == pytest.approx(values[0], rel=1e-4)
    torch.testing.assert_close(gradients[1], gradients[0], rtol=1e-3, atol=1e-7)


@pytest.mark.parametrize("make", LOSSES)
def test_two_halves_act_like_one_whole(make):
    """Two soft regions of one half over the same pixels weigh as much as one region of one."""
    style, half = make(moments(features(6, 9, 9, 1))), torch.full((1, 1, 8, 8), 0.5)
    once, twice = features(6, 8, 8).requires_grad_(), features(6, 8, 8).requires_grad_()
    style(moments(once)).backward()
    ((style(moments(twice, half)) + style(moments(twice, half))) / 2).backward()
    torch.testing.assert_close(twice.grad, once.grad, rtol=1e-3, atol=1e-7)


@pytest.mark.parametrize("make", LOSSES)
def test_a_small_region_is_under_the_same_pressure_as_a_large_one(make):
    """Of 40×40 positions with a 4×4 texture: 2 % against 60 %."""
    style = make(moments(features(6, 9, 9, 1)))
    texture = features(6, 4, 4).repeat(1, 1, 10, 10)
    small, large = torch.zeros(1, 1, 40, 40), torch.zeros(1, 1, 40, 40)
    small[..., 8:12, 12:20] = 1
    large[..., 8:32, 0:40] = 1
    assert small.mean() == pytest.approx(0.02)
    assert large.mean() == pytest.approx(0.6)
    values, pressures = [], []
    for mask in (small, large):
        activation = texture.clone().requires_grad_()
        value = style(moments(activation, mask))
        value.backward()
        values.append(value.item())
        # Of the whole region; what one position gets is this over the area.
        pressures.append(activation.grad[..., 8:12, 12:16] * mask.sum())
    assert values[0] > 1e-3
    assert values[1] == pytest.approx(values[0], rel=1e-4)
    assert pressures[0].abs().max() > 1e-3
    torch.testing.assert_close(pressures[1], pressures[0], rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("make", [*LOSSES, ContentLoss])
def test_what_lies_outside_does_not_enter(make):
    mask = torch.zeros(1, 1, 9, 7)
    mask[..., 2:6, 1:5] = 0.7
    outside = (mask == 0).expand(1, 5, 9, 7)
    if make is ContentLoss:
        loss = ContentLoss(features(5, 9, 7, 1), mask)
    else:
        style = make(moments(features(5, 9, 9, 1)))

        def loss(activation):
            return style(moments(activation, mask))

    activation = features(5, 9, 7)
    other = torch.where(outside, 1000 * features(5, 9, 7, 2), activation)
    values = []
    for inputs in (activation.requires_grad_(), other.requires_grad_()):
        value = loss(inputs)
        value.backward()
        values.append(value.item())
        assert (inputs.grad[outside] == 0).all()
        assert (inputs.grad[~outside] != 0).any()
    assert values[0] == values[1]


def test_parts_of_a_region_add_up():
    activation, mask = features(4, 9, 11), features(1, 9, 11, 3)
    whole, area = moments(activation, mask), mask.sum()
    parts = [
        moments(activation[..., rows, columns], mask[..., rows, columns], area=area)
        for rows in (slice(0, 4), slice(4, 9))
        for columns in (slice(0, 1), slice(1, 11))
    ]
    torch.testing.assert_close(sum(part.mean for part in parts), whole.mean)
    torch.testing.assert_close(sum(part.gram for part in parts), whole.gram)


def test_a_part_without_any_of_the_region_adds_nothing():
    activation = features(4, 3, 3).requires_grad_()
    found = moments(activation, torch.zeros(1, 1, 3, 3), area=5.0)
    assert torch.equal(found.mean, torch.zeros(4))
    assert torch.equal(found.gram, torch.zeros(4, 4))
    (found.mean.sum() + found.gram.sum()).backward()
    assert torch.equal(activation.grad, torch.zeros_like(activation))


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_the_gradient_of_the_moments_is_the_one_by_differences(layout):
    mask = features(1, 3, 4, 2, torch.float64)
    mask[0, 0, 1, :2] = 0
    activation = features(3, 3, 4, dtype=torch.float64).contiguous(memory_format=layout).requires_grad_()
    # Not symmetric, so that a gradient which takes that for granted would show.
    upstream = torch.randn(3, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(1))

    def probe(values):
        found = moments(values, mask)
        return (found.gram.double() * upstream).sum() + (found.mean.double() * upstream[0]).sum()

    (gradient,) = torch.autograd.grad(probe(activation), activation)
    for index in np.ndindex(*activation.shape):
        # Quadratic in the features, so that even a large step is exact.
        step = torch.zeros_like(activation)
        step[index] = 0.5
        with torch.no_grad():
            expected = probe(activation + step) - probe(activation - step)
        assert gradient[index].item() == pytest.approx(expected.item(), rel=1e-4, abs=1e-6)


def test_half_precision_features_are_averaged_in_full():
    activation = (100 + features(3, 40, 40)).bfloat16()
    found = moments(activation)
    assert found.mean.dtype == found.gram.dtype == torch.float32
    mean, gram = by_hand(activation, torch.ones(1, 1, 40, 40))
    np.testing.assert_allclose(found.mean, mean, rtol=1e-5)
    np.testing.assert_allclose(found.gram, gram, rtol=1e-5)
    activation.requires_grad_()
    moments(activation).gram.sum().backward()
    assert activation.grad.dtype == torch.bfloat16
    expected = 2 * activation.double().sum(1, keepdim=True) / 1600
    torch.testing.assert_close(activation.grad.double(), expected.expand(1, 3, 40, 40), rtol=0.02, atol=0)
