"""A photo in the tones of its reference, label by label, without iterations."""

from typing import NamedTuple

import cv2
import numpy as np
import pytest
from helpers import SHALLOW
from scipy import ndimage

import sfumato
from sfumato.color import rgb_to_oklab
from sfumato.methods.photoreal import tones

HEIGHT, WIDTH = 180, 240
BRIGHT, DARK = (0.65, 0.75, 0.9), (0.15, 0.12, 0.1)


class Scene(NamedTuple):
    """A tower before a sky: the picture, the label map (1 is the tower), and how much of each pixel is tower."""

    picture: np.ndarray
    labels: np.ndarray
    tower: np.ndarray

    def parts(self, picture):
        """Colors (n, 3) of a picture well inside the sky, and well inside the tower."""
        return [picture[ndimage.distance_transform_edt(share < 1) > 8] for share in (self.tower, 1 - self.tower)]


def bytes_of(picture):
    return np.rint(255 * np.clip(picture, 0, 1)).astype(np.uint8)


def varied(color, seed, spread=0.12, shape=(HEIGHT, WIDTH)):
    """Colors around one, that vary smoothly with the place."""
    values = ndimage.gaussian_filter(np.random.default_rng(seed).random((*shape, 3)), (6, 6, 0), mode="wrap")
    return np.array(color) + spread * ((values - values.min()) / np.ptp(values) - 0.5)


def scene(sky, tower, seed=0, *, blur=0.0, spread=0.12):
    """A scene with edges as soft as those of a photo, or a little softer."""
    down, across = np.mgrid[: 4 * HEIGHT, : 4 * WIDTH] / 4
    left, right = 84 + 0.05 * (down - 45), 156 - 0.03 * (down - 45)
    fine = (down > 45) & (across > left) & (across < right)
    share = cv2.resize(fine.astype(np.float32), (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA)
    if blur:
        share = cv2.GaussianBlur(share, (0, 0), blur)
        share[share < 0.01], share[share > 0.99] = 0, 1
    picture = share[..., None] * varied(tower, seed + 1, spread) + (1 - share[..., None]) * varied(sky, seed, spread)
    return Scene(bytes_of(picture), (share > 0.5).astype(np.uint8), share)


def toned(photo, reference, *, labels=None, **options):
    """The photo of a scene in the tones of another, RGB in [0, 1]."""
    maps = {"labels": photo.labels if labels is None else labels, "reference_labels": reference.labels}
    return result(photo.picture, reference.picture, **{**maps, **options}).array / 255


def result(photo, reference, **options):
    return sfumato.photoreal(photo, reference, **{"transfer": "tones", "size": 0, **options})


def gray(reference):
    """A reference with a gray sky."""
    picture = reference.picture.copy()
    picture[reference.labels == 0] = picture[reference.labels == 0][:, :1]
    return reference._replace(picture=picture)


NIGHT = scene((0.2, 0.15, 0.3), (0.85, 0.7, 0.5), 7)
DUSK = scene((0.9, 0.5, 0.2), (0.3, 0.3, 0.6), 9)
STORM = scene((0.5, 0.45, 0.5), (0.6, 0.5, 0.4), 11, spread=0.95)


# ---- labels


@pytest.mark.parametrize("reference", [NIGHT, DUSK])
@pytest.mark.parametrize("semantic", ["soft", "hard"])
def test_each_label_takes_the_tones_of_its_own(reference, semantic):
    photo = scene(BRIGHT, DARK)
    found = toned(photo, reference, semantic=semantic)
    for part, wanted in zip(photo.parts(found), reference.parts(reference.picture), strict=True):
        ours, theirs = rgb_to_oklab(part), rgb_to_oklab(wanted / 255)
        np.testing.assert_allclose(ours.mean(0), theirs.mean(0), atol=0.01)
        tones, others = (np.quantile(each[:, 0], [0.05, 0.5, 0.95]) for each in (ours, theirs))
        np.testing.assert_allclose(tones, others, atol=0.02)


def test_a_label_takes_much_more_contrast_if_the_reference_has_it():
    photo, reference = scene((0.6, 0.6, 0.65), (0.35, 0.3, 0.3), spread=0.25), STORM
    pictures = photo.picture / 255, toned(photo, reference)
    for before, after, wanted in zip(*map(photo.parts, pictures), reference.parts(reference.picture), strict=True):
        own, found, theirs = (rgb_to_oklab(each)[:, 0].std() for each in (before, after, wanted / 255))
        assert 2 * own < found < theirs


def test_a_label_that_is_gray_in_the_reference_ends_without_hue():
    photo, reference = scene(BRIGHT, (0.3, 0.15, 0.1)), gray(scene((0.5, 0.5, 0.5), (0.2, 0.3, 0.5), 7))
    sky, tower = (rgb_to_oklab(part)[:, 1:] for part in photo.parts(toned(photo, reference)))
    assert np.linalg.norm(sky, axis=1).max() < 0.01
    assert np.linalg.norm(tower, axis=1).min() > 0.04


@pytest.mark.usefixtures("vgg")
@pytest.mark.filterwarnings("ignore:at .* the loss rose")
def test_it_stays_without_hue_whatever_the_network_sees():
    photo = scene(BRIGHT, DARK)
    found = toned(photo, gray(STORM), transfer="network", iterations="6", evenness=0.0, optimizer="lbfgs", **SHALLOW)
    assert np.linalg.norm(rgb_to_oklab(photo.parts(found)[0])[:, 1:], axis=1).max() < 0.01


@pytest.mark.parametrize("reference", [NIGHT, DUSK])
def test_each_label_becomes_as_vivid_as_in_the_reference(reference):
    photo = scene((0.5, 0.7, 0.95), (0.3, 0.15, 0.1), spread=0.4)
    for part, wanted in zip(photo.parts(toned(photo, reference)), reference.parts(reference.picture), strict=True):
        found, most = (np.linalg.norm(rgb_to_oklab(each)[:, 1:], axis=1) for each in (part, wanted / 255))
        assert found.max() < most.max() + 0.004  # a byte
        assert np.quantile(found, 0.9) > 0.95 * np.quantile(most, 0.9)


@pytest.mark.parametrize("blur", [0, 1])
@pytest.mark.parametrize("reference", [NIGHT, DUSK])
def test_no_rim_shows_along_a_border_of_labels(reference, blur):
    """What was between both sides is between what becomes of them, and as near to each."""
    photo = scene(BRIGHT, DARK, blur=blur)
    found = toned(photo, reference)
    sky, tower = photo.parts(found)
    least, most = (np.minimum(sky.min(0), tower.min(0)), np.maximum(sky.max(0), tower.max(0)))
    assert (found > least - 0.03).all()
    assert (found < most + 0.03).all()
    band = (photo.tower > 0) & (photo.tower < 1)
    share = photo.tower[..., None]
    off = np.abs(found - share * tower.mean(0) - (1 - share) * sky.mean(0))[band]
    assert band.sum() > 250
    assert off.mean() < 0.04
    assert off.max() < 0.15


@pytest.mark.parametrize("shift", [(2, 2), (-2, 2), (-3, -3)])
@pytest.mark.parametrize("reference", [NIGHT, DUSK])
def test_labels_that_are_off_by_a_few_pixels_end_at_the_edge_of_the_photo(reference, shift):
    photo = scene(BRIGHT, DARK)
    moved = ndimage.shift(photo.labels, shift, order=0, mode="nearest")
    assert (moved != photo.labels).sum() > 500
    off = np.abs(toned(photo, reference, labels=moved) - toned(photo, reference)).max(-1)
    assert off.mean() < 0.02
    wrong = (moved != photo.labels) & ((photo.tower == 0) | (photo.tower == 1))
    assert off[wrong].mean() < 0.1
    assert (off[wrong] > 0.2).mean() < 0.05


@pytest.mark.parametrize("label", [0, 1])
def test_a_line_along_a_border_that_is_neither_side_stays_with_its_label(label):
    photo = scene(BRIGHT, DARK)
    line = ndimage.binary_dilation(photo.labels, iterations=2) & (photo.labels == 0)
    picture, labels = photo.picture.copy(), photo.labels.copy()
    picture[line], labels[line] = (220, 30, 30), label
    found = toned(photo._replace(picture=picture), NIGHT, labels=labels)
    own = photo.parts(found)[label].mean(0)
    np.testing.assert_allclose(np.linalg.norm(found[line] - own, axis=1), 0, atol=0.25)


def test_noise_does_not_decide_at_a_border_that_does_not_show():
    """Of two labels of one gray, dark and light in the reference; along their border, nothing changes."""
    rng, labels = np.random.default_rng(0), np.tile(np.arange(120) >= 60, (90, 1)).astype(np.uint8)
    photo = bytes_of(0.6 + rng.normal(0, 1 / 255, (90, 120, 3)))
    reference = bytes_of(np.where(labels[..., None], 0.8, 0.2) + rng.normal(0, 1 / 255, (90, 120, 3)))
    found = result(photo, reference, labels=labels, reference_labels=labels).array / 255
    assert found.mean(-1).std(0).max() < 0.02
    assert np.diff(found.mean((0, 2))).max() < 0.15
    assert np.ptp(found.mean((0, 2))) > 0.55


def test_where_three_labels_meet_is_no_stain():
    """All take the same color, so that all is of that color."""
    labels = np.tile(np.arange(120) >= 60, (90, 1)).astype(np.uint8)
    labels[45:] = 2
    flat, nearly = np.full((90, 120, 3), 100, np.uint8), np.full((90, 120, 3), 180, np.uint8)
    nearly += np.random.default_rng(0).integers(0, 8, nearly.shape, np.uint8)
    found = result(flat, nearly, labels=labels, reference_labels=labels).array
    np.testing.assert_allclose(found, 183.5, atol=3)


# ---- noise


def grainy(grain, color, spread):
    """A sky of nearly one hue, with noise."""
    photo, sky = scene(BRIGHT, DARK), np.array(color) + varied((0, 0, 0), 3, spread)[..., :1]
    noise = np.random.default_rng(0).normal(0, grain / 255, sky.shape)
    return photo._replace(picture=np.where(photo.tower[..., None] == 0, bytes_of(sky + noise), photo.picture))


@pytest.mark.parametrize(
    ("photo", "reference", "least", "most"),
    [
        (grainy(4, (0.7, 0.7, 0.7), 0.2), DUSK, 0.8, 1.2),
        (grainy(2, (0.7, 0.7, 0.7), 0.2), STORM, 0.8, 3.5),  # of many strong hues
        (grainy(4, (0.7, 0.7, 0.7), 0.2), gray(STORM), 0, 0.1),
        (grainy(4, (0.5, 0.7, 0.9), 0.2), scene((0.6, 0.62, 0.65), DARK, 7, spread=0.02), 0.1, 0.5),
    ],
)
def test_noise_of_hues_is_as_strong_as_hues_are(photo, reference, least, most):
    spreads = []
    for picture in (photo.picture / 255, toned(photo, reference)):
        hues = rgb_to_oklab(picture)[..., 1:]
        spreads.append(photo.parts(hues - ndimage.gaussian_filter(hues, (2, 2, 0)))[0].std())
    assert least <= spreads[1] / spreads[0] < most


# ---- sizes and regions


@pytest.mark.parametrize("size", [60, 120])
def test_the_result_has_the_size_and_the_detail_of_the_photo(size):
    photo = scene(BRIGHT, DARK)
    found, full = toned(photo, NIGHT, size=size), toned(photo, NIGHT)
    assert found.shape == (HEIGHT, WIDTH, 3)
    assert np.abs(found - full).mean() < 0.02
    at_edge = (photo.tower > 0) & (photo.tower < 1)
    assert np.abs(found - full)[at_edge].mean() < 0.06


@pytest.mark.parametrize("reference", [NIGHT, gray(STORM)])
def test_strips_do_not_show(monkeypatch, reference):
    photo = grainy(4, BRIGHT, 0.2)
    whole = toned(photo, reference)
    monkeypatch.setattr(tones, "_STRIP", 7 * WIDTH)
    np.testing.assert_array_equal(toned(photo, reference), whole)


def test_other_pixels_keep_their_bytes():
    photo = scene(BRIGHT, DARK)
    maps = {"labels": photo.labels, "reference_labels": NIGHT.labels}
    done = result(photo.picture, NIGHT.picture, region="rect(60, 40, 180, 140)", feather=0, **maps)
    inside = np.zeros((HEIGHT, WIDTH), bool)
    inside[40:140, 60:180] = True
    np.testing.assert_array_equal(done.array[~inside], photo.picture[~inside])
    assert (done.array != photo.picture).any(-1)[inside].mean() > 0.95
    assert (done.alpha[~inside] == 0).all()


def test_labels_too_thin_to_have_an_inside_are_toned_all_the_same():
    photo = scene(BRIGHT, DARK)
    line = np.zeros((HEIGHT, WIDTH), np.uint8)
    line[:, 30:32] = 1
    sky, _ = photo.parts(toned(photo, NIGHT, labels=line))
    assert sky.mean() < 0.9 * np.mean(BRIGHT)
