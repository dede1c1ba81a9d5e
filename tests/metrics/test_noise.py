import math

import numpy as np
import pytest
from scipy import ndimage

from sfumato.errors import InputError
from sfumato.metrics import noise

Y, X = np.mgrid[:200, :200].astype(np.float64)


def lightness(gray):
    """L* of a gray above the toe of sRGB's curve."""
    return 116 * np.cbrt(((gray + 0.055) / 1.055) ** 2.4) - 16


def plain(gray=0.5, size=(200, 200)):
    return np.full((*size, 3), gray)


def white(sigma, size=(200, 200), seed=0):
    """Gray noise."""
    return np.random.default_rng(seed).normal(0, sigma, (*size, 1))


@pytest.mark.parametrize("gray", [0.3, 0.5, 0.8])
@pytest.mark.parametrize("sigma", [0.002, 0.01, 0.03])
def test_white_noise_on_flat_ground_is_its_deviation_in_lightness(gray, sigma):
    gradient = (lightness(gray + 1e-4) - lightness(gray - 1e-4)) / 2e-4
    assert noise(plain(gray) + white(sigma), plain(gray)) == pytest.approx(gradient * sigma, rel=0.02)
    assert noise(plain(gray), plain(gray) + white(sigma)) == pytest.approx(-gradient * sigma, rel=0.02)


def test_noise_of_each_channel_adds_up_by_its_luminance():
    # For grays, L* of linear luminance: R, G and B have 0.2126, 0.7152 and 0.0722 of it.
    share = math.sqrt(0.2126**2 + 0.7152**2 + 0.0722**2)
    grain = np.random.default_rng(1).normal(0, 0.01, (200, 200, 3))
    gradient = (lightness(0.5 + 1e-4) - lightness(0.5 - 1e-4)) / 2e-4
    assert noise(plain() + grain, plain()) == pytest.approx(share * gradient * 0.01, rel=0.02)


def test_edges_and_shades_are_no_noise():
    disk, bar = np.hypot(X - 90, Y - 110) < 60, (X + 2 * Y > 260) & (X + 2 * Y < 300)
    shapes = (0.2 + 0.5 * disk + 0.25 * bar)[..., None].repeat(3, -1)
    shades = (0.5 + 0.2 * np.sin(X / 20) * np.cos(Y / 30))[..., None].repeat(3, -1)
    stripes = np.where(X % 4 < 2, 0.3, 0.7)[..., None].repeat(3, -1)
    for picture in (shapes, shades, stripes):
        assert abs(noise(picture, plain())) < 0.01
    levels = [noise(shapes + white(sigma), shapes) for sigma in (0, 0.003, 0.01, 0.03)]
    assert levels == sorted(levels)
    assert levels[0] == 0
    # Lightness rises by 95 to 115 a unit of these grays; edges make it look a little noisier.
    assert 0.9 < levels[2] < 1.3


def test_finer_grain_is_more_noise_and_blur_is_less():
    grain = white(0.02)
    soft = ndimage.gaussian_filter(grain, (1.5, 1.5, 0))
    soft *= grain.std() / soft.std()
    assert 0 < noise(plain() + soft, plain()) < 0.3 * noise(plain() + grain, plain())
    blurred = ndimage.gaussian_filter(plain() + grain, (1, 1, 0))
    assert noise(blurred, plain() + grain) < -1


def test_the_value_by_hand():
    rng = np.random.default_rng(3)
    picture = 0.3 + 0.4 * rng.random((12, 14, 1)).repeat(3, -1)
    mask = np.clip(rng.random((12, 14)) * 1.6, 0, 1)
    mask[2:9, 3:12] = mask[2:9, 3:12].clip(0.3)
    gray = lightness(picture[..., 0])
    rows = []
    for row in range(1, 11):
        for column in range(1, 13):
            part = gray[row - 1 : row + 2, column - 1 : column + 2]
            left = (part * np.outer([1, -2, 1], [1, -2, 1])).sum()
            rows.append((left**2, mask[row - 1 : row + 2, column - 1 : column + 2].min()))
    rows.sort()
    room = limit = 0.9 * sum(weight for _, weight in rows)
    total = 0.0
    for square, weight in rows:
        total += square * min(weight, room)
        room -= min(weight, room)
    # A Gaussian's variance between its 5th and 95th percentiles, summed up.
    z = np.linspace(-1.6448536, 1.6448536, 20001)
    bell = np.exp(-(z**2) / 2)
    within = (z**2 * bell).sum() / bell.sum()
    expected = math.sqrt(total / limit / within) / 6
    assert noise(picture, plain(), mask) == pytest.approx(expected, rel=1e-3)


def test_only_squares_inside_the_mask_count():
    picture = plain()
    picture[50:] += white(0.03, (150, 200))
    mask = np.zeros((200, 200))
    mask[:50, :] = 1
    assert noise(picture, plain(), mask) == 0
    assert noise(plain(), picture, None, mask) == 0
    assert noise(picture, plain(), 1 - mask) == pytest.approx(noise(picture[50:], plain()), rel=1e-6)
    assert noise(picture, plain(), 0.5 * (1 - mask)) == pytest.approx(noise(picture[50:], plain()), rel=1e-6)


def test_masks_that_do_not_fit():
    small, thin = plain(size=(20, 30)), np.zeros((20, 30))
    thin[4:6] = 1
    with pytest.raises(InputError, match=r"^the mask of the picture has the shape \(30, 20\); give .* \(20, 30\)$"):
        noise(small, small, np.ones((30, 20)))
    with pytest.raises(InputError, match=r"^the mask of the reference has the shape \(2, 2\); give .* \(20, 30\)$"):
        noise(small, small, None, np.ones((2, 2)))
    with pytest.raises(InputError, match=r"^the mask of the picture selects nothing, so .*$"):
        noise(small, small, np.zeros((20, 30)))
    for masks, name in (((thin, None), "picture"), ((None, thin), "reference")):
        with pytest.raises(InputError, match=f"^what is measured of the {name} holds no square of 3×3 pixels; .*$"):
            noise(small, small, *masks)
    with pytest.raises(InputError, match="what is measured of the picture holds no square"):
        noise(small[:2], small)
