import numpy as np
import onnx
import onnxruntime
import pytest
from helpers import network_file

from sfumato.compute import size_free
from sfumato.feedforward.graph import cut, unrounded


@pytest.fixture(params=["arbitrary-transform", "arbitrary-predict"])
def file(request):
    return network_file(request.param)


@pytest.fixture
def painter():
    return network_file("arbitrary-transform")


def run(model, pictures, style):
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.enable_cpu_mem_arena = False
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    names = [value.name for value in session.get_inputs()]
    return session.run(None, dict(zip(names, (pictures, style), strict=False)))[0]


def test_free_of_sizes_the_network_is_bit_for_bit_the_file(file):
    model = onnx.load(file)
    side = model.graph.input[0].type.tensor_type.shape.dim[1].dim_value
    rng = np.random.default_rng(0)
    pictures, style = rng.random((1, side, side, 3), np.float32), rng.standard_normal((1, 1, 1, 100)).astype(np.float32)
    expected = run(str(file), pictures, style)
    found = run(size_free(model).SerializeToString(), pictures, style)
    assert side == (384 if len(model.graph.input) == 2 else 256)
    assert expected.std() > 0.01
    assert np.array_equal(found, expected)


def test_free_of_sizes_the_network_takes_others(painter):
    style = np.zeros((1, 1, 1, 100), np.float32)
    pictures = np.random.default_rng(0).random((1, 40, 64, 3), np.float32)
    assert run(size_free(onnx.load(painter)).SerializeToString(), pictures, style).shape == (1, 40, 64, 3)


def test_only_the_rounding_of_activations_is_taken_out(painter):
    before, after = onnx.load(painter), unrounded(onnx.load(painter))
    weights = {weight.name for weight in before.graph.initializer}
    rounding = ("QuantizeLinear", "DequantizeLinear")

    def others(model):
        return [(node.name, node.op_type) for node in model.graph.node if node.op_type not in rounding]

    def of_weights(model):
        return [node.output[0] for node in model.graph.node if node.op_type in rounding and node.input[0] in weights]

    assert others(after) == others(before)
    assert of_weights(after) == of_weights(before)
    assert len(after.graph.node) == len(others(before)) + len(of_weights(before)) < len(before.graph.node)
    assert after.graph.output == before.graph.output
    onnx.checker.check_model(after)


def small_network():
    """Two convolutions, each normalized, with a shortcut around the second; its file rounds after each."""
    from onnx import TensorProto, helper, numpy_helper

    rng = np.random.default_rng(1)
    constants = {
        "scale": np.float32(1 / 64),
        "zero": np.int8(0),
        "w1": rng.integers(-9, 9, (2, 3, 3, 3)).astype(np.int8),
        "w2": rng.integers(-9, 9, (2, 2, 3, 3)).astype(np.int8),
    }
    nodes = [helper.make_node("Transpose", ["picture"], ["first"], perm=[0, 3, 1, 2])]
    before = "first"
    for k in "12":
        rounded = [(f"w{k}", f"kernel{k}"), (f"q{k}", f"x{k}")]
        nodes += [
            helper.make_node("DequantizeLinear", [rounded[0][0], "scale", "zero"], [rounded[0][1]]),
            helper.make_node("Conv", [before, f"kernel{k}"], [f"c{k}"], kernel_shape=[3, 3], pads=[1, 1, 1, 1]),
            helper.make_node("QuantizeLinear", [f"c{k}", "scale", "zero"], [f"q{k}"]),
            helper.make_node("DequantizeLinear", [f"q{k}", "scale", "zero"], [f"x{k}"]),
            helper.make_node("GlobalAveragePool", [f"x{k}"], [f"mean{k}"]),
            helper.make_node("Sub", [f"x{k}", f"mean{k}"], [f"off{k}"]),
            helper.make_node("Mul", [f"off{k}", f"off{k}"], [f"square{k}"]),
            helper.make_node("GlobalAveragePool", [f"square{k}"], [f"variance{k}"]),
            helper.make_node("Sqrt", [f"variance{k}"], [f"deviation{k}"]),
            helper.make_node("Div", [f"off{k}", f"deviation{k}"], [f"even{k}"]),
            helper.make_node("Mul", [f"even{k}", "style"], [f"painted{k}"]),
        ]
        before = f"painted{k}"
    nodes += [
        helper.make_node("Add", ["painted1", "painted2"], ["sum"]),
        helper.make_node("Transpose", ["sum"], ["result"], perm=[0, 2, 3, 1]),
    ]
    graph = helper.make_graph(
        nodes,
        "small",
        [
            helper.make_tensor_value_info("picture", TensorProto.FLOAT, [1, 8, 8, 3]),
            helper.make_tensor_value_info("style", TensorProto.FLOAT, [1, 1, 1, 1]),
        ],
        [helper.make_tensor_value_info("result", TensorProto.FLOAT, [1, 8, 8, 2])],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 15)], ir_version=8)
    return model, constants["w1"] / 64, constants["w2"] / 64


def test_a_small_network_unrounded_is_the_plain_computation():
    from scipy.signal import correlate

    model, *kernels = small_network()
    picture = np.random.default_rng(2).random((8, 8, 3), np.float32)
    x, painted = picture.astype(np.float64).transpose(2, 0, 1), []
    for kernel in kernels:
        padding = np.pad(x, ((0, 0), (1, 1), (1, 1)))
        x = np.stack([correlate(padding, each, mode="valid")[0] for each in kernel])
        x = 3 * (x - x.mean((1, 2), keepdims=True)) / x.std((1, 2), keepdims=True)
        painted.append(x)
    style = np.full((1, 1, 1, 1), 3, np.float32)
    found = run(unrounded(model).SerializeToString(), picture[None], style)[0]
    np.testing.assert_allclose(found, sum(painted).transpose(1, 2, 0), atol=1e-4)


def test_a_small_network_is_cut_before_each_normalization():
    first, second, third = cut(unrounded(small_network()[0]))
    assert (first.maps, first.small, first.makes) == (("picture",), (), ("c1",))
    assert (first.measured, first.moments) == ("c1", ("mean1", "variance1"))
    assert (second.maps, second.small) == (("c1",), ("mean1", "style", "variance1"))
    assert second.makes == ("c2", "painted1")
    assert (second.measured, second.moments) == ("c2", ("mean2", "variance2"))
    assert (third.maps, third.small) == (("c2", "painted1"), ("mean2", "style", "variance2"))
    assert (third.makes, third.measured, third.moments) == (("result",), None, ())
