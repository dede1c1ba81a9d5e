import math

import pytest
import torch

from sfumato.optimize.guard import Guard


def keep(guard, *losses):
    for loss in losses:
        assert not guard.diverged(loss)
        guard.keep(loss, torch.tensor([loss]))


def test_the_best_is_kept_as_a_copy():
    guard, pixels = Guard(), torch.tensor([1.0], requires_grad=True)
    guard.keep(3.0, pixels)
    with torch.no_grad():
        pixels.fill_(2.0)
    assert guard.best.item() == 1
    assert not guard.best.requires_grad
    guard.keep(2.5, pixels)
    guard.keep(2.7, torch.tensor([5.0]))
    assert (guard.best.item(), guard.best_loss, guard.bests) == (2, 2.5, [3.0, 2.5, 2.5])


@pytest.mark.parametrize(
    ("loss", "gone"),
    [(1.0, False), (3.9, False), (4.0, False), (4.1, True), (math.inf, True), (-math.inf, True), (math.nan, True)],
)
def test_a_loss_of_four_times_the_best_is_a_divergence(loss, gone):
    guard = Guard()
    keep(guard, 2.0, 1.0, 1.5)
    assert guard.diverged(loss) is gone
    assert guard.count == gone
    assert not guard.exhausted


def test_the_first_loss_may_be_any_number():
    assert not Guard().diverged(1e30)
    assert Guard().diverged(math.nan)
    assert Guard().diverged(math.inf)


def test_it_gives_up_after_its_retreats():
    guard = Guard(retreats=2)
    keep(guard, 1.0)
    exhausted = []
    for _ in range(3):
        guard.diverged(math.nan)
        exhausted.append(guard.exhausted)
    assert exhausted == [False, False, True]


def test_a_plateau_is_too_little_gain_over_a_window():
    guard = Guard(tolerance=0.1, window=3)
    found = []
    for loss in (10, 8, 6, 5, 4.95, 4.9, 4.85, 9, 9):
        guard.keep(float(loss), torch.zeros(1))
        found.append(guard.plateau)
    # 4.85 against 5, three evaluations before: 3 %.
    assert found == [False] * 6 + [True] * 3
    guard.keep(4.0, torch.zeros(1))
    assert not guard.plateau


def test_no_tolerance_knows_no_plateau():
    guard = Guard()
    for _ in range(50):
        guard.keep(1.0, torch.zeros(1))
    assert not guard.plateau


def test_rounding_near_nothing_is_no_explosion():
    guard = Guard()
    keep(guard, 1e-7)
    assert not guard.diverged(1e-5)
    assert guard.diverged(0.01)
