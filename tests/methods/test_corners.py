"""Corners of surfaces: checked, found, and the size at which a surface is seen upright."""

import cv2
import numpy as np
import pytest

from sfumato.errors import RegionError
from sfumato.methods.corners import check_corners, fit_corners, upright_size

CORNERS = (22, 14, 84, 24, 78, 70, 16, 60)
FLAT = {  # corners of a plane at these angles to the line of sight, in a photo of 640 x 420
    60: (120, 37, 520, 37, 600, 452, 40, 452),
    30: (174, 101, 466, 101, 638, 449, 2, 449),
    15: (211, 154, 429, 154, 593, 351, 47, 351),
    10: (232, 164, 408, 164, 662, 388, -22, 388),
}
SCREEN = (91.5, 65.5, 280.5, 73.5, 269.5, 200, 89.5, 170.5)


@pytest.mark.parametrize("turn", range(4))
@pytest.mark.parametrize("reverse", [False, True])
def test_corners_begin_with_the_upper_left_and_go_clockwise(turn, reverse):
    corners = np.array(CORNERS).reshape(4, 2)
    given = np.roll(corners[::-1] if reverse else corners, turn, axis=0)
    np.testing.assert_array_equal(check_corners(given.ravel(), (90, 100)), corners)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ([1, 2, 3], "eight numbers, got 3"),
        ([10, 10, 60, 60, 60, 10, 10, 60], "cross or form a dent"),
        ([10, 10, 90, 10, 40, 30, 10, 80], "cross or form a dent"),
        ([10, 10, 60, 10, 60, 12, 10, 12], "too close together; a side needs 16 pixels"),
        ([10, 10, 500, 10, 500, 80, 10, 80], "far outside the picture, 100 x 90 pixels"),
        ([0, 0, 70, 0, 71, 0.5, 18, 1], "close together"),
    ],
)
def test_corners_that_cannot_be_used(values, words):
    with pytest.raises(RegionError, match=words) as error:
        check_corners(values, (90, 100))
    assert "\n" not in str(error.value)


def test_corners_that_enclose_next_to_nothing():
    with pytest.raises(RegionError, match="enclose next to nothing"):
        check_corners([0, 0, 60, 0, 80, 1, 20, 1.5], (90, 100))


def test_the_corners_of_a_drawn_quadrilateral_are_found():
    corners = np.array([[30, 20], [160, 40], [150, 120], [20, 100]])
    mask = cv2.fillConvexPoly(np.zeros((140, 180), np.float32), corners, 1.0)
    found = check_corners(fit_corners(mask).ravel(), mask.shape)
    np.testing.assert_allclose(found, corners, atol=2)


def test_what_is_no_quadrilateral_has_no_corners():
    y, x = np.mgrid[:100, :100]
    assert fit_corners(((x - 50) ** 2 + (y - 50) ** 2 < 40**2).astype(np.float32)) is None
    dented = np.ones((100, 100), np.float32)
    dented[40:, 40:] = 0
    assert fit_corners(dented) is None
    with pytest.raises(RegionError, match="empty, so it has no corners"):
        fit_corners(np.zeros((50, 50)))


def magnified(corners, shape, size):
    """Pixels of an upright rectangle along and across it for a step in each pixel that a photo shows of the surface.

    By finite differences: shape (n, 2, 2), upright axis by photo axis.
    """
    height, width = size
    target = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    matrix = cv2.getPerspectiveTransform(np.float32(np.reshape(corners, (4, 2))), target)
    y, x = (part.ravel() + 0.5 for part in np.mgrid[: shape[0], : shape[1]])
    here, step = np.stack([x, y], axis=1), 0.01
    there, right, below = (
        cv2.perspectiveTransform((here + by)[None].astype(float), matrix)[0] for by in ((0, 0), (step, 0), (0, step))
    )
    inside = ((there > 0) & (there < (width, height))).all(1)
    outline = cv2.fillConvexPoly(np.zeros(shape, np.uint8), np.int32(np.round(np.reshape(corners, (4, 2)))), 1)
    inside &= outline.ravel() > 0
    return np.stack([(right - there) / step, (below - there) / step], axis=2)[inside]


@pytest.mark.parametrize("corners", [*FLAT.values(), SCREEN, CORNERS, (20, 10, 300, 90, 280, 300, 30, 400)], ids=str)
def test_in_the_mean_the_upright_rectangle_is_neither_enlarged_nor_stretched(corners):
    size = upright_size(np.reshape(corners, (4, 2)).astype(float), (420, 640))
    jacobians = magnified(corners, (420, 640), size)
    assert len(jacobians) > 1000
    back = np.linalg.inv(jacobians)  # columns: what a step across and down the rectangle is in the photo
    assert np.exp(np.log(np.abs(np.linalg.det(back))).mean()) == pytest.approx(1, abs=0.05)
    across, down = np.linalg.norm(back, axis=1).T
    assert np.exp(np.log(across / down).mean()) == pytest.approx(1, abs=0.05)


def test_the_upright_size_of_a_road_in_closed_form():
    """A strip so narrow that its sides are as good as parallel to the way ahead; y counts from the horizon."""
    near, far, narrow = 400.0, 100.0, 0.1
    corners = np.array([[-far, far], [far, far], [near, near], [-near, near]]) * (narrow, 1) + (200, 0)
    # On average over the area, which grows with y: log y, and so what y and y² are to each other.
    mean = ((near**2 * np.log(near) - far**2 * np.log(far)) / (near**2 - far**2)) - 0.5
    width, height = 2 * narrow * np.exp(mean), (1 / far - 1 / near) * np.exp(2 * mean)
    assert upright_size(corners, (400, 400)) == (pytest.approx(height, rel=0.01), pytest.approx(width, abs=1))


@pytest.mark.parametrize(
    ("corners", "expected"),
    [
        ((10, 10, 210, 10, 210, 150, 10, 150), (140, 200)),
        ((10.5, 10, 210, 10.5, 209.5, 150, 10, 149.5), (140, 200)),
        ((60, 0, 220, 120, 160, 200, 0, 80), (100, 200)),  # turned in the plane of the photo
        ((20, 20, 36, 20, 36, 36, 20, 36), (16, 16)),
    ],
)
def test_seen_from_the_front_a_surface_keeps_its_size(corners, expected):
    assert upright_size(np.reshape(corners, (4, 2)).astype(float), (240, 320)) == pytest.approx(expected, abs=1)


def test_a_flatter_surface_has_no_more_than_a_few_pixels_for_each_of_the_photo():
    pixels = []
    for far in (600, 300, 100, 50, 20, 16):  # far edge of a road, near edge 600
        corners = np.array([[400 - far / 2, 100], [400 + far / 2, 100], [700, 400], [100, 400]])
        height, width = upright_size(corners, (500, 800))
        pixels.append(height * width / cv2.contourArea(np.float32(corners)))
    assert pixels[0] == pytest.approx(1, abs=0.01)
    assert pixels == pytest.approx(sorted(pixels), rel=0.02)
    assert max(pixels) < 4.1


def test_only_what_the_photo_shows_of_a_surface_counts_for_its_size():
    corners = np.array([[290, 100], [350, 100], [1000, 700], [-360, 700.0]])
    height, width = upright_size(corners, (420, 640))
    shown = magnified(corners, (420, 640), (height, width))
    assert np.exp(np.log(np.abs(np.linalg.det(shown))).mean()) == pytest.approx(1, abs=0.05)
    # Where nothing is shown, all counts.
    moved = corners + 500
    assert upright_size(moved, (9, 9)) == upright_size(moved, (2000, 2000))


def test_a_sliver_has_room_for_a_stroke():
    assert min(upright_size(np.array([[0, 0], [200, 0], [230, 2], [30, 2.0]]), (240, 320))) == 16
