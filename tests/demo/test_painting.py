import colorsys

import cv2
import numpy as np
import pytest
from scipy import ndimage

from sfumato.demo.painting import paint
from sfumato.errors import InputError


@pytest.fixture(scope="module")
def picture():
    return paint()


def luma(rgb):
    return rgb @ np.array([0.299, 0.587, 0.114])


def structure(gray, sigma=4.0):
    """Coherence in [0, 1] and angle of the gradient in [0, pi), from the structure tensor."""
    gx, gy = ndimage.gaussian_filter(gray, 1, (0, 1)), ndimage.gaussian_filter(gray, 1, (1, 0))
    xx, yy, xy = (ndimage.gaussian_filter(v, sigma) for v in (gx * gx, gy * gy, gx * gy))
    return np.hypot(xx - yy, 2 * xy) / (xx + yy + 1e-12), np.arctan2(2 * xy, xx - yy) / 2 % np.pi


def test_a_float_picture_of_the_size_asked_for(picture):
    assert picture.shape == (512, 640, 3)
    assert picture.dtype == np.float32
    assert picture.min() >= 0
    assert picture.max() <= 1
    assert luma(picture).std() > 0.15


@pytest.mark.parametrize("size", [(16, 16), (97, 61), (16, 1000)])
def test_any_size_from_16_pixels(size):
    out = paint(*size, seed=3)
    assert out.shape == (size[1], size[0], 3)
    assert np.isfinite(out).all()
    assert out.std() > 0.05


@pytest.mark.parametrize("size", [(15, 512), (640, 15), (0, 0), (-640, -512)])
def test_too_small(size):
    with pytest.raises(InputError, match=rf"painting of {size[0]}x{size[1]} is too small"):
        paint(*size)


def test_the_seed_decides():
    one = paint(60, 48, seed=7)
    np.testing.assert_array_equal(one, paint(60, 48, seed=7))
    assert np.abs(one - paint(60, 48, seed=8)).mean() > 0.05


def test_another_size_is_the_same_composition(picture):
    half = paint(320, 256)
    reduced = cv2.resize(picture, (320, 256), interpolation=cv2.INTER_AREA)
    same = np.corrcoef(luma(half).ravel(), luma(reduced).ravel())[0, 1]
    other = np.corrcoef(luma(paint(320, 256, seed=2)).ravel(), luma(reduced).ravel())[0, 1]
    assert same > 0.9
    assert other < same - 0.2


def test_strokes_are_coherent_and_run_in_many_directions(picture):
    coherence, angle = structure(luma(picture))
    noise = np.random.default_rng(0).random(picture.shape[:2])
    by_chance, _ = structure(noise)
    assert np.median(coherence) > 4 * np.median(by_chance)
    share, _ = np.histogram(angle[coherence > 0.5], 6, (0, np.pi))
    assert (share / share.sum()).min() > 0.02


def test_energy_lies_at_the_scale_of_strokes(picture):
    # Style transfer reads textures of 5 to 60 pixels; white noise has 12 % of its power there.
    gray = luma(picture)
    power = np.abs(np.fft.fft2(gray - gray.mean())) ** 2
    frequency = np.hypot(*np.meshgrid(np.fft.fftfreq(640), np.fft.fftfreq(512)))
    strokes = (frequency > 1 / 60) & (frequency < 1 / 5)
    assert power[strokes].sum() / power.sum() > 0.3
    assert power[frequency > 1 / 3].sum() / power.sum() < 0.05


def test_no_bare_patches(picture):
    blocks = luma(picture).reshape(32, 16, 40, 16).swapaxes(1, 2)
    assert blocks.std((2, 3)).min() > 0.02


def test_palette_of_several_hues_in_large_shapes(picture):
    pixels = picture[::8, ::8].reshape(-1, 3).tolist()
    hsv = np.array([colorsys.rgb_to_hsv(*p) for p in pixels])
    hue = 360 * hsv[hsv[:, 1] > 0.35, 0]
    share = {
        name: np.mean((hue >= low) & (hue < high))
        for name, low, high in (
            ("vermilion", 5, 20),
            ("ochre", 25, 55),
            ("teal", 160, 200),
            ("ultramarine", 210, 250),
        )
    }
    assert min(share.values()) > 0.02, share
    large = ndimage.gaussian_filter(picture, (24, 24, 0))
    warmth, detail = large[..., 0] - large[..., 2], picture[..., 0] - picture[..., 2]
    assert warmth.std() > 0.6 * detail.std()
