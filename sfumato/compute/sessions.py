"""Sessions of ONNX Runtime, all made here so that none sends telemetry; networks for pictures of any size."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from sfumato.compute.threads import processors

__all__ = ["session", "size_free"]

# More threads do not speed up networks of this size.
_MOST_THREADS = 8


def session(model: bytes | Path) -> Any:
    """Load a network into ONNX Runtime.

    Parameters
    ----------
    model : bytes or Path
        The network in ONNX format, or its file.

    Returns
    -------
    onnxruntime.InferenceSession
        Session on the CPU, with up to 8 threads as far as this process may use them. Threads do not spin while they
        wait, so that they take no processor time from other processes.

    Examples
    --------
    >>> session(b"no network")  # doctest: +IGNORE_EXCEPTION_DETAIL
    Traceback (most recent call last):
    ...
    onnxruntime.capi.onnxruntime_pybind11_state.InvalidProtobuf: [ONNXRuntimeError] ...
    """
    # Read on import; without it, version 1.31 stores a device number in the user's cache folder and resolves the
    # address of a telemetry server.
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    import onnxruntime

    onnxruntime.disable_telemetry_events()  # in case the library was already imported
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.enable_cpu_mem_arena = False  # the arena would keep hundreds of MB until the process ends
    options.intra_op_num_threads = min(_MOST_THREADS, processors())
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    given = model if isinstance(model, bytes) else str(model)
    return onnxruntime.InferenceSession(given, options, providers=["CPUExecutionProvider"])


def size_free(model: Any, *, axes: tuple[int, int] = (1, 2)) -> Any:
    """Give the height and width of a network's pictures names instead of numbers, so that they may have any size.

    Parameters
    ----------
    model : onnx.ModelProto
        Network of pictures, such as (1, height, width, 3); changed in place.
    axes : (int, int)
        Axes of height and width. Inputs and outputs where these are 1 are no pictures, and stay.

    Returns
    -------
    onnx.ModelProto
        The same model.

    Examples
    --------
    >>> import onnx
    >>> from sfumato import models
    >>> model = size_free(onnx.load(models.path("u2netp")), axes=(2, 3))
    >>> [side.dim_param or side.dim_value for side in model.graph.input[0].type.tensor_type.shape.dim]
    [1, 3, 'height', 'width']
    """
    for value in (*model.graph.input, *model.graph.output):
        sides = value.type.tensor_type.shape.dim
        if len(sides) == 4 and all(sides[axis].dim_value > 1 for axis in axes):
            sides[axes[0]].dim_param, sides[axes[1]].dim_param = "height", "width"
    del model.graph.value_info[:]
    return model
