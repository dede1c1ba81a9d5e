import numpy as np
import pytest

from sfumato.color.mixture import colors_near, share_of
from sfumato.errors import InputError


def halves(seed=0, deviation=0.05):
    """A photo of two flat halves with noise, and where each is."""
    left = np.tile(np.arange(60) < 30, (40, 1))
    photo = np.where(left[..., None], np.float32([0.2, 0.4, 0.6]), np.float32([0.8, 0.5, 0.2]))
    photo = photo + np.random.default_rng(seed).normal(0, deviation, photo.shape)
    return photo.clip(0, 1).astype(np.float32), left


@pytest.mark.parametrize("reach", [6, 40])
def test_the_mean_and_variance_of_a_flat_side_are_those_of_its_pixels(reach):
    photo, left = halves()
    mean, variance = colors_near(photo, left, (np.array([20, 8]), np.array([33, 30])), reach)
    np.testing.assert_allclose(mean, np.tile([0.2, 0.4, 0.6], (2, 1)), atol=0.05)
    np.testing.assert_allclose(variance, 3 * 0.05**2, rtol=0.6)


def test_nearer_pixels_count_for_more():
    photo = np.zeros((1, 40, 3), np.float32)
    photo[:, 15:20] = 1
    known = np.zeros((1, 40))
    known[:, :20] = 1
    near, far = (colors_near(photo, known, (np.array([0]), np.array([x])), 20)[0][0, 0] for x in (21, 38))
    assert near > 0.9
    assert far < near


def test_no_known_pixel_near_means_any_color():
    known = np.tile(np.arange(200) < 3, (9, 1))
    mean, variance = colors_near(np.ones((9, 200, 3)), known, (np.array([4]), np.array([199])), 4)
    assert mean.tolist() == [[0, 0, 0]]
    assert variance.tolist() == [1]


def test_more_places_than_are_sampled_at_once():
    photo = np.tile(np.linspace(0, 1, 300, dtype=np.float32)[None, :, None], (200, 1, 3))
    places = np.nonzero(np.ones((200, 300)))
    mean, _ = colors_near(photo, np.ones((200, 300)), places, 2)
    np.testing.assert_allclose(mean[:, 0].reshape(200, 300)[:, 10:-10], photo[:, 10:-10, 0], atol=0.01)


def test_refuses_another_size():
    with pytest.raises(InputError):
        colors_near(np.zeros((4, 4, 3)), np.zeros((4, 5)), (np.array([0]), np.array([0])), 4)


ONE, OTHER = np.array([[0.9, 0.8, 0.1]]), np.array([[0.1, 0.2, 0.3]])


@pytest.mark.parametrize("share", [0, 0.2, 0.5, 1])
def test_clear_colors_tell_the_share(share):
    found = share_of(share * ONE + (1 - share) * OTHER, (ONE, np.zeros(1)), (OTHER, np.zeros(1)), np.array([0.5]), 10)
    np.testing.assert_allclose(found, share, atol=1e-4)


@pytest.mark.parametrize("variance", [0, 0.1])
def test_equal_colors_leave_the_guess(variance):
    side = ONE, np.full(1, variance)
    assert share_of(OTHER, side, side, np.array([0.3]), 0.5)[0] == pytest.approx(0.3)


def test_colors_that_vary_more_than_they_differ_leave_the_guess():
    found = share_of(ONE, (ONE, np.full(1, 9.0)), (OTHER, np.full(1, 9.0)), np.array([0.3]), 0.3)
    assert found[0] == pytest.approx(0.3, abs=0.02)


def test_a_sure_guess_stays():
    found = share_of(ONE, (ONE, np.zeros(1)), (OTHER, np.zeros(1)), np.array([0.3]), 0)
    assert found[0] == pytest.approx(0.3, abs=1e-3)


def test_it_is_the_most_probable_share():
    """Compare with the best of many shares, for the variance that the last step has."""
    color, guess, spread = np.array([[0.6, 0.5, 0.3]]), np.array([0.4]), 0.3
    one, other = (ONE, np.array([0.5])), (OTHER, np.array([0.01]))
    found = share_of(color, one, other, guess, spread)
    noise = found**2 * one[1] + (1 - found) ** 2 * other[1] + 0.03**2
    tried = np.linspace(0, 1, 1001)
    mixed = tried[:, None] * ONE + (1 - tried[:, None]) * OTHER
    energy = ((color - mixed) ** 2).sum(1) / noise + (tried - guess) ** 2 / spread**2
    assert found[0] == pytest.approx(tried[energy.argmin()], abs=0.005)
