"""Changes to the graph of a network: no rounding, and stages for painting in bands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

__all__ = ["Stage", "cut", "unrounded"]


@dataclass(frozen=True)
class Stage:
    """A part of the network, from one normalization up to the next.

    Attributes
    ----------
    model : bytes
        The part as an ONNX model.
    maps, small : tuple of str
        Inputs: maps from earlier stages; the style's embedding or weights, and the mean and variance of the latest map.
    makes : tuple of str
        Outputs.
    measured : str or None
        The output whose mean and variance the next stage takes.
    moments : tuple of str
        The names of that mean and variance.
    """

    model: bytes
    maps: tuple[str, ...]
    small: tuple[str, ...]
    makes: tuple[str, ...]
    measured: str | None
    moments: tuple[str, ...]


def unrounded(model: Any) -> Any:
    """Remove the rounding of a network's activations to 256 levels; the weights stay rounded.

    Parameters
    ----------
    model : onnx.ModelProto
        Network; changed in place.

    Returns
    -------
    onnx.ModelProto
        The same model.

    Examples
    --------
    >>> import onnx
    >>> from sfumato import models
    >>> model = unrounded(onnx.load(models.path("arbitrary-transform")))
    >>> any(node.op_type == "QuantizeLinear" for node in model.graph.node)
    False
    """
    graph = model.graph
    weights = {weight.name for weight in graph.initializer}
    source: dict[str, str] = {}
    kept = []
    for node in graph.node:
        if node.op_type in ("QuantizeLinear", "DequantizeLinear") and node.input[0] not in weights:
            source[node.output[0]] = source.get(node.input[0], node.input[0])
        else:
            node.input[:] = [source.get(name, name) for name in node.input]
            kept.append(node)
    for value in graph.output:
        for node in kept:
            if node.output[0] == source.get(value.name):
                node.output[0] = value.name
    del graph.node[:]
    graph.node.extend(kept)
    return model


def cut(model: Any) -> list[Stage]:
    """Cut a network before each of its normalizations.

    Parameters
    ----------
    model : onnx.ModelProto
        Network without rounding. Its first input is the picture, its second the style's embedding or weights. Each
        normalization consists of two global averages: of a map, and of the squared differences from that average.

    Returns
    -------
    list of Stage
        One more than the network has normalizations.

    Examples
    --------
    >>> import onnx
    >>> from sfumato import models
    >>> len(cut(unrounded(onnx.load(models.path("arbitrary-transform")))))
    14
    """
    graph = model.graph
    averages = [node for node in graph.node if node.op_type == "GlobalAveragePool"]
    moments = [(first.output[0], second.output[0]) for first, second in zip(averages[::2], averages[1::2], strict=True)]
    measured = [node.input[0] for node in averages[::2]]
    style = graph.input[1].name
    # A tensor belongs to the stage after the last normalization that it depends on. Those of the style belong to all.
    stage_of = {name: number for number, pair in enumerate(moments, 1) for name in pair}
    stage_of[graph.input[0].name] = -1
    for node in graph.node:
        before = [stage_of[name] for name in node.input if name in stage_of]
        if before and node.output[0] not in stage_of:
            stage_of[node.output[0]] = max(0, *before)

    wanted = {graph.output[0].name}
    stages = []
    for number in range(len(moments), -1, -1):
        makes = sorted(name for name in wanted if stage_of[name] == number)
        small = {style, *(moments[number - 1] if number else ())}
        maps = {name for name, stage in stage_of.items() if stage < number}
        nodes, used = _between(graph, makes, small | maps)
        wanted |= used & maps
        more = number < len(moments)
        stages.append(
            Stage(
                _part(model, nodes, sorted(used), makes),
                tuple(sorted(used & maps)),
                tuple(sorted(used & small)),
                tuple(makes),
                measured[number] if more else None,
                moments[number] if more else (),
            )
        )
    return stages[::-1]


def _between(graph: Any, makes: list[str], given: set[str]) -> tuple[list[Any], set[str]]:
    """Return the nodes that compute some tensors from given ones, and the given tensors that they use."""
    maker = {node.output[0]: node for node in graph.node}
    found: set[str] = set()
    used: set[str] = set()
    ahead = list(makes)
    while ahead:
        name = ahead.pop()
        if name in given:
            used.add(name)
        elif name in maker and name not in found:
            found.add(name)
            ahead += maker[name].input
    return [node for node in graph.node if node.output[0] in found], used


def _part(model: Any, nodes: list[Any], takes: list[str], makes: list[str]) -> bytes:
    """Make a model of some nodes, whose inputs and outputs have four axes of any length."""
    from onnx import TensorProto, helper

    read = {name for node in nodes for name in node.input}
    graph = helper.make_graph(
        nodes,
        "stage",
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, [None] * 4) for name in takes],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, [None] * 4) for name in makes],
        [weight for weight in model.graph.initializer if weight.name in read],
    )
    part = helper.make_model(graph, opset_imports=model.opset_import, ir_version=model.ir_version)
    return bytes(part.SerializeToString())
