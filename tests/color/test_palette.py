"""An object in the colors of a painting, by lightness."""

import numpy as np
import pytest
from scipy import ndimage

from sfumato.color import Palette, oklab_to_rgb, rgb_to_oklab
from sfumato.errors import InputError, RegionError

BLUE, YELLOW = (0.0, 0.0, 0.5), (0.95, 0.95, 0.4)


def of_tones(tones, a=0.0, b=0.0):
    """Colors of these lightnesses (h, w) and of one hue."""
    tones = np.asarray(tones, np.float32)
    return np.clip(oklab_to_rgb(np.stack([tones, np.full_like(tones, a), np.full_like(tones, b)], -1)), 0, 1)


def ramp(low, high, height=20, width=50):
    """Lightness that grows from left to right."""
    return np.tile(np.linspace(low, high, width, dtype=np.float32), (height, 1))


def everywhere(picture):
    return np.ones(picture.shape[:2], np.float32)


def palette_of(painting, picture, **options):
    return Palette(painting, picture, everywhere(picture), **options)


def lightness(picture):
    return rgb_to_oklab(picture)[..., 0]


def hues(picture):
    return rgb_to_oklab(picture)[..., 1:]


def random(seed=0, height=40, width=60, low=0.0, high=1.0):
    """Random colors, a little smoothed."""
    values = ndimage.gaussian_filter(np.random.default_rng(seed).random((height, width, 3), np.float32), (1, 1, 0))
    return low + (high - low) * (values - values.min()) / np.ptp(values)


def two_colors():
    """A painting whose upper half is dark blue, and whose lower half is light yellow."""
    return np.repeat(np.float32([[BLUE], [YELLOW]]), 20, 0) * np.ones((1, 50, 1), np.float32)


# ---- tones


@pytest.mark.parametrize(
    "painting", [two_colors(), random(1), random(2, high=0.3), of_tones(ramp(0.2, 0.9), a=0.05, b=-0.08)]
)
def test_what_is_lighter_stays_lighter(painting):
    gray = of_tones(ramp(0, 1, 20, 400))
    found = lightness(palette_of(painting, gray).recolored(gray))[0]
    assert np.diff(found).min() > -1e-3
    assert found[-1] - found[0] > 0.9 * np.ptp(np.quantile(lightness(painting), [0.02, 0.98]))


@pytest.mark.parametrize(("low", "high"), [(0.25, 0.85), (0.2, 0.9), (0.3, 0.88)])
@pytest.mark.parametrize("tint", [(0.0, 0.0), (0.04, 0.05)])
def test_an_object_of_the_paintings_tones_keeps_its_own(low, high, tint):
    picture = of_tones(ramp(low, high), *tint)
    painting = of_tones(ramp(0.2, 0.9), a=-0.03)
    found = palette_of(painting, picture).recolored(picture)
    np.testing.assert_allclose(lightness(found), lightness(picture), atol=0.02)
    np.testing.assert_allclose(hues(found)[..., 0], -0.03, atol=0.005)


@pytest.mark.parametrize(
    ("own", "ends"), [((0.4, 0.6), (0.36, 0.64)), ((0.25, 0.3), (0.24, 0.31)), ((0.3, 0.8), (0.27, 0.83))]
)
def test_a_pale_object_gets_more_contrast(own, ends):
    """By four tenths, and not more than eight tenths of the painting's."""
    picture = of_tones(ramp(*own, width=100))
    found = lightness(palette_of(of_tones(ramp(0.2, 0.9, width=100)), picture).recolored(picture))
    np.testing.assert_allclose(found[0], np.linspace(*ends, 100), atol=0.02)


@pytest.mark.parametrize(
    ("own", "ends"),
    [
        ((0.2, 0.4), (0.5, 0.74)),  # darker
        ((0.85, 1.0), (0.59, 0.8)),  # brighter
        ((0.2, 1.0), (0.5, 0.8)),  # wider
        ((0.3, 0.6), (0.5, 0.74)),  # most of it darker
        ((0.45, 0.7), (0.5, 0.74)),  # some of it darker
    ],
)
def test_an_object_of_other_tones_is_fitted_into_the_paintings(own, ends):
    picture = of_tones(ramp(*own, width=100))
    found = lightness(palette_of(of_tones(ramp(0.5, 0.8, width=100)), picture).recolored(picture))
    np.testing.assert_allclose(np.quantile(found, [0, 1]), ends, atol=0.02)
    np.testing.assert_allclose(found[0], np.linspace(*ends, 100), atol=0.02)


def test_specks_do_not_squeeze_the_rest():
    tones = ramp(0.55, 0.75, width=100)
    tones[5, 20], tones[5, 30] = 0, 1
    picture = of_tones(tones)
    found = lightness(palette_of(of_tones(ramp(0.5, 0.8, width=100)), picture).recolored(picture))
    np.testing.assert_allclose(found[0], 0.65 + 1.2 * (tones[0] - 0.65), atol=0.02)
    # They themselves go a little beyond the painting.
    assert 0.3 < found[5, 20] < 0.45
    assert 0.82 < found[5, 30] < 0.9


def test_only_the_object_decides_on_the_range():
    picture, mask = of_tones(np.hstack([ramp(0.1, 0.3), ramp(0, 1)])), np.zeros((20, 100), np.float32)
    painting = of_tones(ramp(0.4, 0.8))
    for value in (1.0, 0.2):
        mask[:, :50] = value
        found = Palette(painting, picture, mask).recolored(picture)
        alone = palette_of(painting, picture[:, :50]).recolored(picture)
        np.testing.assert_allclose(found, alone, atol=1e-5)


# ---- colors


@pytest.mark.parametrize("tint", [(0.0, 0.0), (0.1, 0.05), (-0.1, 0.05), (0.0, -0.1)])
def test_an_object_of_any_hue_takes_those_of_the_painting(tint):
    picture = of_tones(np.repeat([[0.3, 0.85]], 20, 0).repeat(25, 1), *tint)
    found = hues(palette_of(two_colors(), picture).recolored(picture))
    blue, yellow = hues(np.float32([[BLUE, YELLOW]]))[0]
    np.testing.assert_allclose(found[:, :25], np.broadcast_to(blue, (20, 25, 2)), atol=0.02)
    np.testing.assert_allclose(found[:, 25:], np.broadcast_to(yellow, (20, 25, 2)), atol=0.02)


@pytest.fixture(scope="module")
def mottled():
    """A painting of all tones, each of which is gray in one half of its places and red in the other."""
    tones = ramp(0.3, 0.7, 60, 80)
    red = np.random.default_rng(0).random(tones.shape) < 0.5
    return np.where(red[..., None], of_tones(tones, a=0.1), of_tones(tones))


@pytest.mark.parametrize(("hue", "expected"), [(0.0, 0.05), (1.0, 0.0)])
def test_hue_decides_whether_gray_stays_gray(mottled, hue, expected):
    picture = of_tones(ramp(0.35, 0.65))
    found = hues(palette_of(mottled, picture, hue=hue).recolored(picture))
    assert found[..., 0].mean() == pytest.approx(expected, abs=0.005)
    np.testing.assert_allclose(found[..., 1], 0, atol=0.005)


def test_a_tone_that_is_compared_with_all_of_the_painting_takes_its_mean_hue():
    """And most of the chroma that its hues have."""
    painting, picture = random(1, 12, 16, low=0.3, high=0.7), random(2, low=0.4, high=0.6)
    found = hues(palette_of(painting, picture, fraction=1.0).recolored(picture))
    of_all = hues(painting).reshape(-1, 2)
    mean, chroma = of_all.mean(0), np.linalg.norm(of_all, axis=1).mean()
    vivid = min(2.5, 1 + 0.8 * (chroma / np.linalg.norm(mean) - 1))
    np.testing.assert_allclose(found, np.broadcast_to(vivid * mean, found.shape), atol=0.012)


# ---- which paint is used


def chosen_by_hand(painting, picture, mask, *, fraction, hue):
    """How often each place of a painting is among the nearest of a pixel whose tones the painting has."""
    scale = np.array([1, hue, hue])
    paint = rgb_to_oklab(painting).reshape(-1, 3) * scale
    colors = rgb_to_oklab(picture)[mask >= 0.5] * scale
    apart = ((colors[:, None] - paint[None]) ** 2).sum(-1)
    nearest = apart.argsort(1)[:, : max(8, round(fraction * len(paint)))]
    votes = np.bincount(nearest.ravel(), minlength=len(paint)).reshape(painting.shape[:2])
    counted = ndimage.gaussian_filter(votes.astype(float), 1, mode="mirror", truncate=4)
    return counted / counted.max()


@pytest.mark.parametrize(("fraction", "hue"), [(0.01, 0.35), (0.03, 1.0), (0.001, 0.0)])
def test_the_paint_that_is_used_is_the_nearest(fraction, hue):
    # As light as the painting, so that no tone is moved.
    painting = random(1, low=0.2, high=0.9)
    picture, mask = painting[::-1], everywhere(painting)
    palette = Palette(painting, picture, mask, fraction=fraction, hue=hue)
    expected = chosen_by_hand(painting, picture, mask, fraction=fraction, hue=hue)
    found = palette.used(40, 60)
    np.testing.assert_allclose(found, expected, atol=1e-5)
    # Of another size, it is interpolated.
    at = np.mgrid[:80, :120] / 2 - 0.25
    larger = ndimage.map_coordinates(found, at, order=1, mode="nearest")
    np.testing.assert_allclose(palette.used(80, 120), larger, atol=1e-5)


@pytest.fixture(scope="module")
def halves():
    """A painting of all tones, reddish on the left, bluish on the right."""
    return np.hstack([of_tones(ramp(0.2, 0.9), a=0.08), of_tones(ramp(0.2, 0.9), b=-0.08)])


@pytest.mark.parametrize(("columns", "hue"), [(slice(0, 50), (0.08, 0)), (slice(50, 100), (0, -0.08))])
@pytest.mark.parametrize("others", [0.0, 0.85])
def test_paint_that_is_not_allowed_is_not_taken(halves, columns, hue, others):
    allowed = np.full(halves.shape[:2], others, np.float32)
    allowed[:, columns] = 1
    picture = of_tones(ramp(0.2, 0.9))
    palette = palette_of(halves, picture, painting_mask=allowed)
    used = palette.used(20, 100)
    assert (used[allowed < 1] == 0).all()
    assert used[allowed == 1].mean() > 0.1
    # Of the lightest and the darkest, the hue is weaker.
    found = hues(palette.recolored(picture))[:, 8:40]
    np.testing.assert_allclose(found, np.broadcast_to(hue, found.shape), atol=0.01)


@pytest.mark.parametrize("count", [1, 15, 16, 30])
def test_what_is_left_out_is_not_taken_however_little_is_left(halves, count):
    allowed = np.zeros(halves.shape[:2], np.float32)
    allowed[3, 10 : 10 + count] = 0.3
    used = palette_of(halves, of_tones(ramp(0.3, 0.8)), painting_mask=allowed).used(20, 100)
    assert (used[allowed == 0] == 0).all()
    assert (used[allowed > 0] > 0).any()


@pytest.mark.parametrize(("column", "tint"), [(5, (0.08, 0)), (95, (0, -0.08))])
def test_paint_near_the_place_of_the_object_is_preferred(halves, column, tint):
    """Of two hues that are as far from gray, a gray object takes the one beside it."""
    picture, place = of_tones(ramp(0.3, 0.8)), np.zeros(halves.shape[:2], np.float32)
    place[:, column] = 1
    found = hues(palette_of(halves, picture, place=place).recolored(picture))[:, 10:40]
    far = np.linalg.norm(found.mean((0, 1)) - np.array([0.08, 0]) - np.array([0, -0.08]) + np.array(tint))
    assert np.linalg.norm(found.mean((0, 1)) - tint) < far
    # A place that cannot be seen changes nothing.
    nowhere = palette_of(halves, picture, place=np.zeros_like(place)).recolored(picture)
    np.testing.assert_array_equal(nowhere, palette_of(halves, picture).recolored(picture))


def test_a_mean_of_hues_is_not_gray():
    """It has most of the chroma of the hues that it is a mean of."""
    signs = np.where(np.random.default_rng(0).random((40, 60)) < 0.5, 1.0, -1.0)
    painting = of_tones(np.full((40, 60), 0.6), a=0.05 + 0 * signs, b=0.05 * signs)
    gray = of_tones(np.full((20, 20), 0.6))
    found = hues(palette_of(painting, gray, fraction=1.0).recolored(gray))[10, 10]
    mean = 0.05 * np.array([1, signs.mean()])
    chroma = 0.05 * 2**0.5
    expected = np.linalg.norm(mean) + 0.8 * (chroma - np.linalg.norm(mean))
    assert np.linalg.norm(found) == pytest.approx(expected, rel=0.05)
    assert np.dot(found, mean) / np.linalg.norm(found) / np.linalg.norm(mean) > 0.99


# ---- sizes


def test_flat_colors_are_those_of_the_small_picture():
    """Four times as large, painting and object are looked at as if they were small."""
    painting, picture = random(1, 120, 160), random(2, 90, 160)
    mask = np.random.default_rng(3).random((90, 160), np.float32)
    small = Palette(painting, picture, mask)
    one, two, three = (np.repeat(np.repeat(each, 4, 0), 4, 1) for each in (painting, picture, mask))
    large = Palette(one, two, three)
    expected = small.recolored(picture)
    np.testing.assert_allclose(large.recolored(two), np.repeat(np.repeat(expected, 4, 0), 4, 1), atol=1e-4)
    np.testing.assert_allclose(large.used(120, 160), small.used(120, 160), atol=1e-4)


def test_bytes_are_as_good_as_floats_and_nothing_given_is_changed():
    painting, picture = (np.rint(255 * random(seed)).astype(np.uint8) for seed in (1, 2))
    given = [np.float32(painting / 255), np.float32(picture / 255), everywhere(picture)]
    before = [each.copy() for each in given]
    found = Palette(*given).recolored(given[1])
    assert found.dtype == np.float32
    assert 0 <= found.min() < found.max() <= 1
    np.testing.assert_allclose(Palette(painting, picture, given[2] > 0).recolored(given[1]), found, atol=1e-5)
    for old, new in zip(before, given, strict=True):
        np.testing.assert_array_equal(old, new)


# ---- what cannot be used


def test_a_mask_of_another_size():
    with pytest.raises(RegionError) as error:
        Palette(random(1), random(2, 30, 36), np.ones((30, 35), np.float32))
    assert str(error.value) == "the mask has the shape (30, 35); give one of the picture's size, (30, 36)"


def test_a_part_of_a_painting_of_another_size():
    with pytest.raises(InputError) as error:
        palette_of(random(1), random(2, 30, 36), painting_mask=np.ones((30, 36), np.float32))
    assert str(error.value) == "the painting mask has the shape (30, 36); give one of the painting's size, (40, 60)"


def test_a_painting_of_which_nothing_is_left():
    with pytest.raises(RegionError, match="the mask of the painting selects nothing; give one that leaves some paint"):
        palette_of(random(1), random(2), painting_mask=np.zeros((40, 60), np.float32))
