from itertools import pairwise

import numpy as np
import pytest
from scipy import ndimage
from skimage.color import deltaE_cie76, rgb2lab

from sfumato.blend import soft_edge
from sfumato.errors import InputError
from sfumato.metrics import Seam, seam

BLUE, SAND = (0.3, 0.4, 0.6), (0.5, 0.5, 0.4)
SIZE = 240
Y, X = np.mgrid[:SIZE, :SIZE].astype(np.float32)
HALF = (X >= SIZE // 2).astype(np.float32)


def plain(color, shape=(SIZE, SIZE)):
    return np.full((*shape, 3), color, np.float32)


def stripes(along, period=16, low=0.4, high=0.6):
    return np.where((along // (period / 2)) % 2 < 1, low, high)[..., None].repeat(3, -1).astype(np.float32)


def noisy(picture, seed, sigma=0.03):
    return (picture + np.random.default_rng(seed).normal(0, sigma, picture.shape)).clip(0, 1).astype(np.float32)


def mix(photo, styled, mask, width):
    alpha = soft_edge(mask, width)[..., None]
    return photo + alpha * (styled - photo)


def blend(photo, styled, mask, width):
    """The seam of a feather, seen in a band that holds all the feathers compared here."""
    return seam(photo, styled, mix(photo, styled, mask, width), mask, width=80)


def height(one, other):
    return float(deltaE_cie76(*rgb2lab([[one, other]])[0]))


def test_flat_ground_wants_a_wide_feather():
    values = [blend(plain(BLUE), plain(SAND), HALF, width) for width in (0, 4, 16, 40)]
    for sharper, softer in pairwise(values):
        assert sharper.fine > 1.1 * softer.fine
        assert sharper.coarse > 1.01 * softer.coarse
        assert sharper.value > 1.1 * softer.value
    assert all(seen.ghost < 0.01 for seen in values)


@pytest.mark.parametrize(
    ("name", "mask"),
    [
        ("upright", X >= SIZE // 2),
        ("level", Y >= SIZE // 2),
        ("diagonal", X + Y >= SIZE),
        ("slanted", 0.4 * X + Y >= 160),
        ("round", np.hypot(X - 120, Y - 120) < 60),
    ],
)
def test_a_cut_between_flat_colors_is_as_high_as_their_difference(name, mask):
    cut = tuple(blend(plain(BLUE), plain(SAND), mask.astype(np.float32), 0))
    assert cut == pytest.approx((height(BLUE, SAND),) * 3 + (0,), rel=0.06, abs=0.01), name


def test_a_longer_boundary_is_no_worse():
    bar = ((X >= 80) & (X < 160)).astype(np.float32)
    for width in (0, 8, 32):
        once, twice = (tuple(blend(plain(BLUE), plain(SAND), mask, width)) for mask in (HALF, bar))
        assert once == pytest.approx(twice, rel=1e-3, abs=1e-3)


def test_a_larger_picture_is_no_worse():
    def seen(times, width):
        y, x = np.mgrid[: 200 * times, : 700 * times] / times
        photo = np.stack([0.4 + 0.1 * np.sin(x / 9), 0.5 + 0.1 * np.sin(y / 7 + x / 30), 0.5 + 0 * x], -1)
        styled = np.stack([0.6 + 0.1 * np.sin(y / 9), 0.5 + 0.1 * np.sin(x / 8), 0.3 + 0 * x], -1)
        mask = (x + y / 3 >= 350).astype(np.float32)
        return seam(photo, styled, mix(photo, styled, mask, width * times), mask, width=60 * times)

    for width in (0, 10, 40):
        assert tuple(seen(1, width)) == pytest.approx(tuple(seen(2, width)), rel=0.2, abs=0.3)


def test_a_large_picture_is_seen_reduced():
    y, x = np.mgrid[:20, :1000].astype(np.float32)
    mask = (x + y >= 500).astype(np.float32)
    photo, styled = noisy(stripes(x), 0), noisy(stripes(x + 2 * y), 1)
    small = photo, styled, mix(photo, styled, mask, 6), mask
    large = [array.repeat(3, 0).repeat(3, 1) for array in small]
    assert seam(*small).value > 0.5
    assert tuple(seam(*large)) == pytest.approx(tuple(seam(*small)), rel=1e-3)


def test_there_is_no_seam_where_nothing_meets():
    photo, styled = noisy(stripes(X), 0), noisy(stripes(Y), 1)
    none = Seam(0, 0, 0, 0)
    assert seam(photo, styled, photo, HALF) == none
    assert seam(photo, photo, photo, HALF) == none
    assert seam(photo, styled, styled, HALF) == none
    for mask in (np.zeros_like(HALF), np.ones_like(HALF)):
        assert seam(photo, styled, mix(photo, styled, HALF, 0), mask) == none


def test_what_is_far_from_the_boundary_is_no_seam():
    result = plain(BLUE)
    result[:, 200:] = SAND
    assert seam(plain(BLUE), plain(BLUE), result, HALF, width=80).value == 0
    assert seam(plain(BLUE), plain(BLUE), result, HALF, width=200).value > 10


def test_an_outline_that_is_there_is_no_seam():
    """An object of another color, styled, has a visible edge as it had before."""
    thing = (np.hypot(X - 120, Y - 120) < 60).astype(np.float32)
    photo = np.where(thing[..., None] > 0, plain((0.8, 0.3, 0.2)), plain((0.2, 0.4, 0.5)))
    styled = np.where(thing[..., None] > 0, plain((0.6, 0.4, 0.2)), plain((0.5, 0.5, 0.2)))
    along = blend(photo, styled, thing, 0)
    beside = blend(photo, styled, (np.hypot(X - 120, Y - 120) < 80).astype(np.float32), 0)
    assert along.value < 0.01
    assert beside.value > 20


def test_edges_across_the_boundary_excuse_little():
    """Stripes that the cut crosses at right angles are edges of another direction."""
    photo, styled = plain(BLUE) + stripes(Y) - 0.5, plain(SAND) + stripes(Y) - 0.5
    heights = [height(photo[y, 0], styled[y, -1]) for y in (4, 12)]
    assert blend(photo, styled, HALF, 0).fine == pytest.approx(np.mean(heights), rel=0.2)


@pytest.mark.parametrize(
    "styled", [stripes(0.7 * (X + Y)), stripes(X + 4), stripes(Y)], ids=["slant", "phase", "cross"]
)
def test_a_wide_feather_that_ghosts_is_not_rewarded(styled):
    photo = stripes(X)
    narrow, wide, wider = (blend(photo, styled, HALF, width) for width in (4, 32, 64))
    assert narrow.ghost < 0.5 * wide.ghost
    assert wide.ghost < 0.8 * wider.ghost
    assert narrow.value < wide.value < wider.value


def test_a_cut_where_both_agree_is_best():
    corridor = (abs(X - 160) < 12)[..., None]
    photo, styled = (np.where(corridor, 0.5, picture) for picture in (stripes(X + 3), stripes(Y, high=0.8)))
    best = blend(photo, styled, (X >= 160).astype(np.float32), 4)
    others = [blend(photo, styled, (X >= 90).astype(np.float32), width).value for width in (0, 4, 8, 16, 32)]
    assert best.value < 0.1
    assert min(others) > 2


def test_a_structure_that_both_share_is_no_ghost():
    photo, styled = stripes(X) * 0.9, stripes(X) * 0.9 + 0.05
    assert blend(photo, styled, HALF, 64).ghost < 0.1


def test_a_structure_that_fades_to_flat_ground_is_no_ghost():
    assert blend(stripes(X), plain(0.5), HALF, 64).ghost < 0.1


def test_a_styled_region_in_the_tones_of_the_photo_is_neither_cut_nor_ghost():
    """What gradient-domain blending does: the styled structure in full, moved to the photo's colors."""
    photo, styled = plain(0.3), stripes(X, low=0.5, high=0.6)
    shifted = np.where(HALF[..., None] > 0, styled - 0.2, photo)
    moved, cut = seam(photo, styled, shifted, HALF), seam(photo, styled, mix(photo, styled, HALF, 0), HALF)
    assert moved.ghost < 0.1
    assert moved.value < 0.2 * cut.value


def test_noise_hides_a_seam_rather_than_makes_one():
    for width in (0, 8, 40):
        clean = blend(plain(BLUE), plain(SAND), HALF, width).value
        assert blend(noisy(plain(BLUE), 0), noisy(plain(SAND), 1), HALF, width).value < clean


def test_noise_alone_is_hardly_a_seam():
    photo, styled = noisy(plain(0.5), 0), noisy(plain(0.5), 1)
    spread = float(np.sqrt(((rgb2lab(photo) - rgb2lab(plain(0.5))) ** 2).sum(-1).mean()))
    for width in (0, 4, 16):
        assert blend(photo, styled, HALF, width).value < 0.5 * spread


def test_it_is_the_same_in_a_mirror_and_turned():
    photo, styled = noisy(stripes(X + Y / 3), 0), noisy(stripes(Y, 20, 0.1, 0.3), 1)
    mask = (np.hypot(X - 100, Y - 140) < 60).astype(np.float32)
    arrays = photo, styled, mix(photo, styled, mask, 12), mask
    once = tuple(seam(*arrays))
    assert min(once) > 0.3
    for turn in (np.fliplr, np.flipud, np.rot90, lambda x: x.swapaxes(0, 1)):
        assert tuple(seam(*(turn(array) for array in arrays))) == pytest.approx(once, rel=1e-3)


def by_hand(photo, styled, result, mask, width):
    """Compute the formula of the docstring with other tools, in float64, pixel by pixel where it is not a filter."""
    rows, columns = mask.shape
    fine, coarse = max(0.0015 * columns, 1), 0.006 * columns

    def blurred(x, sigma):
        return ndimage.gaussian_filter(x, sigma, mode="nearest", radius=int(np.ceil(4 * sigma)), axes=(0, 1))

    def gradient(x, sigma):
        x = blurred(np.asarray(x, np.float64), np.sqrt(sigma**2 - 1 / 3))
        return [ndimage.correlate1d(x, [-0.5, 0, 0.5], axis=axis, mode="nearest") for axis in (1, 0)]

    def edges(labs, sigma):
        reach = 2 * round(2 * sigma) + 1
        energy = np.zeros((rows, columns))
        for angle in np.radians([0, 45, 90, 135]):
            steep = []
            for lab in labs:
                x, y = gradient(lab, sigma)
                steep.append(np.linalg.norm(np.cos(angle) * x + np.sin(angle) * y, axis=-1))
            excuse = ndimage.maximum_filter(np.maximum(steep[0], steep[1]), reach, mode="nearest")
            energy += np.maximum(steep[2] - excuse, 0) ** 2 / 2
        return energy

    def ghosts(labs, sigma):
        p, s, r = (np.stack([*gradient(lab, sigma)], -2) for lab in labs)  # (H, W, 2, 3)
        share = blurred(((r - p) * (s - p)).sum((-2, -1)), sigma) / blurred(((s - p) ** 2).sum((-2, -1)), sigma)
        shares = np.stack([1 - share, share]).clip(0, 1) * (blurred(((s - p) ** 2).sum((-2, -1)), sigma) >= 0.01)
        for at in np.ndindex(rows, columns):
            lab_p, lab_s, lab_r = (lab[at] for lab in labs)
            if np.linalg.norm(lab_s - lab_p) >= 1:
                tint = np.clip(np.linalg.lstsq((lab_s - lab_p)[:, None], lab_r - lab_p)[0][0], 0, 1)
                shares[:, *at] = np.minimum(shares[:, *at], [1 - tint, tint])
        near, window = 2 * round(sigma) + 1, 4 * sigma
        tensors = [blurred(np.einsum("hwic,hwjc->hwij", a, b), window) for a, b in ((p, p), (s, s), (p, s))]
        energy = np.zeros((rows, columns))
        least_p, least_s = (ndimage.minimum_filter(share, near, mode="nearest") for share in shares)
        for at in np.ndindex(rows, columns):
            of_p, of_s, common = (tensor[at] for tensor in tensors)
            directed_p, directed_s = (np.diff(np.linalg.eigvalsh(tensor))[0] for tensor in (of_p, of_s))
            alike = np.clip(np.trace(common) / np.sqrt(np.trace(of_p) * np.trace(of_s)), 0, 1)
            energy[at] = min(least_p[at] ** 2 * directed_p, least_s[at] ** 2 * directed_s) * (1 - alike)
        return energy

    labs = [rgb2lab(picture.astype(np.float64)) for picture in (photo, styled, result)]
    inside = mask >= 0.5
    depth = ndimage.distance_transform_edt(inside) + ndimage.distance_transform_edt(~inside) - 0.5
    length = np.linalg.norm(gradient(inside, fine), axis=0).sum()
    parts = []
    for energy, sigma in ((edges, fine), (edges, coarse), (ghosts, fine)):
        total = energy(labs, sigma)[depth <= width / 2].sum()
        parts.append(np.sqrt(2 * np.sqrt(np.pi) * sigma * total / length))
    return np.sqrt(np.square(parts).sum() / 2), *parts


@pytest.mark.parametrize("width", [6, 14])
def test_it_is_the_formula(width):
    y, x = np.mgrid[:30, :420].astype(np.float32)
    photo = noisy(plain(BLUE, x.shape) + 0.5 * (stripes(x + y / 2, 18) - 0.5), 0)
    styled = noisy(plain(SAND, x.shape) + 0.8 * (stripes(y + x / 9, 14) - 0.5), 1)
    mask = (abs(x - 210) + 2 * y < 120).astype(np.float32) * 0.9
    result = mix(photo, styled, (mask > 0.5).astype(np.float32), width)
    expected = by_hand(photo, styled, result, mask, 40)
    assert min(expected) > 0.2
    assert tuple(seam(photo, styled, result, mask, width=40)) == pytest.approx(expected, rel=2e-3)


def test_the_default_band_is_an_eighth_of_the_longer_side():
    photo, styled = noisy(stripes(X), 0), noisy(stripes(Y), 1)
    result = mix(photo, styled, HALF, 60)
    assert seam(photo, styled, result, HALF) == seam(photo, styled, result, HALF, width=SIZE / 8)
    assert seam(photo, styled, result, HALF) != seam(photo, styled, result, HALF, width=SIZE / 4)


def test_pictures_stay_as_they_are():
    arrays = [noisy(stripes(X), 0), noisy(stripes(Y), 1), noisy(stripes(X), 2) * 5 - 2, HALF.copy()]
    before = [array.copy() for array in arrays]
    assert seam(*arrays) == seam(arrays[0], arrays[1], arrays[2].clip(0, 1), HALF)
    for array, copy in zip(arrays, before, strict=True):
        np.testing.assert_array_equal(array, copy)


@pytest.mark.parametrize("wrong", ["photo", "styled", "result"])
def test_pictures_of_another_size(wrong):
    pictures = {name: plain(BLUE) for name in ("photo", "styled", "result")} | {wrong: plain(BLUE, (10, 12))}
    with pytest.raises(InputError, match=rf"^the {wrong} has the shape \(10, 12, 3\); .*\(240, 240\)$"):
        seam(**pictures, mask=HALF)


@pytest.mark.parametrize("width", [0.5, -3, float("nan")])
def test_a_band_of_nothing(width):
    with pytest.raises(InputError, match=f"^the band's width is {width:g} pixels; give 1 or more$"):
        seam(plain(BLUE), plain(SAND), plain(SAND), HALF, width=width)
