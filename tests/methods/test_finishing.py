"""The last few steps at the photo's own size."""

import numpy as np
import pytest
import torch
from helpers import SHALLOW
from PIL import Image
from scipy import ndimage

from sfumato import features
from sfumato.methods import steps
from sfumato.recipe import Recipe

pytestmark = pytest.mark.usefixtures("vgg")

FAST = {"iterations": "3,2", **SHALLOW}


def texture(height, width, seed, blur):
    noise = ndimage.gaussian_filter(np.random.default_rng(seed).random((height, width, 3)), (blur, blur, 0))
    noise = (noise - noise.min()) / np.ptp(noise)
    return np.rint(255 * noise).astype(np.uint8)


@pytest.fixture
def run(tmp_path):
    Image.fromarray(texture(96, 128, seed=2, blur=0.7)).save(tmp_path / "style.png")
    photo = texture(128, 160, seed=1, blur=4)

    def make(**options):
        options = {**FAST, "size": 40, "style": tmp_path / "style.png", "region": "rect(25%, 25%, 75%, 75%)", **options}
        return steps(Recipe.from_options(**options), photo)

    return make


def drained(run):
    trace = list(run)
    return trace, run.result()


def test_a_region_larger_than_the_size_is_finished_at_its_own(run):
    trace, result = drained(run(finish=3))
    last = trace[-1]
    assert [step.level for step in trace][-4:] == [last.level - 1] + [last.level] * 3
    top, left, bottom, right = run(finish=3).problem.crop.box
    assert last.shape == (bottom - top, right - left)
    assert (last.level, last.iteration, last.done) == (last.levels, 3, 1)
    outside = result.alpha == 0
    np.testing.assert_array_equal(result.picture.pixels[outside], run().problem.photo.pixels[outside])


@pytest.mark.parametrize("options", [{"finish": 0}, {"size": 0}, {"size": 500}])
def test_there_is_nothing_to_finish(run, options):
    trace, _ = drained(run(**options))
    assert len(trace) == 5


def gram(image):
    tensor = torch.from_numpy(np.ascontiguousarray(image, np.float32)).movedim(-1, 0)[None]
    with torch.no_grad():
        found = features.load("max", "cpu", "float32")(tensor, ["relu2_1"])["relu2_1"][0].flatten(1).numpy()
    return found @ found.T / found.shape[1]


@pytest.mark.parametrize("optimizer", ["adam", "lbfgs"])
def test_finishing_brings_the_strokes_of_the_style(run, tmp_path, optimizer):
    """Compared at the photo's own size, where a picture that was only enlarged is too soft."""
    style = gram(np.asarray(Image.open(tmp_path / "style.png").resize((80, 60), Image.Resampling.BOX)) / 255)
    inside = np.s_[36:92, 44:116]
    distances = []
    for finish in (0, 8):
        _, result = drained(run(finish=finish, optimizer=optimizer, learning_rate=None, detail=0))
        distances.append(np.linalg.norm(gram(result.picture.rgb()[inside]) - style) / np.linalg.norm(style))
    assert distances[1] < 0.8 * distances[0]


def test_deep_layers_take_no_part(run):
    """Of a style that lives in deep layers only, the shallowest of them is what is left."""
    trace, _ = drained(run(finish=1, style_layers="relu4_1,relu5_1", content_layer="relu4_2", region="all", size=100))
    assert trace[-1].shape == (128, 160)


@pytest.mark.parametrize("after", [4, 6, 7])
def test_a_run_resumed_while_finishing_ends_the_same(run, tmp_path, after):
    path = tmp_path / "state"
    _, whole = drained(run(finish=3))
    first = run(finish=3)
    stopped = steps(first.problem.recipe, first.problem.photo, checkpoint_path=path)
    for _ in range(after):
        next(stopped)
    stopped.save_checkpoint()
    again = steps(first.problem.recipe, first.problem.photo, checkpoint_path=path, resume=True)
    _, result = drained(again)
    np.testing.assert_array_equal(result.picture.pixels, whole.picture.pixels)
