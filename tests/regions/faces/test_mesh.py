"""The mesh of a face: what its network sees and how its answer is read, without the network."""

import math

import numpy as np
import pytest

from sfumato.regions.faces import mesh
from sfumato.regions.faces.squares import Square


class Network:
    """Gives back what it is told, and keeps what it is given."""

    def __init__(self, places, logit):
        self.answers = {3: places.reshape(1, 1, 1, -1), 4: np.float32([[[[logit]]]])}
        self.seen = None

    def get_input_details(self):
        return [{"index": 0}]

    def get_output_details(self):
        return [{"index": 3}, {"index": 4}]

    def set_tensor(self, index, value):
        assert index == 0
        self.seen = value

    def invoke(self):
        pass

    def get_tensor(self, index):
        return self.answers[index]


@pytest.mark.parametrize("logit", [-2000.0, -1.5, 3.0])
def test_what_the_network_sees_and_how_its_answer_is_read(monkeypatch, logit):
    places = np.random.default_rng(0).uniform(-20, 220, (468, 3)).astype(np.float32)
    network = Network(places, logit)
    monkeypatch.setattr(mesh, "_network", lambda: network)
    photo = np.zeros((300, 400, 3), np.float32)
    photo[:, :200] = 0.75
    points, score = mesh.fit(photo, Square(200.0, 10.0, 96.0))
    # The square goes from (152, -38) to (248, 58); above the photo, its border is repeated.
    assert network.seen.shape == (1, 192, 192, 3)
    assert network.seen.dtype == np.float32
    np.testing.assert_allclose(network.seen[0, :, :94], 0.75)
    np.testing.assert_allclose(network.seen[0, :, 98:], 0)
    np.testing.assert_allclose(points, places[:, :2] / 2 + (152, -38), atol=1e-4)
    assert score == pytest.approx(0 if logit < -100 else 1 / (1 + math.exp(-logit)))


def test_the_square_around_a_face_has_level_eyes():
    square = mesh.around(np.array([100.0, 50, 140, 100]), np.array([[110.0, 60], [130, 80]]))
    assert (square.x, square.y, square.side) == (120, 75, 75)
    assert square.angle == pytest.approx(math.pi / 4)
