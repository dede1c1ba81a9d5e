import numpy as np
import pytest
import torch
from scipy import optimize

from sfumato.losses import HistogramLoss


def cloud(count, channels=3, seed=0):
    """Features (count, channels) of different spreads, skewed, no two of them equal."""
    rng = np.random.default_rng(seed)
    return rng.gamma(1 + np.arange(channels), 1.0, (count, channels)) - 0.7


def loss(target, found):
    return HistogramLoss(torch.as_tensor(target))(torch.as_tensor(found)).item()


def by_quantiles(target, found):
    """The same by NumPy, whose "hazen" puts n sorted values at (i + 1/2) / n."""
    shares = (np.arange(len(found)) + 0.5) / len(found)
    wanted = np.quantile(target, shares, axis=0, method="hazen")
    return ((np.sort(found, 0) - wanted) ** 2).mean(0).sum() / (target**2).mean(0).sum()


def by_assignment(target, found):
    """The cheapest way to move as many points, channel by channel, by a solver that knows nothing of sorting."""
    total = 0.0
    for one, other in zip(target.T, found.T, strict=True):
        cost = (one[:, None] - other[None]) ** 2
        total += cost[optimize.linear_sum_assignment(cost)].mean()
    return total / (target**2).mean(0).sum()


@pytest.mark.parametrize("count", [1, 2, 17, 40])
def test_as_many_positions_as_the_target_are_moved_the_cheapest_way(count):
    target, found = cloud(count), 1.3 * cloud(count, seed=1) + 0.2
    assert loss(target, found) == pytest.approx(by_assignment(target, found), rel=1e-5)


@pytest.mark.parametrize(("known", "count"), [(40, 1), (40, 7), (40, 39), (40, 41), (7, 40), (1, 9), (2, 5), (33, 330)])
def test_fewer_or_more_positions_meet_quantiles_between(known, count):
    target, found = cloud(known), 1.3 * cloud(count, seed=1) + 0.2
    assert loss(target, found) == pytest.approx(by_quantiles(target, found), rel=1e-5)


@pytest.mark.parametrize(("known", "count"), [(100, 300), (300, 100)])
def test_the_number_of_positions_hardly_matters(known, count):
    """Each repeated until there are as many of both, these have an exact cost."""
    target, found = cloud(known), 1.3 * cloud(count, seed=1) + 0.2
    exact = by_assignment(np.repeat(target, 300 // known, 0), np.repeat(found, 300 // count, 0))
    assert loss(target, found) == pytest.approx(exact, rel=0.05)


def test_only_how_values_are_spread_counts_and_not_where_they_are():
    target = cloud(50)
    shuffled = np.column_stack([np.random.default_rng(n).permutation(column) for n, column in enumerate(target.T)])
    assert (shuffled != target).any()
    assert loss(target, shuffled) == 0
    assert loss(target, target + np.array([0.5, 0, 0])) == pytest.approx(0.25 / (target**2).mean(0).sum(), rel=1e-5)
    # Channels are told apart.
    assert loss(target, target[:, ::-1].copy()) > 0.05


def test_mean_and_covariance_may_be_right_and_the_histogram_wrong():
    two = np.repeat([[-1.0], [1.0]], 50, 0)
    spread = np.sort(np.random.default_rng(0).standard_normal((100, 1)), 0)
    spread = (spread - spread.mean()) / spread.std()
    assert loss(two, spread) == pytest.approx(((spread - two) ** 2).mean(), rel=1e-5)
    assert loss(two, spread) > 0.2


@pytest.mark.parametrize("count", [50, 20])
def test_black_is_at_distance_1_whatever_the_scale(count):
    target, found = cloud(50), cloud(count, seed=1)
    assert loss(7 * target, 7 * found) == pytest.approx(loss(target, found), rel=1e-5)
    black = np.zeros((50, 3))
    assert loss(target, black) == pytest.approx(1, rel=1e-5)


def test_a_target_of_zeros_gives_a_number():
    assert loss(np.zeros((4, 2)), np.zeros((6, 2))) == 0
    assert np.isfinite(loss(np.zeros((4, 2)), cloud(6, 2)))


@pytest.mark.parametrize("count", [12, 9, 31])
def test_the_gradient_is_the_way_to_the_quantile(count):
    target, found = cloud(12), cloud(count, seed=1)
    leaf = torch.tensor(found, requires_grad=True)
    HistogramLoss(torch.tensor(target))(leaf).backward()
    wanted = np.quantile(target, (np.arange(count) + 0.5) / count, axis=0, method="hazen")
    place = found.argsort(0).argsort(0)  # of each value among its channel's
    expected = 2 * (found - np.take_along_axis(wanted, place, 0)) / count / (target**2).mean(0).sum()
    assert leaf.grad.dtype == torch.float64
    np.testing.assert_allclose(leaf.grad.numpy(), expected, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("count", [8, 5, 13])
def test_the_gradient_agrees_with_differences(count):
    """Values lie farther apart than the steps, and quadratics have exact differences however long those are."""
    rng = np.random.default_rng(3)
    found = np.column_stack([rng.permutation(count) * 0.2 + 0.05 * rng.random(count) for _ in range(2)])
    function = HistogramLoss(torch.tensor(cloud(8, 2)))
    leaf = torch.tensor(found, requires_grad=True)
    assert torch.autograd.gradcheck(function, leaf, eps=0.02, atol=1e-4, rtol=1e-3)


def test_the_target_is_a_copy_that_takes_no_gradient():
    target = torch.tensor(cloud(10, 3), requires_grad=True)
    function, found = HistogramLoss(target), torch.tensor(cloud(10, seed=1), requires_grad=True)
    before = function(found)
    before.backward()
    assert target.grad is None
    with torch.no_grad():
        target.zero_()
    assert function(found).item() == before.item() > 0.01


def test_half_precision_is_compared_in_single():
    target, found = (torch.tensor(cloud(60, seed=seed)).bfloat16() for seed in (0, 1))
    leaf = found.requires_grad_()
    value = HistogramLoss(target)(leaf)
    value.backward()
    assert (value.dtype, leaf.grad.dtype) == (torch.float32, torch.bfloat16)
    expected = by_quantiles(target.double().numpy(), found.detach().double().numpy())
    assert value.item() == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("shape", [(1, 4, 5), (2, 2, 3)])
def test_nothing_that_was_given_is_changed(shape):
    target, found = torch.rand(shape).reshape(-1, 2), torch.rand(7, 2)
    kept = target.clone(), found.clone()
    HistogramLoss(target)(found)
    assert torch.equal(target, kept[0])
    assert torch.equal(found, kept[1])


def test_no_positions_are_refused():
    with pytest.raises(ValueError, match="there are no positions whose histogram could be imitated"):
        HistogramLoss(torch.zeros(0, 3))
