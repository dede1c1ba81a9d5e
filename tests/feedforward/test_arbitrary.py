import math

import cv2
import numpy as np
import onnxruntime
import pytest

from sfumato import models
from sfumato.errors import ImageError, RecipeError
from sfumato.feedforward import Styler, arbitrary, embed, mix, transfer
from sfumato.feedforward.bands import padded

pytestmark = pytest.mark.usefixtures("arbitrary")


def original(name):
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.enable_cpu_mem_arena = False
    return onnxruntime.InferenceSession(str(models.path(name)), options, providers=["CPUExecutionProvider"])


def picture(height, width, seed=0):
    """Soft shapes with some grain, in colors that differ from corner to corner."""
    rng = np.random.default_rng(seed)
    coarse = cv2.resize(rng.random((5, 6, 3), np.float32), (width, height), interpolation=cv2.INTER_LINEAR)
    return np.clip(coarse + 0.1 * rng.standard_normal((height, width, 3)), 0, 1).astype(np.float32)


@pytest.fixture(scope="module")
def style():
    return embed(picture(256, 256, seed=9))


def test_a_square_style_is_read_as_the_original_reads_it():
    seen = picture(256, 256)
    (expected,) = original("arbitrary-predict").run(None, {"style_image": seen[None]})
    found = embed(seen)
    assert found.shape == (100,)
    assert found.dtype == np.float32
    assert np.array_equal(found, expected.ravel())


def test_a_large_style_is_averaged_before_it_is_read():
    large = np.random.default_rng(1).random((768, 768, 3), np.float32)
    small = large.astype(np.float64).reshape(256, 3, 256, 3, 3).mean(axis=(1, 3))
    (expected,) = original("arbitrary-predict").run(None, {"style_image": small[None].astype(np.float32)})
    np.testing.assert_allclose(embed(large), expected.ravel(), atol=0.1)


@pytest.mark.parametrize(
    ("size", "seen"),
    [
        ((100, 400), (128, 512)),
        ((181, 181), (256, 256)),
        ((1, 1), (256, 256)),
        ((4, 4000), (32, 2048)),
        ((90, 40), (384, 171)),
    ],
)
def test_a_style_is_seen_in_its_own_proportions(monkeypatch, size, seen):
    shapes = []

    class Session:
        def run(self, names, inputs):
            shapes.append(inputs["style_image"].shape)
            return [np.zeros((1, 1, 1, 100), np.float32)]

    monkeypatch.setattr(arbitrary, "_reader", Session)
    embed(np.zeros((*size, 3), np.float32))
    assert shapes == [(1, *seen, 3)]


def test_a_thin_style_can_be_read():
    assert np.isfinite(embed(picture(3, 900))).all()


def test_mix_is_the_weighted_mean():
    rng = np.random.default_rng(2)
    first, second, third = rng.standard_normal((3, 100)).astype(np.float32)
    expected = (2 * first.astype(np.float64) + 0.5 * third) / 2.5
    found = mix([first, second, third], [2, 0, 0.5])
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize(
    ("weights", "said"),
    [((0, 0), "0, 0"), ((2, -1), "2, -1"), ((math.nan, 1), "nan, 1"), ((math.inf, 1), "inf, 1"), ((), "(none)")],
)
def test_mix_refuses_weights(weights, said):
    with pytest.raises(RecipeError, match="styles cannot be mixed") as caught:
        mix([np.zeros(100)] * len(weights), weights)
    assert said in str(caught.value)


def test_the_painting_is_that_of_the_original_without_its_rounding(style):
    """The original rounds what passes between layers; over a picture its errors nearly cancel.

    Processors round differently: the largest difference of the means was 0.015 to 0.021, the correlation
    0.964 to 0.98.
    """
    photo = picture(384, 384)
    session = original("arbitrary-transform")
    inputs = dict(
        zip((value.name for value in session.get_inputs()), (photo[None], style.reshape(1, 1, 1, 100)), strict=True)
    )
    expected = session.run(None, inputs)[0][0]
    found = transfer(photo, style)
    assert found.dtype == np.float32
    assert np.abs(found - expected).mean() < 0.04
    assert np.abs(found.mean(axis=(0, 1)) - expected.mean(axis=(0, 1))).max() < 0.03
    assert np.corrcoef(found.ravel(), expected.ravel())[0, 1] > 0.95
    assert len(np.unique(expected)) < 100 < 10000 < len(np.unique(found))


@pytest.mark.parametrize("size", [(1, 1), (3, 7), (5, 1), (8, 8), (61, 200), (385, 513)])
@pytest.mark.parametrize("tile", [2**20, 1])
def test_any_size(style, size, tile):
    photo = picture(*size)
    before = photo.copy()
    painted = transfer(photo, style, tile=tile)
    assert painted.shape == photo.shape
    assert painted.dtype == np.float32
    assert np.isfinite(painted).all()
    assert painted.min() >= 0
    assert painted.max() <= 1
    assert np.array_equal(photo, before)


def test_the_border_is_freer_of_a_frame_than_the_network_leaves_it(style):
    """What is painted near the border of a cut-out, against what is painted there in the larger picture."""
    coarse = np.random.default_rng(0).random((48, 48, 3), np.float32)
    large = cv2.resize(coarse, (384, 384), interpolation=cv2.INTER_LINEAR)
    photo = large[96:288, 96:288]
    truth = transfer(large, style)[96:288, 96:288]
    inputs = {"content_image": photo[None], "mobilenet_conv/Conv/BiasAdd": style.reshape(1, 1, 1, 100)}
    bare = arbitrary._painter().run(None, inputs)[0][0]
    border = np.ones((192, 192), bool)
    border[4:-4, 4:-4] = False
    assert np.abs(transfer(photo, style) - truth)[border].mean() < 0.8 * np.abs(bare - truth)[border].mean()


def test_padding_repeats_the_border():
    photo = np.random.default_rng(3).random((10, 9, 3), np.float32)
    whole = padded(photo)
    assert whole.shape == (28, 28, 3)
    rows, columns = np.clip(np.arange(28) - 8, 0, 9), np.clip(np.arange(28) - 8, 0, 8)
    assert np.array_equal(whole, photo[rows][:, columns])


def test_bands_are_the_whole(style):
    photo = picture(517, 404)
    whole = transfer(photo, style)
    banded = transfer(photo, style, tile=404 * 96)
    difference = np.abs(whole - banded)
    assert difference.max() < 1 / 255
    assert difference.mean() < 3e-4
    # A line at the border of a band would show as a row that differs more than the rest.
    rows = difference.mean(axis=(1, 2))
    assert rows.max() < 3 * rows.mean()


def test_bands_are_normalized_over_the_whole_photo(style):
    """A half dark, half bright photo: bands on their own come out in the same tone, which is what must not be."""
    photo = picture(256, 192) * np.float32(0.3)
    photo[128:] += 0.6
    whole = transfer(photo, style)
    alone = np.concatenate([transfer(photo[:128], style), transfer(photo[128:], style)])
    banded = transfer(photo, style, tile=1)
    assert np.abs(banded - whole).mean() < 5e-4
    assert np.abs(alone - whole).mean() > 0.03


def test_same_photo_same_painting_also_from_a_view(style):
    photo = picture(70, 90)[:, ::-1]
    assert np.array_equal(transfer(photo, style), transfer(np.ascontiguousarray(photo), style))


def test_the_styler_is_embed_and_transfer():
    frame, style = picture(60, 80), picture(100, 100, seed=3)
    assert np.array_equal(Styler(style)(frame), transfer(frame, embed(style)))


def test_the_styler_mixes_styles_and_the_frame_itself():
    frame, first, second = picture(60, 80), picture(100, 100, seed=3), picture(100, 100, seed=4)
    both = (3 * embed(first).astype(np.float64) + embed(second)) / 4
    styler = Styler([(first, 3), (second, 1)], strength=0.6)
    np.testing.assert_allclose(styler.embedding, both, atol=1e-5)
    expected = transfer(frame, 0.4 * embed(frame) + 0.6 * both)
    np.testing.assert_allclose(styler(frame), expected, atol=1e-3)
    assert np.array_equal(Styler(first, strength=0)(frame), transfer(frame, embed(frame)))


def test_the_styler_keeps_the_type_of_frames():
    style = np.rint(picture(64, 64, seed=5) * 255).astype(np.uint8)
    frame = np.rint(picture(40, 52) * 255).astype(np.uint8)
    styler = Styler(style)
    painted = styler(frame)
    assert painted.dtype == np.uint8
    expected = transfer(frame / np.float32(255), embed(style / np.float32(255)))
    assert np.array_equal(painted, np.rint(expected * 255))
    assert styler(frame.astype(np.float64) / 255).dtype == np.float32


@pytest.mark.parametrize("strength", [-0.1, 1.5, math.nan])
def test_the_styler_refuses_strengths(strength):
    with pytest.raises(RecipeError, match=f"strength is {strength:g}"):
        Styler(picture(8, 8), strength=strength)


def test_the_styler_refuses_other_types():
    with pytest.raises(ImageError, match="uint16"):
        Styler(np.zeros((8, 8, 3), np.uint16))
    with pytest.raises(ImageError, match="int64"):
        Styler(picture(8, 8))(np.zeros((8, 8, 3), np.int64))


def test_networks_are_loaded_once(monkeypatch, style):
    monkeypatch.setattr(arbitrary, "session", None)
    styler = Styler(picture(32, 32), strength=0.5)
    assert styler(picture(20, 20)).shape == (20, 20, 3)
