"""Frames painted by the networks and by the optimizer, as a video shows them."""

import sys
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from helpers import FAST, smooth, texture
from PIL import Image

import sfumato.regions.subject  # noqa: F401
from sfumato import steps
from sfumato.compute.device import Machine
from sfumato.errors import InputError, RecipeError, RegionError, listening
from sfumato.feedforward import Painter
from sfumato.feedforward.network import Network
from sfumato.feedforward.sfm import Plan
from sfumato.methods import fast
from sfumato.motion import warped
from sfumato.recipe import Layer, Recipe
from sfumato.regions import FUNCTIONS
from sfumato.video.frames import frames_of
from sfumato.video.laying import Layers
from sfumato.video.optimizer import Optimizer
from sfumato.video.options import VideoOptions
from sfumato.video.painters import paint
from sfumato.video.steady import Motion
from sfumato.video.where import Regions

SCENE = smooth(64, 200, 1, blur=4, low=0, high=0.9)
OTHER = 255 - smooth(64, 200, 2, blur=4, low=0, high=0.3)
PLAIN = VideoOptions(steadiness=0)


def pan(count, scene=SCENE, step=2):
    return [np.ascontiguousarray(scene[8:56, step * n : step * n + 64]) for n in range(count)]


@pytest.fixture
def style(tmp_path):
    Image.fromarray(texture(48, 64, 5)).save(tmp_path / "style.png")
    return tmp_path / "style.png"


@pytest.fixture
def quick(style, arbitrary):
    """A recipe of the fast method, by its region."""

    def make(region="all", **options):
        return Recipe.from_options(style=style, region=region, method="fast", **options)

    return make


def painted(frames, recipe, options=None, **given):
    return list(paint(iter(frames), recipe, VideoOptions() if options is None else options, **given))


def shown(frame, made):
    """The frame with what was painted laid over it."""
    return frame / 255 * (1 - made.alpha[..., None]) + made.picture * made.alpha[..., None]


# ---- networks


@pytest.mark.parametrize("strength", [1.0, 0.4])
def test_a_frame_is_painted_as_a_photo_is(quick, strength):
    """Whole frames, where both see the same."""
    (frame,) = pan(1)
    (made,) = painted([frame], quick(strength=strength))
    run = steps(quick(strength=strength), frame)
    list(run)
    expected = run.result().picture.pixels
    np.testing.assert_allclose(255 * shown(frame, made), expected, atol=1)
    assert made.cut
    assert made.picture.dtype == made.alpha.dtype == np.float32


def test_sixteen_bits_are_seen_as_eight(quick):
    (frame,) = pan(1)
    (one,), (other,) = painted([frame], quick()), painted([frame.astype(np.uint16) * 257], quick())
    np.testing.assert_allclose(one.picture, other.picture, atol=1e-3)


def test_frames_are_steadier_than_by_themselves(quick):
    rng = np.random.default_rng(0)
    still = pan(1)[0].astype(int)
    frames = [(still + rng.integers(-6, 7, still.shape)).clip(0, 255).astype(np.uint8) for _ in range(8)]
    change = {}
    for steadiness in (0.0, 0.85):
        made = [each.picture for each in painted(frames, quick(), VideoOptions(steadiness=steadiness))]
        change[steadiness] = np.mean([np.square(b - a).mean() for a, b in pairwise(made[3:])])
    assert change[0.85] < 0.3 * change[0.0]


def test_detail_is_given_back(quick):
    frames = pan(6)
    sharp = {}
    for detail in (False, True):
        last = painted(frames, quick(), VideoOptions(detail=detail))[-1].picture
        sharp[detail] = np.square(np.diff(last, axis=1)).mean()
    assert sharp[True] > 1.02 * sharp[False]


def test_nothing_is_carried_over_a_cut(quick):
    first, second = pan(3), pan(3, OTHER)
    together = painted(first + second, quick())
    assert [made.cut for made in together] == [True, False, False, True, False, False]
    for one, other in zip(together[3:], painted(second, quick()), strict=True):
        np.testing.assert_array_equal(one.picture, other.picture)


def test_the_style_is_read_once_a_shot(quick, monkeypatch):
    read, plain = [], fast.embed
    monkeypatch.setattr(fast, "embed", lambda picture: read.append(picture) or plain(picture))
    painted(pan(4) + pan(3, OTHER), quick())
    assert len(read) == 2


def test_what_is_outside_a_shape_stays_in_every_frame(quick):
    """However things move through it."""
    for made in painted(pan(4), quick("rect(16, 0, 40, 48)", feather=2)):
        columns = np.nonzero(made.alpha)[1]
        assert (columns.min(), columns.max()) == (15, 40)
        assert (made.alpha[:, 18:38] == 1).all()


def test_it_goes_on_after_any_frame(quick):
    frames = pan(6)
    recipe = quick("rect(0, 0, 30, 48)")
    whole = painted(frames, recipe)
    for last in (0, 3):
        state = whole[last].state()
        rest = painted(frames[last + 1 - int(state["back"]) :], recipe, state=state)
        assert len(rest) == 5 - last
        for one, other in zip(rest, whole[last + 1 :], strict=True):
            np.testing.assert_array_equal(one.picture, other.picture)
            np.testing.assert_array_equal(one.alpha, other.alpha)
            assert not one.cut


def test_two_regions_have_two_styles(quick, tmp_path):
    Image.fromarray(255 - texture(48, 64, 6)).save(tmp_path / "other.png")
    layers = [
        {"region": "rect(0, 0, 32, 48)", "styles": [{"image": str(tmp_path / "style.png")}]},
        {"region": "rect(32, 0, 64, 48)", "styles": [{"image": str(tmp_path / "other.png")}]},
    ]
    recipe = Recipe.from_mapping({"method": "fast", "layers": layers})
    frames = pan(1)
    (both,) = painted(frames, recipe, PLAIN)
    for name, part in (("style", np.s_[:, :24]), ("other", np.s_[:, 40:])):
        (alone,) = painted(frames, Recipe.from_options(style=tmp_path / f"{name}.png", method="fast"), PLAIN)
        np.testing.assert_allclose(both.picture[part], alone.picture[part], atol=1e-4)


def test_a_network_may_paint_key_frames_only(quick, monkeypatch):
    times, plain = [], fast.painted
    monkeypatch.setattr(fast, "painted", lambda *given: times.append(1) or plain(*given))
    made = painted(pan(9), quick(), VideoOptions(keyframes=4))
    assert (len(made), len(times)) == (9, 3)


@pytest.mark.parametrize(("style_mask", "region"), [("sky", "all"), (None, "rect(0, 0, 30, 48)")])
def test_a_trained_network_paints_too(tmp_path, style_mask, region):
    """One of two styles, or one that looks at the mask; named from the recipe's folder."""
    Network(Plan(("sea", "sky"), width=3), 1).save(tmp_path / "two.sfm")
    Network(Plan(("one",), width=3, masks=True), 2).save(tmp_path / "masked.sfm")
    name = "two.sfm" if style_mask else "masked.sfm"
    layer = {"region": region, "feather": 0, "styles": [{"image": name, "mask": style_mask}]}
    recipe = Recipe.from_mapping({"method": "fast", "layers": [layer]})
    frames = pan(3)
    alone = [each.picture for each in painted(frames, recipe, PLAIN, folder=tmp_path)]
    mask = painted(frames, recipe, PLAIN, folder=tmp_path)[0].alpha
    for frame, picture in zip(frames, alone, strict=True):
        own = frame / np.float32(255)
        painter = Painter(tmp_path / name, [0, 1] if style_mask else None)
        expected = painter(own) if style_mask else painter(own, mask)
        np.testing.assert_allclose(picture[mask > 0], expected[mask > 0], atol=1e-5)
    whole = painted(frames, recipe, folder=tmp_path)
    assert np.abs(whole[1].picture - alone[1])[mask > 0].max() > 1e-4
    (rest,) = painted(frames[1:], recipe, folder=tmp_path, state=whole[1].state())
    np.testing.assert_array_equal(rest.picture, whole[2].picture)


def test_the_strength_and_the_colors_of_a_layer_count(quick, tmp_path):
    Network(Plan(("one",), width=3), 1).save(tmp_path / "one.sfm")
    (frame,) = pan(1)
    own = frame / np.float32(255)
    full, half = (
        painted([frame], Recipe.from_options(style=tmp_path / "one.sfm", strength=strength))[0].picture
        for strength in (1.0, 0.5)
    )
    assert 0.2 < np.abs(half - own).mean() / np.abs(full - own).mean() < 0.8
    (kept,) = painted([frame], quick(color="luminance"))
    hue = (kept.picture - kept.picture.mean(-1, keepdims=True))[8:-8, 8:-8]
    wanted = (own - own.mean(-1, keepdims=True))[8:-8, 8:-8]
    assert np.corrcoef(hue.ravel(), wanted.ravel())[0, 1] > 0.9


def test_edges_keep_their_width_in_a_shot(quick):
    """A region that grows would have a wider and wider edge."""
    small, large = np.zeros((2, 400, 400), np.float32)
    small[:100, :100], large[:] = 1, 1
    pixels = np.zeros((400, 400, 3), np.uint8)
    layers = Layers(quick(), Machine())
    widths = [layers.problem(pixels, pixels / np.float32(255), {0: mask}).parts[0].feather for mask in (small, large)]
    assert widths[0] == widths[1]
    layers.begin()
    assert layers.problem(pixels, pixels / np.float32(255), {0: large}).parts[0].feather > widths[0]


# ---- masks


def test_masks_are_given_frame_by_frame(quick):
    frames = pan(4)
    masks = [np.zeros((48, 64), np.float32) for _ in frames]
    for number, mask in enumerate(masks[:3]):
        mask[10:30, 10 + 8 * number : 30 + 8 * number] = 1
    found = painted(frames, quick(feather=0), masks=iter(masks))
    for made, mask in zip(found, masks, strict=True):
        np.testing.assert_array_equal(made.alpha, mask)
    assert found[3].notes == ("the region is empty, so the frame stays as it is",)
    assert [made.notes for made in found[:3]] == [()] * 3


@pytest.fixture
def looks(monkeypatch):
    """What is red stands for the subject; a list of the frames that the network was shown."""
    module, seen = sys.modules["sfumato.regions.subject"], []

    def saliency(photo):
        seen.append(photo)
        red = np.asarray(Image.fromarray((photo[..., 0] > 0.9).astype(np.uint8) * 255).resize((320, 320)))
        return red.astype(np.float32) / 255

    monkeypatch.setattr(module, "_saliency", saliency)
    return seen


def red_square(count, step=3):
    """A red square that moves over a dark ground."""
    ground = np.ascontiguousarray(SCENE[8:56, :96]) // 3
    frames = []
    for number in range(count):
        frame = ground.copy()
        square = frame[14:34, 8 + step * number : 28 + step * number]
        square[..., 0], square[..., 1:] = 250, SCENE[20:40, 100:120, 1:] // 2
        frames.append(frame)
    return frames


@pytest.mark.parametrize(("every", "expected"), [(1, 9), (4, 3), (100, 1)])
def test_networks_look_at_every_kth_frame(quick, looks, every, expected):
    painted(red_square(9, 0), quick("subject"), VideoOptions(masks_every=every))
    assert len(looks) == expected


@pytest.mark.parametrize(("step", "most"), [(1, 7), (3, 12)])
def test_what_they_found_moves_along_and_leaves_nothing_behind(quick, looks, step, most):
    """They look earlier, the more of the ground is uncovered."""
    frames = red_square(12, step)
    found = painted(frames, quick("subject", feather=0), VideoOptions(masks_every=100))
    assert len(looks) <= most
    for frame, made in zip(frames, found, strict=True):
        inside, mask = frame[..., 0] == 250, made.alpha > 0.5
        assert (inside & mask).sum() > 0.75 * (inside | mask).sum()
        assert not mask[:, : max(0, np.nonzero(inside)[1].min() - 6)].any()


def test_what_is_uncovered_goes_with_what_is_around(looks):
    """Flow that cannot be trusted leads from a place in the ground into the square."""
    finder = Regions([Layer(region="subject", styles=[{"image": "a.jpg"}])], {}, None, 100, 0.9)
    (frame,) = red_square(1)
    image = frame / np.float32(255)
    (before,), _ = finder.of(image, None)
    back, trust = np.zeros((48, 96, 2), np.float32), np.ones((48, 96), np.float32)
    back[38:43, 60:65], trust[38:43, 60:65] = (-44, -18), 0
    assert (warped(before, back)[39:42, 61:64] > 0.9).all()
    (after,), _ = finder.of(image, Motion(back, -back, trust))
    assert len(looks) == 1
    np.testing.assert_array_equal(after, before)


def test_what_was_guessed_does_not_last(looks):
    """A part of a square goes away unseen: it is guessed to be there still, until the network looks again."""
    finder = Regions([Layer(region="subject", styles=[{"image": "a.jpg"}])], {}, None, 2, 0.9)
    (frame,) = red_square(1)
    finder.of(frame / np.float32(255), None)
    still, trust = np.zeros((48, 96, 2), np.float32), np.ones((48, 96), np.float32)
    trust[21, 17] = 0
    frame[20:23, 16:19] = 20
    (guessed,), _ = finder.of(frame / np.float32(255), Motion(still, still, trust))
    assert (guessed[20:23, 16:19] == 1).all()
    (after,), _ = finder.of(frame / np.float32(255), Motion(still, still, np.ones_like(trust)))
    assert len(looks) == 2
    assert after[21, 17] < 0.1
    assert after[26:32, 12:26].min() == 1


def test_networks_look_anew_after_a_cut(quick, looks):
    frames = [*red_square(3), *(np.roll(frame, 30, axis=1) | 128 for frame in red_square(3))]
    found = painted(frames, quick("subject", feather=0), VideoOptions(masks_every=100))
    assert [made.cut for made in found] == [True, False, False, True, False, False]
    assert len(looks) == 2


def test_shapes_stay_while_what_is_found_moves(quick, looks):
    for made in painted(red_square(6), quick("subject - rect(0, 0, 20, 48)", feather=0), VideoOptions(masks_every=3)):
        assert not made.alpha[:, :20].any()


def test_masks_that_flicker_are_steadied(quick, monkeypatch, looks):
    """The network finds half of a square in every other frame."""
    module, plain = sys.modules["sfumato.regions.subject"], sys.modules["sfumato.regions.subject"]._saliency

    def halves(photo):
        found = plain(photo)
        if len(looks) % 2:
            found = found.copy()
            found[:160] = 0
        return found

    monkeypatch.setattr(module, "_saliency", halves)
    change = {}
    for steadiness in (0.0, 0.85):
        looks.clear()
        made = painted(
            red_square(6, 0), quick("subject", feather=0), VideoOptions(steadiness=steadiness, masks_every=1)
        )
        change[steadiness] = np.mean([np.abs(b.alpha - a.alpha).mean() for a, b in pairwise(made)])
    assert 0 < change[0.85] < 0.5 * change[0.0]


def test_what_is_not_found_leaves_the_frame_and_is_said(quick, monkeypatch):
    """The word is known, and there is no face in the scene."""

    def nothing(**given):
        raise RegionError("there is no face in this photo")

    monkeypatch.setitem(FUNCTIONS, "subject", replace(FUNCTIONS["subject"], run=nothing))
    (made,) = painted(pan(1), quick("subject"))
    assert not made.alpha.any()
    assert len(made.notes) == 2
    assert "there is no face" in made.notes[0]
    (made,) = painted(pan(1), quick("~subject"))
    assert made.alpha.all()


def test_frames_leave_nothing_in_the_cache_of_photos(quick, monkeypatch, looks, tmp_path):
    from sfumato.regions import cache

    monkeypatch.setattr(cache, "folder", lambda: tmp_path / "masks")
    painted(red_square(2), quick("subject"))
    assert len(looks) == 1
    assert not (tmp_path / "masks").exists()


# ---- the optimizer


@pytest.fixture
def slow(style, vgg):
    """A recipe of the optimizer with few iterations on two shallow layers."""

    def make(region="rect(10, 5, 50, 40)", **options):
        return Recipe.from_options(style=style, region=region, **{**FAST, "faces": "off", **options})

    return make


@pytest.mark.parametrize("options", [VideoOptions(keyframes=3), VideoOptions(every_frame=True)])
def test_the_optimizer_paints_regions_and_nothing_else(slow, options):
    frames = pan(5)
    for frame, made in zip(frames, painted(frames, slow(feather=0), options), strict=True):
        assert (made.alpha[5:40, 10:50] == 1).all()
        assert made.alpha.sum() == 35 * 40
        assert np.abs(made.picture - frame / 255)[5:40, 10:50].mean() > 0.01


def test_a_key_frame_is_near_the_one_before(slow):
    """Of a still camera, whose frames differ by noise; each alone is painted differently."""
    rng = np.random.default_rng(0)
    frames = [
        (pan(1)[0].astype(int) + rng.integers(-9, 10, (48, 64, 3))).clip(0, 255).astype(np.uint8) for _ in range(4)
    ]
    together = [made.picture for made in painted(frames, slow(iterations="9"), VideoOptions(every_frame=True))]
    alone = [painted([frame], slow(iterations="9"))[0].picture for frame in frames]
    inside = np.s_[8:37, 13:47]
    change = [np.mean([np.square(b - a)[inside].mean() for a, b in pairwise(x)]) for x in (together, alone)]
    assert change[0] < 0.6 * change[1]


def test_a_region_too_small_for_a_style_leaves_the_frame(slow):
    found = painted(pan(2), slow(), masks=iter([np.ones((48, 64), np.float32), np.zeros((48, 64), np.float32)]))
    assert [bool(made.alpha.any()) for made in found] == [True, False]


def test_the_optimizer_goes_on_after_any_frame(slow):
    frames = pan(5)
    whole = painted(frames, slow(), VideoOptions(keyframes=2))
    state = whole[1].state()
    rest = painted(frames[2 - int(state["back"]) :], slow(), VideoOptions(keyframes=2), state=state)
    assert len(rest) == 3
    for one, other in zip(rest, whole[2:], strict=True):
        np.testing.assert_allclose(one.picture, other.picture, atol=1e-5)


def test_more_than_the_region_is_painted_for_what_moves_in(slow):
    mask = np.zeros((48, 64), np.float32)
    mask[10:30, 10:40] = 1
    (frame,) = frames_of(iter(pan(1)), None, iter([mask]))
    where = Optimizer(slow("all", feather=0), Machine(), None).key(frame, None).trust
    assert (where[mask > 0] == 1).all()
    assert where.sum() > mask.sum()


def test_what_every_frame_warns_of_is_said_once(slow, style):
    Image.fromarray(texture(20, 24, 5)).save(style)
    said = []
    with listening(said.append):
        painted(pan(3), slow("rect(0, 0, 30, 48)"), VideoOptions(every_frame=True))
    assert len(said) == len(set(said))
    (small,) = [message for message in said if "fewer than the region is worked at" in message]
    assert small.startswith("the style picture")


# ---- bad input


def test_what_paints_no_videos_is_refused(quick, style):
    with pytest.raises(RecipeError, match="the method photo paints no videos"):
        painted(pan(1), Recipe.from_options(style=style, method="photo"))
    with pytest.raises(RecipeError, match="leave the corners out"):
        painted(pan(1), quick(corners="1,1,40,1,40,40,1,40"))
    with pytest.raises(RecipeError, match="every_frame is for the optimizer"):
        painted(pan(1), quick(), VideoOptions(every_frame=True))
    with pytest.raises(RegionError, match="sujbect"):
        painted(pan(1), quick("sujbect"))


def test_masks_that_do_not_fit_are_refused(quick, style):
    frames = pan(2)
    with pytest.raises(InputError, match="the masks end after 1 frames"):
        painted(frames, quick(), masks=iter([np.ones((48, 64), np.float32)]))
    with pytest.raises(InputError, match="the mask of frame 0 has 10×48 pixels, and the frame 64×48"):
        painted(frames, quick(), masks=iter([np.ones((48, 10), np.float32)]))
    layers = [{"region": region, "styles": [{"image": str(style)}]} for region in ("rect(0, 0, 9, 9)", "all")]
    with pytest.raises(RecipeError, match="the recipe has 2"):
        painted(frames, Recipe.from_mapping({"method": "fast", "layers": layers}), masks=iter([]))


def test_frames_that_are_none_are_refused(quick):
    with pytest.raises(InputError, match=r"shape \(48, 64\) and type uint8"):
        painted([pan(1)[0][..., 0]], quick())
    with pytest.raises(InputError, match="float64"):
        painted([pan(1)[0] / 255], quick())
    with pytest.raises(InputError, match="frame 1 has 60×48 pixels, and the one before 64×48"):
        painted([pan(1)[0], pan(1)[0][:, :60]], quick())
