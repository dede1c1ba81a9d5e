"""How boldly and how smoothly a painting is painted."""

import numpy as np
import pytest

from sfumato.methods.harmonize.strokes import painterly, smoothness


def grating(amplitude, period, size=350):
    """Stripes of gray whose L* is 50 plus or minus so much, as sRGB by the formulas of CIE and IEC."""
    lightness = 50 + amplitude * np.cos(2 * np.pi * np.arange(size) / period)
    linear = ((lightness + 16) / 116) ** 3
    values = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    return np.broadcast_to(values[:, None], (size, size, 3)).astype(np.float32)


@pytest.mark.parametrize(("amplitude", "period"), [(3, 12), (3, 24), (5, 16), (2, 10)])
def test_painterly_is_the_contrast_between_two_widths(amplitude, period):
    """Of a cosine, Gaussians leave known shares, and its standard deviation is its amplitude over √2."""
    squared = (2 * np.pi / period) ** 2
    contrast = amplitude / 2**0.5 * (np.exp(-squared / 2) - np.exp(-squared * 25 / 2))
    expected = 2 * contrast - 1
    assert 1.1 < expected < 9
    assert painterly(grating(amplitude, period)) == pytest.approx(expected, rel=0.05)


def test_painterly_looks_at_the_quietest_quarter():
    loud, quiet = grating(20, 16), grating(3, 16)
    half = np.where(np.arange(350)[None, :, None] < 350 * 0.6, loud, quiet)
    assert painterly(half) == pytest.approx(painterly(quiet), rel=0.15)
    mostly = np.where(np.arange(350)[None, :, None] < 350 * 0.9, loud, quiet)
    assert painterly(mostly) > 3 * painterly(quiet)


def test_painterly_stays_within_its_limits_and_rises_with_contrast():
    found = [painterly(grating(amplitude, 16)) for amplitude in (0, 0.5, 1, 2, 3, 4, 6, 30)]
    assert found == sorted(found)
    assert found[:2] == [1, 1]
    assert found[-1] == 10
    assert 1 < found[3] < found[4] < found[5] < 10


def test_painterly_does_not_depend_on_the_size_of_a_large_picture():
    small = grating(4, 16, 700)
    for picture in (np.repeat(np.repeat(small, 2, 0), 2, 1), np.repeat(np.repeat(small, 2, 0), 2, 1)[:, :700]):
        assert painterly(picture) == pytest.approx(painterly(small), rel=0.02)


def ramp(step):
    """Each pixel is darker than the next by a step, in all three channels, and likewise from row to row."""
    return (0.1 + step * np.add.outer(np.arange(20), np.arange(30)))[..., None].repeat(3, 2)


@pytest.mark.parametrize(("share", "squared"), [(0.5, 25e-4), (1 / (1 + np.e), 26e-4), (1 / (1 + np.exp(-20)), 5e-4)])
def test_smoothness_is_that_of_the_paper(share, squared):
    assert smoothness(ramp((squared / 6) ** 0.5)) == pytest.approx(share, rel=1e-6)


def test_smoothness_falls_with_the_gradient_and_stays_within_its_limits():
    found = [smoothness(ramp(step)) for step in (0, 0.01, 0.018, 0.02, 0.022, 0.03)]
    assert found == sorted(found, reverse=True)
    assert found[0] == pytest.approx(1, abs=1e-9)
    assert found[-1] < 1e-9
    checkered = np.indices((9, 8)).sum(0)[..., None].repeat(3, 2) % 2
    assert 0 <= smoothness(checkered.astype(np.float32)) < 1e-20
    # A median: a few edges are no grain.
    edged = ramp(0.001)
    edged[:, 15:] += 0.5
    assert smoothness(edged) == pytest.approx(smoothness(ramp(0.001)), rel=1e-6)
