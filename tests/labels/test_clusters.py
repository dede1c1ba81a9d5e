import itertools
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from scipy.cluster.vq import kmeans2

from sfumato.errors import RegionError
from sfumato.labels import clusters, paired_clusters
from sfumato.labels.clusters import _seen, _sharp
from sfumato.labels.fit import in_both, settled, tightest

PHOTOS = Path(__file__).resolve().parents[2] / ".." / "shared" / "data" / "photo"

DAY = np.float32([[0.5, 0.7, 1.0], [0.2, 0.5, 0.2], [0.6, 0.5, 0.4]])
NIGHT = np.float32([[0.05, 0.05, 0.15], [0.9, 0.7, 0.3], [0.3, 0.1, 0.1]])


def painted(index, colors, seed=0):
    """A picture of flat patches with a little noise."""
    noise = np.random.default_rng(seed).normal(0, 0.01, (*index.shape, 3))
    return np.clip(colors[index] + noise, 0, 1).astype(np.float32)


def channels(index, step=8, seed=0):
    """What a network might see: for each thing a direction of its own, on a grid `step` times as coarse."""
    rng = np.random.default_rng(seed)
    things = np.abs(np.random.default_rng(7).normal(size=(4, 32)))
    coarse = things[index[step // 2 :: step, step // 2 :: step]].transpose(2, 0, 1)
    return (coarse * (1 + 0.1 * rng.normal(size=coarse.shape))).astype(np.float32)


def stacked(labels):
    return np.stack(list(labels.values()))


def won(labels, index, thing):
    """Which label has most of a thing, and the share of the thing that is its."""
    shares = stacked(labels)[:, index == thing].mean(1)
    return shares.argmax(), shares.max()


@pytest.fixture
def mirrored():
    """Three things at other places and in other colors in each picture: indices, and the pictures."""
    day, night = np.zeros((96, 128), int), np.full((80, 120), 2)
    day[:, 40:80], day[:, 80:] = 1, 2
    night[:24], night[24:56] = 1, 0
    return day, night, painted(day, DAY), painted(night, NIGHT, 1)


def check(labels, picture):
    assert list(labels) == [f"part {n}" for n in range(1, len(labels) + 1)]
    masks = stacked(labels)
    assert masks.dtype == np.float32
    assert masks.shape[1:] == picture.shape[:2]
    assert masks.min() >= 0
    np.testing.assert_allclose(masks.sum(0), 1, atol=1e-5)
    assert masks.mean((1, 2)).min() >= 0.02


def test_features_tell_what_corresponds(mirrored):
    day, night, photo, reference = mirrored
    parts, same = paired_clusters(photo, reference, [channels(day)], [channels(night, seed=1)], count=3)
    check(parts, photo)
    check(same, reference)
    winners = [(won(parts, day, thing), won(same, night, thing)) for thing in range(3)]
    for (ours, share), (theirs, other_share) in winners:
        assert ours == theirs
        assert min(share, other_share) > 0.97
    assert len({ours for (ours, _), _ in winners}) == 3


def test_layers_may_be_many_and_of_any_size(mirrored):
    day, night, photo, reference = mirrored
    ours, theirs = ([channels(index, step) for step in (4, 8, 16)] for index in (day, night))
    parts, same = paired_clusters(photo, reference, ours, theirs, count=3)
    for thing in range(3):
        assert won(parts, day, thing)[0] == won(same, night, thing)[0]
        assert min(won(parts, day, thing)[1], won(same, night, thing)[1]) > 0.97


def test_without_features_height_tells_what_corresponds_and_color_where_it_ends():
    day, night = np.zeros((120, 80), int), np.zeros((80, 120), int)
    day[70:], night[33:] = 1, 1
    photo, reference = painted(day, DAY), painted(night, NIGHT, 1)
    parts, same = paired_clusters(photo, reference, count=2)
    for thing in range(2):
        assert won(parts, day, thing)[0] == won(same, night, thing)[0]
        assert min(won(parts, day, thing)[1], won(same, night, thing)[1]) > 0.99


def test_without_features_the_middle_corresponds_to_the_middle():
    day, night = np.zeros((80, 120), int), np.zeros((80, 120), int)
    day[:, 36:80] = night[:, 44:92] = 1
    parts, same = paired_clusters(painted(day, DAY), painted(night, DAY[[1, 0]], 1), count=2)
    for thing in range(2):
        assert won(parts, day, thing)[0] == won(same, night, thing)[0]
        assert min(won(parts, day, thing)[1], won(same, night, thing)[1]) > 0.97


def test_features_count_relative_to_the_mean_of_the_picture(mirrored):
    day, night, photo, reference = mirrored
    maps, others = channels(day), channels(night, seed=1)
    others += 3 * np.abs(np.random.default_rng(5).normal(size=(32, 1, 1))).astype(np.float32)
    parts, same = paired_clusters(photo, reference, [maps], [others], count=3)
    for thing in range(3):
        assert won(parts, day, thing)[0] == won(same, night, thing)[0]
        assert min(won(parts, day, thing)[1], won(same, night, thing)[1]) > 0.97


def test_doubtful_labels_follow_the_edges_of_the_photo():
    index = np.zeros((160, 192), int)
    index[:, :100] = 1
    left = np.full((20, 24), 0.25, np.float32)
    left[:, :14] = 0.75  # to column 112
    sharp = _sharp(painted(index, DAY), np.stack([left, 1 - left]))
    assert (sharp.argmax(0) == index).mean() < 0.001


def test_all_layers_count_alike_and_together_as_one(mirrored):
    day, night, _, _ = mirrored
    ours, theirs = ([channels(index, step) * step for step in (4, 8, 16)] for index in (day, night))
    layers = _seen(ours, theirs, [(12, 16), (10, 15)])
    for sides in layers:
        assert np.mean([(side**2).sum(1).mean() for side in sides]) == pytest.approx(1 / 3)


def test_edges_lie_where_the_photo_has_them():
    index = np.zeros((300, 400), int)
    index[:143] = 1
    photo = painted(index, DAY)
    parts, _ = paired_clusters(photo, photo, count=2)
    upper = stacked(parts)[won(parts, index, 1)[0]]
    assert (np.abs((upper > 0.5).sum(0) - 143) <= 1).all()


def test_what_one_picture_alone_has_is_no_part(mirrored):
    _, night, _, reference = mirrored
    day = np.zeros((96, 128), int)
    day[:, 70:], day[60:, :40] = 1, 3
    night = np.where(night == 2, 0, night)
    photo = painted(day, np.vstack([DAY, [[1, 0, 0]]]))
    reference = painted(night, NIGHT)
    parts, same = paired_clusters(photo, reference, [channels(day)], [channels(night, seed=1)], count=3)
    assert list(parts) == list(same)
    assert min(stacked(same).mean((1, 2)).min(), stacked(parts).mean((1, 2)).min()) > 0.02
    for thing in range(2):
        assert won(parts, day, thing)[0] == won(same, night, thing)[0]


def test_the_same_picture_twice_has_the_same_parts_and_so_has_the_same_call(mirrored):
    day, _, photo, _ = mirrored
    maps = channels(day)
    before = photo.copy(), maps.copy()
    parts, same = paired_clusters(photo, photo, [maps], [maps])
    np.testing.assert_allclose(stacked(parts), stacked(same), atol=1e-6)
    again, _ = paired_clusters(photo, photo, [maps], [maps])
    np.testing.assert_array_equal(stacked(parts), stacked(again))
    np.testing.assert_array_equal(photo, before[0])
    np.testing.assert_array_equal(maps, before[1])


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_the_larger_parts_come_first(order):
    index = np.digitize(np.arange(96), [48, 80])[:, None].repeat(96, 1)  # shares of 1/2, 1/3 and 1/6
    index = np.array(order)[index]
    photo, maps = painted(index, DAY), [channels(index)]
    for labels in paired_clusters(photo, photo, maps, maps, count=3):
        np.testing.assert_allclose(stacked(labels).mean((1, 2)), [1 / 2, 1 / 3, 1 / 6], atol=0.01)


def test_what_is_scattered_is_given_up_in_both():
    rng = np.random.default_rng(0)
    photo, reference = rng.random((300, 300, 3), np.float32), rng.random((300, 309, 3), np.float32)
    parts, same = paired_clusters(photo, reference, count=7)
    assert list(parts) == list(same)
    check(parts, photo)
    check(same, reference)


def test_where_the_filters_leave_nothing_there_is_one_part(mirrored, monkeypatch):
    _, _, photo, reference = mirrored
    monkeypatch.setattr(clusters, "_sharp", lambda picture, soft: np.full_like(soft, 0.1))
    for side in paired_clusters(photo, reference):
        assert list(side) == ["part 1"]
        assert (side["part 1"] == 1).all()


@pytest.mark.parametrize("sizes", list(itertools.product([(60, 90), (1, 1), (3, 200), (200, 3)], repeat=2)))
@pytest.mark.parametrize("kind", ["flat", "noise"])
def test_odd_pictures_have_parts_too(sizes, kind):
    rng = np.random.default_rng(0)
    flat = np.full((*sizes[0], 3), 0.5, np.float32)
    other = rng.random((*sizes[1], 3), np.float32) if kind == "noise" else np.zeros((*sizes[1], 3), np.float32)
    parts, same = paired_clusters(flat, other, count=7)
    assert list(parts) == list(same)
    check(parts, flat)
    check(same, other)


def test_one_part_is_everything(mirrored):
    _, _, photo, reference = mirrored
    for side in paired_clusters(photo, reference, count=1):
        assert list(side) == ["part 1"]
        assert (side["part 1"] == 1).all()


def test_flat_features_do_no_harm(mirrored):
    _, _, photo, reference = mirrored
    zeros = [np.zeros((8, 5, 6), np.float32)]
    with_zeros, _ = paired_clusters(photo, reference, zeros, zeros)
    without, _ = paired_clusters(photo, reference)
    np.testing.assert_allclose(stacked(with_zeros), stacked(without), atol=1e-5)


def test_the_clustering_is_as_tight_as_that_of_scipy():
    rng = np.random.default_rng(3)
    points = 3 * rng.normal(size=(15, 4))[rng.integers(15, size=400)] + rng.normal(size=(400, 4))
    fit = tightest([points, points], 4, 15)
    costs = []
    for seed in range(8):
        centers, _ = kmeans2(points, 15, minit="++", rng=seed)
        costs.append(((points[:, None] - centers) ** 2).sum(-1).min(1).mean())
    assert fit.cost / 2 <= min(costs) * 1.005


def test_own_columns_have_a_center_in_each_picture():
    ours, theirs = np.float64([[0, 5], [0, 7], [9, 1]]), np.float64([[1, -5], [9, 3], [8, 4], [10, 5]])
    fit = settled([ours, theirs], [np.float64([[1], [8]])] * 2, 1)
    means = [((0, 1), (6, -5), (2 / 3, 1 / 4)), ((9, 9), (1, 4), (1 / 3, 3 / 4))]  # of each cluster in each picture
    for cluster, (common, own, shares) in enumerate(means):
        for picture in range(2):
            assert fit.shares[picture][cluster] == pytest.approx(shares[picture])
            center = fit.centers[picture][cluster]
            assert center[0] == pytest.approx(np.average(common, weights=shares))
            both = np.average(own, weights=shares)
            assert center[1] == pytest.approx(np.average([own[picture], both], weights=[shares[picture], 0.01]))


def test_a_center_without_cells_does_no_harm():
    cells = [np.float64([[0], [1]])] * 2
    fit = settled(cells, [np.float64([[0], [100]])] * 2, 1)
    assert np.isfinite(fit.centers).all()
    assert sum(fit.shares[0]) == 1


def test_clusters_of_one_picture_go_to_the_nearest_of_both():
    ours, theirs = np.float64([[0]] * 10 + [[5]] * 10 + [[4]] * 2), np.float64([[0]] * 30 + [[5]])
    fit = in_both([ours, theirs], settled([ours, theirs], [np.float64([[0], [5], [4]])] * 2, 1), 1)
    assert len(fit.centers[0]) == 1  # 5 is but 3 % of the reference
    fit = in_both([ours, theirs[10:]], settled([ours, theirs[10:]], [np.float64([[0], [5], [4]])] * 2, 1), 1)
    np.testing.assert_allclose(fit.shares, [[10 / 22, 12 / 22], [20 / 21, 1 / 21]])


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"count": 0}, "the number of parts must be 1 or more, got 0"),
        ({"features_photo": [np.ones((4, 2, 2))]}, r"features have \[4\] channels in the photo, \[\] in the reference"),
        ({"features_photo": np.ones((4, 2, 2))}, r"a list of arrays \(channels, rows, columns\), got shape \(2, 2\)"),
    ],
)
def test_what_makes_no_sense_is_refused(options, words):
    picture = np.zeros((20, 30, 3), np.float32)
    with pytest.raises(RegionError, match=words):
        paired_clusters(picture, picture, **options)


@pytest.mark.skipif(not PHOTOS.is_dir(), reason="the shared pictures are not here")
@pytest.mark.parametrize("case", ["04", "15"])
def test_sky_takes_after_sky_even_without_features(case):
    pictures, land = [], []
    for name in ("content", "style"):
        rgb, labels = (Image.open(PHOTOS / case / f"{name}{end}.png").convert("RGB") for end in ("", "_labels"))
        rgb, labels = (np.asarray(each.reduce(3), np.float32) / 255 for each in (rgb, labels))
        pictures.append(rgb)
        land.append(labels.mean(-1))  # white; the sky is black
    parts, same = map(stacked, paired_clusters(*pictures))
    theirs = (same * land[1]).sum((1, 2)) / same.sum((1, 2))
    taken = np.tensordot(theirs, parts, 1)  # the share of land in what each pixel takes after
    whole = land[1].mean()
    wrong, before = ((land[0] * (1 - share) + (1 - land[0]) * share).mean() for share in (taken, whole))
    assert wrong < 0.65 * before
