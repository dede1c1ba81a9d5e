"""Cuts between shots."""

from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest
from helpers import smooth

from sfumato.motion import gray
from sfumato.video.cuts import is_cut, thumbnail

CLIP = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "video" / "bikes.mp4"


def luma(frame):
    return gray(frame.astype(np.float32) / 255)


def test_a_thumbnail_averages():
    plane = np.random.default_rng(0).integers(0, 256, (72, 192)).astype(np.uint8)
    np.testing.assert_allclose(thumbnail(plane), plane.reshape(36, 2, 64, 3).mean((1, 3)), atol=1e-3)


@pytest.mark.parametrize(("difference", "expected"), [(39.5, False), (40.5, True), (-40.5, True)])
def test_a_cut_is_a_mean_difference_above_40(difference, expected):
    before = np.random.default_rng(0).uniform(60, 190, (36, 64)).astype(np.float32)
    change = np.full((36, 64), difference, np.float32)
    change[:18] *= 1.5
    change[18:] *= 0.5
    assert is_cut(before, before + change) == expected


def test_a_moving_camera_does_not_cut_but_another_scene_does():
    scene = smooth(144, 400, 1, blur=12, low=0, high=1)
    views = [thumbnail(luma(np.ascontiguousarray(scene[:, left : left + 256]))) for left in range(0, 128, 8)]
    assert not any(is_cut(*pair) for pair in pairwise(views))
    assert is_cut(views[0], 255 - views[0])


def test_five_cuts_are_found_in_a_clip():
    """The research clip has five hard cuts."""
    if not CLIP.exists():
        pytest.skip("the research clips are not beside the project")
    film = cv2.VideoCapture(str(CLIP))
    small = []
    while (frame := film.read()[1]) is not None:
        small.append(thumbnail(luma(frame[..., ::-1])))
    cuts = [number for number, pair in enumerate(pairwise(small), start=1) if is_cut(*pair)]
    assert len(small) == 250
    assert len(cuts) == 5
