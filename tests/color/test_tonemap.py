"""Colors of a photo in those of a reference, as a smooth function of color."""

import numpy as np
import pytest
from scipy import ndimage

from sfumato.color import ToneMap, match_histogram, oklab_to_rgb, rgb_to_oklab
from sfumato.errors import InputError, RegionError

QUANTILES = [0.02, 0.1, 0.25, 0.5, 0.75, 0.9, 0.98]


def random(seed=0, height=80, width=100, low=0.0, high=1.0, blur=2):
    """A smooth picture of all colors."""
    values = np.random.default_rng(seed).random((height, width, 3), np.float32)
    values = ndimage.gaussian_filter(values, (blur, blur, 0))
    return low + (high - low) * (values - values.min()) / np.ptp(values)


def of_tones(tones, a=0.0, b=0.0):
    """Colors of these lightnesses and of one hue."""
    tones = np.asarray(tones, np.float32)
    colors = np.stack(np.broadcast_arrays(tones, np.float32(a), np.float32(b)), -1)
    return np.clip(oklab_to_rgb(colors), 0, 1).astype(np.float32)


def ramp(low, high, height=20, width=100):
    """Lightness that grows from left to right."""
    return np.tile(np.linspace(low, high, width, dtype=np.float32), (height, 1))


def mapped(photo, reference, *masks):
    """What becomes of a photo, in Oklab."""
    return ToneMap(photo, reference, *masks)(rgb_to_oklab(photo))


def chroma(colors):
    return np.linalg.norm(colors[..., 1:], axis=-1)


# ---- what it makes of a photo


@pytest.mark.parametrize(("low", "high"), [(0.0, 1.0), (0.3, 0.7), (0.5, 0.9)])
@pytest.mark.parametrize("blur", [1, 4])
def test_lightness_is_distributed_as_in_the_reference(low, high, blur):
    photo, reference = random(1, blur=blur), random(2, low=low, high=high, blur=blur)
    found, wanted = mapped(photo, reference), rgb_to_oklab(reference)
    assert found.shape == photo.shape
    np.testing.assert_allclose(np.quantile(found[..., 0], QUANTILES), np.quantile(wanted[..., 0], QUANTILES), atol=0.02)
    np.testing.assert_allclose(found.mean((0, 1)), wanted.mean((0, 1)), atol=0.005)
    assert chroma(found).mean() == pytest.approx(chroma(wanted).mean(), rel=0.05)


def test_hues_go_with_tones_as_in_the_reference():
    reference = np.concatenate([of_tones(ramp(0.2, 0.5), b=-0.1), of_tones(ramp(0.5, 0.8), a=0.1)])
    found = mapped(of_tones(ramp(0.1, 0.9)), reference)[0]
    np.testing.assert_allclose(found[5:40, 1:], np.broadcast_to((0, -0.1), (35, 2)), atol=0.02)
    np.testing.assert_allclose(found[60:95, 1:], np.broadcast_to((0.1, 0), (35, 2)), atol=0.02)


def test_a_mean_of_two_hues_keeps_most_of_their_chroma():
    """A gray becomes red at one half of its places and blue at the other by faint noise, so that the mean is purple."""
    tints = np.random.default_rng(0).random((40, 100)) < 0.5
    reference = np.where(tints[..., None], of_tones(ramp(0.3, 0.7, 40), a=0.1), of_tones(ramp(0.3, 0.7, 40), b=-0.1))
    noise = np.random.default_rng(1).normal(0, 0.0005, (2, 40, 100))
    found = mapped(of_tones(ramp(0.3, 0.7, 40), *noise), reference)[:, 10:90]
    mean = chroma(rgb_to_oklab(reference).mean((0, 1)))
    assert chroma(found).mean() == pytest.approx(0.8 * 0.1 + 0.2 * mean, rel=0.03)


@pytest.mark.parametrize(
    "reference",
    [of_tones(ramp(0, 1) ** 3), of_tones(ramp(0.4, 0.6), a=0.1), of_tones(ramp(0.1, 0.9), 0.1 * ramp(-1, 1), -0.05)],
)
def test_what_is_lighter_stays_lighter(reference):
    found = mapped(of_tones(ramp(0.05, 0.95, width=400)), reference)[0, :, 0]
    assert np.diff(found).min() > 0
    assert np.ptp(found) > 0.9 * np.ptp(rgb_to_oklab(reference)[..., 0])


@pytest.mark.parametrize("photo", [random(1), of_tones(ramp(0, 1), a=0.05)])
def test_a_gray_reference_leaves_no_hue(photo):
    found = mapped(photo, np.repeat(random(2)[..., :1], 3, -1))
    assert chroma(rgb_to_oklab(photo)).mean() > 0.04
    assert chroma(found).max() < 1e-3


def test_similar_colors_become_similar():
    """Neighboring tones of a photo do not differ by more than a few times as much as they did."""
    photo = random(1)
    tones = ToneMap(photo, random(2))
    lab = rgb_to_oklab(photo).astype(np.float64)
    for axis in range(3):
        moved = lab + 0.002 * np.eye(3)[axis]
        assert np.linalg.norm(tones(moved) - tones(lab), axis=-1).max() < 5 * 0.002


def test_colors_become_the_same_wherever_they_are():
    photo, reference = random(1), random(2)
    tones, lab = ToneMap(photo, reference), rgb_to_oklab(photo)
    whole = tones(lab)
    np.testing.assert_array_equal(tones(lab[::-1, ::3])[5, 7], whole[-6, 21])
    np.testing.assert_array_equal(tones(lab[30]), whole[30])
    np.testing.assert_array_equal(ToneMap(photo, reference)(lab), whole)


@pytest.mark.parametrize("spread", [0.0003, 0.0005])
def test_noise_in_the_hues_of_a_gray_photo_stays_faint(spread):
    rng, tones = np.random.default_rng(0), ramp(0.2, 0.9, 80)
    noise = rng.normal(0, spread, (2, *tones.shape))
    photo = of_tones(tones, *noise)
    # A column is of one tone, so what differs within it is noise.
    found, full = (
        colors[..., 1:].std(0).mean()
        for colors in (mapped(photo, random(2)), rgb_to_oklab(match_histogram(photo, random(2))))
    )
    assert found < 10 * spread
    assert found < full / 8


# ---- colors that the photo does not have


def clusters(*colors):
    """Patches of nearly one color each, given in Oklab."""
    rng = np.random.default_rng(0)
    patches = [color + rng.normal(0, 0.004, (20, 20, 3)) for color in np.array(colors)]
    return np.clip(oklab_to_rgb(np.concatenate(patches, 1)), 0, 1).astype(np.float32)


@pytest.mark.parametrize(
    ("colors", "dark"),
    [([[0.05, 0, 0], [0.3, 0, -0.02], [0.0, 0.02, 0.01]], True), ([[0.95, 0, 0], [0.7, 0.03, 0.01], [1, 0, 0]], False)],
)
def test_other_colors_take_what_the_nearest_ones_take(colors, dark):
    """A photo of dark and light gray, which become red that is lighter and blue that is darker."""
    photo = clusters([0.2, 0, 0], [0.8, 0, 0])
    tones = ToneMap(photo, clusters([0.3, 0.1, 0], [0.6, 0, -0.1]))
    change, hue = (0.1, (0.1, 0)) if dark else (-0.2, (0, -0.1))
    colors = np.array(colors)
    found = tones(colors)
    np.testing.assert_allclose(found[:, 0], colors[:, 0] + change, atol=0.03)
    np.testing.assert_allclose(found[:, 1:], np.broadcast_to(hue, (3, 2)), atol=0.01)


@pytest.mark.parametrize("photo", [random(1, low=0.35, high=0.65), of_tones(ramp(0.4, 0.6)), of_tones(ramp(0.5, 0.5))])
def test_colors_far_from_all_of_the_photo_are_found_too(photo):
    reference = random(2)
    corners = np.stack(np.meshgrid(*3 * [[0.0, 1.0]]), -1)
    found, hues = ToneMap(photo, reference)(rgb_to_oklab(corners)), rgb_to_oklab(reference)[..., 1:]
    assert np.isfinite(found).all()
    assert (found[..., 1:] > hues.min((0, 1))).all()
    assert (found[..., 1:] < hues.max((0, 1))).all()


# ---- what counts


@pytest.fixture
def halves():
    """A photo and a reference, whose left halves are darker, and masks of those halves."""
    pictures, masks = [random(1), random(2, width=120)], []
    for picture in pictures:
        masks.append(np.tile(np.arange(picture.shape[1]) < picture.shape[1] // 2, (80, 1)))
        picture[masks[-1]] *= 0.6
    return *pictures, *masks


def test_only_what_the_masks_select_counts(halves):
    photo, reference, ours, theirs = halves
    lab = rgb_to_oklab(photo)
    expected = ToneMap(photo[:, :50], reference[:, :60])(lab)
    np.testing.assert_allclose(ToneMap(photo, reference, ours, theirs)(lab), expected, atol=1e-6)
    assert np.abs(ToneMap(photo, reference)(lab) - expected).mean() > 0.01


def test_masks_are_weights(halves):
    """A pixel of half the weight counts as much as one that is there half as often."""
    photo, reference, ours, theirs = halves
    lab = rgb_to_oklab(photo)
    ours, theirs = 0.25 + 0.25 * ours, 1 - 0.5 * theirs
    doubled = [
        np.concatenate([picture, picture[:, mask[0] == mask.max()]], 1)
        for picture, mask in ((photo, ours), (reference, theirs))
    ]
    found = ToneMap(photo, reference, ours, theirs)(lab)
    np.testing.assert_allclose(found, ToneMap(*doubled)(lab), atol=0.003)


def test_a_large_photo_is_as_good_as_a_small_one():
    photo, reference = random(1), random(2)
    large = np.repeat(np.repeat(photo, 5, 0), 5, 1)
    lab = rgb_to_oklab(photo)
    difference = ToneMap(large, reference)(lab) - ToneMap(photo, reference)(lab)
    assert np.abs(difference).mean() < 0.002


def test_bytes_are_as_good_as_floats_and_nothing_given_is_changed(halves):
    photo, reference, ours, theirs = halves
    photo, reference = np.rint(255 * photo).astype(np.uint8), np.rint(255 * reference).astype(np.uint8)
    given = [np.float32(photo / 255), np.float32(reference / 255), np.float32(ours), np.float32(theirs)]
    before, lab = [each.copy() for each in given], rgb_to_oklab(given[0])
    own = lab.copy()
    found = ToneMap(*given)(lab)
    np.testing.assert_allclose(ToneMap(photo, reference, ours, theirs)(lab), found, atol=1e-5)
    for old, new in zip([*before, own], [*given, lab], strict=True):
        np.testing.assert_array_equal(old, new)


# ---- what cannot be used


@pytest.mark.parametrize("name", ["photo", "reference"])
def test_a_mask_that_selects_nothing(halves, name):
    photo, reference, *_ = halves
    mask = {f"{name}_mask": np.zeros({"photo": (80, 100), "reference": (80, 120)}[name])}
    with pytest.raises(RegionError) as error:
        ToneMap(photo, reference, **mask)
    assert str(error.value) == (
        f"the mask of the {name} selects nothing, so there are no colors to match; choose another"
    )


@pytest.mark.parametrize(("name", "size"), [("photo", (80, 100)), ("reference", (80, 120))])
def test_a_mask_of_another_size(halves, name, size):
    photo, reference, *_ = halves
    with pytest.raises(InputError) as error:
        ToneMap(photo, reference, **{f"{name}_mask": np.ones((80, 90))})
    assert str(error.value) == f"the {name} mask has the shape (80, 90); give one of the {name}'s size, {size}"


def test_what_is_lighter_does_not_become_darker_where_the_photo_has_no_tones():
    """Dark and light gray, which become nearly alike: what is between them has to pass from one to the other."""
    tones = ToneMap(clusters([0.2, 0, 0], [0.8, 0, 0]), clusters([0.2, 0, 0], [0.3, 0, 0]))
    found = tones(np.stack([np.linspace(0, 1, 101), *np.zeros((2, 101))], -1))[:, 0]
    assert np.diff(found).min() > -1e-6


def test_a_single_color_may_be_given():
    tones = ToneMap(random(1), random(2))
    color = np.array([0.5, 0.02, -0.03])
    np.testing.assert_array_equal(tones(color), tones(color[None, None])[0, 0])
