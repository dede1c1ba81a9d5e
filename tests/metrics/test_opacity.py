import numpy as np
import pytest
from scipy.linalg import lstsq
from scipy.ndimage import uniform_filter

from sfumato.color import oklab_to_rgb, rgb_to_oklab
from sfumato.errors import InputError
from sfumato.metrics import show_through


def gray(lightness):
    """Grays of these lightnesses of Oklab (h, w)."""
    return oklab_to_rgb(np.stack([lightness, 0 * lightness, 0 * lightness], -1)).astype(np.float32)


def squares(seed, side=8, count=12):
    return np.random.default_rng(seed).uniform(0.2, 0.8, (count, count)).repeat(side, 0).repeat(side, 1)


MASK = np.ones((96, 96), np.float32)


@pytest.mark.parametrize("share", [0.0, 0.1, 0.35, 1.0])
def test_of_a_mixture_it_is_the_share_of_the_painting(share):
    own, behind = squares(0), squares(1)
    mixed = gray((1 - share) * own + share * behind)
    assert show_through(mixed, gray(own), gray(behind), MASK) == pytest.approx(share, abs=0.005)


def test_it_is_the_coefficient_by_scipy_in_means_of_squares():
    rng = np.random.default_rng(3)
    own, behind, noise = (rng.uniform(0.2, 0.8, (96, 96)) for _ in range(3))
    picture = gray(0.4 * own + 0.3 * behind + 0.2 * noise)
    found = show_through(picture, gray(own), gray(behind), MASK)
    means = [
        uniform_filter(rgb_to_oklab(each)[..., 0].astype(float), 8)[4::8, 4::8]
        for each in (picture, gray(own), gray(behind))
    ]
    rows = np.stack([*(mean.ravel() for mean in means[1:]), np.ones(144)], 1)
    assert found == pytest.approx(abs(lstsq(rows, means[0].ravel())[0][1]), abs=1e-3)


def test_other_colors_order_and_strokes_of_the_object_do_not_count():
    own, behind = squares(0), squares(1)
    strokes = np.tile([[0.05, -0.05]], (96, 48))
    picture = gray(0.9 - 0.5 * own + strokes)
    picture[..., 0] *= 0.999
    assert show_through(picture, gray(own), gray(behind), MASK) < 0.01


def test_only_what_the_mask_covers_counts():
    own, behind = squares(0), squares(1)
    mask = MASK.copy()
    mask[:, 48:] = 0
    picture = np.where(mask[..., None] > 0, gray(own), gray(behind))
    assert show_through(picture, gray(own), gray(behind), mask) < 0.005
    assert show_through(picture, gray(own), gray(behind), MASK) > 0.2
    assert show_through(picture, gray(own), gray(behind), 1 - mask) == pytest.approx(1, abs=0.005)


def test_a_small_object_is_looked_at_in_smaller_squares():
    own, behind = squares(0, 2, 48), squares(1, 2, 48)
    mask = 0 * MASK
    mask[40:54, 40:54] = 1
    mixed = gray(0.6 * own + 0.4 * behind)
    assert show_through(mixed, gray(own), gray(behind), mask) == pytest.approx(0.4, abs=0.02)


def test_what_cannot_be_measured_is_refused():
    picture = gray(squares(0))
    with pytest.raises(InputError, match="mask"):
        show_through(picture, picture, picture, 0 * MASK)
    with pytest.raises(InputError, match="the painting has the shape"):
        show_through(picture, picture, picture[:50], MASK)
