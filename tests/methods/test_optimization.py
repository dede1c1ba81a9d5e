"""What an optimization shares with others like it, the moments of styles, and what it does not load."""

import dataclasses
import subprocess
import sys

import numpy as np
import pytest
import torch
from helpers import noise, prepared
from PIL import Image

from sfumato import images
from sfumato.features import VGG19
from sfumato.methods.optimization import Optimization
from sfumato.optimize import StyleStatistics
from sfumato.recipe import Recipe

LAYERS = ["relu1_1", "relu2_1"]


@pytest.fixture
def problem(vgg, tmp_path):
    Image.fromarray(noise(40, 48, 2)).save(tmp_path / "style.png")
    recipe = Recipe.from_mapping({"size": 64, "layers": [{"styles": [{"image": str(tmp_path / "style.png")}]}]})
    return prepared(recipe, images.from_array(noise(48, 64, 1)))


@pytest.fixture
def passes(monkeypatch):
    """Sizes of what is put through the network."""
    found, plain = [], VGG19.__call__

    def watched(self, picture, layers):
        found.append(tuple(picture.shape[-2:]))
        return plain(self, picture, layers)

    monkeypatch.setattr(VGG19, "__call__", watched)
    return found


def by_hand(network, style, mask):
    """Mean features of relu1_1 over the positions of a hard mask."""
    picture = np.ascontiguousarray(style.picture.transpose(2, 0, 1)[None])
    features = network(torch.from_numpy(picture), ["relu1_1"])["relu1_1"]
    return features[0].float().numpy()[:, mask > 0].mean(1)


def test_moments_are_those_of_the_part_that_counts(problem):
    """Also where two styles share a name and a picture."""
    optimization, style = Optimization(problem), problem.parts[0].styles[0]
    left = np.zeros(style.picture.shape[:2], np.float32)
    left[:, :20] = 1
    for mask in (left, 1 - left):
        part = dataclasses.replace(style, mask=mask)
        found = optimization.moments(part, mask.shape, LAYERS)["relu1_1"].mean
        np.testing.assert_allclose(found.numpy(), by_hand(optimization.network, style, mask), rtol=1e-3, atol=1e-4)


def test_objectives_of_other_problems_share_what_is_known_of_equal_styles(problem, passes):
    style = problem.parts[0].styles[0]
    first = Optimization(problem)
    kept = StyleStatistics(first.network)
    size = style.picture.shape[:2]
    found = []
    for picture in (style.picture, style.picture.copy(), 1 - style.picture):
        same = dataclasses.replace(style, picture=picture)
        found.append(Optimization(problem, kept).moments(same, size, LAYERS)["relu2_1"])
    assert passes == [size, size]
    assert found[1] is found[0]
    assert not np.allclose(found[2].gram, found[0].gram, rtol=0.01)


RUN = """
import sys
import numpy as np
from sfumato import stylize
photo = np.random.default_rng(0).integers(0, 255, (64, 80, 3), np.uint8)
options = {"style_layers": "relu1_1,relu2_1", "content_layer": "relu2_2", "faces": "off"}
result = stylize(photo, sys.argv[1], region="all", size=64, iterations="3", optimizer="lbfgs", **options)
assert len(result.trace) == 3 and (result.array != photo).any()
print("torch" in sys.modules, "torch._dynamo" in sys.modules)
"""


def test_a_run_with_lbfgs_loads_no_compiler(vgg, tmp_path):
    """That takes longer than a draft's first steps, and comes with any optimizer of PyTorch."""
    Image.fromarray(noise(40, 48, 2)).save(tmp_path / "style.png")
    command = [sys.executable, "-W", "ignore", "-c", RUN, str(tmp_path / "style.png")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert (done.stdout, done.stderr) == ("True False\n", "")
