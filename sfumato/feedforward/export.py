"""Trained networks as ONNX, for other programs and for sfumato's own painting."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import numpy as np

from sfumato import files
from sfumato.compute import session
from sfumato.errors import ModelError
from sfumato.feedforward import sfm
from sfumato.feedforward.sfm import Layer, Plan

__all__ = ["build", "export"]

# The oldest versions that suffice, for older runtimes.
_OPSET, _IR_VERSION = 17, 8

_EPSILON = 1e-5  # as in training

_CLOSE = 1e-3  # maximum difference between the exported network and the original, of values in [0, 1]


def export(network: str | os.PathLike[str], path: str | os.PathLike[str]) -> float:
    """Write a trained network as ONNX, after checking that it gives the same result as the original.

    Parameters
    ----------
    network : path
        File of a trained network.
    path : path
        File to write; an existing one is replaced.

    Returns
    -------
    float
        Maximum difference from the original.

    Raises
    ------
    ModelError
        If the network cannot be read, or gives another result once exported.
    OutputError
        If the file cannot be written.

    Notes
    -----
    The input "picture" is (1, H, W, 3), sRGB in [0, 1], of any size from 5 x 5 pixels; if the network takes masks, it
    is (1, H, W, 4), the mask last. With several styles, "weights" (1, 1, 1, n) are the weights of the
    styles, which add up to 1. The output "painted" is (1, H, W, 3).
    """
    import torch

    from sfumato.feedforward.network import Network

    model = build(*sfm.read(network), alone=True).SerializeToString()
    original = Network.load(network)
    count = len(original.plan.styles)
    rng = np.random.default_rng(0)
    picture = rng.random((1, 45, 62, original.plan.layers[0].takes), np.float32)
    weights = rng.dirichlet(np.ones(count)).astype(np.float32)
    with torch.no_grad():
        seen = torch.from_numpy(picture).movedim(-1, 1)
        expected = original(seen, torch.from_numpy(weights)[None]).movedim(1, -1).numpy()
    painter = session(model)
    given = {"picture": picture, "weights": weights.reshape(1, 1, 1, -1)}
    (found,) = painter.run(None, {value.name: given[value.name] for value in painter.get_inputs()})
    difference = float(np.abs(found - expected).max())
    if not difference <= _CLOSE:
        raise ModelError(f"{network}: exported, it paints otherwise (by {difference:.2g} of 1); nothing was written")
    files.write(path, model)
    return difference


def build(plan: Plan, tensors: Mapping[str, np.ndarray], *, alone: bool = False) -> Any:
    """Build the graph of a network.

    Parameters
    ----------
    plan : Plan
        Description of the network.
    tensors : mapping of str to ndarray of float32
        Tensors by name, with the shapes in ``plan.shapes``.
    alone : bool
        Whether to prepare it for use without sfumato: for sides that are not multiples of 4, and without weights if
        there is only one style.

    Returns
    -------
    onnx.ModelProto
        With inputs and output as in `export`. Normalizations are written as global averages, as
        `sfumato.feedforward.graph.cut` expects them.

    Examples
    --------
    >>> plan = Plan(("a",), width=1)
    >>> model = build(plan, {name: np.ones(shape, np.float32) for name, shape in plan.shapes.items()})
    >>> [value.name for value in (*model.graph.input, *model.graph.output)]
    ['picture', 'weights', 'painted']
    """
    from onnx import TensorProto, checker, helper

    graph = _Graph()
    for name, values in tensors.items():
        graph.constant(name, values)
    graph.constant("epsilon", np.float32(_EPSILON))
    graph.constant("twice", np.array([1, 1, 2, 2], np.float32))
    for side in (3, 9):
        graph.constant(f"margin{side}", np.array([0, 0, side // 2, side // 2] * 2))
    layers = {layer.name: layer for layer in plan.layers}
    x = graph.add("Transpose", "picture", perm=[0, 3, 1, 2])
    for name in ("first", "down1", "down2"):
        x = graph.add("Relu", graph.convolve(x, layers[name]))
    for number in range(1, 6):
        inner = graph.add("Relu", graph.convolve(x, layers[f"residual{number}a"]))
        x = graph.add("Add", x, graph.convolve(inner, layers[f"residual{number}b"]))
    for name in ("up1", "up2"):
        x = graph.add("Relu", graph.convolve(x, layers[name]))
    x = graph.add("Transpose", graph.convolve(x, layers["last"]), perm=[0, 2, 3, 1])
    if alone:
        # Halving rounds up, so that sides may have become up to three pixels longer.
        graph.constant("start", np.zeros(2, np.int64))
        graph.constant("sides", np.array([1, 2]))
        x = graph.add("Slice", x, "start", graph.add("Shape", "picture", start=1, end=3), "sides")
    graph.add("Sigmoid", x, output="painted")

    def value(name: str, *sides: str | int) -> Any:
        return helper.make_tensor_value_info(name, TensorProto.FLOAT, sides)

    inputs = [value("picture", 1, "height", "width", plan.layers[0].takes)]
    if alone and len(plan.styles) == 1:
        graph.constant("weights", np.ones((1, 1, 1, 1), np.float32))
    else:
        inputs.append(value("weights", 1, 1, 1, len(plan.styles)))
    outputs = [value("painted", 1, "height", "width", 3)]
    model = helper.make_model(
        helper.make_graph(graph.nodes, "sfumato", inputs, outputs, graph.constants),
        opset_imports=[helper.make_opsetid("", _OPSET)],
        ir_version=_IR_VERSION,
        producer_name="sfumato",
        doc_string="styles: " + ", ".join(plan.styles),
    )
    checker.check_model(model)
    return model


class _Graph:
    """A graph under construction; each node is named by its output."""

    def __init__(self) -> None:
        self.nodes: list[Any] = []
        self.constants: list[Any] = []

    def constant(self, name: str, values: np.ndarray | np.generic) -> None:
        from onnx import numpy_helper

        self.constants.append(numpy_helper.from_array(np.asarray(values), name))

    def add(self, kind: str, *inputs: str, output: str | None = None, **options: Any) -> str:
        """Add a node and return the name of its output."""
        from onnx import helper

        output = output or f"{kind.lower()}{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, inputs, [output], **options))
        return output

    def convolve(self, x: str, layer: Layer) -> str:
        """Add a convolution with its enlargement, padding and normalization."""
        if layer.enlarge > 1:
            nearest = {"mode": "nearest", "coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
            x = self.add("Resize", x, "", "twice", **nearest)
        x = self.add("Pad", x, f"margin{layer.side}", mode="reflect")
        if layer.name == "last":
            return self.add("Conv", x, "last.kernel", "last.bias")
        x = self.add("Conv", x, f"{layer.name}.kernel", strides=[layer.stride] * 2)
        centered = self.add("Sub", x, self.add("GlobalAveragePool", x))
        variance = self.add("GlobalAveragePool", self.add("Mul", centered, centered))
        deviation = self.add("Sqrt", self.add("Add", variance, "epsilon"))
        scale, shift = (
            self.add("Transpose", self.add("MatMul", "weights", f"{layer.name}.{kind}"), perm=[0, 3, 1, 2])
            for kind in ("scale", "shift")
        )
        return self.add("Add", self.add("Mul", centered, self.add("Div", scale, deviation)), shift)
