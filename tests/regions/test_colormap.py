import warnings
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from sfumato.errors import ImageError, RegionError, SfumatoWarning
from sfumato.regions.brightness import voc_colors
from sfumato.regions.colormap import COLORS, read_indices, read_label_pair, read_labels

SHARED = Path(__file__).resolve().parents[2] / ".." / "shared" / "data" / "photo"
MAPS = sorted(SHARED.glob("*/*_labels.png"))

# Share of the picture, in percent, as counted once by another program: nearest colors, borders left out.
SEEN = {
    "02/style": {"green": 50.61, "black": 15.04, "white": 33.4},
    "11/content": {"blue": 40.71, "green": 23.17, "black": 32.52, "red": 0.99, "white": 0.21, "yellow": 0.22},
    "13/content": {"black": 100},
    "29/style": {"blue": 33.38, "red": 66.12},
    "40/style": {"green": 35.03, "black": 25.2, "white": 22.53, "red": 5.6, "yellow": 8.29},
    "58/style": {"black": 72.76, "red": 21.15, "yellow": 5.52},
}


def painted(*names, height=40, side=20):
    """Upright stripes of the named colors."""
    return np.repeat(np.uint8([[COLORS[name] for name in names]]), side, axis=1).repeat(height, axis=0)


def save(array, path, **options):
    Image.fromarray(array).save(path, **options)
    return path


def check(labels, height, width):
    """The masks are 0 or 1 and sum to 1."""
    stack = np.stack(list(labels.values()))
    assert stack.shape[1:] == (height, width)
    assert stack.dtype == np.float32
    assert set(np.unique(stack)) <= {0, 1}
    assert (stack.sum(axis=0) == 1).all()
    assert stack.any(axis=(1, 2)).all()


@pytest.mark.parametrize("kind", ["RGB", "P", "RGBA"])
def test_the_nine_colors(tmp_path, kind):
    picture = Image.fromarray(painted(*COLORS))
    picture = picture.quantize(16) if kind == "P" else picture.convert(kind)
    picture.save(tmp_path / "map.png")
    labels = read_labels(str(tmp_path / "map.png"))
    check(labels, 40, 180)
    assert list(labels) == list(COLORS)
    for number, name in enumerate(COLORS):
        assert labels[name][:, 20 * number : 20 * number + 20].all()


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.integers(0, 25))
def test_colors_may_be_off_by_a_tenth(tmp_path_factory, seed, off):
    rng = np.random.default_rng(seed)
    index = rng.integers(0, 9, (24, 30))
    colors = np.array(list(COLORS.values()))[index] + rng.integers(-off, off + 1, (24, 30, 3))
    path = tmp_path_factory.mktemp("maps") / "map.png"
    labels = read_labels(save(np.clip(colors, 0, 255).astype(np.uint8), path))
    check(labels, 24, 30)
    for number, name in enumerate(COLORS):
        assert ((index == number) == labels.get(name, 0)).all()


@pytest.mark.parametrize(("side", "passes"), [(10, True), (20, True), (24, False)])
def test_more_than_a_tenth_is_another_color(tmp_path, side, passes):
    values = painted("black", "white")
    values[:, :side] = (0, 0, 26)
    path = save(values, tmp_path / "map.png")
    found = f"{40 * side} of 1600 pixels ({2.5 * side:.3g} %) are in no patch of a label's color"
    example = f"most often (0, 0, 26), {40 * side} times, first at x 0, y 0"
    if passes:
        with pytest.warns(SfumatoWarning) as heard:
            labels = read_labels(path)
        assert str(heard[0].message) == f"label map {str(path)!r}: {found} and went to the nearest one, {example}"
        assert list(labels) == (["black", "white"] if side < 20 else ["white"])
        assert (labels["white"][:, 20:] == 1).all()
    else:
        with pytest.raises(RegionError) as caught:
            read_labels(path)
        assert str(caught.value) == (
            f"label map {str(path)!r}: {found}, {example}: paint it in the colors {', '.join(COLORS)}"
        )


def test_colors_of_ones_own(tmp_path):
    path = save(painted("red", "blue"), tmp_path / "map.png")
    labels = read_labels(
        path, colors={"sea": (0, 0, 240), "sky": [10, 10, 250.0], "roof": (255, 9, 0), "dog": (9, 9, 9)}
    )
    assert list(labels) == ["sky", "roof"]  # 10 off is nearer than 15
    assert labels["sky"][:, 20:].all()


@pytest.mark.parametrize(
    ("colors", "message"),
    [
        ({}, "the table of label colors is empty: give at least one"),
        ({"sky": (0, 0)}, r"label 'sky' needs a color of three numbers from 0 to 255, got \(0, 0\)"),
        ({"sky": (0, 0, 256)}, r"label 'sky' needs a color of three numbers from 0 to 255, got \(0, 0, 256\)"),
        ({"sky": (0, 0, 5), "sea": [0, 0, 5]}, r"labels 'sky' and 'sea' have the same color \(0, 0, 5\)"),
    ],
)
def test_tables_of_colors_that_make_no_sense(tmp_path, colors, message):
    with pytest.raises(RegionError, match=message):
        read_labels(save(painted("red"), tmp_path / "map.png"), colors=colors)


def smooth_disks():
    """A white disk on black and a red one in it, drawn four times as large and averaged, and what is in each."""
    rows, columns = np.indices((640, 800))
    inside = [np.hypot(rows - 320, columns - 280) < radius for radius in (240, 100)]
    values = np.zeros((640, 800, 3), np.uint8)
    values[inside[0]] = 255
    values[inside[1]] = COLORS["red"]
    return cv2.resize(values, (200, 160), interpolation=cv2.INTER_AREA), [mask[2::4, 2::4] for mask in inside]


def test_smoothed_borders_go_to_the_nearest_label(tmp_path):
    values, inside = smooth_disks()
    assert (np.abs(values.astype(int) - 128).max(axis=-1) < 25).any(), "no gray to be misled by"
    with pytest.warns(SfumatoWarning, match="are in no patch of a label's color and went to the nearest one") as caught:
        labels = read_labels(save(values, tmp_path / "map.png"))
    assert caught[0].filename == __file__
    assert "'gray' occurred only there" in str(caught[0].message)
    check(labels, 160, 200)
    assert set(labels) == {"black", "white", "red"}
    for mask, truth in ((1 - labels["black"], inside[0]), (labels["red"], inside[1])):
        distance = cv2.distanceTransform(truth.astype(np.uint8), cv2.DIST_L2, 5)
        distance -= cv2.distanceTransform((~truth).astype(np.uint8), cv2.DIST_L2, 5)
        assert (mask[distance > 1.5] == 1).all()
        assert (mask[distance < -1.5] == 0).all()
        assert abs(mask.sum() / truth.sum() - 1) < 0.03


def test_the_nearest_label_by_brute_force(tmp_path):
    rng = np.random.default_rng(3)
    values = np.zeros((40, 60, 3), np.uint8)
    values[:, 30:] = 255
    values[:20, 40:] = COLORS["red"]
    loose = rng.random((40, 60)) < 0.02
    loose[5:8, 29:31] = loose[18:21, 45] = True
    values[loose] = (90, 40, 170)
    with pytest.warns(SfumatoWarning, match=rf"{loose.sum()} of 2400 pixels .*\(90, 40, 170\), {loose.sum()} times, "):
        labels = read_labels(save(values, tmp_path / "map.png"))
    check(labels, 40, 60)
    known = {tuple(COLORS[name]): name for name in labels}
    firm = np.argwhere(~loose)
    for place in np.argwhere(loose):
        away = np.hypot(*(firm - place).T)
        near = {known[tuple(values[tuple(other)].tolist())] for other in firm[away == away.min()]}
        assert {name for name in labels if labels[name][tuple(place)]} <= near


def test_thin_things_stay_where_all_colors_are_exact(tmp_path):
    values = painted("black", "white")
    values[7] = COLORS["red"]
    values[30, 30] = COLORS["gray"]
    labels = read_labels(save(values, tmp_path / "map.png"))
    assert labels["red"][7].all()
    assert labels["gray"].sum() == 1


def test_what_counts_as_a_patch(tmp_path):
    values = painted("black", "white")
    values[:, :2] = values[30:34, 10:14] = COLORS["red"]  # too thin, also at the picture's border; and just enough
    for step in range(4):
        values[34 + step, 14 + step] = COLORS["red"]  # hangs on by its corners
    values[20, 30] = (1, 100, 1)
    with pytest.warns(SfumatoWarning, match="81 of 1600 pixels"):
        labels = read_labels(save(values, tmp_path / "map.png"))
    expected = (values == COLORS["red"]).all(axis=-1)
    expected[:, :2] = False
    np.testing.assert_array_equal(labels["red"], expected)


def test_noise_of_a_gray_jpeg(tmp_path):
    noise = np.random.default_rng(0).integers(0, 20, (40, 40), np.uint8)
    assert list(read_labels(save(noise, tmp_path / "map.jpg"))) == ["black"]


@pytest.mark.parametrize("side", [8, 16, 40])
def test_a_patch_of_an_unknown_color(tmp_path, side):
    values = painted("black", "white", side=50, height=100)
    values[20 : 20 + side, 5 : 5 + side] = (255, 165, 0)
    with pytest.warns(SfumatoWarning, match=rf"most often \(255, 165, 0\), {side**2} times, first at x 5, y 20"):
        labels = read_labels(save(values, tmp_path / "map.png"))
    assert (labels["black"][:, :49] == 1).all()


def test_soft_edges_and_remains_of_a_brush_go_to_the_nearest_label(tmp_path):
    """As in published maps: borders of many pixels, and strokes in a color that is almost a label's."""
    rows, columns = np.indices((120, 160))
    inside = np.hypot(rows - 60, columns - 70) < 40
    values = np.where(inside[..., None], np.uint8(COLORS["green"]), np.uint8(COLORS["blue"]))
    values = cv2.GaussianBlur(values, (0, 0), 3)
    values[10:16, 20:130] = (60, 20, 200)
    with pytest.warns(SfumatoWarning, match="went to the nearest one") as heard:
        labels = read_labels(save(values, tmp_path / "map.png"))
    share = float(str(heard[0].message).partition("(")[2].partition(" %")[0])
    assert 10 < share < 25
    assert list(labels) == ["blue", "green"]
    assert (labels["green"] != inside).mean() < 0.01


def test_a_photo_is_no_label_map(tmp_path):
    noise = np.random.default_rng(0).integers(0, 256, (60, 80, 3), np.uint8)
    with pytest.raises(RegionError, match=r"4800 of 4800 pixels \(100 %\) are in no patch of a label's color"):
        read_labels(save(noise, tmp_path / "map.png"))


@pytest.mark.parametrize("quality", [95, 75])
def test_jpeg(tmp_path, quality):
    values, _ = smooth_disks()
    values = values.repeat(2, axis=0).repeat(2, axis=1)
    with pytest.warns(SfumatoWarning):
        exact = read_labels(save(values, tmp_path / "map.png"))
    with pytest.warns(SfumatoWarning):
        labels = read_labels(save(values, tmp_path / "map.jpg", quality=quality))
    check(labels, 320, 400)
    assert set(labels) == set(exact)
    assert all((labels[name] != exact[name]).mean() < 0.01 for name in exact)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(ImageError, match=r"none\.png: no such file"):
        read_labels(tmp_path / "none.png")


def test_transparent_pixels_are_refused(tmp_path):
    values = np.dstack([painted("red"), np.full((40, 20), 255, np.uint8)])
    values[3, 3, 3] = 254
    with pytest.raises(RegionError, match=r"label map '.*map\.png' has transparent pixels: paint them in a label's"):
        read_labels(save(values, tmp_path / "map.png"))


ADVICE = ": if they are numbers, take a label by its number; if not, save the map in the labels' colors"


@pytest.mark.parametrize(
    ("used", "found"),
    [
        ((0, 1, 2, 3), "4 values of gray, too alike for more than 1 of the labels"),
        ((0, 126, 128), "3 values of gray, too alike for more than 2 of the labels"),
        ((0, 40, 80, 120), "2 of 4 values of gray in no label's color"),
        ((0, 60), "1 of 2 values of gray in no label's color"),
    ],
)
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_numbers_in_gray_taken_for_colors(tmp_path, used, found, dtype):
    index = np.repeat(np.array(used), 10)[None].repeat(20, 0).astype(dtype) * (257 if dtype == np.uint16 else 1)
    with pytest.raises(RegionError) as caught:
        read_labels(save(index.astype(dtype), tmp_path / "map.png"))
    assert str(caught.value) == f"label map {str(tmp_path / 'map.png')!r} has {found}{ADVICE}"


@pytest.mark.parametrize(
    ("used", "found"),
    [
        ((0, 15), "1 of 2 colors of a palette in no label's color"),
        ((0, 7, 15), "1 of 3 colors of a palette in no label's color"),
        ((1, 2, 3), "3 of 3 colors of a palette in no label's color"),
    ],
)
def test_numbers_in_a_palette_taken_for_colors(tmp_path, used, found):
    image = Image.fromarray(np.repeat(np.uint8(used), 10)[None].repeat(20, 0))
    image.putpalette(voc_colors(256).tobytes())
    image.save(tmp_path / "map.png")
    with pytest.raises(RegionError) as caught:
        read_labels(tmp_path / "map.png")
    assert str(caught.value) == f"label map {str(tmp_path / 'map.png')!r} has {found}{ADVICE}"


@pytest.mark.parametrize("corner", [np.s_[:4, :4], np.s_[-4:, -4:]])
def test_numbers_in_a_corner(tmp_path, corner):
    index = np.zeros((20, 30), np.uint8)
    index[corner] = 60
    with pytest.raises(RegionError, match="1 of 2 values of gray in no label's color"):
        read_labels(save(index, tmp_path / "map.png"))


def test_a_palette_may_have_a_color_twice(tmp_path):
    image = Image.fromarray(halves(0, 1))
    image.putpalette([255, 0, 0, 250, 5, 9])
    image.save(tmp_path / "map.png")
    assert list(read_labels(tmp_path / "map.png")) == ["red"]


def test_remains_in_a_gray_or_palette_map_of_colors(tmp_path):
    gray = np.repeat(np.uint8([0, 128, 255]), 30)[None].repeat(60, 0)
    gray[20:30, 5:15] = 60
    colors = painted("blue", "green", "red")
    colors[10:20, 5:15] = (255, 165, 0)
    Image.fromarray(colors).quantize(16).save(tmp_path / "palette.png")
    for path, names in ((save(gray, tmp_path / "gray.png"), "black white gray"), ("palette.png", "blue green red")):
        with pytest.warns(SfumatoWarning, match="went to the nearest one"):
            assert sorted(read_labels(tmp_path / path)) == sorted(names.split())


def test_soft_edges_in_gray_are_no_numbers(tmp_path):
    disk = np.clip((25 - np.hypot(*(np.indices((80, 90)) - 40))) / 6 + 0.5, 0, 1)
    with pytest.warns(SfumatoWarning, match="went to the nearest one"):
        labels = read_labels(save(np.uint8(255 * disk), tmp_path / "map.png"))
    assert (labels["white"] != (disk > 0.5)).mean() < 0.01


# ---- of two pictures


def halves(first, second, height=20, width=30):
    """A map whose upper half is one value and whose lower half another."""
    values = np.empty((height, width, *np.shape(first)), np.uint8)
    values[: height // 2], values[height // 2 :] = first, second
    return values


def test_a_pair_of_colors(tmp_path):
    ours = save(halves(COLORS["red"], COLORS["blue"]), tmp_path / "ours.png")
    theirs = save(halves(COLORS["blue"], COLORS["red"], 40), tmp_path / "theirs.png")
    pair = read_label_pair((ours, str(theirs)), ((20, 30), (40, 30)))
    assert [set(labels) for labels in pair] == [{"red", "blue"}] * 2
    np.testing.assert_array_equal(pair[0]["red"][:10], 1)


def test_a_pair_of_numbers_of_other_sizes(tmp_path):
    ours = save(halves(1, 2), tmp_path / "ours.png")
    image = Image.fromarray(halves(0, 1, 30, 20))
    image.putpalette(voc_colors(256).tobytes())
    image.save(tmp_path / "theirs.png")
    with pytest.warns(SfumatoWarning) as heard:
        pair = read_label_pair((ours, tmp_path / "theirs.png"), ((40, 60), (60, 40)))
    assert [str(one.message).rpartition("' ")[2] for one in heard] == [
        "is 30 x 20 pixels, the picture 60 x 40: resized to fit",
        "is 20 x 30 pixels, the picture 40 x 60: resized to fit",
    ]
    np.testing.assert_array_equal(pair[0]["2"], np.kron(halves(0, 1), np.ones((2, 2))))
    np.testing.assert_array_equal(pair[1]["1"], np.kron(halves(0, 1, 30, 20), np.ones((2, 2))))
    with pytest.raises(
        RegionError, match=r"ours\.png' is 30 x 20 pixels, the picture 40 x 40: give it the picture's size"
    ):
        read_label_pair((ours, ours), ((40, 40), (20, 30)))


def test_one_map_of_numbers_makes_the_other_one_too(tmp_path):
    ours, theirs = save(halves(0, 255), tmp_path / "ours.png"), save(halves(3, 0), tmp_path / "theirs.png")
    assert [list(labels) for labels in read_label_pair((ours, theirs), ((20, 30),) * 2)] == [["0", "255"], ["0", "3"]]
    colors = save(halves(COLORS["red"], COLORS["blue"]), tmp_path / "colors.png")
    gray = save(halves(1, 2), tmp_path / "numbers.png")
    for pair in ((colors, gray), (gray, colors)):
        with pytest.raises(RegionError) as caught:
            read_label_pair(pair, ((20, 30),) * 2)
        assert str(caught.value) == (
            f"label map {str(colors)!r} has colors, and {str(gray)!r} numbers of labels: save both in the same way"
        )


def test_the_notes_on_a_file_are_given_once(tmp_path):
    ours = save(halves(COLORS["red"], COLORS["blue"]), tmp_path / "ours.png", icc_profile=b"no profile")
    with pytest.warns(SfumatoWarning, match="color profile is not used") as heard:
        read_label_pair((ours, ours), ((20, 30),) * 2)
    assert len(heard) == 2


@pytest.mark.parametrize("read", [read_labels, read_indices])
def test_another_size_takes_over_the_nearest(tmp_path, read):
    gray = np.random.default_rng(1).choice(np.uint8([0, 128, 255]), (20, 30))
    path = save(gray, tmp_path / "map.png")
    with pytest.warns(
        SfumatoWarning, match=r"map\.png' is 30 x 20 pixels, the picture 90 x 60: resized to fit$"
    ) as caught:
        large = read(path, (60, 90))
    assert caught[0].filename == __file__
    check(large, 60, 90)
    for name, mask in read(path, (20, 30)).items():
        np.testing.assert_array_equal(large[name], mask.repeat(3, axis=0).repeat(3, axis=1))
    with pytest.warns(SfumatoWarning, match="resized"):
        assert next(iter(read(path, (41, 60)).values())).shape == (41, 60)
    with pytest.raises(RegionError, match=r"is 30 x 20 pixels, the picture 20 x 30: give it the picture's size, or at"):
        read(path, (30, 20))


@pytest.mark.skipif(not MAPS, reason=f"{SHARED} is not there")
@pytest.mark.parametrize("path", MAPS, ids=lambda path: f"{path.parent.name}/{path.stem.removesuffix('_labels')}")
def test_real_label_maps(path):
    with Image.open(path.with_stem(path.stem.removesuffix("_labels"))) as picture:
        width, height = picture.size
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        labels = read_labels(path, (height, width))
    check(labels, height, width)
    assert "gray" not in labels  # none of the cases uses it, and smoothed borders are full of it
    assert min(mask.mean() for mask in labels.values()) > 0.002
    assert len(caught) <= 2
    seen = SEEN.get(f"{path.parent.name}/{path.stem.removesuffix('_labels')}")
    if seen:
        assert set(labels) == set(seen)
        for name, share in seen.items():
            assert 0 <= 100 * labels[name].mean() - share + 0.005 < 1.3, name
