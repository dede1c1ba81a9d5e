"""The detector of faces: anchors, decoding, windows and suppression, without its network."""

import math

import numpy as np
import pytest

from sfumato.regions.faces import detector
from sfumato.regions.faces.detector import Detections


def test_anchors_are_two_for_each_cell_of_8_pixels_and_six_for_each_of_16():
    expected = [
        ((x + 0.5) * stride / 128, (y + 0.5) * stride / 128)
        for stride, each in ((8, 2), (16, 6))
        for y in range(128 // stride)
        for x in range(128 // stride)
        for _ in range(each)
    ]
    np.testing.assert_allclose(detector.anchors(), expected)


class Network:
    """Gives back what it is told, and keeps what it is given."""

    def __init__(self, places, logits):
        self.answers = {5: places[None], 6: logits[None]}
        self.seen = None

    def get_input_details(self):
        return [{"index": 0}]

    def get_output_details(self):
        return [{"index": 5}, {"index": 6}]

    def set_tensor(self, index, value):
        assert index == 0
        self.seen = value

    def invoke(self):
        pass

    def get_tensor(self, index):
        return self.answers[index]


def test_what_the_network_sees_and_how_its_answer_is_read(monkeypatch):
    random = np.random.default_rng(1)
    places = random.normal(0, 20, (896, 16)).astype(np.float32)
    logits = random.normal(0, 3, (896, 1)).astype(np.float32)
    logits[:2, 0] = -1000, 1000
    network = Network(places, logits)
    monkeypatch.setattr(detector, "_network", lambda: network)
    picture = random.random((128, 128, 3), np.float32)
    found = detector.look(picture)
    np.testing.assert_allclose(network.seen, 2 * picture[None] - 1, atol=1e-6)
    for index in (0, 1, 300, 600, 895):
        x, y, width, height, *points = places[index].astype(float) / 128
        across, down = detector.anchors()[index]
        box = [across + x - width / 2, down + y - height / 2, across + x + width / 2, down + y + height / 2]
        np.testing.assert_allclose(found.boxes[index], box, atol=1e-5)
        eyes = [[across + points[0], down + points[1]], [across + points[2], down + points[3]]]
        np.testing.assert_allclose(found.eyes[index], eyes, atol=1e-5)
        assert found.scores[index] == pytest.approx(1 / (1 + math.exp(-np.clip(logits[index, 0], -80, 80))))


def see_spot(seen):
    """A detection of a white spot with two marks for eyes, with a better score the more of it is in view."""
    spot = seen[..., 0] > 0.5
    if not spot.any():
        return Detections(np.zeros((1, 4)), np.zeros((1, 2, 2)), np.zeros(1))
    rows, columns = np.nonzero(spot)
    box = np.array([columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]) / 128
    eyes = np.array([[box[0], box[1]], [box[2], box[1]]])
    large = spot.sum() > 150  # as the network, it does not see what is small
    cut = box.min() <= 0.02 or box.max() >= 0.98
    return Detections(box[None], eyes[None], np.array([0.95 if large and not cut else 0.0]))


@pytest.mark.parametrize("shape", [(700, 500), (90, 60), (300, 2000), (2100, 1500), (129, 128)])
@pytest.mark.parametrize("place", [(0.12, 0.2), (0.5, 0.5), (0.85, 0.7)])
def test_a_spot_is_found_where_it_is_whatever_its_size(monkeypatch, shape, place):
    monkeypatch.setattr(detector, "look", see_spot)
    height, width = shape
    for size in (24 * max(1, max(shape) / 1024), 0.2 * min(shape), 0.6 * min(shape)):
        size = max(14, round(size))
        top, left = (round(fraction * (side - size - 6)) + 3 for fraction, side in zip(place, shape, strict=True))
        photo = np.zeros((height, width, 3), np.float32)
        photo[top : top + size, left : left + size] = 1
        found = detector.detect(photo)
        assert len(found.scores) == 1
        error = 1 + max(shape) / 128 if size > 100 else 1 + max(shape) / 1024
        np.testing.assert_allclose(found.boxes[0], [left, top, left + size, top + size], atol=error)
        np.testing.assert_allclose(found.eyes[0], [[left, top], [left + size, top]], atol=error)


def test_windows_are_128_pixels_and_the_last_one_shows_the_whole_photo(monkeypatch):
    seen = []

    def look(window):
        seen.append(window)
        return see_spot(window)

    monkeypatch.setattr(detector, "look", look)
    photo = np.zeros((600, 900, 3), np.float32)
    photo[:, :450] = 0.25
    photo[:, 450:] = 0.125
    detector.detect(photo)
    assert {window.shape for window in seen} == {(128, 128, 3)}
    assert {window.dtype for window in seen} == {np.dtype(np.float32)}
    # 900 is halved three times: 112 x 75, in the upper left, and black elsewhere.
    last = seen[-1]
    np.testing.assert_allclose(last[:75, :112].mean((0, 2))[[0, 50, 60, 111]], [0.25, 0.25, 0.125, 0.125], atol=1e-6)
    assert not last[75:].any()
    assert not last[:, 112:].any()


def brute_overlap(a, b):
    """Intersection over union, counted on a fine grid of points."""
    steps = np.arange(0.05, 20, 0.1)
    inside = [
        ((steps >= left) & (steps < right))[None] & ((steps >= top) & (steps < bottom))[:, None]
        for left, top, right, bottom in (a, b)
    ]
    return (inside[0] & inside[1]).sum() / max(1, (inside[0] | inside[1]).sum())


def some_boxes(count, seed):
    random = np.random.default_rng(seed)
    corners = random.integers(0, 120, (count, 2)) / 10
    return np.concatenate([corners, corners + random.integers(10, 70, (count, 2)) / 10], 1), random.random(count)


def test_shared_area_against_counted_points():
    boxes, _ = some_boxes(30, 5)
    for box in boxes[:8]:
        found = detector.shared(box, boxes)
        np.testing.assert_allclose(found, [brute_overlap(box, other) for other in boxes], atol=1e-9)
    assert detector.shared(np.zeros(4), np.zeros((1, 4))).tolist() == [0]


@pytest.mark.parametrize("seed", range(5))
def test_suppression_against_brute_force(seed):
    boxes, scores = some_boxes(40, seed)
    kept = []
    for index in sorted(range(40), key=lambda index: -scores[index]):
        if all(brute_overlap(boxes[index], boxes[other]) <= 0.3 for other in kept):
            kept.append(index)
    assert detector.strongest(boxes, scores).tolist() == kept
    assert 5 < len(kept) < 35


def test_no_boxes():
    assert detector.strongest(np.zeros((0, 4)), np.zeros(0)).tolist() == []
