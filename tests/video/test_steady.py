"""Masks and pictures that take over from the frame before."""

import cv2
import numpy as np
from helpers import smooth, texture
from scipy import ndimage

from sfumato.video.steady import Motion, detailed, motion, steadied, trust


def moved_by(step, height=64, width=96):
    """Two frames of a square that moves over a still ground, and what only the second shows of the ground."""
    ground = smooth(height, width, 1, blur=2) / np.float32(255)
    frames, inside = [], []
    for left in (20, 20 + step):
        where = np.zeros((height, width), bool)
        where[16:48, left : left + 32] = True
        frame = ground.copy()
        frame[where] = (smooth(32, 32, 2, blur=1, low=0.6, high=1) / np.float32(255)).reshape(-1, 3)
        frames.append(frame)
        inside.append(where)
    return frames, inside


def test_trust_ends_where_colors_differ_or_nothing_was_to_be_seen():
    rng = np.random.default_rng(0)
    before = rng.random((20, 24, 3), np.float32)
    now = (before + rng.normal(0, 0.05, before.shape)).astype(np.float32)
    back, ahead = np.zeros((20, 24, 2), np.float32), np.zeros((20, 24, 2), np.float32)
    ahead[5:9, 6:12] = 3, 0  # these went away, so what is there now is new
    expected = np.exp(-((np.abs(before - now).mean(-1) / 0.08) ** 2))
    expected[5:9, 6:12] = 0
    expected = ndimage.gaussian_filter(expected, 2, mode="nearest", truncate=4)
    np.testing.assert_allclose(trust(back, ahead, before, now), expected, atol=2e-3)


def test_a_running_mean_is_taken_along_the_flow():
    rng = np.random.default_rng(0)
    now, before, seen = (
        rng.random((6, 8, 3), np.float32),
        rng.random((6, 8, 3), np.float32),
        rng.random((6, 8), np.float32),
    )
    back = np.zeros((6, 8, 2), np.float32)
    back[..., 0] = 2
    fetched = before[:, [2, 3, 4, 5, 6, 7, 7, 7]]
    expected = now + 0.7 * seen[..., None] * (fetched - now)
    for sharp in (False, True):
        np.testing.assert_allclose(
            steadied(now, before, Motion(back, -back, seen), 0.7, sharp=sharp), expected, atol=1e-5
        )
    mask = steadied(now[..., 0], before[..., 0], Motion(back, -back, seen), 0.7)
    np.testing.assert_allclose(mask, expected[..., 0], atol=1e-5)


def test_flicker_dies_down_on_what_moves():
    """Frames of a moving camera, each painted with noise of its own."""
    rng = np.random.default_rng(0)
    scene = smooth(80, 200, 3, blur=2, low=0, high=1) / np.float32(255)
    frames = [scene[8:72, 4 * n : 4 * n + 96] for n in range(8)]
    painted = [(0.5 + 0.3 * rng.normal(0, 0.2, frame.shape)).astype(np.float32) for frame in frames]
    mean = painted[0]
    for before, now, fresh in zip(frames[:-1], frames[1:], painted[1:], strict=True):
        mean = steadied(fresh, mean, motion(before, now), 0.85, sharp=True)
    # Only the last 28 columns are new since the beginning.
    assert (mean[6:-6, 6:60] - 0.5).std() < 0.5 * (painted[-1][6:-6, 6:60] - 0.5).std()


def test_no_ghost_is_left_behind():
    """A square painted black moves off a ground painted white."""
    frames, inside = moved_by(10)
    painted = [np.where(where[..., None], np.float32(0), np.float32(1)).repeat(3, -1) for where in inside]
    found = steadied(painted[1], painted[0], motion(*frames), 0.85, sharp=True)[..., 0]
    uncovered = ndimage.binary_erosion(inside[0] & ~inside[1], iterations=2)
    assert uncovered.sum() > 150
    assert found[uncovered].mean() > 0.9
    assert found[ndimage.binary_erosion(inside[1], iterations=4)].max() < 0.1


def octave(picture):
    """What is finer than about a pixel."""
    return picture - ndimage.gaussian_filter(picture, (1, 1, 0))


def test_detail_comes_back_but_no_more_than_there_was():
    fresh = texture(60, 80, 1) / np.float32(255)
    rest = ndimage.gaussian_filter(fresh, (1, 1, 0))
    inner = np.s_[12:-12, 12:-12]
    goal = octave(fresh)[inner].std()
    for kept in (0.8, 0.6, 0.2):
        blurred = rest + kept * (fresh - rest)
        had = octave(blurred)[inner].std() / goal
        found = octave(detailed(blurred, fresh))[inner].std() / goal
        # No more than there was, and at most doubled in each of two steps.
        assert min(0.9, 1.3 * had) < found < min(1.03, 4 * had)


def test_a_picture_with_enough_detail_stays():
    fresh = texture(40, 50, 1) / np.float32(255)
    sharper = np.clip(fresh + 0.1 * octave(fresh), 0, 1)
    np.testing.assert_allclose(detailed(sharper, fresh), sharper, atol=1e-6)


def test_motion_knows_both_directions():
    scene = cv2.resize(texture(40, 60, 1), (240, 160)) / np.float32(255)
    found = motion(scene[:, 4:204], scene[:, :200])
    np.testing.assert_allclose(np.median(found.back, (0, 1)), (-4, 0), atol=0.1)
    np.testing.assert_allclose(np.median(found.ahead, (0, 1)), (4, 0), atol=0.1)
    assert np.median(found.trust) > 0.9
