import numpy as np
import pytest
import torch
from scipy import linalg

from sfumato.losses import Moments, WassersteinLoss, moments


def cloud(channels, count, seed, spread=None):
    """Features (channels, count) of some mean, with the given spread along random directions."""
    rng = np.random.default_rng(seed)
    turn = np.linalg.qr(rng.standard_normal((channels, channels)))[0]
    spread = np.linspace(0.5, 1.5, channels) if spread is None else spread
    return turn @ (np.asarray(spread)[:, None] * rng.standard_normal((channels, count))) + rng.random((channels, 1))


def fitted(rows, dtype=torch.float64):
    rows = torch.as_tensor(rows, dtype=dtype)
    return Moments(rows.mean(1), rows @ rows.T / rows.shape[1])


def formula(rows, target):
    """The distance of two Gaussians over the target's energy, by SciPy's matrix square root."""
    mean, other = rows.mean(1), target.mean(1)
    sigma, tau = (np.atleast_2d(np.cov(values, bias=True)) for values in (rows, target))
    root = linalg.sqrtm(tau)
    cross = linalg.sqrtm(root @ sigma @ root)
    distance = np.sum((mean - other) ** 2) + np.trace(sigma + tau - 2 * np.real(cross))
    return distance / (np.sum(other**2) + np.trace(tau))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize(("channels", "count"), [(1, 20), (5, 200), (12, 40)])
def test_the_loss_is_the_distance_of_gaussians(channels, count, dtype):
    style, picture = cloud(channels, 3 * count, 1), 1.5 * cloud(channels, count, 2)
    expected = formula(picture, style)
    assert expected > 0.05
    found = WassersteinLoss(fitted(style, dtype))(fitted(picture, dtype)).item()
    assert found == pytest.approx(expected, abs=1e-3)


def test_many_directions_of_little_spread_count_as_much_as_they_have():
    """Features of real pictures spread along few directions much and along hundreds little."""
    spread = np.r_[np.ones(4), np.full(60, 0.03)]
    style, picture = cloud(64, 900, 1, spread), cloud(64, 700, 2, spread)
    # Without the mean, for which the spread would be hard to see.
    style, picture = (rows - rows.mean(1, keepdims=True) for rows in (style, picture))
    loss = WassersteinLoss(fitted(style))
    assert loss(fitted(style)).item() == pytest.approx(0, abs=1e-3)
    assert loss(fitted(picture)).item() == pytest.approx(formula(picture, style), abs=1e-3)


def test_the_style_itself_is_nearest():
    style = cloud(10, 300, 1)
    loss = WassersteinLoss(fitted(style))
    least = loss(fitted(style)).item()
    assert least == pytest.approx(0, abs=1e-3)
    for seed in range(5):
        assert loss(fitted(style + 0.3 * cloud(10, 300, 10 + seed))).item() > least


def test_the_gradient_vanishes_at_the_style_itself():
    style = cloud(6, 300, 1)
    loss = WassersteinLoss(fitted(style))
    near, far = (torch.tensor(rows, requires_grad=True) for rows in (style, 1.1 * style))
    for rows in (near, far):
        loss(fitted_again(rows)).backward()
    assert near.grad.norm() < 1e-3 * far.grad.norm()


def test_black_is_at_1():
    loss = WassersteinLoss(fitted(cloud(6, 100, 1)))
    assert loss(Moments(torch.zeros(6).double(), torch.zeros(6, 6).double())).item() == pytest.approx(1, abs=1e-3)


def test_a_shift_costs_its_square():
    style = cloud(4, 100, 1)
    shift = np.array([[1.0], [-2.0], [0.5], [0.0]])
    loss = WassersteinLoss(fitted(style))
    energy = np.sum(style.mean(1) ** 2) + np.trace(np.cov(style, bias=True))
    assert loss(fitted(style + shift)).item() == pytest.approx(5.25 / energy, abs=1e-3)


@pytest.mark.parametrize("factor", [1e-2, 10, 1000])
def test_the_loss_does_not_depend_on_the_scale_of_the_features(factor):
    style, picture = cloud(5, 100, 1), cloud(5, 60, 2)
    plain = WassersteinLoss(fitted(style, torch.float32))(fitted(picture, torch.float32)).item()
    scaled = WassersteinLoss(fitted(factor * style, torch.float32))(fitted(factor * picture, torch.float32)).item()
    assert scaled == pytest.approx(plain, rel=1e-3)


def fitted_again(rows):
    return Moments(rows.mean(1), rows @ rows.T / rows.shape[1])


def test_gradcheck():
    loss = WassersteinLoss(fitted(cloud(4, 30, 1)))
    picture = torch.tensor(cloud(4, 9, 2), requires_grad=True)
    assert torch.autograd.gradcheck(lambda rows: loss(fitted_again(rows)), picture)


def test_gradcheck_where_the_picture_spreads_the_same_in_all_directions():
    loss = WassersteinLoss(Moments(torch.zeros(3).double(), torch.eye(3).double()))
    picture = torch.tensor([[1, -1, 0, 0, 0, 0], [0, 0, 1, -1, 0, 0], [0, 0, 0, 0, 1, -1.0]], dtype=torch.float64)
    assert torch.autograd.gradcheck(lambda rows: loss(fitted_again(rows)), picture.requires_grad_())


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("few", ["picture", "style", "both"])
def test_fewer_positions_than_features_give_a_finite_gradient(few, dtype):
    style = cloud(12, 4 if few != "picture" else 100, 1)
    picture = torch.tensor(cloud(12, 3 if few != "style" else 100, 2), dtype=dtype, requires_grad=True)
    value = WassersteinLoss(fitted(style, dtype))(fitted_again(picture))
    value.backward()
    assert value.item() == pytest.approx(formula(picture.detach().double().numpy(), style), abs=2e-3)
    assert torch.isfinite(picture.grad).all()
    assert picture.grad.abs().max() > 0
    # Going down that gradient does lead down.
    with torch.no_grad():
        lower = picture - 1e-3 * picture.grad / picture.grad.norm()
    assert WassersteinLoss(fitted(style, dtype))(fitted_again(lower)).item() < value.item()


@pytest.mark.parametrize("flat", ["picture", "style", "both"])
def test_a_flat_color_gives_a_finite_gradient(flat):
    style = np.ones((5, 20)) if flat != "picture" else cloud(5, 20, 1)
    rows = np.full((5, 20), 0.5) if flat != "style" else cloud(5, 20, 2)
    picture = torch.tensor(rows, dtype=torch.float32, requires_grad=True)
    value = WassersteinLoss(fitted(style, torch.float32))(fitted_again(picture))
    value.backward()
    assert torch.isfinite(value)
    assert torch.isfinite(picture.grad).all()


@pytest.mark.parametrize("ruin", [torch.nan, torch.inf])
def test_a_ruined_picture_gives_a_loss_that_is_no_number(ruin):
    """The divergence guard waits for such a value; an exception from the eigenvalues would end the run."""
    loss = WassersteinLoss(fitted(cloud(4, 30, 1), torch.float32))
    value = loss(Moments(torch.full((4,), ruin), torch.full((4, 4), ruin)))
    assert not torch.isfinite(value)


def test_eigenvalues_that_fail_without_an_error_are_taken_in_double_precision(monkeypatch):
    eigh = torch.linalg.eigh

    def failing(matrix):
        values, vectors = eigh(matrix)
        if matrix.dtype == torch.float32:
            values = values.clone()
            values[0] = torch.nan
        return values, vectors

    features = torch.rand(1, 6, 8, 8, generator=torch.Generator().manual_seed(0))
    target, current = moments(features), moments(features.flip(1))
    expected = WassersteinLoss(target)(current).item()
    monkeypatch.setattr(torch.linalg, "eigh", failing)
    assert WassersteinLoss(target)(current).item() == pytest.approx(expected, rel=1e-3)
