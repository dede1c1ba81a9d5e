"""Optical flow on scenes whose motion is known."""

import cv2
import numpy as np
import pytest
from helpers import texture
from scipy import ndimage

from sfumato.motion import composed, dense, gray, motion_edges, occluded, warped


def scene(height, width, seed=0):
    """A texture of many sizes, as float32 (height, width) in [0, 255]."""
    rng = np.random.default_rng(seed)
    layers = [
        cv2.resize(rng.random((max(2, height // n), max(2, width // n)), np.float32), (width, height), interpolation=2)
        for n in (4, 12, 40)
    ]
    found = np.sum(layers, axis=0)
    return 255 * (found - found.min()) / np.ptp(found)


def seen_through(image, mapping):
    """What a camera sees at each place (y, x) of the image that `mapping` gives."""
    places = mapping(*np.indices(image.shape).astype(float))
    return ndimage.map_coordinates(image, places, order=3, mode="nearest").clip(0, 255).astype(np.uint8)


def true_flow(shape, u, v):
    return np.stack(np.broadcast_arrays(np.float32(u), np.float32(v), np.empty(shape))[:2], -1).astype(np.float32)


def smooth_flow(height, width, seed, strength=3.0):
    """A smooth flow whose values are quarters of a pixel, which interpolation on a grid of 1/32 hits exactly."""
    rng = np.random.default_rng(seed)
    coarse = cv2.resize(rng.normal(0, strength, (4, 5, 2)).astype(np.float32), (width, height), interpolation=2)
    return np.rint(coarse * 4).astype(np.float32) / 4


@pytest.mark.parametrize("shape", [(96, 128), (120, 700), (20, 24)])
@pytest.mark.parametrize(("across", "down"), [(3.0, 0.0), (-1.5, 2.25)])
def test_a_shift_is_found(shape, across, down):
    """Also in frames that are shrunk for it, and in those that are padded."""
    first = scene(*shape)
    # What is at (y, x) moves to (y + down, x + across).
    second = seen_through(first, lambda y, x: (y - down, x - across))
    found = dense(first.astype(np.uint8), second)
    assert found.shape == (*shape, 2)
    inside = found[6:-6, 6:-6] if min(shape) > 30 else found[4:-4, 4:-4]
    np.testing.assert_allclose(np.median(inside, axis=(0, 1)), (across, down), atol=0.3)
    if min(shape) > 30:
        assert np.abs(inside - (across, down)).max(-1).mean() < 0.25


def test_a_zoom_is_found():
    first, factor = scene(120, 160), 1.05
    second = seen_through(first, lambda y, x: (60 + (y - 60) / factor, 80 + (x - 80) / factor))
    rows, columns = np.indices(first.shape)
    expected = np.stack([(columns - 80) * (factor - 1), (rows - 60) * (factor - 1)], -1)
    found = dense(first.astype(np.uint8), second)
    assert np.hypot(*(found - expected)[8:-8, 8:-8].transpose(2, 0, 1)).mean() < 0.15


def test_gray_is_the_luma_of_television():
    picture = texture(6, 7) / np.float32(255)
    np.testing.assert_allclose(gray(picture), np.rint(255 * (picture @ [0.299, 0.587, 0.114])), atol=1)


@pytest.mark.parametrize("shape", [(30, 40), (30, 40, 3)])
def test_warping_fetches_what_a_flow_leads_to(shape):
    image, flow = np.random.default_rng(1).random(shape, np.float32), smooth_flow(30, 40, 2, 6.0)
    rows, columns = np.indices((30, 40)).astype(float)
    places = rows + flow[..., 1], columns + flow[..., 0]
    channels = image.reshape(30, 40, -1)
    expected = [
        ndimage.map_coordinates(channels[..., n], places, order=1, mode="nearest") for n in range(channels.shape[2])
    ]
    np.testing.assert_allclose(warped(image, flow), np.stack(expected, -1).reshape(shape), atol=1e-5)


def test_sharp_interpolation_blurs_less():
    image = scene(60, 80).astype(np.float32)
    half = true_flow((60, 80), 0.5, 0.5)
    exact = ndimage.shift(image, (-0.5, -0.5), order=5, mode="nearest")
    errors = [np.abs(warped(image, half, sharp=sharp) - exact)[4:-4, 4:-4].mean() for sharp in (False, True)]
    assert errors[1] < errors[0] / 2


def test_flows_are_joined_step_by_step():
    first, second = smooth_flow(24, 30, 3), smooth_flow(24, 30, 4)
    found = composed(first, second)
    for y, x in np.ndindex(24, 30):
        place = [np.clip(y + first[y, x, 1], 0, 23)], [np.clip(x + first[y, x, 0], 0, 29)]
        there = [ndimage.map_coordinates(second[..., n], place, order=1, mode="nearest")[0] for n in (0, 1)]
        np.testing.assert_allclose(found[y, x], first[y, x] + there, atol=1e-4)


def test_two_shifts_make_one_that_reaches_as_far():
    one, two = true_flow((8, 9), 1, -2), true_flow((8, 9), 0.5, 3)
    np.testing.assert_allclose(composed(one, two), true_flow((8, 9), 1.5, 1))


def moving_square(step=6):
    """Two frames of a square that moves to the right, their flows, and what only the second shows of the ground."""
    ground, square = scene(64, 80, 1), scene(24, 24, 2)[::-1]
    frames, inside = [], []
    for left in (20, 20 + step):
        frame, where = ground.copy(), np.zeros((64, 80), bool)
        where[20:44, left : left + 24] = True
        frame[where] = square.ravel()
        frames.append(frame.astype(np.uint8))
        inside.append(where)
    back, ahead = np.zeros((64, 80, 2), np.float32), np.zeros((64, 80, 2), np.float32)
    back[inside[1], 0], ahead[inside[0], 0] = -step, step
    return frames, back, ahead, inside[0] & ~inside[1]


def test_what_a_square_uncovers_was_hidden_before():
    _, back, ahead, uncovered = moving_square()
    assert uncovered.sum() == 6 * 24
    np.testing.assert_array_equal(occluded(back, ahead), uncovered)


def test_it_is_found_in_the_frames_themselves():
    frames, *_, uncovered = moving_square()
    found = occluded(dense(frames[1], frames[0]), dense(frames[0], frames[1]))
    assert (found & uncovered).sum() > 0.7 * uncovered.sum()
    # And hardly anything else is.
    assert (found & ~ndimage.binary_dilation(uncovered, iterations=4)).sum() < 0.06 * found.size


def test_small_disagreements_are_none():
    """|there + back|² is compared with 0.01 (|there|² + |back|²) + 0.5."""
    for far in (0.0, 10.0):
        limit = np.sqrt(0.01 * 2 * far**2 + 0.5)
        for off, expected in ((0.93 * limit, False), (1.07 * limit, True)):
            there, back = true_flow((5, 60), far, 0), true_flow((5, 60), -far, off)
            assert occluded(there, back)[2, 30] == expected


def test_what_comes_from_beyond_the_border_is_new():
    found = occluded(true_flow((5, 9), 2, 0), true_flow((5, 9), -2, 0))
    np.testing.assert_array_equal(found, np.broadcast_to(np.arange(9) > 6, (5, 9)))
    found = occluded(true_flow((5, 9), 0, -1), true_flow((5, 9), 0, 1))
    np.testing.assert_array_equal(found, np.broadcast_to(np.arange(5)[:, None] < 1, (5, 9)))


def test_edges_of_motion_are_steep_flow():
    flow = smooth_flow(30, 40, 5, 1.5) / 3 + 0.5
    flow[:, 20:] += 0.3
    down, across = (np.gradient(np.pad(flow, [(1, 1), (1, 1), (0, 0)], "edge"), axis=n)[1:-1, 1:-1] for n in (0, 1))
    expected = (down**2).sum(-1) + (across**2).sum(-1) > 0.01 * (flow**2).sum(-1) + 0.002
    assert 0.1 < expected.mean() < 0.9
    np.testing.assert_array_equal(motion_edges(flow), expected)
