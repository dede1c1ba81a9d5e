import numpy as np
import pytest
from helpers import noise
from scipy import ndimage

from sfumato.errors import InputError
from sfumato.regions.strands import strands

DARK, BRIGHT = np.float32([0.15, 0.1, 0.08]), np.float32([0.85, 0.85, 0.9])


def head(seed=0):
    """A photo of dark hair on a bright wall, its true matte, and a mask that knows no strands and fills gaps."""
    rng = np.random.default_rng(seed)
    rows, columns = np.indices((160, 200))
    solid = columns < 90
    fine = np.zeros((160, 200), bool)
    for start in rng.choice(np.arange(8, 152, 4), 20, replace=False):
        fine |= (rows == start) & (columns >= 90) & (columns < 97)
    truth = ndimage.gaussian_filter((solid | fine).astype(np.float32), 0.5)
    photo = truth[..., None] * DARK + (1 - truth[..., None]) * BRIGHT
    photo += rng.normal(0, 0.01, photo.shape)
    return photo.clip(0, 1).astype(np.float32), truth, (columns < 93).astype(np.float32)


def test_strands_and_the_gaps_between_them_are_found():
    photo, truth, mask = head()
    found = strands(mask, photo)
    near = np.zeros(mask.shape, bool)
    near[10:150, 88:97] = True
    before, after = (float(np.abs(each - truth)[near].mean()) for each in (mask, found))
    assert after < 0.3 * before
    assert found.dtype == np.float32


def test_the_complement_has_the_same_edge():
    photo, _, mask = head()
    np.testing.assert_allclose(strands(mask, photo) + strands(1 - mask, photo), 1, atol=1e-3)


def test_the_mask_stays_far_from_its_edge():
    photo, _, mask = head()
    away = np.abs(np.indices(mask.shape)[1] - 92.5) > 5
    np.testing.assert_array_equal(strands(mask, photo)[away], mask[away])


def test_a_side_without_strands_gets_no_haze():
    photo, truth, mask = head()
    found = strands(mask, photo)
    clear = truth < 1e-3
    clear[:, 97:] = False
    assert (found[clear] == 0).mean() > 0.9


@pytest.mark.parametrize("kind", ["noise", "flat"])
def test_the_mask_stays_where_the_photo_shows_no_edge(kind):
    mask = head()[2]
    photo = noise(*mask.shape) / np.float32(255) if kind == "noise" else np.full((*mask.shape, 3), 0.4, np.float32)
    np.testing.assert_allclose(strands(mask, photo), mask, atol=0.12)


def test_the_mask_stays_where_there_are_third_colors():
    photo, _, mask = head()
    photo[:, 89:97] = 0.7, 0.1, 0.1  # a red rim, neither hair nor wall
    np.testing.assert_array_equal(strands(mask, photo)[20:140], mask[20:140])


@pytest.mark.parametrize("value", [0, 1, 0.3])
def test_a_mask_without_an_edge_stays(value):
    mask = np.full((20, 30), value, np.float32)
    np.testing.assert_array_equal(strands(mask, np.zeros((20, 30, 3), np.float32)), mask)


def test_a_thing_too_thin_to_know_its_color_stays():
    photo = np.full((100, 100, 3), 0.8, np.float32)
    photo[:, 49:51] = 0.1
    mask = np.zeros((100, 100), np.float32)
    mask[:, 48:52] = 1
    assert (strands(mask, photo)[:, 49:51] > 0.9).all()


def test_the_given_mask_is_not_changed():
    photo, _, mask = head()
    before = mask.copy()
    strands(mask, photo)
    np.testing.assert_array_equal(mask, before)


def test_refuses_another_size():
    with pytest.raises(InputError):
        strands(np.zeros((4, 4), np.float32), np.zeros((4, 5, 3), np.float32))
