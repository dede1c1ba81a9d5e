"""Styles with transparent parts: what is hidden in them does not count, in whatever way they are used."""

from dataclasses import dataclass

import numpy as np
import pytest
from helpers import SHALLOW, prepared, smooth
from PIL import Image

from sfumato import features, images
from sfumato.color import reinhard
from sfumato.errors import ImageError, RegionError, SfumatoWarning
from sfumato.feedforward import embed, transfer
from sfumato.labels import paired_clusters
from sfumato.methods import steps
from sfumato.methods.harmonize import prepare as preparing
from sfumato.methods.harmonize import tones as harmonize
from sfumato.methods.harmonize.strokes import painterly, smoothness
from sfumato.methods.photoreal import labels as labeling
from sfumato.recipe import Recipe
from sfumato.regions import segmenters
from sfumato.regions.segmenters import Segments

FAST = {"size": 0, "iterations": "4", **SHALLOW}
HEIGHT, WIDTH = 48, 60
LEFT = np.arange(WIDTH) < 30


STYLE, PHOTO = smooth(HEIGHT, WIDTH, 1, blur=2, low=0.4), smooth(40, 64, 2, blur=2, low=0.4)
HIDDEN = {"black": np.zeros_like(STYLE), "noise": np.random.default_rng(3).integers(0, 256, STYLE.shape, np.uint8)}


def cutout(hidden, alpha=255 * LEFT, seen=STYLE):
    """A style of which the left half is seen."""
    alpha = np.broadcast_to(alpha, seen.shape[:2]).astype(np.uint8)
    return np.dstack([np.where(alpha[..., None] > 127, seen, hidden), alpha])


@pytest.fixture
def make(tmp_path):
    """Prepare a photo for a style of these pixels."""

    def ready(pixels, photo=PHOTO, **options):
        Image.fromarray(pixels).save(tmp_path / "style.png")
        fast = {"size": 0} if options.get("method") == "fast" else FAST
        given = {**fast, "style": tmp_path / "style.png", "region": "rect(2, 8, 62, 32)", "feather": 0, **options}
        return prepared(Recipe.from_options(**given), images.from_array(photo), halo=4, folder=tmp_path)

    return ready


@pytest.fixture
def run(tmp_path):
    """Restyle a photo by a style of these pixels."""

    def painted(pixels, photo=PHOTO, **options):
        Image.fromarray(pixels).save(tmp_path / "style.png")
        fast = {"size": 0} if options.get("method") == "fast" else FAST
        given = {**fast, "style": tmp_path / "style.png", "region": "rect(2, 8, 62, 32)", "feather": 0, **options}
        started = steps(Recipe.from_options(**given), photo, folder=tmp_path)
        list(started)
        return started.result().picture.pixels

    return painted


# ---- as it is prepared


def test_opacity_is_part_of_the_mask(make):
    alpha = np.full((HEIGHT, WIDTH), 255, np.uint8)
    alpha[:, 20:30], alpha[:, 30:] = 153, 0
    (style,) = make(cutout(HIDDEN["noise"], alpha)).parts[0].styles
    np.testing.assert_allclose(style.mask, alpha / 255, rtol=1e-6)
    np.testing.assert_allclose(style.picture[:, :30], STYLE[:, :30] / 255, rtol=1e-6)
    np.testing.assert_array_equal(style.picture[:, 30:], np.repeat(style.picture[:, 29:30], 30, 1))
    (style,) = make(cutout(HIDDEN["noise"], alpha), mask="linear(0, 0, 0, 100%)").parts[0].styles
    ramp = (np.arange(HEIGHT) + 0.5)[:, None] / HEIGHT
    np.testing.assert_allclose(style.mask, alpha / 255 * ramp, atol=1e-6)


def test_it_shrinks_with_the_picture(make):
    (style,) = make(cutout(HIDDEN["black"]), scale=0.6).parts[0].styles
    assert style.opacity.shape == style.mask.shape == style.picture.shape[:2] == (32, 36)
    np.testing.assert_allclose(style.mask.mean(0)[[0, 17, 18, 35]], [1, 1, 0, 0])
    assert style.picture.min() > 0.3  # no black comes in at the edge


@pytest.mark.parametrize("alpha", [None, 255])
def test_what_is_opaque_is_as_it_ever_was(make, alpha):
    (style,) = make(STYLE if alpha is None else cutout(STYLE, alpha)).parts[0].styles
    np.testing.assert_array_equal(style.picture, np.float32(STYLE) / np.float32(255))
    assert style.mask is None
    assert style.opacity is None


@pytest.mark.parametrize("color", ["luminance", "linear", "histogram"])
def test_colors_are_matched_by_what_is_seen(make, color):
    found = [make(cutout(hidden), color=color).parts[0].styles[0].picture for hidden in HIDDEN.values()]
    np.testing.assert_array_equal(*found)
    wanted = PHOTO[8:32, 2:62].reshape(-1, 3) / 255
    if color == "luminance":
        wanted = wanted @ np.array([0.299, 0.587, 0.114])[:, None].repeat(3, 1)
    np.testing.assert_allclose(found[0][:, LEFT].mean((0, 1)), wanted.mean(0), atol=0.004)


def test_what_is_seen_is_flat(make, tmp_path):
    with pytest.raises(ImageError, match=r"style\.png is one flat color"):
        make(cutout(HIDDEN["noise"], seen=np.full_like(STYLE, 90)))
    assert make(cutout(np.full_like(STYLE, 90))).parts


@pytest.mark.parametrize("method", ["localized", "fast", "photo"])
def test_nothing_is_seen(make, method):
    with pytest.raises(ImageError) as caught:
        make(cutout(STYLE, 0), method=method)
    assert str(caught.value).endswith(
        "style.png: transparent everywhere, so there is nothing to see in it; choose another"
    )


def test_the_part_that_counts_is_transparent(make):
    with pytest.raises(RegionError, match=r"mask 'rect\(60%, 0, 100%, 100%\)' selects only what is transparent in the"):
        make(cutout(HIDDEN["black"]), mask="rect(60%, 0, 100%, 100%)")


# ---- as it paints


@pytest.mark.usefixtures("vgg")
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"color": "linear"},
        {"method": "photo", "semantic": "none"},
        {"method": "photo", "semantic": "none", "transfer": "reinhard"},
    ],
)
def test_hidden_colors_are_no_matter(run, options):
    black, noise = (run(cutout(hidden), **options) for hidden in HIDDEN.values())
    np.testing.assert_array_equal(black, noise)
    assert (black != run(cutout(HIDDEN["black"], seen=255 - STYLE), **options)).any()
    np.testing.assert_array_equal(run(cutout(STYLE, 255), **options), run(STYLE, **options))


@pytest.mark.usefixtures("arbitrary")
def test_the_fast_method_reads_what_is_seen(run, monkeypatch):
    monkeypatch.setattr(features, "load", lambda *_: pytest.fail("the loss network is not needed"))
    options = {"method": "fast", "region": "all"}
    found = [run(cutout(hidden), **options) for hidden in HIDDEN.values()]
    np.testing.assert_array_equal(*found)
    expected = transfer(PHOTO / np.float32(255), embed(STYLE[:, LEFT] / np.float32(255)))
    np.testing.assert_allclose(found[0] / 255, expected, atol=0.51 / 255)
    np.testing.assert_array_equal(run(cutout(STYLE, 255), **options), run(STYLE, **options))
    # Holes within the rectangle that is read are filled with what is around them.
    holes = np.where((np.indices((HEIGHT, WIDTH)) // 8).sum(0) % 3 == 0, 0, 255)
    whole = run(STYLE, **options).mean()
    assert abs(run(cutout(HIDDEN["black"], holes), **options).mean() - whole) < 6


def test_a_reference_gives_the_colors_that_are_seen(run):
    options = {"method": "photo", "semantic": "none", "transfer": "reinhard", "region": "all"}
    found = run(cutout(HIDDEN["black"]), **options)
    expected = reinhard(PHOTO / np.float32(255), STYLE[:, LEFT] / np.float32(255))
    np.testing.assert_allclose(found / 255, expected, atol=0.51 / 255)


# ---- labels of a reference


@dataclass
class Fake:
    """A segmenter that tells the left from the right, and both from what is below."""

    name: str = "fake"
    key: str = "fake, of halves"

    def __call__(self, photo):
        left, below = np.zeros((2, *photo.shape[:2]), np.float32)
        left[:, : photo.shape[1] // 2], below[photo.shape[0] // 2 :] = 1, 1
        return Segments({"sky": left * (1 - below), "sea": (1 - left) * (1 - below), "grass": below}, ())


@pytest.fixture
def fake(monkeypatch):
    monkeypatch.setattr(segmenters, "choose", lambda name="auto": Fake())
    monkeypatch.setattr(segmenters, "model_of", lambda name: "fake")


@pytest.mark.usefixtures("fake")
@pytest.mark.parametrize("semantic", ["soft", "hard"])
def test_labels_that_are_hidden_are_not_there(make, semantic):
    alpha = np.where(np.arange(96) < 48, 255, 0)
    pixels = cutout(np.zeros((80, 96, 3), np.uint8), alpha, smooth(80, 96, 5, blur=2, low=0.4))
    with pytest.warns(SfumatoWarning) as heard:
        problem = make(pixels, smooth(80, 96, 4, blur=2, low=0.4), method="photo", semantic=semantic, region="all")
    assert all(": water" in str(one.message) for one in heard)  # what only the photo has, where it can be seen
    assert {label.name for label in problem.labels} == {"sky", "plant"}
    assert not any(label.reference[:, 48:].any() for label in problem.labels)


@pytest.mark.usefixtures("fake", "vgg")
def test_hidden_labels_are_not_in_both_pictures(make):
    alpha = np.zeros((80, 96))
    alpha[:36, :44] = 255  # nothing but sky
    pixels = cutout(np.zeros((80, 96, 3), np.uint8), alpha, smooth(80, 96, 5, blur=2, low=0.4))
    problem = make(pixels, smooth(80, 96, 4, blur=2, low=0.4), method="photo", region="all")
    assert "fake" not in problem.found


@pytest.mark.usefixtures("vgg")
def test_parts_are_found_by_what_is_seen(make, monkeypatch):
    monkeypatch.setattr(segmenters, "model_of", lambda name: "")
    heard, found = [], labeling.paired_clusters

    def listening(*given, **options):
        heard.append(options["opacity_reference"])
        return found(*given, **options)

    monkeypatch.setattr(labeling, "paired_clusters", listening)
    # Only photos of the same kind of scene are divided.
    seen = np.arange(WIDTH) < 54
    problems = [make(cutout(hidden, 255 * seen), STYLE, method="photo", region="all") for hidden in HIDDEN.values()]
    np.testing.assert_array_equal(heard[0], problems[0].parts[0].styles[0].opacity)
    for label, twin in zip(problems[0].labels, problems[1].labels, strict=True):
        np.testing.assert_array_equal(label.mask, twin.mask)
        np.testing.assert_array_equal(label.reference, twin.reference)
        assert not label.reference[:, ~seen].any()


def test_clusters_are_of_what_is_seen():
    """The reference is bright above and dark below, on its left; on its right, where nothing is seen, it is red."""
    photo, reference = np.full((60, 80, 3), 0.8, np.float32), np.full((64, 90, 3), 0.9, np.float32)
    photo[30:], reference[32:] = 0.2, 0.1
    opacity = np.zeros((64, 90), np.float32)
    opacity[:, :30] = 1
    alone = paired_clusters(photo, reference[:, :30], count=2)
    reference[:, 30:] = np.where(np.arange(64)[:, None, None] % 16 < 8, np.float32((1, 0, 0)), np.float32((0, 0, 1)))
    ours, theirs = paired_clusters(photo, reference, count=2, opacity_reference=opacity)
    assert list(ours) == list(alone[0]) == ["part 1", "part 2"]
    top = "part 1" if ours["part 1"][:30].mean() > 0.5 else "part 2"
    assert ours[top][:30].mean() > 0.95 > 0.05 > ours[top][30:].mean()
    np.testing.assert_array_equal(ours[top], alone[0][top])
    assert theirs[top][:32, :28].mean() > 0.95 > 0.05 > theirs[top][32:, :28].mean()


def test_a_part_of_little_that_is_seen_is_no_little_part():
    photo, reference = np.full((60, 80, 3), 0.8, np.float32), np.full((96, 96, 3), 0.1, np.float32)
    photo[30:], reference[40:48, :12] = 0.2, 0.9  # a hundredth of the reference, and half of what is seen of it
    opacity = np.zeros((96, 96), np.float32)
    opacity[40:56, :12] = 1
    assert len(paired_clusters(photo, reference, count=2, opacity_reference=opacity)[0]) == 2


def test_hidden_colors_make_no_others_alike():
    """Both pictures are dark on the left and bright on the right; below, the reference hides what is far brighter."""
    photo, reference = np.full((64, 64, 3), 0.1, np.float32), np.full((96, 64, 3), 0.1, np.float32)
    photo[:, 32:] = reference[:48, 32:] = 0.2
    reference[48:] = np.where(np.arange(64)[:, None] % 2, np.float32((1, 0, 0)), np.float32((0, 1, 1)))
    opacity = np.zeros((96, 64), np.float32)
    opacity[:48] = 1
    theirs = paired_clusters(photo, reference, count=2, opacity_reference=opacity)[1]
    left, right = theirs["part 1"][:46, :30].mean(), theirs["part 1"][:46, 34:].mean()
    assert max(left, right) > 0.9 > 0.1 > min(left, right)


# ---- a painting that something is pasted into


def test_how_painterly_and_smooth_is_measured_where_it_is_seen():
    rng = np.random.default_rng(0)
    rough, flat = (
        0.5 + 0.08 * rng.standard_normal((96, 96, 3)).astype(np.float32),
        np.full((96, 96, 3), 0.5, np.float32),
    )
    both, opacity = np.hstack([rough, flat]), np.float32(np.arange(192) < 96) * np.ones((96, 1), np.float32)
    assert painterly(both) == 1 < 2 < painterly(rough)
    assert painterly(both, opacity) == pytest.approx(painterly(rough), rel=0.1)
    assert painterly(both, 1 - opacity) == 1
    assert smoothness(both, opacity) < 1e-9 < 0.9 < smoothness(both, 1 - opacity)
    # Half as opaque everywhere is no less of it.
    assert painterly(rough, np.full((96, 96), 0.3, np.float32)) == painterly(rough)


def test_a_painting_is_matched_where_it_is_seen(make, monkeypatch):
    pasted = STYLE.copy()
    pasted[16:32, 10:26] = smooth(16, 16, 9, blur=2, low=0.4)
    options = {"method": "harmonize", "region": "rect(10, 16, 26, 32)"}
    problem = make(cutout(STYLE), pasted, **options)
    (style,) = problem.parts[0].styles
    np.testing.assert_array_equal(style.mask, np.broadcast_to(np.float32(LEFT), (HEIGHT, WIDTH)))
    assert style.opacity.shape == style.picture.shape[:2]
    monkeypatch.setattr(preparing, "_LARGEST_PAINTING", 1)
    (style,) = make(cutout(STYLE), pasted, **options).parts[0].styles
    assert style.opacity.shape == style.mask.shape == style.picture.shape[:2] < (HEIGHT, WIDTH)
    with pytest.raises(
        RegionError, match=r"the mask or the transparency of the painting .*leaves nothing near the object"
    ):
        make(cutout(STYLE, 255 * (np.arange(WIDTH) > 55)), pasted, **options)


@pytest.mark.usefixtures("vgg")
def test_an_object_is_harmonized_by_what_is_seen(run, monkeypatch):
    pasted = STYLE.copy()
    pasted[16:32, 10:26] = smooth(16, 16, 9, blur=2, low=0.4)
    options = {"method": "harmonize", "region": "rect(10, 16, 26, 32)", "size": 32, "iterations": "1", "finish": 0}
    black, noise = (run(cutout(hidden), pasted, **options)[16:32, 10:26] for hidden in HIDDEN.values())
    np.testing.assert_array_equal(black, noise)
    asked = []
    for measure in (painterly, smoothness):
        monkeypatch.setattr(harmonize, measure.__name__, lambda *given, of=measure: asked.append(given) or of(*given))
    run(cutout(STYLE), pasted, **options)
    assert [opacity.shape for _, opacity in asked] == [(HEIGHT, WIDTH)] * 2
