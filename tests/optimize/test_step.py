import numpy as np
import pytest

from sfumato.optimize import Step


def step(**values):
    fields = {"level": 1, "levels": 2, "iteration": 3, "iterations": 9, "shape": (4, 5), "loss": 1.0, "terms": {}}
    return Step(**fields | {"seconds": 30.0, "done": 0.25} | values)


def test_the_time_left_follows_the_pace_so_far():
    assert step().seconds_left == pytest.approx(90)
    assert step(done=1.0).seconds_left == 0
    assert np.isfinite(step(done=0.0).seconds_left)


def test_picture_and_state_are_made_when_asked_for():
    asked = []
    made = step(
        render=lambda: asked.append("picture") or np.ones((4, 5, 3)), snapshot=lambda: asked.append("state") or {"a": 1}
    )
    assert asked == []
    assert made.working_picture().shape == (4, 5, 3)
    assert made.state() == {"a": 1}
    assert asked == ["picture", "state"]


def test_the_full_picture_has_the_working_picture_put_back():
    made = step(render=lambda: np.ones((1, 1, 3)), compose=lambda picture: np.pad(picture, ((1, 1), (1, 1), (0, 0))))
    assert made.full_picture().sum(-1).tolist() == [[0, 0, 0], [0, 3, 0], [0, 0, 0]]


def test_the_full_picture_without_a_photo_is_the_working_picture():
    picture = np.ones((4, 5, 3))
    assert step(render=lambda: picture).full_picture() is picture


def test_steps_are_equal_by_what_they_report():
    assert step(render=lambda: np.ones(1)) == step()
    assert step(loss=2.0) != step()
    assert "render" not in repr(step())
