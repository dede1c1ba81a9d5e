"""Changes of a photo that nothing in it explains."""

from itertools import pairwise

import cv2
import numpy as np
import pytest
from scipy import ndimage
from scipy.spatial.distance import cdist

from sfumato.color import oklab_to_rgb, rgb_to_oklab
from sfumato.errors import InputError
from sfumato.metrics import halo, stray_hue

HEIGHT, WIDTH = 72, 88  # squares of one pixel
both = pytest.mark.parametrize("measure", [stray_hue, halo])


def smooth(seed=0, height=HEIGHT, width=WIDTH, blur=4):
    values = ndimage.gaussian_filter(np.random.default_rng(seed).random((height, width, 3)), (blur, blur, 0))
    return np.float32((values - values.min()) / np.ptp(values))


def shapes(height=HEIGHT, width=WIDTH):
    """Flat patches of four colors, with strong edges between them, each of them at many places."""
    down, across = np.mgrid[:height, :width]
    index = 2 * (down // 18 % 2) + across // 22 % 2
    return np.float32([[0.2, 0.2, 0.3], [0.5, 0.7, 0.9], [0.8, 0.6, 0.3], [0.1, 0.4, 0.1]])[index]


def moved(photo, change):
    """A photo with an addition to its Oklab."""
    return oklab_to_rgb(rgb_to_oklab(photo) + np.float32(change)).astype(np.float32)


def spot(height=HEIGHT, width=WIDTH, radius=0.1):
    """A soft spot in the middle."""
    down, across = np.mgrid[:height, :width]
    away = np.hypot(down - height / 2, across - width / 2) / (radius * width)
    return np.exp(-(away**2) / 2)[..., None]


def sides(height=HEIGHT, width=WIDTH):
    left = np.tile(np.arange(width) < width // 2, (height, 1)).astype(np.float32)
    return {"left": left, "right": 1 - left}


def tower(height=120, width=160, seed=0):
    """A bright sky of many blues, a dark tower before it, and how far pixels are from the tower."""
    sky = 0.75 + 0.1 * smooth(seed, height, width, 8)
    there = np.zeros((height, width), bool)
    there[30:, 60:100] = True
    return np.where(there[..., None], 0.3 * sky, sky), ndimage.distance_transform_edt(~there)


# ---- what is explained


@both
@pytest.mark.parametrize("change", [lambda x: x, lambda x: x / 2, lambda x: 1 - x, lambda x: x[..., [2, 0, 1]] ** 2])
def test_a_function_of_color_is_explained(measure, change):
    assert measure(change(shapes()), shapes()) == 0
    # Where colors are rare, the mean of the nearest is not quite theirs.
    photo = smooth(1)
    assert measure(change(photo), photo) < 0.6


@both
def test_each_label_may_have_a_function_of_its_own(measure):
    left, photo = sides()["left"][..., None] > 0, shapes()
    picture = np.where(left, photo * np.float32([0.5, 0.8, 0.3]), photo[..., ::-1])
    assert measure(picture, photo, sides()) == 0
    assert measure(picture, photo) > 2


@both
@pytest.mark.parametrize("size", [(HEIGHT, WIDTH), (5, 7), (1, 1), (1, 300)])
def test_flat_pictures_have_nothing_to_explain(measure, size):
    flat = np.full((*size, 3), 0.4, np.float32)
    assert measure(flat, flat) == 0
    assert measure(flat / 2, flat) == 0


@both
def test_labels_too_small_to_tell_are_left_out(measure):
    photo, small = shapes(), np.zeros((HEIGHT, WIDTH))
    picture = smooth(1)
    small[16:23, 18:26] = 1  # 56 positions
    assert measure(picture, photo, {"small": small}) == 0
    small[16:24, 18:26] = 1
    assert measure(picture, photo, {"small": small}) > 1
    assert measure(picture, photo, {"small": 0.9 * small}) == 0
    assert measure(picture, photo, {}) == 0


# ---- what is not


@pytest.mark.parametrize("change", [lambda x: x, lambda x: 0.3 + 0.4 * x])
@pytest.mark.parametrize("hue", [(0, 1, 0), (0, -0.6, 0.8)])
def test_stains_count_by_their_strength(change, hue):
    photo = shapes()
    found = [stray_hue(moved(change(photo), a * spot() * hue), photo) for a in (0, 0.01, 0.02, 0.04, 0.08)]
    assert found[0] == 0
    for weaker, stronger in pairwise(found[1:]):
        assert stronger == pytest.approx(2 * weaker, rel=0.05)
    # A stain of lightness is none of hue.
    assert stray_hue(moved(photo, 0.05 * spot() * (1, 0, 0)), photo) < 0.01


def test_halos_count_by_their_strength():
    photo, away = tower()
    near = (np.exp(-away / 6) * (away > 0))[..., None]
    least = halo(photo, photo)
    found = [halo(moved(photo, strength * near * (1, 0, 0)), photo) for strength in (0.01, 0.04, 0.08, 0.16)]
    assert least < found[0] < found[1] < found[2] < found[3]
    assert found[3] == pytest.approx(2 * found[2], rel=0.1)
    assert found[3] > 20 * least
    # One of hue alone is none.
    assert halo(moved(photo, 0.08 * near * (0, 1, 0)), photo) == pytest.approx(least, rel=0.1)


def test_halos_lie_beside_strong_edges():
    """Two grays that differ by 0.13 in lightness have a strong edge, by 0.1 they have none."""
    for step, expected in ((0.1, False), (0.13, True)):
        tones = np.where(np.arange(WIDTH) < 44, 0.5, 0.5 + step) * np.ones((HEIGHT, 1))
        photo = oklab_to_rgb(np.stack([tones, 0 * tones, 0 * tones], -1)).astype(np.float32)
        glow = moved(photo, 0.1 * (abs(np.arange(WIDTH) - 47) < 3)[None, :, None] * (1, 0, 0))
        assert (halo(glow, photo) > 0.1) == expected


# ---- numbers


def residuals(picture, photo, masks):
    """What all pairs of pixels say of each, (H, W, 3), NaN where nothing is said."""
    own, made = (rgb_to_oklab(each).astype(np.float64) for each in (photo, picture))
    found = np.full(photo.shape, np.nan)
    for mask in masks:
        there = mask >= 0.95
        colors, result = own[there], made[there]
        apart = cdist(colors / (0.05, 0.02, 0.02), colors / (0.05, 0.02, 0.02))
        nearest = np.argsort(apart, axis=1)[:, : min(25, int(len(colors) / 3))]
        found[there] = result - result[nearest].mean(1)
    return found


@pytest.mark.parametrize("small", [False, True])
def test_hues_are_compared_with_those_of_the_nearest_colors(small):
    photo, picture = smooth(1), smooth(2)
    labels = {"part": np.zeros((HEIGHT, WIDTH))}
    labels["part"][10:17, 20:29] = 1
    masks = labels if small else {"all": np.ones((HEIGHT, WIDTH))}
    left = residuals(picture, photo, masks.values())[..., 1:]
    expected = 100 * np.sqrt(np.nanmean((left**2).sum(-1)))
    assert stray_hue(picture, photo, masks) == pytest.approx(expected, rel=1e-4)
    if not small:
        assert stray_hue(picture, photo) == pytest.approx(expected, rel=1e-4)


def test_lightness_near_edges_is_compared_with_that_of_the_nearest_colors():
    photo, _ = tower(72, 88)
    photo = np.clip(photo + 0.02 * smooth(3), 0, 1)
    picture, everywhere = smooth(2), {"all": np.ones((72, 88))}
    light = rgb_to_oklab(photo)[..., 0].astype(np.float64)
    padded = np.pad(light, 1, mode="reflect")
    slopes = []
    for image in (padded, padded.T):
        across = image[:, 2:] - image[:, :-2]
        slopes.append((across[:-2] + 2 * across[1:-1] + across[2:]) / 8)
    strong = np.hypot(slopes[0], slopes[1].T) >= 0.06
    away = ndimage.distance_transform_edt(~strong)
    near = (away >= 2) & (away <= 12)
    for masks in (everywhere, sides()):
        left = residuals(picture, photo, masks.values())[..., 0]
        expected = 100 * np.sqrt(np.nanmean(left[near] ** 2))
        assert halo(picture, photo, masks) == pytest.approx(expected, rel=2e-3)  # of equal neighbors, any will do
    assert halo(picture, photo) == halo(picture, photo, everywhere)


@pytest.mark.parametrize("times", [3, 4])
def test_the_mean_of_each_square_counts(times):
    """So noise of hues is no stain."""
    photo, picture = smooth(1), smooth(2)
    large = [np.repeat(np.repeat(each, times, 0), times, 1) for each in (photo, picture)]
    assert stray_hue(large[1], large[0]) == pytest.approx(stray_hue(picture, photo), rel=1e-3)
    photo = np.repeat(np.repeat(shapes(), times, 0), times, 1)
    noise = np.random.default_rng(0).normal(0, 0.03, photo.shape) * (0, 1, 1)
    small = stray_hue(moved(shapes(), noise[::times, ::times]), shapes())
    assert stray_hue(moved(photo, noise), photo) < 1.2 * small / times


def test_halos_are_of_the_size_of_a_small_copy():
    photo, away = tower(264, 352)
    picture = moved(photo, 0.1 * (np.exp(-away / 6) * (away > 0))[..., None] * (1, 0, 0))
    large = [cv2.resize(each, None, fx=3, fy=3, interpolation=cv2.INTER_NEAREST) for each in (picture, photo)]
    assert halo(*large) == pytest.approx(halo(picture, photo), rel=1e-3)


@both
def test_bytes_are_as_good_as_floats_and_results_need_not_be_clipped(measure):
    photo, picture = (np.rint(255 * each).astype(np.uint8) for each in (shapes(), smooth(1)))
    found = measure(np.float32(picture / 255), np.float32(photo / 255), sides())
    assert measure(picture, photo, {"a": sides()["left"] > 0, "b": sides()["right"] > 0}) == pytest.approx(found)
    beyond = np.float32(picture / 255) * 1.5
    assert measure(beyond, photo) > measure(beyond.clip(0, 1), photo) > 0


@both
def test_labels_may_be_none(measure):
    assert measure(smooth(1), shapes(), None) == measure(smooth(1), shapes()) > 1


# ---- what cannot be used


@both
def test_pictures_of_different_sizes(measure):
    with pytest.raises(InputError) as error:
        measure(smooth(1), smooth(1)[:-1])
    assert str(error.value) == "the picture has the shape (72, 88, 3); give one of the photo's size, (71, 88)"
    with pytest.raises(InputError, match="the mask of label 'a' has the shape"):
        measure(smooth(1), smooth(1), {"a": np.ones((72, 87))})
    with pytest.raises(InputError):
        measure(smooth(1), smooth(1), {"a": np.ones((72, 88)), "b": np.ones((72, 87))})
