import cv2
import numpy as np
import pytest

from sfumato.regions.segmenters import enlarge


def windows(values, radius):
    """Mean over the window around each pixel, mirrored at the border, one offset at a time."""
    down, across = radius
    pad = [(down, down), (across, across)] + [(0, 0)] * (values.ndim - 2)
    padded = np.pad(values, pad, mode="symmetric")
    height, width = values.shape[:2]
    total = sum(padded[y : y + height, x : x + width] for y in range(2 * down + 1) for x in range(2 * across + 1))
    return total / ((2 * down + 1) * (2 * across + 1))


def guided(photo, mask, radius):
    """He, Sun and Tang, "Guided image filtering", equations 14 to 16, in double precision."""
    photo, mask = photo.astype(float), mask.astype(float)
    mean, average = windows(photo, radius), windows(mask, radius)
    outer = windows(photo[..., :, None] * photo[..., None, :], radius) - mean[..., :, None] * mean[..., None, :]
    covariance = windows(photo * mask[..., None], radius) - mean * average[..., None]
    a = np.einsum("hwij,hwj->hwi", np.linalg.inv(outer + 1e-4 * np.eye(3)), covariance)
    b = average - (a * mean).sum(-1)
    return (windows(a, radius) * photo).sum(-1) + windows(b, radius)


def problem(height, width, seed=3):
    return cv2.GaussianBlur(np.random.default_rng(seed).random((height, width, 3), dtype=np.float32), (0, 0), 2)


@pytest.mark.parametrize(("grid", "radius"), [((15, 20), (6, 8)), ((30, 60), (3, 3))])
def test_it_is_the_guided_filter_with_more_contrast(grid, radius):
    photo = problem(45, 80)
    small = np.random.default_rng(4).random(grid, dtype=np.float32)
    even = cv2.resize(small, (80, 45), interpolation=cv2.INTER_LINEAR)
    expected = np.clip((guided(photo, even, radius) - 0.2) / 0.6, 0, 1)
    mask = enlarge(small, photo)
    assert mask.dtype == np.float32
    np.testing.assert_allclose(mask, expected, atol=2e-3)
    assert expected.std() > 0.1


def test_edges_of_a_large_photo_are_found():
    rows, columns = np.indices((1500, 2000), np.float32)
    truth = np.hypot(rows - 700, columns - 900) < 433
    photo = np.where(truth[..., None], np.float32([0.8, 0.3, 0.2]), np.float32([0.3, 0.5, 0.6]))
    small = cv2.GaussianBlur(cv2.resize(truth.astype(np.float32), (60, 45), interpolation=cv2.INTER_AREA), (0, 0), 1)
    before = photo.copy(), small.copy()
    mask = enlarge(small, photo)
    assert mask.shape == truth.shape
    assert ((mask > 0.5) != truth).mean() < 1e-4
    assert ((mask == 0) | (mask == 1)).mean() > 0.98
    assert ((enlarge(small, photo, refine=False) > 0.5) != truth).mean() > 1e-3
    np.testing.assert_array_equal(photo, before[0])
    np.testing.assert_array_equal(small, before[1])


def test_masks_of_labels_that_make_up_all_add_up_to_one():
    photo, small = problem(90, 120), np.random.default_rng(5).random((15, 20), dtype=np.float32)
    np.testing.assert_allclose(enlarge(small, photo) + enlarge(1 - small, photo), 1, atol=1e-4)


def test_without_refinement_it_is_linear_interpolation():
    torch = pytest.importorskip("torch")
    small = np.random.default_rng(6).random((9, 13), dtype=np.float32)
    mask = enlarge(small, np.zeros((50, 70, 3), np.float32), refine=False)
    expected = torch.nn.functional.interpolate(
        torch.from_numpy(small)[None, None], (50, 70), mode="bilinear", align_corners=False
    )
    np.testing.assert_allclose(mask, expected[0, 0].numpy(), atol=1e-5)


def test_without_refinement_a_smaller_photo_gets_the_average():
    small = np.random.default_rng(7).random((40, 60), dtype=np.float32)
    mask = enlarge(small, np.zeros((10, 20, 3), np.float32), refine=False)
    np.testing.assert_allclose(mask, small.reshape(10, 4, 20, 3).mean((1, 3)), atol=1e-6)


@pytest.mark.parametrize("shape", [(1, 1), (2, 300), (1100, 3), (33, 47)])
@pytest.mark.parametrize(("value", "expected"), [(0.0, 0.0), (1.0, 1.0), (0.5, 0.5), (0.35, 0.25)])
def test_a_flat_map_stays_flat_on_any_photo(shape, value, expected):
    photo = np.random.default_rng(8).random((*shape, 3), dtype=np.float32)
    mask = enlarge(np.full((12, 16), value, np.float32), photo)
    assert mask.shape == shape
    np.testing.assert_allclose(mask, expected, atol=1e-3)
