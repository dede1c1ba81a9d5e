import numpy as np
import pytest
import torch

from sfumato.losses import GramLoss, Moments, moments


def cloud(channels, count, seed, dtype=torch.float32):
    return torch.rand(1, channels, count, 1, generator=torch.Generator().manual_seed(seed), dtype=dtype)


def gram(activation):
    rows = activation[0, :, :, 0].double().numpy()
    return rows @ rows.T / rows.shape[1]


def test_the_loss_is_the_relative_squared_distance():
    style, picture = cloud(7, 50, 1), 2 * cloud(7, 31, 2)
    expected = np.sum((gram(picture) - gram(style)) ** 2) / np.sum(gram(style) ** 2)
    assert GramLoss(moments(style))(moments(picture)).item() == pytest.approx(expected, rel=1e-4)


def test_the_style_itself_is_at_0_and_black_at_1():
    style = moments(cloud(7, 50, 1))
    loss = GramLoss(style)
    assert loss(style).item() == 0
    assert loss(moments(torch.zeros(1, 7, 5, 5))).item() == pytest.approx(1)


@pytest.mark.parametrize("factor", [0.1, 10, 1000])
def test_the_loss_does_not_depend_on_the_scale_of_the_features(factor):
    style, picture = cloud(7, 50, 1), cloud(7, 31, 2)
    plain = GramLoss(moments(style))(moments(picture)).item()
    scaled = GramLoss(moments(factor * style))(moments(factor * picture)).item()
    assert scaled == pytest.approx(plain, rel=1e-3)


def test_a_black_style_gives_a_finite_loss():
    loss = GramLoss(moments(torch.zeros(1, 3, 4, 4)))
    assert np.isfinite(loss(moments(cloud(3, 9, 1))).item())


def test_gradcheck():
    style = cloud(3, 8, 1, torch.float64)[0, :, :, 0]
    loss = GramLoss(Moments(style.mean(1), style @ style.T / 8))

    def value(rows):
        return loss(Moments(rows.mean(1), rows @ rows.T / rows.shape[1]))

    assert torch.autograd.gradcheck(value, cloud(3, 6, 2, torch.float64)[0, :, :, 0].requires_grad_())
