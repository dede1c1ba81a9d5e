"""Runs that start from what was painted of an earlier frame, and stay near it."""

from dataclasses import replace

import numpy as np
import pytest
from helpers import texture

from sfumato.methods import METHODS
from sfumato.methods.problem import Earlier

PHOTO = texture(72, 96, 1)
LEFT = np.zeros((72, 96), np.float32)
LEFT[:, :48] = 1


@pytest.fixture(params=["localized", "naive"])
def begun(request, problem, vgg):
    """A problem of a rectangle, with an earlier frame of one gray."""

    def make(trust, weight):
        options = {"faces": "off"} if request.param == "localized" else {}
        layer = {"region": "rect(20, 10, 80, 60)", "feather": 0}
        found = problem(layer, photo=PHOTO, method=request.param, iterations="6,4", finish=0, **options)
        gray = np.full(PHOTO.shape, 0.5, np.float32)
        return replace(found, earlier=Earlier(gray, trust, weight))

    return make


def painted(problem):
    """The steps of a run, and the result over the whole photo."""
    steps = list(METHODS[problem.recipe.method].paint(problem, None))
    return steps, problem.compose(steps[-1].working_picture()).rgb()


def test_it_stays_near_what_can_be_trusted(begun):
    _, picture = painted(begun(LEFT, 1e4))
    assert np.abs(picture[14:56, 24:44] - 0.5).max() < 0.03
    # Beyond that, the photo's own shapes are painted.
    assert picture[14:56, 54:76].std() > 0.05


def test_it_starts_from_it_at_the_working_size(begun):
    problem = begun(np.ones((72, 96), np.float32), 0.0)
    steps, _ = painted(problem)
    assert {step.shape for step in steps} == {problem.content.shape[:2]}
    first = problem.compose(steps[0].working_picture()).rgb()
    assert np.abs(first[14:56, 24:76] - 0.5).max() < 0.03


def test_the_weight_pulls(begun):
    away = [np.abs(painted(begun(LEFT, weight))[1][14:56, 24:44] - 0.5).mean() for weight in (0.0, 3.0, 300.0)]
    assert away[0] > 1.5 * away[1] > 2 * away[2]


def test_the_term_is_reported(begun):
    steps, _ = painted(begun(LEFT, 2.0))
    assert "temporal" in steps[-1].terms


def test_a_run_with_another_past_is_another_run(begun):
    one, other = begun(LEFT, 2.0), begun(LEFT, 3.0)
    assert one.fingerprint() != other.fingerprint() != replace(other, earlier=None).fingerprint()
