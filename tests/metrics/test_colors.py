import numpy as np
import pytest
from scipy.stats import wasserstein_distance
from skimage.color import deltaE_cie76, lab2rgb, rgb2lab

from sfumato.errors import InputError
from sfumato.metrics import color_distance, colors


def plain(color, size=(8, 9)):
    return np.full((*size, 3), color, np.float32)


def picture(height, width, seed=0, power=1.0):
    return np.random.default_rng(seed).random((height, width, 3), np.float32) ** power


def sphere(count=2000):
    """Unit vectors all around, evenly on rings of one height each."""
    rings = []
    for height in np.linspace(-1, 1, count // 40 + 1)[:-1] + 20 / count:
        turn = np.arange(40) * 2 * np.pi / 40 + height
        rings.append(
            np.stack(
                [np.cos(turn) * (1 - height**2) ** 0.5, np.sin(turn) * (1 - height**2) ** 0.5, turn * 0 + height], -1
            )
        )
    return np.concatenate(rings)


def by_scipy(own, other, mask, other_mask, directions):
    own, other = rgb2lab(own).reshape(-1, 3), rgb2lab(other).reshape(-1, 3)
    return 2 * np.mean(
        [wasserstein_distance(own @ axis, other @ axis, mask.ravel(), other_mask.ravel()) for axis in directions]
    )


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ((0.4, 0.4, 0.4), (0.5, 0.5, 0.5)),
        ((0.3, 0.4, 0.6), (0.5, 0.5, 0.4)),
        ((1.0, 0.0, 0.0), (0.0, 0.0, 1.0)),
        ((0.0, 1.0, 0.0), (0.9, 0.9, 0.1)),
        ((0.5, 0.5, 0.5), (0.51, 0.5, 0.49)),
    ],
)
def test_between_two_colors_it_is_their_difference(one, other):
    expected = float(deltaE_cie76(*rgb2lab([[one, other]])[0]))
    assert color_distance(plain(one), plain(other, (5, 4))) == pytest.approx(expected, rel=0.02)


@pytest.mark.parametrize("shift", [(6, 0, 0), (0, 8, 0), (0, 0, -8), (3, -4, 5)])
def test_a_shift_of_all_colors_is_its_length(shift):
    lab = rgb2lab(0.3 + 0.4 * picture(30, 40))
    shifted = lab2rgb(lab + shift)
    assert 0.05 < shifted.min() < shifted.max() < 0.95
    assert color_distance(shifted, lab2rgb(lab)) == pytest.approx(np.linalg.norm(shift), rel=0.02)


def test_it_agrees_with_scipy_on_weighted_colors():
    own, other = picture(12, 15), picture(9, 20, 1, power=2.5)
    # By color, so that to leave the weights out would show.
    mask, other_mask = own[..., 0] ** 2, 1 - other[..., 1]
    mask[:, :4] = other_mask[5:] = 0
    # Over so many directions, it is the mean over the sphere.
    expected = by_scipy(own, other, mask, other_mask, sphere())
    assert abs(expected - by_scipy(own, other, mask > 0, other_mask > 0, sphere())) > 0.1 * expected > 0.5
    assert color_distance(own, other, mask, other_mask) == pytest.approx(expected, rel=0.02)


def test_along_one_direction_it_is_as_exact_as_its_bins():
    rng = np.random.default_rng(0)
    own, share, other, other_share = rng.normal(0, 40, 300), rng.random(300), rng.normal(1, 38, 200), rng.random(200)
    share, other_share = share / share.sum(), other_share / other_share.sum()
    found = colors._distance(own, share, other, other_share)
    assert found == pytest.approx(wasserstein_distance(own, other, share, other_share), abs=0.02)
    # A third of the mass moves by 0.3, in a range of 100.
    thirds = np.full(3, 1 / 3)
    near = colors._distance(np.array([0.0, 40.0, 100.0]), thirds, np.array([0.0, 40.3, 100.0]), thirds)
    assert near == pytest.approx(0.1, abs=0.01)


def test_equal_colors_in_equal_shares_are_no_distance():
    own = picture(16, 20)
    shuffled = np.random.default_rng(1).permutation(own.reshape(-1, 3)).reshape(20, 16, 3)
    assert color_distance(own, shuffled) == pytest.approx(0, abs=1e-9)
    assert color_distance(own, np.tile(own, (2, 3, 1))) == pytest.approx(0, abs=1e-9)
    assert color_distance(own, own, np.full((16, 20), 0.25)) == pytest.approx(0, abs=1e-9)
    assert color_distance(plain(0.5), plain(0.5)) == 0


def test_shares_count_not_only_colors():
    black, white = plain(0, (10, 10)), plain(1, (10, 10))
    mostly = black.copy()
    mostly[:3] = 1
    # All of black's 70 % has 100 of lightness to go.
    assert color_distance(mostly, white) == pytest.approx(70, rel=0.02)
    inside = np.zeros((10, 10))
    inside[:3] = 1
    assert color_distance(mostly, white, inside) == pytest.approx(0, abs=1e-9)
    assert color_distance(white, mostly, None, 1 - inside) == pytest.approx(100, rel=0.02)


def test_it_is_the_same_both_ways():
    own, other = picture(12, 15), picture(9, 20, 1, power=2)
    assert color_distance(own, other) == pytest.approx(color_distance(other, own), rel=1e-9)


def test_masks_that_do_not_fit():
    own, other = picture(20, 30), picture(10, 12)
    with pytest.raises(InputError, match=r"^the mask of the picture has the shape \(30, 20\); give .* \(20, 30\)$"):
        color_distance(own, other, np.ones((30, 20)))
    with pytest.raises(InputError, match=r"^the mask of the reference has the shape \(20, 30\); give .* \(10, 12\)$"):
        color_distance(own, other, None, np.ones((20, 30)))
    for masks, name in (((np.zeros((20, 30)), None), "picture"), ((None, np.zeros((10, 12))), "reference")):
        with pytest.raises(InputError, match=f"^the mask of the {name} selects nothing, so .*$"):
            color_distance(own, other, *masks)
