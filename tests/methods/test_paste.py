"""An object pasted into a painting: where it lands, what stays, and what comes along."""

import struct

import cv2
import numpy as np
import pytest
from helpers import noise
from PIL import Image, ImageCms

from sfumato import paste
from sfumato.errors import ImageError, RecipeError, RegionError, SfumatoError
from sfumato.images import Picture

GRAY = np.full((60, 80, 3), 128, np.uint8)


def box_of(mask):
    """Left, top, right, bottom of what is at least half covered."""
    rows, columns = np.flatnonzero((mask >= 0.5).any(1)), np.flatnonzero((mask >= 0.5).any(0))
    return columns[0], rows[0], columns[-1] + 1, rows[-1] + 1


def middle_of(weight):
    """The middle of a weight's mass, in pixels from the left and upper border."""
    y, x = (np.arange(side) + 0.5 for side in weight.shape)
    return np.array([(weight.sum(0) * x).sum(), (weight.sum(1) * y).sum()]) / weight.sum()


# ---- where it lands


@pytest.mark.parametrize(
    ("at", "left", "top"),
    [
        (("50%", "50%"), 30, 22),
        ("50%,50%", 30, 22),
        ((40, 30), 30, 22),
        (("40px", "25%"), 30, 7),
        ((40.4, 30.4), 30, 22),
        ((13, 9), 3, 1),
        ("-5 , 100%", -15, 52),
        (("110%", -6.5), 78, -14),
    ],
)
def test_its_own_pixels_are_kept_and_cut_off_at_the_border(at, left, top):
    thing, ground = noise(16, 20, seed=1), noise(60, 80, seed=2)
    pasted = paste(thing, ground, region="all", at=at)
    framed = np.zeros((160, 180, 4), np.uint8)
    framed[50:110, 50:130, :3] = ground
    framed[50 + top : 66 + top, 50 + left : 70 + left, :3] = thing
    framed[50 + top : 66 + top, 50 + left : 70 + left, 3] = 1
    np.testing.assert_array_equal(pasted.picture.pixels, framed[50:110, 50:130, :3])
    np.testing.assert_array_equal(pasted.mask, framed[50:110, 50:130, 3])
    assert pasted.mask.dtype == np.float32


def marked():
    """A black square of 20 pixels, red in the middle of its right side: 8 pixels from the square's middle."""
    thing = np.zeros((20, 20, 3), np.uint8)
    thing[8:12, 16:20, 0] = 255
    return thing


@pytest.mark.parametrize(("rotate", "left", "top"), [(0, 46, 28), (90, 38, 20), (180, 30, 28), (-90, 38, 36)])
def test_a_right_angle_moves_pixels_and_changes_none(rotate, left, top):
    expected = GRAY.copy()
    expected[20:40, 30:50] = 0
    expected[top : top + 4, left : left + 4, 0] = 255
    np.testing.assert_array_equal(
        paste(marked(), GRAY, region="all", at=(40, 30), rotate=rotate).picture.pixels, expected
    )


@pytest.mark.parametrize("rotate", [-8, 30, 125])
@pytest.mark.parametrize("scale", [0.3, 0.6])
def test_turned_counter_clockwise_about_its_middle(rotate, scale):
    picture, mask = paste(marked(), GRAY, region="all", at=(38, 33), rotate=rotate, scale=scale)
    np.testing.assert_allclose(middle_of(mask), (38, 33), atol=0.51)
    assert mask.sum() == pytest.approx((scale * 60) ** 2, rel=0.02)
    pixels = picture.pixels.astype(float)
    far = 8 * scale * 60 / 20
    expected = np.array([far * np.cos(np.radians(rotate)), -far * np.sin(np.radians(rotate))])
    found = middle_of((pixels[..., 0] - pixels[..., 1]) * (mask > 0)) - middle_of(mask)
    np.testing.assert_allclose(found, expected, atol=0.1 + 0.02 * far)


@pytest.mark.parametrize("scale", [0.1, 0.25, 1])
@pytest.mark.parametrize("shape", [(100, 200), (200, 100), (90, 100)])
def test_its_box_fits_into_that_share(shape, scale):
    thing = np.full((50, 60, 3), 255, np.uint8)
    mask = paste(thing, np.zeros((*shape, 3), np.uint8), region="rect(10, 20, 50, 40)", scale=scale, feather=0).mask
    factor = scale * min(shape[0] / 20, shape[1] / 40)
    left, top, right, bottom = box_of(mask)
    assert (right - left, bottom - top) == pytest.approx((40 * factor, 20 * factor), abs=0.51)
    assert mask.sum() == pytest.approx(800 * factor**2, rel=0.02)
    np.testing.assert_allclose(middle_of(mask), np.array(shape[::-1]) / 2, atol=0.51)


@pytest.mark.parametrize("rotate", [0, 20])
@pytest.mark.parametrize("times", [6, 12, 40])
def test_what_shrinks_is_averaged(rotate, times):
    checks = np.uint8(255) * (np.indices((20 * times, 20 * times)).sum(0) % 2).astype(np.uint8)
    picture, mask = paste(checks, GRAY, region="all", scale=1 / 3, rotate=rotate)
    assert np.ptp(picture.pixels[mask == 1].astype(int)) <= 4
    assert abs(picture.pixels[mask == 1].mean() - 127.5) < 1


# ---- what stays


@pytest.mark.parametrize(("channels", "depth"), [(1, 8), (3, 16), (4, 8), (4, 16), (2, 16)])
def test_outside_every_byte_stays(channels, depth):
    values = noise(60, 80, channels=channels, depth=depth)
    colors = 1 if channels < 3 else 3
    painting = Picture(
        values[..., :colors],
        alpha=values[..., colors] if channels > colors else None,
        space="gray" if colors == 1 else "rgb",
        dpi=(72, 72),
        exif=b"Exif\0\0something",
    )
    picture, mask = paste(noise(30, 30), painting, region="ellipse(15, 15, 11, 9)", rotate=33, scale=0.5)
    own = np.broadcast_to(painting.pixels, (60, 80, 3))
    assert picture.pixels.dtype == values.dtype
    assert 0.05 < (mask == 0).mean() < 0.95
    np.testing.assert_array_equal(picture.pixels[mask == 0], own[mask == 0])
    assert (picture.pixels != own).any(-1)[mask == 1].mean() > 0.98
    np.testing.assert_array_equal(picture.alpha, painting.alpha)
    assert (picture.dpi, picture.exif) == (painting.dpi, painting.exif)


def swapped():
    """A color profile in which red and blue change places."""
    icc = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    (count,) = struct.unpack_from(">I", icc, 128)
    places = {bytes(icc[at : at + 4]): at for at in range(132, 132 + 12 * count, 12)}
    icc[places[b"rXYZ"]] = ord("b")
    icc[places[b"bXYZ"]] = ord("r")
    return bytes(icc)


def test_colors_are_carried_from_profile_to_profile():
    red = np.full((20, 20, 3), (255, 0, 0), np.uint8)
    blue, plain = red[..., ::-1].copy(), Picture(GRAY)
    into = paste(red, Picture(GRAY, icc=swapped()), region="all")
    np.testing.assert_allclose(into.picture.pixels[30, 40], (0, 0, 255), atol=1)
    assert into.picture.icc == swapped()
    np.testing.assert_allclose(
        paste(Picture(blue, icc=swapped()), plain, region="all").picture.pixels[30, 40], (255, 0, 0), atol=1
    )


# ---- the edge


def on_green(radius=30, color=(170, 40, 60)):
    """An antialiased disk before a green screen, and how much of each pixel it covers."""
    y, x = (np.indices((800, 800)) + 0.5) / 8
    fine = (np.hypot(x - 50, y - 50) < radius).astype(np.float32)
    cover = cv2.resize(fine, (100, 100), interpolation=cv2.INTER_AREA)
    image = cover[..., None] * np.float32(color) + (1 - cover[..., None]) * np.float32((20, 230, 30))
    return np.rint(image).astype(np.uint8), cover


def greenest(pasted):
    pixels = pasted.picture.pixels.astype(int)
    return (pixels[..., 1] - np.maximum(pixels[..., 0], pixels[..., 2])).max()


@pytest.mark.parametrize("options", [{}, {"scale": 0.35}, {"scale": 0.9, "rotate": 25}, {"feather": 5}])
def test_no_green_comes_along(tmp_path, options):
    image, cover = on_green()
    ground = np.full((120, 120, 3), 128, np.uint8)
    Image.fromarray(np.uint8(255) * (cover > 0.02)).save(tmp_path / "wide.png")
    assert greenest(paste(image, ground, region="wide.png", folder=tmp_path, **options)) <= 4
    Image.fromarray(np.rint(255 * cover).astype(np.uint8)).save(tmp_path / "matte.png")
    matte = paste(image, ground, region="matte.png", folder=tmp_path, **{"feather": 0, **options})
    assert greenest(matte) <= 4
    # So much it would be without either.
    assert greenest(paste(image, ground, region="wide.png", folder=tmp_path, feather=0)) > 100


def test_the_edge_is_soft_and_inside():
    white = np.full((40, 40, 3), 255, np.uint8)
    row = paste(white, GRAY, region="rect(10, 10, 30, 30)").mask[30]
    np.testing.assert_allclose(row[28:35], [0, 0, 0.25, 0.75, 1, 1, 1], atol=0.01)
    wide = paste(white, GRAY, region="rect(5, 5, 35, 35)", feather=8).mask[30]
    assert wide[24] == 0 < wide[25] < wide[28] < wide[31] < 1 == wide[35]
    hard = paste(white, GRAY, region="rect(10, 10, 30, 30)", feather=0).mask
    assert set(np.unique(hard)) == {0, 1}
    # Cut off by the painting's border, it is not soft there.
    assert paste(white, GRAY, region="all", feather=8, at=(5, 30)).mask[30, 0] == 1


def test_what_is_transparent_in_the_object_stays_so():
    cutout = np.zeros((20, 20, 4), np.uint8)
    cutout[..., 1] = 255
    cutout[5:15, 5:15] = 200, 0, 0, 255
    cutout[8:12, 8:12, 3] = 51
    picture, mask = paste(cutout, GRAY, region="all", at=(40, 30))
    assert box_of(mask) == (35, 25, 45, 35)
    assert mask[30, 40] == pytest.approx(0.2)
    assert picture.pixels[30, 40].tolist() == [142, 102, 102]
    assert picture.pixels[26, 36].tolist() == [200, 0, 0]
    np.testing.assert_array_equal(picture.pixels[mask == 0], GRAY[mask == 0])


def cutout(color, width, old=None):
    """A soft disk as a cutout of 8 bits, its colors its own or mixed with an old background; its alpha in [0, 1]."""
    y, x = (np.indices((400, 400)) + 0.5) / 4
    fine = np.clip((30 - np.hypot(x - 50, y - 50)) / width + 0.5, 0, 1).astype(np.float32)
    alpha = np.rint(255 * cv2.resize(fine, (100, 100), interpolation=cv2.INTER_AREA))[..., None] / 255
    values = np.broadcast_to(np.float32(color), (100, 100, 3))
    if old is not None:
        values = alpha * values + (1 - alpha) * np.float32(old)
    return np.uint8(np.rint(np.dstack([values, 255 * alpha]))), alpha


@pytest.mark.parametrize("options", [{}, {"scale": 0.6}, {"scale": 0.9, "rotate": 30}])
@pytest.mark.parametrize("width", [1.5, 8])
@pytest.mark.parametrize("old", [(0, 0, 0), (20, 25, 30), (20, 230, 30)])
def test_no_fringe_comes_along_in_the_soft_edge_of_a_cutout(old, width, options):
    """No pixel is darker or brighter than both the object and the ground; with the fringe they are by 50."""
    light, ground = (240, 225, 200), np.full((120, 120, 3), (200, 215, 220), np.uint8)
    pasted = paste(cutout(light, width, old)[0], ground, region="all", **options)
    found = pasted.picture.pixels.astype(int)
    least, most = np.minimum(light, ground[0, 0]), np.maximum(light, ground[0, 0])
    assert not (found < least - 6).any()
    assert not (found > most + 6).any()
    soft = (pasted.mask > 0.02) & (pasted.mask < 0.98)
    expected = pasted.mask[..., None] * np.float32(light) + (1 - pasted.mask[..., None]) * ground
    assert np.abs(found - expected)[soft].max() < 7


@pytest.mark.parametrize("width", [1.5, 8])
def test_a_cutout_in_its_own_colors_is_composed_as_it_is(width):
    ground, colors = noise(100, 100, seed=1), noise(100, 100, seed=2)
    values, alpha = cutout(colors, width)
    values[alpha[..., 0] == 0, :3] = 0
    found = paste(values, ground, region="all", at=(50, 50)).picture.pixels
    np.testing.assert_allclose(found, alpha * colors + (1 - alpha) * ground, atol=0.51)


def test_a_region_of_a_cutout_has_its_edge_and_that_of_alpha():
    """Left of its middle line a disk that was multiplied by alpha: soft and light along the curve and the line."""
    light, ground = (240, 225, 200), np.full((100, 100, 3), (200, 215, 220), np.uint8)
    values, alpha = cutout(light, 4, (0, 0, 0))
    values[alpha[..., 0] == 0, :3] = (0, 80, 0)  # hidden, and beside the line
    pasted = paste(values, ground, region="rect(0, 0, 50, 100)", at=(50, 50))
    assert not (pasted.picture.pixels.astype(int) < np.minimum(light, ground[0, 0]) - 6).any()
    left, top, right, bottom = box_of(pasted.mask)
    assert (right - left, bottom - top) == pytest.approx((29, 60), abs=1)
    assert 0 < pasted.mask[50, right] < pasted.mask[50, right - 1] <= pasted.mask[50, right - 3] == 1


def test_hidden_colors_do_not_come_along_beside_the_edge_of_a_region():
    """A gray strip, two pixels wide within the region, before a green that is hidden on one side of it."""
    values = np.zeros((60, 60, 4), np.uint8)
    values[...] = 0, 255, 0, 0
    values[:, 27:34] = 128, 128, 128, 255
    pasted = paste(values, GRAY, region="rect(0, 0, 29, 60)")
    np.testing.assert_allclose(pasted.picture.pixels, 128, atol=1)


def test_from_files(tmp_path):
    Image.fromarray(marked()).save(tmp_path / "a.png")
    Image.fromarray(GRAY).save(tmp_path / "b.png")
    found = paste(tmp_path / "a.png", str(tmp_path / "b.png"), region="all")
    np.testing.assert_array_equal(found.picture.pixels, paste(marked(), GRAY, region="all").picture.pixels)


# ---- what is refused


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"scale": 0}, RecipeError, "scale 0 is out of range"),
        ({"scale": 1.5}, RecipeError, "scale 1.5 is out of range; choose more than 0 and up to 1"),
        ({"scale": float("nan")}, RecipeError, "scale nan"),
        ({"rotate": float("inf")}, RecipeError, "rotate inf is not an angle"),
        ({"feather": -1}, RecipeError, "feather -1 is out of range"),
        ({"feather": float("nan")}, RecipeError, "feather nan"),
        ({"at": "50%"}, RecipeError, "at '50%' is not a position; give x and y, as 60%,40% or 120,80"),
        ({"at": "1,2,3"}, RecipeError, "not a position"),
        ({"at": "1em,2"}, RecipeError, "not a position"),
        ({"at": "1,y=2"}, RecipeError, "not a position"),
        ({"at": "1,2) & at(1,2"}, RecipeError, "not a position"),
        ({"at": (1, float("nan"))}, RecipeError, "not a position"),
        ({"at": (-20, 10)}, RegionError, r"no part of the object is visible: 20 x 20 pixels around \(-20, 10\)"),
        ({"at": (10, "200%")}, RegionError, r"no part of the object is visible.* 80 x 60; move it inside"),
        ({"scale": 0.0001}, RegionError, "no part of the object is visible: 0.006 x 0.006 pixels"),
        ({"feather": 20}, RegionError, "no part of the object is visible.*smaller feather"),
        ({"region": "~all"}, RegionError, "'~all' selects nothing of the object's picture"),
        ({"region": "rect(3, 3, 4, 20)"}, RegionError, "narrower than its soft edge; take it as it is with feather 0"),
        ({"region": "rect(3"}, RegionError, "never closed"),
    ],
)
def test_what_cannot_be_used(options, error, words):
    with pytest.raises(error, match=words) as caught:
        paste(marked(), GRAY, **{"region": "all", **options})
    assert "\n" not in str(caught.value)


def test_larger_than_the_painting():
    large = np.zeros((61, 40, 3), np.uint8)
    with pytest.raises(RegionError, match="the object is 40 x 61 pixels and the painting 80 x 60; choose a scale"):
        paste(large, GRAY, region="all")
    assert box_of(paste(large[1:], GRAY, region="all").mask) == (20, 0, 60, 60)
    assert box_of(paste(large, GRAY, region="all", scale=1).mask)[1::2] == (0, 60)


def test_no_such_picture():
    with pytest.raises(ImageError, match=r"nope.png: no such file"):
        paste("nope.png", GRAY)
    assert issubclass(ImageError, SfumatoError)
