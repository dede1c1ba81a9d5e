"""How steady a video is, on scenes whose motion is known."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from scipy import ndimage

from sfumato.errors import InputError
from sfumato.metrics import flow_difference, source_motion, warping_error


def scene(height=96, width=128, seed=0):
    """A smooth texture that flow can follow, float64 (height, width, 3) in [0, 1]."""
    rng = np.random.default_rng(seed)
    found = ndimage.gaussian_filter(rng.random((height, width, 3)), (3, 3, 0), mode="nearest")
    return (found - found.min()) / np.ptp(found)


def shot(step=2, seed=0):
    """Two frames of a camera that moves to the left: what it sees moves to the right."""
    wide = scene(96, 140, seed)
    return wide[:, step : step + 128], wide[:, :128]


CLIP = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "video" / "bikes.mp4"

FLOWS = pytest.mark.parametrize("flow", ["deepflow", "farneback"])


@FLOWS
def test_what_moves_along_is_steady_and_what_stays_is_not(flow):
    motion = source_motion(*shot(3), flow=flow)
    paint_before, paint_now = shot(3, seed=1)
    along = warping_error(paint_before, paint_now, motion)
    assert along < 1e-4
    stays = warping_error(paint_now, paint_now, motion)
    assert stays > 50 * along


@pytest.mark.parametrize("change", [0.05, -0.2])
def test_flicker_costs_its_square(change):
    still = scene()
    paint = 0.3 + 0.4 * scene(seed=1)
    assert warping_error(paint, paint + change, source_motion(still, still)) == pytest.approx(change**2, rel=0.02)


def test_it_is_the_mean_square_over_what_both_show():
    """By hand, with the flow that is stated, and interpolation by SciPy."""
    before, now = shot(2)
    rng = np.random.default_rng(5)
    paint = [ndimage.gaussian_filter(rng.random((96, 128, 3)), (2, 2, 0)) for _ in range(2)]
    mask = np.zeros((96, 128))
    mask[20:70, 10:100] = rng.random((50, 90))
    gray = [np.rint(255 * (frame @ [0.299, 0.587, 0.114])).astype(np.uint8) for frame in (before, now)]
    options = 0.5, 5, 15, 3, 5, 1.2, 0
    back = cv2.calcOpticalFlowFarneback(gray[1], gray[0], None, *options).astype(float)
    ahead = cv2.calcOpticalFlowFarneback(gray[0], gray[1], None, *options).astype(float)
    rows, columns = np.indices((96, 128))
    places = rows + back[..., 1], columns + back[..., 0]

    def fetched(image):
        channels = range(image.shape[2])
        return np.stack([ndimage.map_coordinates(image[..., n], places, order=1, mode="nearest") for n in channels], -1)

    there = fetched(ahead)
    hidden = ((back + there) ** 2).sum(-1) > 0.01 * ((back**2).sum(-1) + (there**2).sum(-1)) + 0.5
    hidden |= (places[1] > 127.5) | (places[1] < -0.5) | (places[0] > 95.5) | (places[0] < -0.5)
    padded = np.pad(back, [(1, 1), (1, 1), (0, 0)], "edge")
    steep = sum((np.gradient(padded, axis=n)[1:-1, 1:-1] ** 2).sum(-1) for n in (0, 1))
    weight = mask * ~hidden * ~(steep > 0.01 * (back**2).sum(-1) + 0.002)
    expected = np.average(((paint[1] - fetched(paint[0])) ** 2).mean(-1), weights=weight)
    assert warping_error(*paint, source_motion(before, now, flow="farneback"), mask) == pytest.approx(
        expected, rel=0.02
    )


def test_what_was_hidden_does_not_count():
    """A square moves to the right, and what it uncovers is painted in another color."""
    frames, uncovered = [], []
    for left in (40, 50):
        frame, where = scene(), np.zeros((96, 128), bool)
        where[30:66, left : left + 36] = True
        frame[where] = scene(36, 36, 7).reshape(-1, 3) * 0.5 + 0.5
        frames.append(frame)
        uncovered.append(where)
    new = ndimage.binary_erosion(uncovered[0] & ~uncovered[1], iterations=2)
    white = frames[1].copy()
    white[new] = 1 - white[new]
    clean, painted = (warping_error(frames[0], last, source_motion(*frames)) for last in (frames[1], white))
    # The other color would add far more, if it counted fully.
    full = np.square(white - frames[1]).mean()
    assert painted - clean < 0.2 * full


def test_a_mask_chooses_what_counts():
    still, paint = scene(), np.full((96, 128, 3), 0.4)
    left = np.zeros((96, 128))
    left[:, :64] = 1
    changed = paint.copy()
    changed[:, :64] += 0.1
    motion = source_motion(still, still)
    assert warping_error(paint, changed, motion, left) == pytest.approx(0.01)
    assert warping_error(paint, changed, motion, 1 - left) == pytest.approx(0)
    assert warping_error(paint, changed, motion) == pytest.approx(0.005)


@FLOWS
def test_other_motion_is_told_by_its_length(flow):
    before, now = shot(2)
    motion = source_motion(before, now, flow=flow)
    assert flow_difference(0.2 + 0.6 * before, 0.2 + 0.6 * now, motion) < 0.3
    # The result stays, or moves three times as far.
    assert flow_difference(now, now, motion) == pytest.approx(2, abs=0.25)
    assert flow_difference(*shot(6), motion) == pytest.approx(4, abs=0.6)


def test_deepflow_follows_what_is_plain_and_moves_far():
    """The white roof of a truck, whose hatch, a dark rectangle, tells how far it moves."""
    if not CLIP.exists():
        pytest.skip("the research clips are not beside the project")
    film = cv2.VideoCapture(str(CLIP))
    frames = [film.read()[1][..., ::-1] for _ in range(11)][9:]
    hatch = frames[1][201:264, 300:380]
    fit = cv2.matchTemplate(np.ascontiguousarray(frames[0][150:, 300:380]), np.ascontiguousarray(hatch), cv2.TM_SQDIFF)
    moved = 150 + int(fit.argmin()) - 201
    assert moved < -10
    roof = np.s_[60:200, 245:280]
    found = {
        flow: np.median(source_motion(*frames, flow=flow).back[roof][..., 1]) for flow in ("deepflow", "farneback")
    }
    assert found["deepflow"] == pytest.approx(moved, abs=5)
    assert abs(found["farneback"]) < 1


@pytest.mark.parametrize("measure", [warping_error, flow_difference])
def test_frames_that_cannot_be_compared_are_refused(measure):
    frame = scene()
    motion = source_motion(frame, frame, flow="farneback")
    with pytest.raises(InputError, match="nothing in common that could be compared"):
        measure(frame, frame, motion, np.zeros((96, 128)))
    with pytest.raises(InputError, match="96"):
        measure(frame[:50], frame[:50], motion)
    with pytest.raises(InputError, match="96"):
        measure(frame, frame, motion, np.ones((10, 10)))
    with pytest.raises(InputError, match="96"):
        source_motion(frame, frame[:50])
