"""Things that touch: where a mask has a waist, and along which edges it is cut."""

import cv2
import numpy as np
import pytest
from scipy import ndimage

from sfumato.color import rgb_to_oklab
from sfumato.errors import InputError, RegionError
from sfumato.regions.splitting import divide, reduced, waists

ROWS, COLUMNS = np.mgrid[:140, :256].astype(np.float32)


def disks(*places, value=1.0):
    """Disks of (x, y, radius), with soft edges a pixel wide."""
    away = [np.hypot(COLUMNS - x, ROWS - y) - radius for x, y, radius in places]
    return np.clip(0.5 - np.min(away, axis=0), 0, 1).astype(np.float32) * np.float32(value)


# ---- waists


@pytest.mark.parametrize(("radius", "distance"), [(40, 1.5), (40, 1.7), (40, 1.8), (40, 1.95), (20, 1.7), (20, 1.8)])
def test_equal_disks_are_two_if_their_neck_is_narrow(radius, distance):
    """Two circles meet at half a neck of sqrt(1 - (d/2)^2) radii: at half a radius if they are sqrt(3) radii apart."""
    mask = disks((70, 70, radius), (70 + distance * radius, 70, radius))
    found = waists(mask)
    assert found.max() == (2 if np.sqrt(1 - (distance / 2) ** 2) < 0.5 else 0)
    if found.any():
        assert found[70, [70, round(70 + distance * radius)]].tolist() == [1, 2]
        assert (ndimage.label(found == 1)[1], ndimage.label(found == 2)[1]) == (1, 1)
        assert found[70, round(70 + distance * radius / 2)] == 0


@pytest.mark.parametrize(("radius", "count"), [(18, 2), (14, 0)])
def test_what_is_much_thinner_is_a_limb(radius, count):
    mask = disks((70, 70, 40), (70 + 40 + radius * 0.97, 70, radius))
    assert waists(mask).max() == count


def test_small_things_are_left_together():
    assert waists(disks((70, 70, 10), (89, 70, 10))).max() == 2
    assert waists(disks((70, 70, 7), (83.6, 70, 7))).max() == 0


def test_a_chain_has_as_many_cores_as_links():
    found = waists(disks((40, 70, 30), (95, 70, 30), (150, 70, 30), (215, 30, 20)))
    assert [found[70, x] for x in (40, 95, 150)] == [1, 2, 3]
    assert found.max() == 3  # what is apart from others has no waist


def test_a_waist_counts_where_something_may_be():
    bridge = np.maximum(disks((70, 70, 40), (170, 70, 40)), 0)
    for value, count in ((0.29, 0), (0.31, 2)):
        bridge[60:80, 100:140] = np.maximum(disks((70, 70, 40), (170, 70, 40))[60:80, 100:140], value)
        assert waists(bridge).max() == count
    bridge[45:95, 100:140] = 0.31  # wide
    assert waists(bridge).max() == 0


@pytest.mark.parametrize("mask", [np.zeros((5, 7)), np.ones((90, 256)), np.ones((1, 1)), np.eye(64)])
def test_without_a_waist_there_are_no_cores(mask):
    assert not waists(mask.astype(np.float32)).any()


# ---- cuts


def seeds_at(shape, *places, radius=12):
    found = np.zeros(shape, np.int32)
    for number, (x, y) in enumerate(places, start=1):
        cv2.circle(found, (x, y), radius, number, -1)
    return found


def test_a_flat_photo_is_cut_in_the_middle():
    mask = disks((70, 70, 40), (145, 70, 40))
    photo = np.full((140, 256, 3), 0.5, np.float32)
    first, second = divide(mask, photo, seeds_at(mask.shape, (70, 70), (145, 70)))
    np.testing.assert_allclose(first + second, mask, atol=1e-6)
    nearest = np.hypot(COLUMNS - 70, ROWS - 70) < np.hypot(COLUMNS - 145, ROWS - 70)
    assert np.abs(first - mask * nearest)[mask > 0.5].mean() < 0.06
    apart = (mask > 0.6) & (np.abs(COLUMNS - 107.5) > 2)
    np.testing.assert_array_equal(first[apart] > 0.5 * mask[apart], nearest[apart])


@pytest.mark.parametrize("edge", [60, 107, 190])
def test_the_cut_follows_an_edge_of_the_photo(edge):
    mask = np.zeros((140, 256), np.float32)
    mask[20:120, 10:240] = 1
    photo = np.where(edge > COLUMNS, np.float32(0.2), np.float32(0.8))[..., None].repeat(3, 2)
    first, second = divide(mask, photo, seeds_at(mask.shape, (40, 70), (215, 70)))
    np.testing.assert_array_equal(first > 0.5, (mask > 0) & (edge > COLUMNS))
    np.testing.assert_array_equal(second > 0.5, (mask > 0) & (edge <= COLUMNS))


def test_probabilities_are_those_of_a_random_walk():
    """Against the linear equations of each pixel, written out one after the other and solved as a dense system."""
    rng = np.random.default_rng(3)
    photo = np.kron(rng.random((3, 16, 3)), np.ones((2, 16, 1))).astype(np.float32)
    mask = np.ones((6, 256), np.float32)
    mask[0, :40] = 0
    seeds = np.zeros((6, 256), np.int32)
    seeds[2:4, 5], seeds[:, 128], seeds[3, 250] = 7, 2, 4
    colors = rgb_to_oklab(cv2.GaussianBlur(photo, (0, 0), 1)).astype(float)
    size = mask.size
    matrix, right = np.eye(size), np.zeros((size, 3))
    for y, x in np.ndindex(mask.shape):
        here = y * 256 + x
        if seeds[y, x]:
            right[here, [2, 4, 7].index(seeds[y, x])] = 1
        elif mask[y, x]:
            matrix[here, here] = 0
            for v, u in ((y - 1, x), (y + 1, x), (y, x - 1), (y, x + 1)):
                if 0 <= v < 6 and 0 <= u < 256 and mask[v, u]:
                    weight = np.exp(-((colors[y, x] - colors[v, u]) ** 2).sum() / 0.05**2) + 1e-6
                    matrix[here, here] += weight
                    matrix[here, v * 256 + u] -= weight
    expected = np.linalg.solve(matrix, right).reshape(6, 256, 3)
    parts = divide(mask, photo, seeds)
    assert len(parts) == 3
    sure = (expected.max(2) > 0.85) & (mask > 0)
    assert sure.mean() > 0.4
    for number, part in enumerate(parts):
        np.testing.assert_allclose(part[sure], expected.argmax(2)[sure] == number, atol=0.3)
        assert np.mean((part[sure] > 0.5) == (expected.argmax(2)[sure] == number)) == 1


def test_what_might_as_well_belong_to_both_is_not_divided():
    mask = np.ones((140, 256), np.float32)
    photo = np.full((140, 256, 3), 0.5, np.float32)
    photo[:, 60:64] = photo[:, 192:196] = 0  # two lines fence off what lies between the seeds
    assert divide(mask, photo, seeds_at(mask.shape, (30, 70), (226, 70))) is None
    photo[:, 192:196] = 0.5
    first, _ = divide(mask, photo, seeds_at(mask.shape, (30, 70), (226, 70)))
    assert abs((first > 0.5)[70].sum() - 62) < 4


def test_what_no_seed_reaches_goes_to_the_nearest():
    mask = disks((40, 70, 25), (88, 70, 25), (190, 70, 30))
    photo = np.full((140, 256, 3), 0.5, np.float32)
    first, second = divide(mask, photo, seeds_at(mask.shape, (40, 70), (88, 70)))
    np.testing.assert_allclose(second[:, 150:], mask[:, 150:], atol=1e-6)
    assert not first[:, 150:].any()


def test_many_equal_claims_still_add_up():
    """In the middle of eight sectors, each has a share of an eighth, of which a sharp mask would leave nothing."""
    mask = np.ones((256, 256), np.float32)
    rows, columns = np.mgrid[:256, :256] - 127.5
    sectors = (np.floor(np.arctan2(rows, columns) / np.pi * 4) + 5).astype(np.int32)
    seeds = np.where(np.hypot(rows, columns) > 20, sectors, 0).astype(np.int32)
    parts = divide(mask, np.full((256, 256, 3), 0.5, np.float32), seeds)
    assert len(parts) == 8
    np.testing.assert_allclose(np.sum(parts, axis=0), mask, atol=1e-5)


def test_corners_that_touch_are_no_way():
    mask = np.zeros((140, 256), np.float32)
    mask[20:80, 20:150] = mask[80:130, 150:240] = 1
    first, second = divide(mask, np.full((140, 256, 3), 0.5, np.float32), seeds_at(mask.shape, (40, 50), (130, 50)))
    np.testing.assert_allclose(first + second, mask, atol=1e-6)
    np.testing.assert_allclose(second[:, 160:], mask[:, 160:], atol=1e-6)


@pytest.mark.parametrize("places", [[], [(70, 70)], [(70, 70), (200, 120)]])
def test_with_less_than_two_seeds_in_the_mask_there_is_nothing_to_divide(places):
    mask = disks((70, 70, 40))
    (only,) = divide(mask, np.zeros((140, 256, 3), np.float32), seeds_at(mask.shape, *places))
    np.testing.assert_array_equal(only, mask)


def test_photos_of_any_size_have_one_grid():
    for shape in ((600, 1280), (33, 65), (256, 90), (1, 900), (7, 7)):
        small = reduced(np.ones(shape, np.float32))
        assert max(small.shape) == 256
        assert small.shape == tuple(max(1, round(side * 256 / max(shape))) for side in shape)
        np.testing.assert_allclose(small, 1, atol=1e-6)
        assert reduced(np.ones((5, 9), np.float32), shape).shape == small.shape


def test_what_does_not_fit_is_refused():
    mask, photo = np.ones((20, 30), np.float32), np.zeros((20, 30, 3), np.float32)
    with pytest.raises(RegionError, match=r"^the seeds have the shape \(20, 30\); give \(171, 256\), the "):
        divide(mask, photo, np.zeros((20, 30), np.int32))
    with pytest.raises(InputError, match="has the shape"):
        divide(mask[1:], photo, np.zeros((171, 256), np.int32))
