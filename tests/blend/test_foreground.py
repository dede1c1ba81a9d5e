"""An object's own colors at its soft edge."""

import cv2
import numpy as np
import pytest

from sfumato.blend import foreground


def smooth(rng, height, width, color, amount=0.4):
    noise = rng.random((height // 16 + 2, width // 16 + 2, 3)).astype(np.float32) - 0.5
    large = cv2.resize(noise, (width, height), interpolation=cv2.INTER_CUBIC)
    return (np.float32(color) + np.float32(amount) * large).clip(0, 1)


def composite(softness, height=150, width=200, seed=0):
    """A reddish disk before a bluish ground: object, alpha, and both together."""
    rng = np.random.default_rng(seed)
    own, ground = smooth(rng, height, width, (0.7, 0.3, 0.2)), smooth(rng, height, width, (0.2, 0.6, 0.7))
    y, x = np.mgrid[:height, :width]
    alpha = (0.5 + (50 - np.hypot(x - width / 2, y - height / 2)) / softness).clip(0, 1).astype(np.float32)
    return own, alpha, alpha[..., None] * own + (1 - alpha[..., None]) * ground


@pytest.mark.parametrize(("softness", "times"), [(2, 12), (4, 8), (12, 4)])
@pytest.mark.parametrize("seed", range(3))
def test_colors_are_recovered_where_alpha_is_soft(softness, times, seed):
    own, alpha, image = composite(softness, seed=seed)
    found = foreground(image, alpha)
    assert found.dtype == np.float32
    assert found.min() >= 0
    assert found.max() <= 1
    soft = (alpha > 0.1) & (alpha < 1)
    assert times * abs(found - own)[soft].mean() < abs(image - own)[soft].mean()


def test_the_image_itself_where_alpha_is_one():
    _, alpha, image = composite(6)
    before = image.copy(), alpha.copy()
    found = foreground(image, alpha)
    np.testing.assert_array_equal(found[alpha == 1], image[alpha == 1])
    assert (found[(alpha > 0) & (alpha < 1)] != image[(alpha > 0) & (alpha < 1)]).any()
    np.testing.assert_array_equal(image, before[0])
    np.testing.assert_array_equal(alpha, before[1])


@pytest.mark.parametrize("value", [0, 1])
def test_without_soft_pixels_there_is_nothing_to_estimate(value):
    _, _, image = composite(6)
    hard = np.full(image.shape[:2], value, np.float32)
    hard[:60] = 1 - value
    np.testing.assert_array_equal(foreground(image, hard), image)


def test_what_lies_far_from_the_soft_pixels_does_not_count():
    _, alpha, image = composite(6)
    other = image.copy()
    other[:15], other[:, :30] = 1, 0  # the disk's soft edge begins 20 pixels from above, 46 from the left
    np.testing.assert_array_equal(foreground(other, alpha)[22:-22, 47:-47], foreground(image, alpha)[22:-22, 47:-47])


def test_soft_all_over_and_up_to_the_border():
    rng = np.random.default_rng(1)
    own, ground = smooth(rng, 37, 53, (0.8, 0.5, 0.1), 0.1), smooth(rng, 37, 53, (0.1, 0.2, 0.6), 0.1)
    alpha = np.tile(np.linspace(0, 1, 53, dtype=np.float32), (37, 1))
    image = alpha[..., None] * own + (1 - alpha[..., None]) * ground
    found = foreground(image, alpha)
    soft = alpha > 0.1
    assert 4 * abs(found - own)[soft].mean() < abs(image - own)[soft].mean()


def least_energy(image, alpha):
    """Where the energy of Germer et al. (eq. 4) is least, by least squares over all pixels at once."""
    height, width = alpha.shape
    count = alpha.size
    number = np.arange(count).reshape(height, width)
    rows, right = [], []

    def add(entries, value):
        row = np.zeros(2 * count)
        for place, factor in entries:
            row[place] += factor
        rows.append(row)
        right.append(value)

    for place, share in enumerate(alpha.ravel().astype(float)):
        color = image.reshape(-1, 3)[place]
        # 1e4 holds what is known.
        add([(place, share), (count + place, 1 - share)], color)
        if share in (0, 1):
            add([(place if share else count + place, 1e4)], 1e4 * color)
    for first, second in ((number[:-1], number[1:]), (number[:, :-1], number[:, 1:])):
        for p, q in zip(first.ravel(), second.ravel(), strict=True):
            weight = np.sqrt(1e-5 + abs(float(alpha.flat[p]) - float(alpha.flat[q])))
            for shift in (0, count):
                add([(shift + p, weight), (shift + q, -weight)], np.zeros(3))
    return np.linalg.lstsq(np.array(rows), np.array(right), rcond=None)[0][:count].reshape(height, width, 3)


@pytest.mark.parametrize("softness", [3, 8])
def test_the_energy_is_near_its_least(softness):
    _, alpha, image = composite(softness)
    box = np.s_[17:41, 90:110]  # the disk's upper edge
    exact, found = least_energy(image[box], alpha[box]), foreground(image[box], alpha[box])
    soft = (alpha[box] > 0.1) & (alpha[box] < 1)
    assert abs(found - exact)[soft].mean() < 0.01
    assert abs(found - exact)[soft].mean() < 0.05 * abs(image[box] - exact)[soft].mean()


@pytest.mark.parametrize("softness", [4, 12])
def test_as_good_as_pymatting(softness):
    pymatting = pytest.importorskip("pymatting", reason="needs PyMatting")
    own, alpha, image = composite(softness)
    theirs = pymatting.estimate_foreground_ml(image.astype(float), alpha.astype(float))
    soft = (alpha > 0.1) & (alpha < 1)
    found = foreground(image, alpha)
    assert abs(found - theirs)[soft].mean() < 0.03
    assert abs(found - own)[soft].mean() <= abs(theirs - own)[soft].mean()
