"""Key frames, what lies between them, and every frame near those before it, with painters that take no time."""

from itertools import repeat

import numpy as np
import pytest
from helpers import smooth

from sfumato.video import keyframes
from sfumato.video.filling import filled
from sfumato.video.follow import Followed, backwards, between, forwards
from sfumato.video.frames import frames_of
from sfumato.video.keyframes import by_keys, each_frame

SCENE = smooth(80, 260, 1, blur=3, low=0, high=1)
OTHER = 255 - smooth(80, 260, 2, blur=3, low=0, high=0.2)


def pan(count, scene=SCENE, step=3):
    """Frames of a camera that moves to the right over a scene."""
    return [np.ascontiguousarray(scene[8:72, step * n : step * n + 96]) for n in range(count)]


def walked(frames, watch=None):
    """The frames with motion, and masks of all."""
    masks = repeat(np.ones((64, 96), np.float32))
    return frames_of(iter(frames) if watch is None else watch(frames), None, masks)


class Stub:
    """Paints a frame as its own negative, and remembers what it was told."""

    def __init__(self, empty=()):
        self.asked, self.begun, self.empty = [], 0, empty

    def begin(self):
        self.begun += 1

    def key(self, frame, earlier):
        self.asked.append((frame, earlier))
        if len(self.asked) - 1 in self.empty:
            return None
        return Followed(1 - frame.image, np.ones(frame.pixels.shape[:2], np.float32))


def run(frames, every, stub=None, **given):
    stub = Stub() if stub is None else stub
    return list(by_keys(walked(frames), stub, every, **given)), stub


def number_of(frame, frames):
    return next(n for n, each in enumerate(frames) if np.array_equal(each, frame.pixels))


@pytest.mark.parametrize(
    ("count", "every", "expected"),
    [(9, 4, [0, 4, 8]), (11, 4, [0, 4, 8, 10]), (3, 24, [0, 2]), (1, 24, [0]), (4, 1, [0, 1, 2, 3])],
)
def test_key_frames_are_evenly_spread_and_the_last_is_one(count, every, expected):
    frames = pan(count)
    shown, stub = run(frames, every)
    assert [number_of(frame, frames) for frame, _ in stub.asked] == expected
    assert [number_of(frame, frames) for frame, *_ in shown] == list(range(count))


def test_frames_between_follow_the_motion():
    """A painter that paints the same at the same place of the scene: all frames are as if painted."""
    frames = pan(7)
    shown, _ = run(frames, 6)
    for number, (frame, picture, _) in enumerate(shown):
        error = np.abs(picture - (1 - frame.image)).mean()
        assert error < (0.02 if 0 < number < 6 else 1e-6)
        # Without following, it would be far from that.
        still = np.abs((1 - shown[0][0].image) - (1 - frame.image)).mean()
        assert number == 0 or error < still / 3


def test_each_key_frame_starts_from_the_one_before_as_it_looks_there():
    frames = pan(9)
    _, stub = run(frames, 4)
    assert stub.asked[0][1] is None
    for frame, earlier in stub.asked[1:]:
        away = np.abs(earlier.picture - (1 - frame.image)).mean(-1)
        assert earlier.trust.mean() > 0.7
        assert away[earlier.trust > 0.9].mean() < 0.02
        # 12 columns have come in at the right since.
        assert earlier.trust[:, -8:].max() < 0.5


def test_nothing_is_carried_over_a_cut():
    first, second = pan(5), pan(6, OTHER)
    together, stub = run(first + second, 4)
    apart = run(first, 4)[0] + run(second, 4)[0]
    assert stub.begun == 2
    for (_, one, _), (_, other, _) in zip(together, apart, strict=True):
        np.testing.assert_array_equal(one, other)


def test_only_one_interval_is_looked_ahead():
    read = []

    def watched(frames):
        for number, frame in enumerate(frames):
            read.append(number)
            yield frame

    ahead = []
    for shown, _ in enumerate(by_keys(walked(pan(30), watched), Stub(), 5)):
        ahead.append(read[-1] - shown)
    assert max(ahead) == 4
    assert len(ahead) == 30


@pytest.mark.parametrize("way", ["keys", "each"])
def test_it_goes_on_after_any_frame(way):
    def over(frames, state=None):
        seen = frames_of(iter(frames), None, repeat(np.ones((64, 96), np.float32)), state)
        return list(by_keys(seen, Stub(), 4, state) if way == "keys" else each_frame(seen, Remembering(), state))

    frames = pan(10)
    whole = over(frames)
    for last in (0, 2, 4, 7, 8):
        state = whole[last][2]
        rest = over(frames[last + 1 - int(state["back"]) :], state)
        assert len(rest) == 9 - last
        for (_, one, _), (_, other, _) in zip(rest, whole[last + 1 :], strict=True):
            np.testing.assert_allclose(one, other, atol=1e-6)


class Remembering(Stub):
    """Paints half of what was painted before, and half of the frame."""

    def key(self, frame, earlier):
        super().key(frame, earlier)
        picture = frame.image if earlier is None else 0.5 * frame.image + 0.5 * earlier.picture
        return Followed(picture, np.ones(frame.pixels.shape[:2], np.float32))


def test_where_nothing_was_painted_at_one_end_the_other_serves():
    frames = pan(5)
    shown, _ = run(frames, 4, Stub(empty=[0]))
    assert shown[0][1] is None
    for frame, picture, _ in shown[1:]:
        assert np.abs(picture - (1 - frame.image)).mean() < 0.03
    shown, _ = run(frames, 4, Stub(empty=[0, 1]))
    assert [picture for _, picture, _ in shown] == [None] * 5


class Even(Stub):
    """Paints one gray: black first, then white; or only the left half."""

    def __init__(self, part=slice(None)):
        super().__init__()
        self.part = part

    def key(self, frame, earlier):
        super().key(frame, earlier)
        where = np.zeros(frame.pixels.shape[:2], np.float32)
        where[:, self.part] = 1
        return Followed(np.full(frame.pixels.shape, float(len(self.asked) > 1), np.float32), where)


def test_one_key_frame_turns_into_the_next():
    shown, _ = run(pan(5, step=0), 4, Even())
    np.testing.assert_allclose([picture.mean() for _, picture, _ in shown], [0, 0.25, 0.5, 0.75, 1], atol=0.01)


def test_what_was_not_painted_is_not_trusted():
    _, stub = run(pan(5, step=0), 4, Even(slice(0, 48)))
    trust = stub.asked[1][1].trust
    assert trust[:, :40].min() > 0.9
    assert trust[:, 56:].max() == 0


def test_what_no_key_frame_shows_is_the_frame_in_the_colors_around():
    hole = np.ones((16, 16), np.float32)
    hole[6:10, 6:10] = 0
    stripes = np.where(np.arange(16) % 4 < 2, 0.3, 0.6).astype(np.float32)[:, None, None].repeat(16, 1).repeat(3, 2)
    painted = stripes + np.float32([0.2, -0.1, 0.1])
    spoiled = np.where(hole[..., None] > 0, painted, np.float32(1))
    found = between(Followed(spoiled, hole), Followed(spoiled, hole), 0.5, stripes)
    np.testing.assert_allclose(found[6:10, 6:10], painted[6:10, 6:10], atol=0.02)
    np.testing.assert_allclose(found[hole > 0], painted[hole > 0], atol=1e-6)


def test_edges_of_motion_are_not_trusted(monkeypatch):
    monkeypatch.setattr(keyframes, "motion_edges", lambda flow: np.ones(flow.shape[:2], bool))
    stub = Stub()
    list(each_frame(walked(pan(2)), stub))
    assert stub.asked[1][1] is None


def blinking():
    """A ground that a bright bar hides in the second of three frames."""
    ground = np.ascontiguousarray(SCENE[8:72, :96]) // 2
    hidden = ground.copy()
    hidden[:, 40:56] = 250
    return [ground, hidden, ground]


def test_what_the_frame_before_hides_is_remembered_from_the_one_before_that():
    stub = Stub()
    list(each_frame(walked(blinking()), stub))
    earlier = stub.asked[2][1]
    seen = earlier.trust[:, 44:52]
    assert seen.mean() > 0.8
    assert np.abs(earlier.picture - (1 - stub.asked[2][0].image))[:, 44:52].mean() < 0.03
    # And in the second frame, nothing of the bar was known.
    assert stub.asked[1][1].trust[:, 44:52].mean() < 0.1


def test_every_frame_begins_anew_at_a_cut():
    stub = Stub()
    list(each_frame(walked(pan(3) + pan(2, OTHER)), stub))
    assert [earlier is None for _, earlier in stub.asked] == [True, False, False, True, False]
    assert stub.begun == 2


def test_key_frames_are_seen_from_both_sides():
    frames = list(walked(pan(5)))
    first, last = (Followed(frame.image, np.ones((64, 96), np.float32)) for frame in (frames[0], frames[-1]))
    here, there = list(forwards(first, frames)), list(backwards(last, frames))[::-1]
    for frame, one, other in zip(frames, here, there, strict=True):
        for each in (one, other):
            assert np.abs(each.picture - frame.image).mean(-1)[each.trust > 0.5].mean() < 0.02
    # What came in at the right is known from the end only, what went out at the left from the beginning.
    assert here[2].trust[:, -4:].max() < 0.5 < there[2].trust[:, -4:].mean()
    assert there[2].trust[:, :4].max() < 0.5 < here[2].trust[:, :4].mean()


def test_two_sides_are_mixed_by_time_and_trust():
    rng = np.random.default_rng(0)
    one, other = rng.random((2, 6, 8, 3)).astype(np.float32)
    trusts = rng.uniform(0.4, 1, (2, 6, 8)).astype(np.float32)
    weights = 0.7 * (trusts[0] + 1e-3), 0.3 * (trusts[1] + 1e-3)
    expected = (weights[0][..., None] * one + weights[1][..., None] * other) / sum(weights)[..., None]
    found = between(Followed(one, trusts[0]), Followed(other, trusts[1]), 0.3, one)
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_holes_take_the_color_around_and_the_rest_stays():
    rng = np.random.default_rng(0)
    picture = np.full((40, 50, 3), (0.2, 0.5, 0.8), np.float32) + rng.normal(0, 0.01, (40, 50, 3)).astype(np.float32)
    known = np.ones((40, 50), np.float32)
    known[10:25, 20:40] = 0
    spoiled = np.where(known[..., None] > 0, picture, np.float32(9))
    found = filled(spoiled, known)
    np.testing.assert_allclose(found[known > 0], picture[known > 0], atol=1e-6)
    np.testing.assert_allclose(found[10:25, 20:40], np.broadcast_to((0.2, 0.5, 0.8), (15, 20, 3)), atol=0.03)
