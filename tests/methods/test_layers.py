"""Several layers, and what a layer can ask for: blends, strength, colors, parts of styles."""

import warnings
from itertools import permutations

import numpy as np
import pytest
from helpers import prepared, texture
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from PIL import Image
from scipy import ndimage

from sfumato import images, regions
from sfumato.blend import BLENDS, soft_edge
from sfumato.errors import RegionError, SfumatoWarning

pytestmark = pytest.mark.filterwarnings("ignore:.*is plain beside")

EDGES = ["inside", "center", "outside"]
COLORS = ["none", "luminance", "linear", "histogram"]
SHAPE = 48, 64


def whole(found, alpha):
    """An alpha over the crop, over the photo."""
    full = np.zeros((found.photo.height, found.photo.width), np.float32)
    full[found.crop.box[0] : found.crop.box[2], found.crop.box[1] : found.crop.box[3]] = alpha
    return full


# ---- what is outside all layers stays


def places(draw):
    x, y = draw(st.integers(0, 50)), draw(st.integers(0, 36))
    w, h = draw(st.integers(3, 30)), draw(st.integers(3, 30))
    rect, ellipse = f"rect({x}, {y}, {x + w}, {y + h})", f"ellipse({x}, {y}, {w / 2}, {h / 2})"
    soft = f"linear({x}, {y}, {x + w}, {y + h})", f"radial({x}, {y}, {h / 2}, {h})"
    return draw(st.sampled_from([rect, ellipse, *soft, "soft.png", "dots.png"]))


@st.composite
def stacks(draw):
    return [
        {
            "region": places(draw),
            "blend": draw(st.sampled_from(BLENDS)),
            "color": draw(st.sampled_from(COLORS)),
            "strength": draw(st.sampled_from([0, 0.3, 1])),
            "edge": draw(st.sampled_from(EDGES)),
            "feather": draw(st.sampled_from([0, 1, 4, 9])),
        }
        for _ in range(draw(st.integers(1, 4)))
    ]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(stack=stacks(), depth=st.sampled_from([8, 16]), size=st.sampled_from([0, 17]), seed=st.integers(0, 99))
def test_whatever_the_layers_what_they_do_not_reach_keeps_its_bytes(layered, folder, stack, depth, size, seed):
    rng = np.random.default_rng(seed)
    noise = ndimage.gaussian_filter(rng.random(SHAPE), 5)
    Image.fromarray(np.uint8(255 * np.clip(noise * 12 - 6, 0, 1))).save(folder / "soft.png")
    Image.fromarray(np.uint8(255 * (rng.random(SHAPE) > 0.97))).save(folder / "dots.png")
    photo = texture(*SHAPE, seed, depth=depth)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SfumatoWarning)
        try:
            found = prepared(layered(*stack, size=size), images.from_array(photo), halo=4, folder=folder)
        except RegionError as error:
            assert "selects nothing" in str(error) or "nothing of it shows" in str(error)  # noqa: PT017
            assume(False)
    picture, alpha = found.blended(rng.random(found.content.shape, np.float32))
    assert picture.pixels.dtype == photo.dtype
    assert picture.pixels.shape == photo.shape
    alpha = whole(found, alpha)
    far, hidden = np.ones((2, *SHAPE), bool)
    for layer in stack:
        mask = regions.evaluate(layer["region"], photo, folder)
        outward = {"inside": 0, "center": 1, "outside": 2}[layer["edge"]] * round(layer["feather"] / 2)
        away = ndimage.distance_transform_edt(mask == 0)
        far &= away > (0 if layer["blend"] == "poisson" else outward)
        # Between layers, what shows is shared over half of a feather to each side, whatever the edge.
        hidden &= (away > layer["feather"]) | (layer["strength"] == 0)
    untouched = far | hidden
    assert (alpha[untouched] == 0).all()
    np.testing.assert_array_equal(picture.pixels[alpha == 0], photo[alpha == 0])
    if all(layer["strength"] == 0 for layer in stack):
        np.testing.assert_array_equal(picture.pixels, photo)
    assert alpha.min() >= 0
    assert alpha.max() <= 1
    optimized = whole(found, np.max([part.mask for part in found.parts], axis=0)) > 0
    assert optimized[alpha > 0].all()


# ---- neighbors


@pytest.mark.parametrize("blend", BLENDS)
@pytest.mark.parametrize("edge", EDGES)
@pytest.mark.parametrize("other", [{}, {"blend": "poisson"}, {"edge": "inside", "feather": 3}, {"color": "luminance"}])
def test_neighbors_leave_no_gap(problem, blend, edge, other):
    first = {"region": "rect(6, 4, 30, 44)", "blend": blend, "edge": edge, "feather": 8}
    second = {"region": "rect(30, 4, 58, 44)", "feather": 8, **other}
    for layers in ([first, second], [first, {**first, **second}]):
        found = problem(*layers)
        picture, alpha = found.blended(np.ones_like(found.content))
        alpha = whole(found, alpha)
        np.testing.assert_allclose(alpha[12:36, 14:50], 1, atol=1e-6)
        if "color" not in other and "blend" not in other and blend != "poisson":
            assert (picture.pixels[12:36, 14:50] == 255).all()


@pytest.mark.parametrize("blend", BLENDS)
@pytest.mark.parametrize("feather", [0, 6])
def test_gradients_that_cross_fill_the_photo(problem, blend, feather):
    pair = ["linear(10, 0, 50, 12)", "~linear(10, 0, 50, 12)"]
    found = problem(*({"region": region, "blend": blend, "feather": feather} for region in pair))
    _, alpha = found.blended(np.ones_like(found.content))
    assert alpha.shape == SHAPE
    np.testing.assert_allclose(alpha, 1, atol=1e-6)


@pytest.mark.parametrize("blend", ["feather", "poisson"])
def test_a_layer_of_no_strength_does_not_thin_out_its_neighbor(problem, blend):
    """Alpha alone says how much shows."""
    black = np.zeros((*SHAPE, 3), np.uint8)
    found = problem(
        {"region": "rect(0, 0, 32, 48)", "strength": 0, "feather": 12, "blend": blend},
        {"region": "rect(32, 0, 64, 48)", "feather": 12},
        photo=black,
    )
    picture, alpha = found.blended(np.ones_like(found.content))
    np.testing.assert_allclose(picture.pixels, np.repeat(255 * alpha[..., None], 3, 2), atol=0.501)
    # A raised cosine of 13 samples, summed.
    ramp = np.cumsum(1 + np.cos(np.pi * np.arange(-6, 7) / 7)) / 14
    np.testing.assert_allclose(alpha[24, 26:38], ramp[:-1], atol=1e-5)


def test_parts_of_different_alphas_show_in_their_own_looks(problem):
    """Beyond the mask only the second layer reaches; the first, which meets the photo there, must not pale it."""
    black = np.zeros((*SHAPE, 3), np.uint8)
    shape = {"region": "rect(16, 12, 48, 36)", "feather": 8}
    with pytest.warns(SfumatoWarning, match="overlap"):
        found = problem({**shape, "blend": "poisson"}, {**shape, "edge": "outside"}, photo=black)
    picture, alpha = found.blended(np.ones_like(found.content))
    alpha = whole(found, alpha)
    beyond = (alpha > 0) & (regions.evaluate("rect(16, 12, 48, 36)", black) == 0)
    assert beyond.sum() > 100
    np.testing.assert_allclose(picture.pixels[beyond][:, 0], 255 * alpha[beyond], atol=0.501)


def test_layers_that_do_not_meet_may_stand_in_any_order(made, folder):
    layers = [
        {"region": "rect(0, 0, 18, 48)", "color": "luminance"},
        {"region": "rect(24, 0, 40, 48)", "blend": "poisson", "styles": [{"image": str(folder / "b.png")}]},
        {"region": "rect(46, 0, 64, 48)", "strength": 0.6, "styles": [{"image": str(folder / "c.png"), "weight": 3}]},
    ]
    results = [made(*order) for order in list(permutations(layers))[::2]]
    first, *others = results
    for other in others:
        assert set(first.trace[0].terms) == set(other.trace[0].terms)
        assert other.trace[0].terms == pytest.approx(first.trace[0].terms, rel=1e-6)
        assert other.trace[-1].loss == pytest.approx(first.trace[-1].loss, rel=1e-4)
        np.testing.assert_allclose(other.alpha, first.alpha, atol=1e-6)
        assert np.abs(other.picture.pixels.astype(int) - first.picture.pixels).max() <= 1


# ---- overlaps


def overlaps(problem, *names):
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        problem(*({"region": name} for name in names))
    assert all(one.category is SfumatoWarning for one in told)
    return [str(one.message) for one in told]


def test_layers_that_overlap_are_told_of_once(problem):
    (text,) = overlaps(problem, "rect(0, 0, 40, 48)", "rect(30, 0, 50, 48)")
    assert text == (
        "regions 'rect(0, 0, 40, 48)' and 'rect(30, 0, 50, 48)' overlap in 480 pixels, where both styles act;"
        " write (rect(0, 0, 40, 48)) - (rect(30, 0, 50, 48)) for the larger to give them to the smaller"
    )
    assert len(overlaps(problem, *["rect(0, 0, 40, 48)"] * 2)) == 1
    assert len(overlaps(problem, "all", "rect(0, 0, 20, 48)", "rect(40, 0, 60, 48)")) == 2


@pytest.mark.parametrize("names", [("rect(10, 10, 30, 30)", "all"), ("all", "rect(10, 10, 30, 30)")])
def test_what_the_note_advises_can_be_done(problem, names):
    (text,) = overlaps(problem, *names)
    advised = text.partition("; write ")[2].partition(" for the larger")[0]
    small = min(names, key=lambda name: name == "all")
    assert regions.evaluate(advised, np.zeros((*SHAPE, 3), np.float32)).sum() == 48 * 64 - 400
    assert overlaps(problem, small, advised) == []


@pytest.mark.parametrize(
    "names",
    [
        ("rect(0, 0, 32, 48)", "rect(32, 0, 64, 48)"),
        ("rect(0, 0, 31.5, 48)", "rect(31.5, 0, 64, 48)"),
        ("linear(0, 0, 100%, 0)", "~linear(0, 0, 100%, 0)"),
        ("ellipse(32, 24, 10, 10)", "~ellipse(32, 24, 10, 10)"),
    ],
)
def test_neighbors_that_only_touch_are_not_told_of(problem, names):
    assert overlaps(problem, *names) == []


# ---- Poisson's edge


def test_the_edge_is_no_matter_to_poisson(problem):
    layer = {"region": "rect(20, 15, 40, 30)", "blend": "poisson", "feather": 40}
    results = []
    for edge in EDGES:
        found = problem({**layer, "edge": edge})
        np.testing.assert_array_equal(found.parts[0].mask, found.parts[0].region)
        results.append(found.blended(np.ones_like(found.content))[0].pixels)
    np.testing.assert_array_equal(results[0], results[1])
    np.testing.assert_array_equal(results[0], results[2])
    assert (results[0] != texture(*SHAPE, 1)).any()
    with pytest.raises(RegionError, match="narrower than its soft edge of 40 pixels"):
        problem({**layer, "blend": "feather", "edge": "inside"})


@pytest.mark.parametrize("edge", ["inside", "center", "outside"])
def test_two_neighbors_show_as_much_as_one_layer_over_both(layered, folder, edge):
    """Beyond their masks they share what the edge around both reaches, and together it is the edge of the whole."""
    halves = [{"region": f"rect({left}, 8, {left + 12}, 24)", "feather": 9, "edge": edge} for left in (10, 22)]
    found = prepared(layered(*halves), images.from_array(texture(*SHAPE)), halo=20)
    expected = soft_edge(found.union, 9, edge)
    np.testing.assert_allclose(found.alpha, expected, atol=1e-4)
    if edge == "outside":
        assert (found.alpha[found.union == 0] > 0.5).any()
