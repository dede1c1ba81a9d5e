import numpy as np
import pytest
from scipy.linalg import sqrtm

from sfumato.color import oklab_to_rgb, rgb_to_oklab
from sfumato.errors import InputError
from sfumato.metrics import color_stretch


def picture(seed=0, spread=(0.1, 0.04, 0.03), size=(40, 50)):
    colors = np.random.default_rng(seed).normal(size=(*size, 3)).clip(-2, 2) * spread + (0.6, 0, 0)
    return oklab_to_rgb(colors).astype(np.float32)


def covariance(image, mask=None):
    weights = None if mask is None else mask.ravel()
    return np.cov(rgb_to_oklab(image).reshape(-1, 3).T.astype(float), aweights=weights, bias=True)


def test_it_is_the_largest_factor_of_the_map_by_scipy():
    photo, style = picture(0, (0.05, 0.03, 0.04)), picture(1, (0.06, 0.06, 0.02))
    ours, theirs = covariance(photo), covariance(style)
    root = sqrtm(ours)
    expected = np.linalg.inv(root) @ sqrtm(root @ theirs @ root) @ np.linalg.inv(root)
    assert color_stretch(photo, style) == pytest.approx(np.linalg.eigvalsh(expected.real)[-1], rel=1e-3)


def test_along_one_axis_it_is_the_ratio_of_deviations():
    gray = np.repeat(np.linspace(0.3, 0.7, 200, dtype=np.float32)[None, :, None], 3, 2)
    flat = 0.5 + (gray - 0.5) / 5
    ratio = (covariance(gray)[0, 0] / covariance(flat)[0, 0]) ** 0.5
    assert 4 < ratio < 6
    assert color_stretch(flat, gray) == pytest.approx(ratio, rel=0.01)


def test_only_the_masks_count():
    photo, style = picture(0), picture(1)
    mask = np.zeros(photo.shape[:2], np.float32)
    mask[:, :25] = 1
    changed = photo.copy()
    changed[:, 25:] = 0.5
    assert color_stretch(changed, style, mask) == pytest.approx(color_stretch(photo[:, :25], style), rel=1e-6)
    assert color_stretch(style, changed, None, mask) == pytest.approx(color_stretch(style, photo[:, :25]), rel=1e-6)
    assert color_stretch(changed, style) > 1.1 * color_stretch(photo, style)


def test_noise_of_a_flat_region_is_not_stretched_without_end():
    flat = np.full((20, 20, 3), 0.5, np.float32)
    assert 5 < color_stretch(flat, picture()) < 50


def test_an_empty_mask_is_refused():
    with pytest.raises(InputError, match="mask"):
        color_stretch(picture(), picture(), np.zeros((40, 50), np.float32))
