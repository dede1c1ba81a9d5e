import os
import signal
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from helpers import FAST, prepared, texture
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from PIL import Image
from scipy import ndimage

from sfumato import images, stylize
from sfumato.compute import pace
from sfumato.errors import CheckpointError, DeviceError, ImageError, RecipeError, RegionError, SfumatoWarning
from sfumato.methods import Run, steps
from sfumato.methods.prepare import HALO
from sfumato.optimize import Step
from sfumato.recipe import Recipe

pytestmark = pytest.mark.usefixtures("vgg")

LUMA = np.array([0.299, 0.587, 0.114])
CHROMA = np.array([[0.595716, -0.274453, -0.321263], [0.211456, -0.522591, 0.311135]])


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pictures")
    Image.fromarray(texture(48, 64, seed=2)).save(folder / "style.png")
    Image.fromarray(texture(48, 64, seed=3)).save(folder / "second.png")
    return folder


@pytest.fixture(scope="module")
def recipe(folder):
    def make(**options):
        options = {**FAST, "style": folder / "style.png", "region": "rect(25%, 25%, 75%, 75%)", **options}
        return Recipe.from_options(**options)

    return make


@pytest.fixture(scope="module")
def made(recipe):
    def make(photo, **options):
        run = steps(recipe(**options), photo)
        for _ in run:
            pass
        return run.result()

    return make


@pytest.fixture(scope="module")
def photo():
    return texture(64, 80, seed=1)


# ---- what is outside stays


@pytest.mark.parametrize("method", ["localized", "naive"])
@pytest.mark.parametrize(("feather", "edge", "reach"), [(0, "center", 0), (6, "center", 3), (6, "outside", 6)])
def test_a_rectangle_changes_and_the_rest_does_not(made, photo, method, feather, edge, reach):
    result = made(photo, method=method, feather=feather, edge=edge)
    selected = np.zeros(photo.shape[:2], bool)
    selected[16:48, 20:60] = True
    grown = np.zeros_like(selected)
    grown[16 - reach : 48 + reach, 20 - reach : 60 + reach] = True
    np.testing.assert_array_equal(result.picture.pixels[~grown], photo[~grown])
    assert (result.alpha[~grown] == 0).all()
    assert (result.picture.pixels != photo).any(-1)[selected].mean() > 0.9
    assert result.alpha[32, 40] == 1


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_whatever_the_mask_what_it_leaves_out_keeps_its_bytes(made, folder, data):
    draw = data.draw
    height, width = draw(st.integers(16, 70), "height"), draw(st.integers(16, 70), "width")
    rng = np.random.default_rng(draw(st.integers(0, 2**16), "seed"))
    noise = rng.random((height, width))
    kind = draw(st.sampled_from(["blobs", "soft", "dots", "ramp"]), "kind")
    if kind == "blobs":
        mask = (ndimage.gaussian_filter(noise, 4) > np.quantile(ndimage.gaussian_filter(noise, 4), 0.7)) * 1.0
    elif kind == "soft":
        mask = np.clip(ndimage.gaussian_filter(noise, 5) * 12 - 6, 0, 1)
        mask /= mask.max() or 1.0  # a dark mask is worth a warning
    elif kind == "dots":
        mask = (noise > 0.97) * 1.0
    else:
        mask = np.clip(np.linspace(-0.5, 1.5, width), 0, 1) * np.ones((height, 1))
    mask = np.rint(mask * 255).astype(np.uint8)
    Image.fromarray(mask).save(folder / "mask.png")
    edge = draw(st.sampled_from(["inside", "center", "outside"]), "edge")
    feather = draw(st.sampled_from([None, 0, 3, 8.5]), "feather")
    depth = draw(st.sampled_from([8, 16]), "depth")
    photo = texture(height, width, seed=5, depth=depth)
    try:
        result = made(
            photo,
            region=str(folder / "mask.png"),
            method=draw(st.sampled_from(["localized", "naive"]), "method"),
            color=draw(st.sampled_from(["none", "luminance"]), "color"),
            size=draw(st.sampled_from([0, 23, 64]), "size"),
            edge=edge,
            feather=feather,
            iterations="2",
            style_layers="relu1_1",
            content_layer="relu1_2",
        )
    except RegionError as error:
        assert "too small" in str(error) or "nothing" in str(error)  # noqa: PT017
        assume(False)
    same = (result.picture.pixels == photo).all(-1)
    assert same[result.alpha == 0].all()
    # And alpha is 0 wherever the feather cannot reach, whose width is counted here on its own.
    reach = {"inside": 0, "center": 1, "outside": 2}[edge] * (2 if feather is None else feather) / 2
    far = ndimage.distance_transform_cdt(mask == 0, "chessboard") > np.ceil(reach) + 1
    assert (result.alpha[far] == 0).all()
    assert result.picture.pixels.dtype == photo.dtype


def test_a_gradient_fades_in(made, photo):
    result = made(photo, region="linear(25%, 0, 75%, 0)", feather=0)
    np.testing.assert_allclose(result.alpha[5], np.clip((np.arange(80) + 0.5 - 20) / 40, 0, 1), atol=1e-5)
    changed = np.abs(result.picture.pixels.astype(int) - photo).sum(-1)
    assert (changed[:, :20] == 0).all()
    assert changed[:, 20:30].mean() < changed[:, 65:].mean() / 2


def test_two_layers_change_their_own_parts(folder, made, photo):
    one = Recipe.from_mapping(
        {
            **FAST,
            "layers": [
                {"region": "rect(0, 0, 30, 64)", "styles": [{"image": str(folder / "style.png")}], "feather": 0},
                {
                    "region": "rect(50, 0, 80, 64)",
                    "styles": [{"image": str(folder / "second.png")}, {"image": str(folder / "style.png")}],
                    "feather": 0,
                    "color": "luminance",
                },
            ],
        }
    )
    run = steps(one, photo)
    trace = list(run)
    result = run.result()
    np.testing.assert_array_equal(result.picture.pixels[:, 30:50], photo[:, 30:50])
    changed = (result.picture.pixels != photo).any(-1)
    assert changed[:, :30].mean() > 0.9
    assert changed[:, 50:].mean() > 0.5
    for step in trace:
        assert step.loss == pytest.approx(sum(step.terms.values()))
    assert len(trace[0].terms) == 1 + 2 + 2 + 1  # three styles, two contents, variation
    left = made(photo, region="rect(0, 0, 30, 64)", feather=0).picture.pixels[:, :30]
    assert np.abs(left.astype(int) - result.picture.pixels[:, :30]).mean() < 12


def test_the_photo_and_its_array_stay_as_they_were(made, photo):
    before = photo.copy()
    made(photo)
    np.testing.assert_array_equal(photo, before)


# ---- colors


@pytest.mark.parametrize(
    ("region", "feather"),
    [("rect(25%, 25%, 75%, 75%)", 0), ("rect(25%, 25%, 75%, 75%)", 8), ("linear(0, 0, 100%, 0)", 0)],
)
@pytest.mark.parametrize("method", ["localized", "naive"])
def test_keeping_colors_keeps_i_and_q(made, region, feather, method):
    photo = texture(64, 80, seed=1, depth=16)
    options = {"color": "luminance", "start": "noise", "optimizer": "adam"}
    result = made(photo, region=region, feather=feather, method=method, **options)
    own, new = photo / 65535, result.picture.pixels / 65535
    # Along a feathered edge, each side shows its own colors.
    selected = result.alpha == 1 if feather else result.alpha > 0
    assert np.abs((new - own) @ LUMA)[selected].mean() > 0.03
    # Where a channel ends at 0 or 1 the colors were toned down to fit; that may have been before the blending.
    free = selected & ((new > 0.05) & (new < 0.95)).all(-1)
    assert free.sum() > selected.sum() / 3
    kept = np.abs((new - own) @ CHROMA.T).max(-1) < 3e-5
    assert kept[free].mean() > 0.9
    before, after = (np.linalg.norm(x[selected] @ CHROMA.T, axis=-1) for x in (own, new))
    assert (after <= before + 3e-5).all()
    inner = np.einsum("...i,...i", own[selected] @ CHROMA.T, new[selected] @ CHROMA.T)
    np.testing.assert_allclose(inner, before * after, atol=3e-5)  # the same hue


def test_a_gray_photo_comes_out_in_color(made):
    gray = images.from_array(texture(64, 80, seed=1)[..., 0])
    result = made(gray)
    assert result.picture.pixels.shape == (64, 80, 3)
    outside = result.alpha == 0
    for channel in range(3):
        np.testing.assert_array_equal(result.picture.pixels[..., channel][outside], gray.pixels[..., 0][outside])


# ---- the same again, and what does not matter


@pytest.fixture
def on_threads(made, photo, monkeypatch):
    """A picture made on so many threads, of which other programs leave so many processors free."""
    before = torch.get_num_threads()

    def make(threads, free=None, **options):
        monkeypatch.setattr(pace, "Load", lambda: SimpleNamespace(free=lambda: free))
        torch.set_num_threads(threads)
        return made(photo, seed=3, **options).picture.pixels

    yield make
    torch.set_num_threads(before)


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("options", [{}, {"start": "noise", "optimizer": "adam"}, {"method": "naive"}])
def test_the_same_inputs_give_the_same_picture(on_threads, options, threads):
    """On the same number of threads."""
    np.testing.assert_array_equal(*(on_threads(threads, **options) for _ in range(2)))


def test_on_other_numbers_of_threads_the_picture_is_the_same_but_for_rounding(on_threads, photo):
    """Other programs decide on that number, if they leave too little."""
    few, many = (on_threads(2, free).astype(int) for free in (1.0, 2.0))
    np.testing.assert_array_equal(few, on_threads(1))
    assert np.abs(few - many).mean() < 0.2 * np.abs(few - photo).mean()


def test_the_seed_is_that_of_the_noise(made, photo):
    noise = [made(photo, start="noise", seed=seed, optimizer="adam").picture.pixels for seed in (0, 1)]
    assert (noise[0] != noise[1]).any()
    plain = [made(photo, seed=seed).picture.pixels for seed in (0, 1)]
    np.testing.assert_array_equal(*plain)


def test_the_callers_random_numbers_are_left_alone(made, photo):
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    made(photo, start="noise")
    assert torch.equal(torch.rand(3), expected)


@pytest.mark.parametrize("layers", [{}, {"style_layers": "relu1_1,relu3_1,relu5_1", "content_layer": "relu4_2"}])
def test_what_lies_far_outside_a_region_does_not_matter(made, layers):
    photo = texture(100, 400, seed=1)
    other = photo.copy()
    other[:, 200:] = texture(100, 200, seed=77)
    options = {"region": "rect(5, 10, 50, 90)", "iterations": "2", "size": 48, "style_share": "whole", **layers}
    first, second = (made(picture, **options) for picture in (photo, other))
    assert (first.picture.pixels != photo).any()
    np.testing.assert_array_equal(first.picture.pixels[:, :200], second.picture.pixels[:, :200])
    assert (first.trace[0].loss, first.trace[0].shape) == (second.trace[0].loss, second.trace[0].shape)


def test_a_region_costs_the_same_in_a_larger_photo(recipe):
    sizes = [
        prepared(recipe(region="rect(100, 100, 140, 140)"), images.from_array(texture(side, side)), halo=HALO).content
        for side in (240, 600)
    ]
    assert sizes[0].shape == sizes[1].shape


# ---- the stream of steps


def test_a_run_is_a_stream_of_steps(recipe, photo):
    big = np.repeat(np.repeat(photo, 2, 0), 2, 1)
    run = steps(recipe(size=160, tolerance=0), big)
    seen = list(run)
    assert all(isinstance(step, Step) for step in seen)
    assert [(step.level, step.iteration) for step in seen] == [(1, 1), (1, 2), (1, 3), (2, 1), (2, 2)]
    assert [(step.levels, step.iterations) for step in seen] == [(2, 3)] * 3 + [(2, 2)] * 2
    done = [step.done for step in seen]
    assert done == sorted(done)
    assert 0 < done[0] < done[-1] == 1
    seconds = [step.seconds for step in seen]
    assert seconds == sorted(seconds)
    assert seen[-1].seconds_left == 0
    assert run.finished
    result = run.result()
    assert result.finished
    assert [step.loss for step in result.trace] == [step.loss for step in seen]


def test_every_step_has_a_picture_while_the_run_goes_on(recipe, photo):
    for step in steps(recipe(), photo):
        picture = step.full_picture()
        assert picture.shape == photo.shape
        assert picture.dtype == np.float32
        np.testing.assert_allclose(picture[:10], photo[:10] / 255, atol=1e-6)


def test_the_trace_keeps_no_pictures(made, photo):
    with pytest.raises(RuntimeError, match="ask a step for its picture during the run"):
        made(photo).trace[0].full_picture()


def test_more_iterations_come_closer(made, photo):
    short, long = (made(photo, iterations=count, tolerance=0) for count in ("1", "12"))
    assert min(step.loss for step in long.trace) < 0.7 * short.trace[0].loss


def test_before_the_first_step_there_is_only_the_photo(recipe, photo):
    run = steps(recipe(), photo)
    np.testing.assert_array_equal(run.preview().pixels, photo)
    assert not run.finished
    assert run.trace == []


def test_a_cancelled_run_has_the_best_picture_so_far(recipe, photo):
    run = steps(recipe(optimizer="adam"), photo)
    next(run)
    step = next(run)
    run.cancel()
    assert list(run) == []
    result = run.result()
    assert not result.finished
    assert len(result.trace) == 2
    np.testing.assert_array_equal(result.picture.pixels, np.rint(step.full_picture() * 255))
    assert (result.picture.pixels != photo).any()


def test_a_photo_is_a_path_a_picture_or_an_array(recipe, photo, folder):
    Image.fromarray(photo).save(folder / "photo.png")
    found = []
    for form in (photo, images.from_array(photo), folder / "photo.png", str(folder / "photo.png")):
        run = steps(recipe(), form)
        list(run)
        found.append(run.result().picture.pixels)
    for other in found[1:]:
        np.testing.assert_array_equal(found[0], other)


def test_a_result_is_saved_with_its_recipe(made, photo, folder):
    result = made(photo)
    result.save(folder / "out.png", overwrite=True)
    assert Recipe.from_toml(images.read_recipe(folder / "out.png")) == result.recipe
    np.testing.assert_array_equal(np.asarray(Image.open(folder / "out.png")), result.picture.pixels)


# ---- stylize


def test_stylize_takes_flat_options(folder, photo, recipe, made):
    options = {**FAST, "region": "rect(25%, 25%, 75%, 75%)"}
    result = stylize(photo, folder / "style.png", **options)
    np.testing.assert_array_equal(result.picture.pixels, made(photo).picture.pixels)
    mixed = stylize(photo, [folder / "style.png", folder / "second.png"], **options)
    assert set(mixed.trace[0].terms) == {"style.png", "second.png", "content", "variation"}


def test_stylize_tells_what_the_guard_did(folder, photo):
    options = {**FAST, "optimizer": "adam", "learning_rate": 50, "iterations": "6", "tolerance": 0}
    with pytest.warns(SfumatoWarning, match="the loss rose") as told:
        result = stylize(photo, folder / "style.png", **options)
    assert [str(one.message) for one in told] == list(result.warnings)
    assert told[0].filename == __file__
    assert all("\n" not in line for line in result.warnings)


@pytest.mark.parametrize("name", ["content", "variation"])
def test_a_style_may_have_any_name(folder, photo, recipe, name):
    (folder / name).write_bytes((folder / "style.png").read_bytes())
    first, other = (next(steps(recipe(style=folder / file), photo)) for file in ("style.png", name))
    assert other.loss == pytest.approx(first.loss)
    assert len(other.terms) == len(first.terms)


def test_two_styles_of_the_same_name_both_count(folder, photo, recipe):
    (folder / "sub").mkdir(exist_ok=True)
    (folder / "sub" / "style.png").write_bytes((folder / "second.png").read_bytes())
    first = next(steps(recipe(style=[folder / "style.png", folder / "sub" / "style.png"]), photo))
    other = next(steps(recipe(style=[folder / "style.png", folder / "second.png"]), photo))
    assert len(first.terms) == len(other.terms) == 4
    assert first.loss == pytest.approx(other.loss)


def test_two_layers_of_one_region_both_count(folder, photo):
    def loss(*weights):
        layers = [
            {"region": "all", "styles": [{"image": str(folder / "style.png")}], "content_weight": weight}
            for weight in weights
        ]
        with pytest.warns(SfumatoWarning, match="both styles act"):
            return steps(Recipe.from_mapping({**FAST, "layers": layers, "start": "noise"}), photo)

    first, other = next(loss(5, 0)), next(loss(0, 5))
    assert first.loss == pytest.approx(other.loss)


# ---- what cannot be used


@pytest.mark.parametrize(
    ("machine", "words"),
    [
        ({"device": "cuda:97"}, "device 'cuda:97' is not there"),
        ({"device": "tpu"}, "no device is called 'tpu'; use auto, cpu, cuda or cuda:N"),
        ({"precision": "float16"}, "no precision is called 'float16'; use auto, float32 or bfloat16"),
    ],
)
def test_a_machine_that_is_not_there(recipe, photo, machine, words):
    with pytest.raises(DeviceError, match=words):
        steps(recipe(), photo, **machine)


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"style": "nowhere.png"}, ImageError, "nowhere.png"),
        ({"region": "subjct"}, RegionError, "subjct"),
        ({"region": "rect(3, 3, 4, 4)", "style_layers": "relu5_1"}, RegionError, "too small"),
        ({"region": "~all"}, RegionError, "nothing"),
        ({"style_layers": "relu9_9"}, RecipeError, "relu9_9"),
        ({"content_layer": "conv4_2"}, RecipeError, "relu4_2"),
    ],
)
def test_one_line_for_what_cannot_be_used(recipe, photo, options, error, words):
    with pytest.raises(error) as found:
        list(steps(recipe(**options), photo))
    assert words in str(found.value)
    assert "\n" not in str(found.value)


def test_a_style_of_few_positions_is_no_obstacle(recipe, folder):
    """With these numbers LAPACK's single-precision eigenvalues do not converge: rank 5 of 512."""
    noise = np.random.default_rng(0).random((48, 64, 3), np.float32)
    images.save(images.from_array(noise), folder / "noise.png", overwrite=True)
    options = {"style_layers": "relu5_1", "size": 48, "iterations": "1", "feather": 0}
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        (step,) = steps(
            recipe(style=folder / "noise.png", region="rect(10, 10, 53, 50)", **options),
            texture(60, 80, seed=1),
            precision="bfloat16",
        )
    finally:
        torch.set_num_threads(threads)
    assert np.isfinite(step.loss)


# ---- stopped and gone on


@pytest.fixture(scope="module")
def longer(recipe):
    """Five steps on two sizes."""
    photo = np.repeat(np.repeat(texture(64, 80, seed=1), 2, 0), 2, 1)

    def start(**options):
        kind = options.pop("optimizer", "lbfgs")
        problem = prepared(recipe(size=160, tolerance=0, optimizer=kind), images.from_array(photo), halo=HALO)
        return Run(problem, **options)

    return start


@pytest.mark.parametrize("optimizer", ["lbfgs", "adam"])
@pytest.mark.parametrize("after", [1, 2, 3, 4, 5])
def test_a_run_resumed_after_any_step_ends_the_same(longer, tmp_path, optimizer, after):
    whole = longer(optimizer=optimizer)
    assert len(list(whole)) == 5
    path = tmp_path / "checkpoint"
    first = longer(optimizer=optimizer, checkpoint_path=path, checkpoint_every=0)
    for _ in range(after):
        next(first)
    second = longer(optimizer=optimizer, checkpoint_path=path, resume=True)
    rest = [(step.level, step.iteration, step.loss) for step in second]
    expected = [(step.level, step.iteration, step.loss) for step in whole.trace]
    # After the last step there is nothing left to do, but a run always has a step to show.
    assert rest == expected[min(after, 4) :]
    assert second.finished
    np.testing.assert_array_equal(second.result().picture.pixels, whole.result().picture.pixels)


def test_a_resumed_run_counts_the_time_before(longer, tmp_path):
    path = tmp_path / "checkpoint"
    first = longer(checkpoint_path=path, checkpoint_every=0)
    before = [next(first), next(first)]
    step = next(longer(checkpoint_path=path, resume=True))
    assert step.seconds > before[1].seconds
    assert (step.level, step.iteration) == (1, 3)


def test_without_an_interval_that_has_passed_no_checkpoint_is_written(longer, tmp_path):
    path = tmp_path / "checkpoint"
    run = longer(checkpoint_path=path, checkpoint_every=1000)
    next(run)
    assert not path.exists()
    run.save_checkpoint()
    assert path.exists()
    longer().save_checkpoint()  # nowhere to go, nothing to save


@pytest.mark.parametrize("damage", [b"", b"junk" * 100, None])
def test_a_checkpoint_that_cannot_be_used(longer, recipe, photo, tmp_path, damage):
    path = tmp_path / "checkpoint"
    if damage is None:
        with pytest.raises(CheckpointError, match="no checkpoint"):
            longer(checkpoint_path=path, resume=True)
        first = longer(checkpoint_path=path)
        next(first)
        first.save_checkpoint()
        with pytest.raises(CheckpointError, match="another photo"):
            steps(recipe(), photo, checkpoint_path=path, resume=True)
    else:
        path.write_bytes(damage)
        with pytest.raises(CheckpointError, match="damaged"):
            longer(checkpoint_path=path, resume=True)


def test_resuming_from_nowhere_is_refused(recipe, photo):
    with pytest.raises((CheckpointError, TypeError, ValueError)):
        steps(recipe(), photo, resume=True)


SCRIPT = """
import os, signal, sys
from pathlib import Path
from sfumato import Recipe, images
from sfumato.compute.device import Machine
from sfumato.methods import METHODS, Run

written, sync = [], os.fsync

def die_in_the_third(descriptor):
    written.append(descriptor)
    if len(written) == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    sync(descriptor)

os.fsync = die_in_the_third
recipe = Recipe.load(sys.argv[1])
problem = METHODS[recipe.method].prepare(recipe, images.load(sys.argv[2]), Machine(), None)
for _ in Run(problem, checkpoint_path=Path(sys.argv[3]), checkpoint_every=0):
    pass
"""


@pytest.mark.skipif(os.name != "posix", reason="needs SIGKILL")
def test_a_run_killed_while_it_writes_a_checkpoint_goes_on_from_the_one_before(recipe, tmp_path):
    Image.fromarray(np.repeat(np.repeat(texture(64, 80, seed=1), 2, 0), 2, 1)).save(tmp_path / "photo.png")
    # With faces, a third file would be written: what was found is remembered.
    wanted = recipe(size=160, tolerance=0, faces="off")
    (tmp_path / "recipe.toml").write_text(wanted.to_toml())
    files = [tmp_path / name for name in ("recipe.toml", "photo.png", "checkpoint")]
    killed = subprocess.run([sys.executable, "-c", SCRIPT, *files], capture_output=True, text=True, timeout=100)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert files[2].exists()
    whole, rest = steps(wanted, files[1]), steps(wanted, files[1], checkpoint_path=files[2], resume=True)
    assert (len(list(whole)), len(list(rest))) == (5, 3)
    # Its first steps were another process's, whose rounding depends on where its memory lies.
    difference = abs(rest.result().picture.pixels.astype(int) - whole.result().picture.pixels)
    assert difference.mean() < 0.5
