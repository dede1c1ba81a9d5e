import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import ImageCms
from scipy import ndimage

from sfumato.blend import compose, reach, soft_edge
from sfumato.images import Picture

SHAPES = hnp.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=24)
HARD = hnp.arrays(np.float32, SHAPES, elements=st.sampled_from([0, 1]))
SOFT = hnp.arrays(np.float32, SHAPES, elements=st.floats(0, 1, width=32))
WIDTHS = st.floats(0, 16)
EDGES = st.sampled_from(["inside", "center", "outside"])


def diagonal(size=48):
    """A half-plane whose edge runs from corner to corner, and rounding of a square edge shows most."""
    y, x = np.mgrid[:size, :size]
    return (x + y < size).astype(np.float32)


def distance_to(mask):
    """From each pixel's center to the nearest pixel of the mask, in pixels."""
    return ndimage.distance_transform_edt(mask == 0) if mask.any() else np.full(mask.shape, np.inf)


@given(SOFT, WIDTHS, EDGES)
@settings(deadline=None)
def test_alpha_is_a_weight(mask, width, edge):
    kept = mask.copy()
    alpha = soft_edge(mask, width, edge)
    assert alpha.shape == mask.shape
    assert alpha.dtype == np.float32
    assert alpha.min() >= 0
    assert alpha.max() <= 1
    np.testing.assert_array_equal(mask, kept)


@given(HARD, WIDTHS, EDGES)
@example(diagonal(), 12.0, "inside")
@example(diagonal(), 12.0, "center")
@example(diagonal(), 12.0, "outside")
@example(np.pad(np.ones((12, 12), np.float32), 24), 20.0, "center")
@settings(deadline=None)
def test_alpha_is_0_beyond_the_reach(mask, width, edge):
    alpha = soft_edge(mask, width, edge)
    assert (alpha[distance_to(mask) > reach(width, edge)] == 0).all()


@given(HARD, WIDTHS, EDGES)
@example(1 - diagonal(), 12.0, "inside")
@example(1 - diagonal(), 12.0, "center")
@example(1 - diagonal(), 12.0, "outside")
@settings(deadline=None)
def test_alpha_is_1_deep_inside(mask, width, edge):
    alpha = soft_edge(mask, width, edge)
    # What lies inside for a mask lies outside for its complement.
    depth = reach(width, {"inside": "outside", "center": "center", "outside": "inside"}[edge])
    assert (alpha[distance_to(1 - mask) > depth] == 1).all()


@given(HARD, WIDTHS)
@example(diagonal(), 20.0)
@settings(deadline=None)
def test_nothing_outside_the_mask_shows_where_the_edge_lies_inside(mask, width):
    assert (soft_edge(mask, width, "inside")[mask == 0] == 0).all()


@given(HARD, WIDTHS)
@example(diagonal(), 20.0)
@settings(deadline=None)
def test_all_of_the_mask_shows_where_the_edge_lies_outside(mask, width):
    assert (soft_edge(mask, width, "outside")[mask == 1] == 1).all()


@given(SOFT, WIDTHS)
@settings(deadline=None)
def test_the_edges_are_ordered(mask, width):
    inside, center, outside = (soft_edge(mask, width, edge) for edge in ("inside", "center", "outside"))
    assert (inside <= center + 1e-5).all()
    assert (center <= outside + 1e-5).all()


@pytest.mark.parametrize("edge", ["inside", "center", "outside"])
@pytest.mark.parametrize("width", [2, 5, 10, 21])
def test_a_straight_edge_becomes_a_ramp_of_that_width(edge, width):
    mask = np.zeros((9, 121), np.float32)
    mask[:, 60:] = 1
    alpha = soft_edge(mask, width, edge)
    assert (alpha == alpha[:1]).all()
    ramp = alpha[0]
    assert (np.diff(ramp) >= 0).all()
    between = np.flatnonzero((ramp > 0) & (ramp < 1))
    assert width - 2 <= len(between) <= width + 2
    # The ends of a raised cosine are too faint to matter; the middle of the ramp lies where it should.
    middle = {"inside": 60 + width / 2, "center": 60, "outside": 60 - width / 2}[edge]
    assert abs((ramp < 0.5).sum() - middle) <= 1
    if edge == "center":
        np.testing.assert_allclose(ramp, 1 - ramp[::-1][np.r_[1:121, 120]], atol=1e-5)


def test_a_wider_edge_is_a_wider_ramp():
    mask = np.zeros((1, 61), np.float32)
    mask[:, 30:] = 1
    lengths = [((alpha := soft_edge(mask, width)) > 0).sum() - (alpha == 1).sum() for width in (0, 2, 4, 6, 8, 12)]
    assert lengths == sorted(set(lengths))


@pytest.mark.parametrize("edge", ["inside", "center", "outside"])
def test_a_region_that_touches_the_border_stays_1_there(edge):
    mask = np.zeros((40, 50), np.float32)
    mask[:, 30:] = 1
    alpha = soft_edge(mask, 10, edge)
    assert (alpha[:, -8:] == 1).all()
    assert (soft_edge(np.ones((7, 9), np.float32), 10, edge) == 1).all()
    assert (soft_edge(np.zeros((7, 9), np.float32), 10, edge) == 0).all()


def test_a_soft_mask_stays_soft():
    mask = np.tile(np.linspace(0, 1, 101, dtype=np.float32), (20, 1))
    alpha = soft_edge(mask, 6)
    np.testing.assert_allclose(alpha[:, 5:-5], mask[:, 5:-5], atol=1e-4)
    np.testing.assert_allclose(soft_edge(np.full((20, 20), 0.3, np.float32), 6), 0.3, atol=1e-6)


@given(SOFT, st.floats(0, 0.99), EDGES)
@settings(deadline=None)
def test_below_one_pixel_the_mask_is_returned(mask, width, edge):
    np.testing.assert_array_equal(soft_edge(mask, width, edge), mask)
    assert reach(width, edge) == 0


@pytest.mark.parametrize(("dtype", "white"), [(bool, 1), (np.uint8, 255), (np.uint16, 65535), (np.float64, 1)])
def test_a_mask_of_another_type_is_as_good(dtype, white):
    mask = np.zeros((9, 9), dtype)
    mask[3:, 2:] = white
    np.testing.assert_array_equal(soft_edge(mask, 4), soft_edge((mask > 0).astype(np.float32), 4))
    assert soft_edge(mask, 0).dtype == np.float32


# compose


def picture(shape=(12, 15), dtype=np.uint8, space="rgb", seed=0, **more):
    channels = {"gray": 1, "rgb": 3, "cmyk": 4}[space]
    limit = np.iinfo(dtype).max
    pixels = np.random.default_rng(seed).integers(0, limit, (*shape, channels), dtype=dtype, endpoint=True)
    return Picture(pixels, space=space, **more)


@pytest.fixture(scope="module")
def icc():
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def alpha_and_style(shape, seed=1):
    rng = np.random.default_rng(seed)
    alpha = rng.random(shape).astype(np.float32)
    alpha[rng.random(shape) < 0.4] = 0
    alpha[rng.random(shape) < 0.2] = 1
    return alpha, rng.random((*shape, 3)).astype(np.float32)


BOX = 2, 3, 11, 13


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("space", ["gray", "rgb", "cmyk"])
def test_where_alpha_is_0_every_byte_is_the_photos(dtype, space):
    photo = picture(dtype=dtype, space=space)
    kept = photo.pixels.copy()
    alpha, styled = alpha_and_style((9, 10))
    result = compose(photo, styled, alpha, BOX)
    np.testing.assert_array_equal(photo.pixels, kept)
    assert result.space == {"gray": "rgb", "rgb": "rgb", "cmyk": "cmyk"}[space]
    assert result.pixels.dtype == dtype
    whole = np.zeros((12, 15))
    whole[2:11, 3:13] = alpha
    own = np.repeat(kept, 3, axis=-1) if space == "gray" else kept
    np.testing.assert_array_equal(result.pixels[whole == 0], own[whole == 0])
    assert (result.pixels[whole > 0] != own[whole > 0]).mean() > 0.5


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_elsewhere_it_is_the_rounded_mix(dtype):
    photo = picture(dtype=dtype)
    alpha, styled = alpha_and_style((9, 10))
    result = compose(photo, styled, alpha, BOX)
    limit = int(np.iinfo(dtype).max)
    for i, j in np.ndindex(9, 10):
        for channel in range(3):
            a, own = float(alpha[i, j]), int(photo.pixels[2 + i, 3 + j, channel])
            mixed = (1 - a) * own + a * limit * float(styled[i, j, channel])
            assert abs(int(result.pixels[2 + i, 3 + j, channel]) - mixed) <= 0.5 + 1e-6 * limit


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_a_full_alpha_shows_the_style_alone(dtype):
    limit = np.iinfo(dtype).max
    values = np.random.default_rng(3).integers(0, limit, (12, 15, 3), dtype=dtype, endpoint=True)
    styled = (values / limit).astype(np.float32)
    result = compose(picture(dtype=dtype), styled, np.ones((12, 15), np.float32), (0, 0, 12, 15))
    np.testing.assert_array_equal(result.pixels, values)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("space", ["gray", "rgb"])
def test_opacity_profile_and_the_rest_are_kept(dtype, space, icc):
    opacity = picture(dtype=dtype, seed=5).pixels[..., 0]
    more = {"exif": b"Exif\0\0", "dpi": (300.0, 300.0)} | ({"icc": icc} if space == "rgb" else {})
    photo = picture(dtype=dtype, space=space, alpha=opacity.copy(), **more)
    alpha, styled = alpha_and_style((9, 10))
    result = compose(photo, styled, alpha, BOX)
    np.testing.assert_array_equal(result.alpha, opacity)
    assert (result.icc, result.exif, result.dpi) == (photo.icc, photo.exif, photo.dpi)
    zero = np.pad(alpha, ((2, 1), (3, 2))) == 0
    own = np.repeat(photo.pixels, 3, axis=-1) if space == "gray" else photo.pixels
    np.testing.assert_array_equal(result.pixels[zero], own[zero])


def test_values_outside_the_range_are_clipped():
    photo = picture()
    styled = np.full((12, 15, 3), 1.7, np.float32)
    styled[:, :7] = -0.4
    result = compose(photo, styled, np.ones((12, 15), np.float32), (0, 0, 12, 15)).pixels
    assert (result[:, :7] == 0).all()
    assert (result[:, 7:] == 255).all()


@given(st.floats(0, 2**-10, exclude_min=True, width=32), st.integers(0, 255))
def test_a_trace_of_alpha_does_not_wrap_around(weight, value):
    photo = Picture(np.full((1, 1, 3), value, np.uint8))
    for styled in (0.0, 1.0):
        result = compose(photo, np.full((1, 1, 3), styled, np.float32), np.full((1, 1), weight), (0, 0, 1, 1))
        assert abs(result.pixels.astype(int) - value).max() <= 1


def test_no_alpha_at_all_is_the_photo():
    photo = picture()
    result = compose(photo, np.ones((9, 10, 3), np.float32), np.zeros((9, 10), np.float32), BOX)
    np.testing.assert_array_equal(result.pixels, photo.pixels)
    assert result.pixels is not photo.pixels
