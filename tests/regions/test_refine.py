import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from scipy import ndimage

from sfumato.errors import RegionError
from sfumato.regions import ellipse, evaluate, feather, matte, needs_photo, polygon, refine
from sfumato.regions.refine import guided, stretch

refine_module = sys.modules["sfumato.regions.refine"]

module = sys.modules["sfumato.regions.refine"]  # the package also exports the function of that name
SHARED = Path(__file__).resolve().parents[2] / ".." / "shared" / "data" / "segmentation"


def iou(mask, truth):
    return float(((mask > 0.5) & truth).sum() / ((mask > 0.5) | truth).sum())


def colored(truth, seed=0):
    """Paint two colors with grain and texture, a little blurred as a photo is."""
    random = np.random.default_rng(seed)
    texture = ndimage.gaussian_filter(random.standard_normal((*truth.shape, 3)), (3, 3, 0))
    photo = np.where(truth[..., None], [0.7, 0.5, 0.3], [0.35, 0.5, 0.55]) + 0.06 * texture / texture.std()
    photo += 0.03 * random.standard_normal(photo.shape)
    return np.clip(ndimage.gaussian_filter(photo, (0.7, 0.7, 0)), 0, 1).astype(np.float32)


def star(height=300, width=400):
    y, x = np.indices((height, width)) - np.float64([[[height / 2]], [[width / 2]]])
    truth = np.hypot(x, y) < 90 + 25 * np.sin(9 * np.arctan2(y, x))
    return colored(truth), truth


def disk(height=310, width=290):
    truth = ellipse(width / 2 + 3, height / 2, 70, 100, shape=(height, width)) > 0.5
    return colored(truth, seed=1), truth


def bird():
    if not SHARED.exists():
        pytest.skip(f"{SHARED} is not there")
    photo = cv2.imread(str(SHARED / "bird.png"))[..., ::-1].astype(np.float32) / 255
    return photo, cv2.imread(str(SHARED / "bird_mask.png"), cv2.IMREAD_GRAYSCALE) > 127


def degraded(truth, times):
    """A mask as a network would give it: so many times smaller, and enlarged."""
    height, width = truth.shape
    small = cv2.resize(truth.astype(np.float32), (width // times, height // times), interpolation=cv2.INTER_AREA)
    return cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR)


@pytest.mark.parametrize("times", [8, 16, 32])
@pytest.mark.parametrize(("problem", "gain"), [(star, 0.2), (disk, 0.4), (bird, 0.04)])
def test_a_coarse_mask_gains(problem, gain, times):
    photo, truth = problem()
    coarse = degraded(truth, times)
    fine = refine(coarse, photo=photo)
    assert fine.dtype == np.float32
    assert fine.min() >= 0
    assert fine.max() <= 1
    # So much of what was missing is found; and less is left undecided.
    assert iou(fine, truth) - iou(coarse, truth) > gain * (1 - iou(coarse, truth))
    assert abs(fine - truth).mean() < abs(coarse - truth).mean() / 1.8


def test_a_sixteenth_of_the_bird_gains_a_hundredth():
    photo, truth = bird()
    coarse = degraded(truth, 16)
    assert iou(refine(coarse, photo=photo), truth) > iou(coarse, truth) + 0.01


@pytest.mark.parametrize("problem", [star, disk, bird])
def test_a_good_mask_does_not_lose(problem):
    photo, truth = problem()
    for mask in (truth, feather(truth, 2), feather(truth, 4), degraded(truth, 4), 0.5 * truth):
        np.testing.assert_array_equal(refine(mask, photo=photo), np.float32(mask))


@pytest.mark.parametrize("problem", [star, disk])
def test_a_polygon_by_hand_needs_a_width(problem):
    photo, truth = problem()
    outline = cv2.findContours(truth.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)[0][0]
    corners = cv2.approxPolyDP(outline, 5, True).ravel()
    rough = polygon(*corners.tolist(), shape=truth.shape)
    assert iou(refine(rough, photo=photo), truth) == iou(rough, truth)
    found = iou(refine(rough, photo=photo, width=12), truth)
    assert 1 - found < (1 - iou(rough, truth)) / 2


def test_an_edge_half_the_width_away_is_found():
    photo = np.zeros((50, 90, 3), np.float32)
    photo[:, 45:] = 0.2, 0.7, 0.4
    for offset in (-6, 6):
        mask = refine(np.tile(np.arange(90) >= 45 + offset, (50, 1)), photo=photo, width=12)
        np.testing.assert_array_equal(mask > 0.5, np.tile(np.arange(90) >= 45, (50, 1)))


def test_the_width_of_edges_is_measured():
    x = np.arange(400)
    for width in (8.5, 20, 60):
        ramp = np.tile(np.clip((x - 200.3) / width + 0.5, 0, 1), (500, 1)).astype(np.float32)
        expected = min(width / 4, 400 / 16)
        assert module._reach(ramp) == pytest.approx(expected, rel=0.02)
        assert module._reach(np.ascontiguousarray(ramp.T)) == pytest.approx(expected, rel=0.02)
    assert module._reach(np.tile(np.clip((x - 200.3) / 7.5, 0, 1), (500, 1)).astype(np.float32)) == 0


def test_less_than_a_pixel_changes_nothing():
    photo, truth = disk()
    coarse = degraded(truth, 16)
    before = coarse.copy()
    for width in (0, 0.99):
        np.testing.assert_array_equal(refine(coarse, photo=photo, width=width), before)
    refine(coarse, photo=photo)
    np.testing.assert_array_equal(coarse, before)


@pytest.mark.parametrize("shape", [(1, 1), (1, 30), (30, 1), (9, 700)])
@pytest.mark.parametrize("width", [None, 5, 1e6])
def test_any_size(shape, width):
    random = np.random.default_rng(2)
    photo = random.random((*shape, 3), dtype=np.float32)
    mask = refine(random.random(shape), photo=photo, width=width)
    assert mask.shape == shape
    assert np.isfinite(mask).all()
    for value in (0, 1):
        assert (refine(np.full(shape, value), photo=photo, width=width) == value).all()


@pytest.mark.parametrize("rows", [1, 37, 299])
@pytest.mark.parametrize("radius", [2, 40])
def test_bands_do_not_show(monkeypatch, rows, radius):
    photo, truth = star()
    coarse = degraded(truth, 16)
    monkeypatch.setattr(refine_module, "_ROWS", 10_000)
    whole = guided(photo, coarse, radius)
    monkeypatch.setattr(refine_module, "_ROWS", rows)
    np.testing.assert_allclose(guided(photo, coarse, radius), whole, atol=1e-3)


def test_each_color_of_a_picture_is_filtered_like_a_mask():
    photo, truth = star()
    picture = np.stack([degraded(truth, times) for times in (4, 8, 16)], -1)
    found = guided(photo, picture, 5)
    assert found.shape == photo.shape
    for channel in range(3):
        alone = guided(photo, np.ascontiguousarray(picture[..., channel]), 5)
        np.testing.assert_allclose(found[..., channel], alone, atol=1e-5)


def test_stretch():
    mask = np.float32([-0.1, 0.2, 0.35, 0.5, 0.8, 1.2])
    np.testing.assert_allclose(stretch(mask, 0.2), [0, 0, 0.25, 0.5, 1, 1], atol=1e-6)


@pytest.mark.parametrize("function", [refine, matte])
def test_what_makes_no_sense(function):
    photo, truth = disk()
    with pytest.raises(RegionError, match=r"region has the shape .*; give one of the photo's size, \(310, 290\)"):
        function(truth[1:], photo=photo)
    for width in (-1, float("nan"), float("inf")):
        with pytest.raises(RegionError, match=f"{function.__name__} needs a finite width of 0 or more, got"):
            function(truth, photo=photo, width=width)


def test_as_a_word():
    photo, _ = disk()
    region = ellipse(145, 155, 60, 60, shape=photo.shape[:2])
    text = "refine(ellipse(145, 155, 60, 60), width=10%)"
    np.testing.assert_array_equal(evaluate(text, photo), refine(region, photo=photo, width=29))
    soft = "feather(ellipse(145, 155, 60, 60), 20)"
    np.testing.assert_array_equal(evaluate(f"refine({soft})", photo), refine(evaluate(soft, photo), photo=photo))
    assert needs_photo(text)


# Matting


@pytest.fixture
def pymatting():
    return pytest.importorskip("pymatting", reason="needs PyMatting")


def hairy(height=120, width=160):
    """A dark blob with hairs on a light ground, and its alpha."""
    fine = np.zeros((height * 4, width * 4), np.uint8)
    cv2.ellipse(fine, (width * 2, height * 2), (140, 120), 0, 0, 360, 255, -1)
    for turn in np.linspace(0, 2 * np.pi, 60, endpoint=False):
        start, end = (
            (width * 2 + a * r * np.cos(turn), height * 2 + r * np.sin(turn)) for a, r in ((1.1, 100), (1, 170))
        )
        cv2.line(fine, tuple(map(int, start)), tuple(map(int, end)), 255, 2, cv2.LINE_AA)
    alpha = cv2.resize(fine, (width, height), interpolation=cv2.INTER_AREA)[..., None] / 255
    photo = alpha * [0.3, 0.15, 0.1] + (1 - alpha) * [0.7, 0.8, 0.9]
    return photo.astype(np.float32), alpha[..., 0]


def test_hair(pymatting):
    photo, alpha = hairy()
    blob = ellipse(80, 60, 35, 30, shape=alpha.shape)
    found = matte(blob, photo=photo, width=14)
    assert found.dtype == np.float32
    assert abs(found - alpha).mean() < 0.005 < 0.02 < abs(blob - alpha).mean()


def test_a_mixed_pixel_belongs_by_its_share(pymatting):
    photo = np.zeros((20, 21, 3), np.float32)
    photo[:, 10], photo[:, 11:] = 0.25, 1
    mask = np.tile(np.arange(21) >= 9, (20, 1))
    before = photo.copy()
    row = matte(mask, photo=photo, width=4)[10]
    np.testing.assert_allclose(row, [0] * 10 + [0.25] + [1] * 10, atol=0.01)
    np.testing.assert_array_equal(photo, before)


def test_alpha_is_that_of_the_paper(pymatting):
    """Levin et al., eq. 12, window by window, solved exactly."""
    random = np.random.default_rng(5)
    photo = ndimage.gaussian_filter(random.random((12, 14, 3)), (1.5, 1.5, 0)).astype(np.float32)
    mask = np.tile(np.arange(14) >= 7, (12, 1))
    index = np.arange(mask.size).reshape(mask.shape)
    laplacian = np.zeros((mask.size, mask.size))
    for y, x in np.ndindex(10, 12):
        window = index[y : y + 3, x : x + 3].ravel()
        colors = photo[y : y + 3, x : x + 3].reshape(9, 3).astype(np.float64)
        colors -= colors.mean(axis=0)
        inverse = np.linalg.inv(colors.T @ colors / 9 + 1e-6 / 9 * np.eye(3))
        laplacian[np.ix_(window, window)] += np.eye(9) - (1 + colors @ inverse @ colors.T) / 9
    unknown = np.tile((np.arange(14) >= 4) & (np.arange(14) < 10), (12, 1)).ravel()
    expected = mask.ravel().astype(float)
    right = -laplacian[np.ix_(unknown, ~unknown)] @ expected[~unknown]
    expected[unknown] = np.linalg.solve(laplacian[np.ix_(unknown, unknown)], right)
    found = matte(mask, photo=photo, width=3)
    np.testing.assert_allclose(found, np.clip(expected, 0, 1).reshape(mask.shape), atol=1e-4)


def test_a_picture_in_black_and_white_is_solved_in_silence(pymatting, capsys):
    spots = ndimage.gaussian_filter(np.random.default_rng(0).standard_normal((60, 60)), 1.5) > 0
    photo = spots[..., None].repeat(3, axis=2).astype(np.float32)
    found = matte(ellipse(30, 30, 15, 15, shape=spots.shape), photo=photo, width=10)
    assert np.isfinite(found).all()
    assert capsys.readouterr().out == ""


def test_only_the_strip_is_solved(pymatting):
    photo, truth = star()
    found = matte(truth, photo=photo, width=5)
    away = np.where(truth, ndimage.distance_transform_edt(truth), ndimage.distance_transform_edt(~truth))
    np.testing.assert_array_equal(found[away > 5], truth[away > 5])
    assert iou(found, truth) > 0.98
    np.testing.assert_array_equal(matte(truth, photo=photo), matte(truth, photo=photo, width=6))
    np.testing.assert_array_equal(matte(0.7 * truth, photo=photo, width=0), truth)


def test_a_large_strip_is_solved_reduced(pymatting, monkeypatch):
    photo, truth = star()
    whole = matte(truth, photo=photo, width=6)
    monkeypatch.setattr(sys.modules["sfumato.regions.matte"], "_LARGEST_SOLVED", 10_000)
    reduced = matte(truth, photo=photo, width=6)
    assert reduced.min() >= 0
    assert reduced.max() <= 1
    assert 0 < abs(reduced - whole).mean() < 0.02
    assert iou(reduced, truth) > 0.99  # 0.985 before it follows the photo's edges


@pytest.mark.parametrize("value", [0, 1])
def test_nothing_and_everything_have_no_edge(pymatting, value):
    photo, truth = disk()
    np.testing.assert_array_equal(matte(np.full(truth.shape, value), photo=photo), value)


@pytest.mark.parametrize(("side", "flip"), [("in", False), ("out", True)])
def test_a_strip_that_leaves_nothing(pymatting, side, flip):
    photo, _ = disk()
    small = ellipse(140, 150, 20, 20, shape=photo.shape[:2])
    with pytest.raises(RegionError, match=f"matte finds nothing {side}side, 30 px from the region's edge; give a"):
        matte(1 - small if flip else small, photo=photo, width=30)


def test_matte_as_a_word(pymatting):
    photo, alpha = hairy()
    region = ellipse(80, 60, 35, 30, shape=alpha.shape)
    text = "matte(ellipse(80, 60, 35, 30), width=10%)"
    np.testing.assert_array_equal(evaluate(text, photo), matte(region, photo=photo, width=12))
    assert needs_photo(text)


def test_without_pymatting(monkeypatch):
    monkeypatch.setitem(sys.modules, "pymatting", None)
    photo, truth = disk()
    with pytest.raises(RegionError, match=r'needs PyMatting; install it with: pip install "sfumato\[matting\]"'):
        matte(truth, photo=photo)
