import cv2
import numpy as np
import onnx
import onnxruntime
import pytest
import torch

from sfumato.errors import ImageError, InputError, ModelError, OutputError, RecipeError
from sfumato.feedforward import export as module
from sfumato.feedforward.export import build, export
from sfumato.feedforward.network import Network
from sfumato.feedforward.painter import Painter
from sfumato.feedforward.sfm import Plan

ONE, TWO, MASKED = Plan(("a",), width=4), Plan(("a", "b"), width=4), Plan(("a",), width=4, masks=True)


def saved(folder, plan):
    """A network that paints with contrast, in a file, and itself."""
    network = Network(plan, seed=5)
    generator = torch.Generator().manual_seed(6)
    with torch.no_grad():
        for name, values in network.layers.named_parameters():
            if name.endswith(("scale", "shift")):
                values.add_(0.3 * torch.randn(values.shape, generator=generator))
        network.layers["last"].kernel.mul_(3)
    network.save(folder / "a.sfm")
    return network


def picture(height, width, channels=3, seed=0):
    rng = np.random.default_rng(seed)
    coarse = cv2.resize(rng.random((5, 6, channels), np.float32), (width, height))
    coarse = coarse.reshape(height, width, channels)
    return np.clip(coarse + 0.1 * rng.standard_normal(coarse.shape), 0, 1).astype(np.float32)


def painted(network, seen, weights):
    with torch.no_grad():
        tensor = torch.from_numpy(seen).movedim(-1, 0)[None]
        return network(tensor, torch.tensor([weights], dtype=torch.float32))[0].movedim(0, -1).numpy()


@pytest.mark.parametrize("plan", [ONE, TWO, MASKED])
@pytest.mark.parametrize("size", [(5, 6), (16, 24), (45, 31)])
def test_other_programs_see_what_the_original_paints(tmp_path, plan, size):
    network = saved(tmp_path, plan)
    assert export(tmp_path / "a.sfm", tmp_path / "a.onnx") < 1e-4
    session = onnxruntime.InferenceSession(str(tmp_path / "a.onnx"), providers=["CPUExecutionProvider"])
    several = len(plan.styles) > 1
    assert [value.name for value in session.get_inputs()] == ["picture", "weights"][: 1 + several]
    seen = picture(*size, 4 if plan.masks else 3)
    weights = [0.3, 0.7] if several else [1.0]
    given = {"picture": seen[None]} | ({"weights": np.float32(weights).reshape(1, 1, 1, 2)} if several else {})
    (found,) = session.run(["painted"], given)
    expected = painted(network, seen, weights)
    np.testing.assert_allclose(found[0], expected, atol=1e-4)
    assert expected.std() > 0.05


def test_the_file_says_what_it_is(tmp_path):
    saved(tmp_path, TWO)
    export(tmp_path / "a.sfm", tmp_path / "a.onnx")
    model = onnx.load(tmp_path / "a.onnx")
    onnx.checker.check_model(model, full_check=True)
    assert model.doc_string == "styles: a, b"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.onnx", "a.sfm"]


@pytest.mark.parametrize("change", [0.5, np.nan])
def test_what_comes_out_different_is_not_written(tmp_path, monkeypatch, change):
    saved(tmp_path, ONE)

    def wrong(plan, tensors, **options):
        return build(plan, tensors | {"last.bias": tensors["last.bias"] + np.float32(change)}, **options)

    monkeypatch.setattr(module, "build", wrong)
    with pytest.raises(ModelError, match=r"a.sfm: exported, it paints otherwise \(by \S+ of 1\); nothing was written"):
        export(tmp_path / "a.sfm", tmp_path / "a.onnx")
    assert [path.name for path in tmp_path.iterdir()] == ["a.sfm"]


def test_no_network_and_no_place(tmp_path):
    with pytest.raises(ModelError, match="no such file"):
        export(tmp_path / "b.sfm", tmp_path / "a.onnx")
    saved(tmp_path, ONE)
    with pytest.raises(OutputError, match="cannot be written"):
        export(tmp_path / "a.sfm", tmp_path / "nowhere" / "a.onnx")


@pytest.mark.parametrize("size", [(40, 56), (33, 50), (1, 3)])
def test_the_painter_repeats_the_border_and_cuts_it_away(tmp_path, size):
    network = saved(tmp_path, ONE)
    photo = picture(*size)
    height, width = size
    below, right = (8 + -side % 4 for side in size)
    around = np.pad(photo, ((8, below), (8, right), (0, 0)), mode="edge")
    expected = painted(network, around, [1.0])[8 : 8 + height, 8 : 8 + width]
    found = Painter(tmp_path / "a.sfm")(photo)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, atol=1e-4)


@pytest.mark.parametrize("plan", [TWO, MASKED])
def test_in_bands_as_in_one(tmp_path, plan):
    saved(tmp_path, plan)
    weights = [1.0, 2.0] if plan is TWO else None
    whole, banded = Painter(tmp_path / "a.sfm", weights), Painter(tmp_path / "a.sfm", weights, tile=43 * 64)
    photo, mask = picture(301, 43), picture(301, 43, 1, seed=1)[..., 0] if plan.masks else None
    expected = whole(photo, mask)
    difference = np.abs(banded(photo, mask) - expected)
    assert expected.std() > 0.05
    # What passes between the stages is rounded to half precision.
    assert difference.max() < 0.01
    assert difference.mean() < 0.001
    # No more at the borders of bands than elsewhere.
    assert difference.mean((1, 2)).max() < 4 * difference.mean()
    part = mask if mask is None else mask[:60]
    assert np.array_equal(banded(photo[:60], part), whole(photo[:60], part))


def test_weights_are_shares_and_the_first_style_is_the_default(tmp_path):
    saved(tmp_path, TWO)
    photo = picture(20, 24)
    paint = {weights: Painter(tmp_path / "a.sfm", weights)(photo) for weights in ((1, 0), (0, 1), (1, 3), (0.25, 0.75))}
    assert np.array_equal(Painter(tmp_path / "a.sfm")(photo), paint[1, 0])
    assert np.array_equal(paint[1, 3], paint[0.25, 0.75])
    assert np.abs(paint[1, 0] - paint[0, 1]).max() > 0.05
    assert Painter(tmp_path / "a.sfm").plan.styles == ("a", "b")


def test_bytes_for_bytes(tmp_path):
    saved(tmp_path, ONE)
    paint = Painter(tmp_path / "a.sfm")
    photo = np.rint(picture(20, 24) * 255).astype(np.uint8)
    found = paint(photo)
    assert found.dtype == np.uint8
    assert np.abs(found / 255 - paint(photo / 255)).max() < 0.51 / 255


def test_a_mask_and_none(tmp_path):
    network = saved(tmp_path, MASKED)
    paint, photo = Painter(tmp_path / "a.sfm"), picture(24, 24)
    mask = np.zeros((24, 24), np.float32)
    mask[:12] = 1
    assert np.array_equal(paint(photo), paint(photo, np.ones((24, 24), np.float32)))
    around = np.pad(np.concatenate([photo, mask[..., None]], -1), ((8, 8), (8, 8), (0, 0)), mode="edge")
    np.testing.assert_allclose(paint(photo, mask), painted(network, around, [1.0])[8:-8, 8:-8], atol=1e-4)


def test_a_mask_for_a_network_that_takes_none(tmp_path):
    saved(tmp_path, ONE)
    with pytest.raises(InputError, match="takes no masks; paint without one, or train a network with masks"):
        Painter(tmp_path / "a.sfm")(picture(20, 20), np.ones((20, 20), np.float32))


def test_values_of_another_type(tmp_path):
    saved(tmp_path, ONE)
    with pytest.raises(ImageError, match="values of type int64; give uint8, or float"):
        Painter(tmp_path / "a.sfm")(np.zeros((20, 20, 3), np.int64))


@pytest.mark.parametrize(
    ("weights", "said"),
    [((1,), "1"), ((1, 1, 1), "1, 1, 1"), ((2, -1), "2, -1"), ((0, 0), "0, 0"), ((np.nan, 1), "nan, 1"), ((), "")],
)
def test_weights_that_do_not_fit(tmp_path, weights, said):
    saved(tmp_path, TWO)
    with pytest.raises(RecipeError, match=f"the weights {said} do not fit; give 2 of 0 or more, .* for a, b"):
        Painter(tmp_path / "a.sfm", weights)
