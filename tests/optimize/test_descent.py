"""What a run does step by step: where the first step of L-BFGS goes, and on how many threads."""

import itertools

import numpy as np
import pytest
import torch
from scipy import ndimage

from sfumato.compute import pace
from sfumato.optimize import Level, optimize


class Valley:
    """The distance to a target, and what was asked of it: pictures, and PyTorch's number of threads."""

    def __init__(self, height=20, width=24):
        rng = np.random.default_rng(0)
        self.photo = torch.full((1, 3, height, width), 0.5, dtype=torch.float64)
        self.target = torch.from_numpy(rng.random((1, 3, height, width)))
        self.union = torch.ones(1, 1, height, width)
        self.union[..., :4] = 0
        self.seen, self.threads = [], []

    def evaluate(self, picture):
        self.seen.append(picture.detach().clone())
        self.threads.append(torch.get_num_threads())
        value = (picture - self.target).square().mean()
        value.backward()
        return {"valley": value.item()}

    def run(self, iterations=6, *, optimizer="lbfgs", rate=1.0, levels=1):
        sizes = [Level(number, *self.photo.shape[-2:], 1.0, iterations) for number in range(1, levels + 1)]
        return optimize(sizes, lambda _: self, self.photo, optimizer=optimizer, learning_rate=rate)


def test_the_first_step_of_lbfgs_is_one_of_what_neighboring_pixels_agree_on():
    valley = Valley()
    list(valley.run(2))
    step = (valley.seen[1] - valley.seen[0])[0].numpy()
    downhill = (valley.target - valley.photo)[0].numpy() * valley.union[0].numpy()
    wanted = downhill.copy()
    for side in (3, 7):
        for channel, rows in enumerate(downhill):
            once = ndimage.uniform_filter(rows, side, mode="constant")
            wanted[channel] += ndimage.uniform_filter(once, side, mode="constant")
    wanted *= valley.union[0].numpy()
    wanted *= 0.02 / np.sqrt(np.square(wanted[:, :, 4:]).mean())
    np.testing.assert_allclose(step, wanted, atol=1e-9)


def test_the_rate_is_a_factor_of_each_step():
    """As long as none is too long."""
    lengths = {}
    for rate in (0.02, 0.01):
        valley = Valley()
        list(valley.run(4, rate=rate))
        lengths[rate] = [(b - a).square().mean().sqrt().item() for a, b in itertools.pairwise(valley.seen)]
    assert lengths[0.02] == pytest.approx([2 * length for length in lengths[0.01]], rel=0.05)


# ---- threads


class OneFree:
    """Another program has taken all processors but one."""

    def free(self):
        return 1.0


class AllFree:
    def free(self):
        return 64.0


@pytest.fixture
def two_threads():
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


@pytest.mark.parametrize("optimizer", ["lbfgs", "adam"])
@pytest.mark.parametrize(("load", "threads"), [(OneFree, 1), (AllFree, 2)])
def test_between_steps_threads_are_as_many_as_before(two_threads, monkeypatch, load, threads, optimizer):
    monkeypatch.setattr(pace, "Load", load)
    valley = Valley()
    for _ in valley.run(4, optimizer=optimizer, rate=0.02, levels=2):
        assert torch.get_num_threads() == 2
    assert valley.threads == [threads] * 8
    assert torch.get_num_threads() == 2


@pytest.mark.parametrize("where", ["objective", "evaluation"])
def test_threads_are_as_many_as_before_after_an_error(two_threads, monkeypatch, where):
    monkeypatch.setattr(pace, "Load", OneFree)
    valley = Valley()
    run = valley.run(4)
    if where == "evaluation":
        next(run)
    seen = []

    def fail(*_):
        seen.append(torch.get_num_threads())
        raise ZeroDivisionError

    valley.evaluate = fail
    if where == "objective":
        run = optimize([Level(1, 20, 24, 1.0, 4)], fail, valley.photo)
    with pytest.raises(ZeroDivisionError):
        next(run)
    assert seen == [1]
    assert torch.get_num_threads() == 2


def test_a_run_that_is_left_leaves_threads_as_many_as_before(two_threads, monkeypatch):
    monkeypatch.setattr(pace, "Load", OneFree)
    run = Valley().run(4)
    next(run)
    run.close()
    assert torch.get_num_threads() == 2


def test_fewer_threads_that_are_asked_for_during_a_run_are_not_exceeded(two_threads, monkeypatch):
    monkeypatch.setattr(pace, "Load", AllFree)
    valley = Valley()
    run = valley.run(4)
    next(run)
    torch.set_num_threads(1)
    next(run)
    assert valley.threads == [2, 1]
    assert torch.get_num_threads() == 1
