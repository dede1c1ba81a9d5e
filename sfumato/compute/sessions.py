"""Sessions of ONNX Runtime, all made here so that none sends telemetry."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from sfumato.compute.threads import processors

__all__ = ["session"]

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
