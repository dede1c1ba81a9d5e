"""L-BFGS against the dense recursion of BFGS, kept to the latest pairs."""

import copy

import numpy as np
import pytest
import torch
from helpers import same
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from sfumato.optimize.lbfgs import LBFGS

SIZE = 7


def positive(seed, low=0.2, high=1.5, size=SIZE):
    """A random symmetric matrix with eigenvalues between two numbers."""
    rng = np.random.default_rng(seed)
    turn = np.linalg.qr(rng.normal(size=(size, size)))[0]
    return turn * rng.uniform(low, high, size) @ turn.T


def dense(gradient, changes, slopes, start, pairs):
    """The direction of BFGS from a matrix `start`, by Nocedal and Wright, eq. 7.19 and 7.20, over the latest pairs."""
    kept = [(s, y) for s, y in zip(changes, slopes, strict=True) if s @ y > 1e-10][-pairs:]
    inverse = start
    if kept:
        s, y = kept[-1]
        inverse = start * (s @ y / (y @ start @ y))
    for s, y in kept:
        away = np.eye(len(s)) - np.outer(y, s) / (y @ s)
        inverse = away.T @ inverse @ away + np.outer(s, s) / (y @ s)
    return -inverse @ gradient


def directions(method, gradients, factors=None):
    """The directions for given gradients, when so much of each is taken."""
    found = []
    for gradient, factor in zip(gradients, factors or [1.0] * len(gradients), strict=True):
        found.append(method.direction(gradient))
        method.took(factor * found[-1])
    return found


def numbers(*seeds, shape=(SIZE,), dtype=torch.float64):
    """Random gradients."""
    return [torch.from_numpy(np.random.default_rng(seed).normal(size=shape)).to(dtype) for seed in seeds]


def times(matrix):
    return lambda gradient: torch.from_numpy(matrix) @ gradient


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("pairs", [1, 3, 20])
@pytest.mark.parametrize("preconditioned", [False, True])
def test_directions_on_a_quadratic_are_those_of_the_dense_recursion(seed, pairs, preconditioned):
    matrix, bottom = positive(seed), np.random.default_rng(seed).normal(size=SIZE)
    start = positive(seed + 100, 0.1, 1.0) if preconditioned else np.eye(SIZE)
    method = LBFGS(pairs, times(start)) if preconditioned else LBFGS(pairs)
    values, gradients, changes = np.zeros(SIZE), [], []
    for _ in range(8):
        gradients.append(matrix @ (values - bottom))
        expected = dense(gradients[-1], changes, np.diff(gradients, axis=0), start, pairs)
        found = method.direction(torch.from_numpy(gradients[-1])).numpy()
        np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-9)
        method.took(torch.from_numpy(found))
        changes.append(found)
        values = values + found
    assert np.abs(found).max() > 1e-6, "nothing was left to compare"


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("pairs", [1, 4])
def test_pairs_without_positive_curvature_are_left_out(seed, pairs):
    """Of gradients that grow and shrink by turns, about half; and steps of any length are taken."""
    rng = np.random.default_rng(seed)
    gradients = (rng.normal(size=SIZE) + 0.5 * rng.normal(size=(12, SIZE))) * np.tile([[1], [3]], (6, 1))
    factors, start = rng.uniform(0.1, 2, 12), positive(seed)
    method, changes = LBFGS(pairs, times(start)), []
    for number, (gradient, factor) in enumerate(zip(gradients, factors, strict=True)):
        slopes = np.diff(gradients[: number + 1], axis=0)
        expected = dense(gradient, changes, slopes, start, pairs)
        found = method.direction(torch.from_numpy(gradient)).numpy()
        np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-8 * np.abs(expected).max())
        changes.append(factor * found)
        method.took(torch.from_numpy(changes[-1]))
    curved = [s @ y > 0 for s, y in zip(changes[:-1], slopes, strict=True)]
    assert 3 <= sum(curved) <= 8


def test_a_change_that_leaves_the_gradient_as_it_was_says_nothing():
    gradient, other = numbers(0, 1)
    method = LBFGS(5)
    directions(method, [gradient])
    torch.testing.assert_close(method.direction(gradient), -gradient)
    method.took(-gradient)
    # Uphill in the direction of the step: the loss is not convex here.
    torch.testing.assert_close(method.direction(3 * gradient), -3 * gradient)
    method.took(torch.zeros_like(gradient))
    torch.testing.assert_close(method.direction(other), -other)


def test_a_direction_that_was_not_taken_leaves_no_pair():
    method, (first, second) = LBFGS(3), numbers(0, 1)
    second = second - 2 * first
    (change,) = directions(method, [first])
    method.direction(second)
    third = (second + change).numpy()
    expected = dense(third, [change.numpy()], [(second - first).numpy()], np.eye(SIZE), 3)
    np.testing.assert_allclose(method.direction(torch.from_numpy(third)).numpy(), expected, rtol=1e-9)


def test_only_the_latest_pairs_count():
    """One that has seen no more than they span goes on the same."""
    matrix = times(positive(3))
    whole, late = LBFGS(3), LBFGS(3)
    values = numbers(0)[0]
    for number in range(9):
        gradient = matrix(values)
        found = whole.direction(gradient)
        if number >= 4:
            other = late.direction(gradient)
            if number >= 7:  # three pairs, from four gradients
                torch.testing.assert_close(other, found, rtol=1e-9, atol=1e-12)
            else:
                assert not torch.allclose(other, found, rtol=1e-3)
            late.took(found)
        whole.took(found)
        values = values + found


def test_with_the_inverse_for_a_preconditioner_the_first_step_ends_at_the_bottom():
    matrix, bottom = positive(5, 0.01, 50), np.arange(SIZE) - 3.0
    method = LBFGS(4, lambda gradient: torch.from_numpy(np.linalg.solve(matrix, gradient.numpy())))
    found = method.direction(torch.from_numpy(matrix @ -bottom))
    np.testing.assert_allclose(found.numpy(), bottom, atol=1e-8)


@pytest.mark.parametrize("noted", [False, True])
@pytest.mark.parametrize("stop", [0, 1, 2, 6])
def test_another_goes_on_from_a_state(stop, noted):
    """Also from between a direction and the note of the change that was made."""
    gradients, start = numbers(*range(9)), times(positive(0))
    method = LBFGS(3, start)
    directions(method, gradients[:stop])
    if noted:
        change = method.direction(gradients[stop])
    state = method.state()
    kept = copy.deepcopy(state)
    rest = gradients[stop + noted :]

    def after(method):
        if noted:
            method.took(change)
        return directions(method, rest), method.steps

    expected, steps = after(method)
    assert same(state, kept), "a state that was taken does not change"
    assert steps == len(gradients)
    again = LBFGS(3, start)
    again.load(state)
    found, counted = after(again)
    assert counted == steps
    assert all(torch.equal(one, other) for one, other in zip(found, expected, strict=True))
    assert same(state, kept)
    if stop > 1:
        fresh = directions(LBFGS(3, start), rest)
        assert not torch.allclose(fresh[1], expected[1], rtol=1e-3)


def test_a_gradient_of_zero_moves_nothing():
    zero = torch.zeros(SIZE, dtype=torch.float64)
    assert torch.equal(LBFGS(3).direction(zero), zero)
    method = LBFGS(3, times(positive(0)))
    directions(method, numbers(0, 1, 2, 3))
    assert torch.equal(method.direction(zero), zero)
    method.took(zero)
    # And it goes on from there.
    (gradient,) = numbers(4)
    found = method.direction(gradient)
    assert found.isfinite().all()
    assert found @ gradient < 0


@pytest.mark.parametrize("shape", [(), (1,), (24,), (2, 3, 4), (1, 3, 2, 4)])
def test_values_of_any_shape(shape):
    gradients = numbers(*range(6), shape=shape)
    found = directions(LBFGS(3), gradients)
    assert all(each.shape == shape for each in found)
    flat = directions(LBFGS(3), [gradient.flatten() for gradient in gradients])
    for one, other in zip(found, flat, strict=True):
        torch.testing.assert_close(one.flatten(), other)


def test_values_in_any_order_in_memory():
    gradients = numbers(*range(6), shape=(1, 3, 4, 5))
    plain = directions(LBFGS(3), gradients)
    turned = directions(LBFGS(3), [each.to(memory_format=torch.channels_last) for each in gradients])
    for one, other in zip(turned, plain, strict=True):
        torch.testing.assert_close(one, other)


def test_what_is_given_is_left_alone_and_may_change_afterwards():
    """An engine writes each gradient into the same memory."""
    gradients = numbers(*range(5))
    expected = directions(LBFGS(3), gradients)
    method, place = LBFGS(3), torch.empty(SIZE, dtype=torch.float64)
    for gradient, wanted in zip(gradients, expected, strict=True):
        place.copy_(gradient)
        found = method.direction(place)
        assert torch.equal(place, gradient)
        torch.testing.assert_close(found, wanted)
        method.took(found.clone())


@settings(deadline=None)
@given(
    arrays.arrays(np.float32, (6, 4), elements=st.floats(-1, 1, width=16)),
    st.lists(st.floats(0.01, 10), min_size=6, max_size=6),
    st.sampled_from([1e-3, 1.0, 1e3]),
)
def test_a_direction_is_always_one_of_descent(gradients, factors, scale):
    """Whatever the gradients and the lengths of the steps, in single precision."""
    method = LBFGS(3)
    for gradient, factor in zip(torch.from_numpy(gradients * np.float32(scale)), factors, strict=True):
        found = method.direction(gradient)
        assert found.isfinite().all()
        assert gradient.double() @ found.double() < 0 or not gradient.any()
        method.took(factor * found)


def test_a_direction_is_one_of_descent_where_rounding_rules():
    """In single precision, when hardly anything of how the gradient changes is along the step."""
    rng = np.random.default_rng(0)
    for _ in range(300):
        method, gradient = LBFGS(3), torch.from_numpy(rng.normal(size=4).astype(np.float32))
        for _ in range(5):
            found = method.direction(gradient)
            assert found.isfinite().all()
            assert gradient.double() @ found.double() < 0
            step = found * float(10 ** rng.uniform(-3, 0.3))
            method.took(step)
            along, across = step.double().numpy(), rng.normal(size=4) * 10 ** rng.uniform(0, 4)
            across -= along * (along @ across) / (along @ along)
            slope = across + along / (along @ along) * 10 ** rng.uniform(-9, -3)
            gradient = (gradient.double() + torch.from_numpy(slope)).float()
