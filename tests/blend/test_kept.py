import numpy as np
import pytest
from helpers import noise

from sfumato import blend, images
from sfumato.errors import InputError

INNER, OUTER = np.float32([0.85, 0.8, 0.9]), np.float32([0.2, 0.15, 0.1])


def mixed(seed=0, width=6, deviation=0.01):
    """A photo of two colors, mixed over a width of pixels, and the true share of the inner one."""
    share = np.tile(np.clip((np.arange(80) - 40) / width + 0.5, 0, 1), (60, 1)).astype(np.float32)
    photo = share[..., None] * INNER + (1 - share[..., None]) * OUTER
    photo += np.random.default_rng(seed).normal(0, deviation, photo.shape)
    return photo.clip(0, 1).astype(np.float32), share


@pytest.mark.parametrize("shift", [-2, 0, 2])
def test_both_sides_have_their_own_color_even_if_alpha_is_off(shift):
    photo, share = mixed()
    alpha = np.roll(share, shift, axis=1)
    alpha[:, :8], alpha[:, -8:] = 0, 1
    found = blend.sides(photo, alpha)
    band = (alpha > 0.15) & (alpha < 0.85)
    for side, color in ((found.kept, OUTER), (found.painted, INNER)):
        assert np.abs(side - color)[band].mean() < min(0.4 * np.abs(photo - color)[band].mean(), 0.14)
    assert np.abs(found.alpha - share)[band].mean() <= max(0.5 * np.abs(alpha - share)[band].mean(), 0.03)


def test_together_the_sides_are_the_photo():
    photo, share = mixed()
    found = blend.sides(photo, share)
    band = (share > 0.2) & (share < 0.8)
    # As they are weighed by alpha where it is right, nothing of the photo is lost.
    weight = found.alpha[..., None]
    np.testing.assert_allclose((weight * found.painted + (1 - weight) * found.kept)[band], photo[band], atol=0.05)


def test_nothing_changes_beside_the_edge():
    photo, share = mixed()
    found = blend.sides(photo, share)
    known = (share == 0) | (share == 1)
    for side in (found.painted, found.kept):
        np.testing.assert_array_equal(side[known], photo[known])
    np.testing.assert_array_equal(found.alpha[known], share[known])


@pytest.mark.parametrize("width", [40, 79])
def test_a_gradient_is_no_edge(width):
    photo, share = mixed(width=width)
    found = blend.sides(photo, share)
    middle = (share > 0.3) & (share < 0.7)
    np.testing.assert_array_equal(found.kept[middle], photo[middle])
    np.testing.assert_array_equal(found.alpha[middle], share[middle])


def test_nothing_jumps_where_an_edge_becomes_a_gradient():
    """The wider the edge, the less changes, with no step between one width and the next."""
    changes = []
    for width in range(2, 20):
        photo, share = mixed(width=width, deviation=0)
        changes.append(float(np.abs(blend.sides(photo, share).kept - photo).max()))
    assert changes[0] > 0.3
    assert changes[-1] == 0
    assert np.abs(np.diff(changes)).max() < 0.3


def test_texture_stays_where_both_sides_are_alike():
    photo = noise(60, 80) / np.float32(255)
    _, alpha = mixed()
    found = blend.sides(photo, alpha)
    assert np.abs(found.kept - photo).mean() < 0.01
    np.testing.assert_allclose(found.alpha, alpha, atol=0.25)
    assert np.abs(found.alpha - alpha)[(alpha > 0) & (alpha < 1)].mean() < 0.03


@pytest.mark.parametrize("value", [0, 0.5, 1])
def test_an_even_alpha_changes_nothing(value):
    photo = noise(20, 30) / np.float32(255)
    found = blend.sides(photo, np.full((20, 30), value, np.float32))
    for side in (found.painted, found.kept):
        np.testing.assert_array_equal(side, photo)
    assert (found.alpha == value).all()


def test_the_distance_can_be_given():
    photo, share = mixed(width=16)
    assert np.abs(blend.sides(photo, share, near=1).kept - photo).max() == 0
    assert np.abs(blend.sides(photo, share, near=16).kept - photo).max() > 0.3


def test_a_part_of_a_photo_is_told_apart_like_the_whole():
    photo, share = mixed()
    whole = blend.sides(photo, share, near=4)
    part = blend.sides(photo[:, 20:60], share[:, 20:60], near=4)
    np.testing.assert_allclose(part.kept, whole.kept[:, 20:60], atol=0.03)


def test_refuses_another_size():
    with pytest.raises(InputError):
        blend.sides(np.zeros((4, 4, 3)), np.zeros((4, 5)))


# ---- compositing over what is kept


def test_what_is_kept_shows_where_alpha_is_partial():
    photo = images.from_array(noise(16, 16))
    kept, styled = np.full((16, 16, 3), 0.2, np.float32), np.full((16, 16, 3), 0.6, np.float32)
    alpha = np.zeros((16, 16), np.float32)
    alpha[4:8], alpha[8:] = 0.5, 1
    made = blend.compose(photo, styled, alpha, (0, 0, 16, 16), kept).pixels
    np.testing.assert_array_equal(made[:4], photo.pixels[:4])
    assert np.abs(made[4:8].astype(int) - 255 * 0.4).max() <= 1
    assert np.abs(made[8:].astype(int) - 255 * 0.6).max() <= 1


def test_keeping_the_photo_is_the_same_as_saying_nothing():
    photo = images.from_array(noise(16, 16))
    alpha, styled = np.random.default_rng(0).random((16, 16)), np.ones((16, 16, 3))
    said = blend.compose(photo, styled, alpha, (0, 0, 16, 16), photo.rgb())
    np.testing.assert_array_equal(said.pixels, blend.compose(photo, styled, alpha, (0, 0, 16, 16)).pixels)


def test_refuses_what_is_kept_of_another_size():
    photo = images.from_array(noise(16, 16))
    with pytest.raises(InputError):
        blend.compose(photo, np.ones((16, 16, 3)), np.ones((16, 16)), (0, 0, 16, 16), np.ones((8, 16, 3)))
