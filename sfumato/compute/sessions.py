"""Sessions of ONNX Runtime, all made here so that none of them reports to anyone."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

__all__ = ["session"]

# More threads than this bring nothing on networks of this size.
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
        On the CPU, on as many threads as this process may use, up to 8. Threads do not spin while they wait, so that
        they take no processor time from others on a busy machine.

    Examples
    --------
    >>> session(b"no network")  # doctest: +IGNORE_EXCEPTION_DETAIL
    Traceback (most recent call last):
    ...
    onnxruntime.capi.onnxruntime_pybind11_state.InvalidProtobuf: [ONNXRuntimeError] ...
    """
    # Read when the library is imported; without it, version 1.31 leaves a device number in the user's cache folder and
    # looks up a collector's address.
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    import onnxruntime

    onnxruntime.disable_telemetry_events()  # for a process that had imported the library before
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.enable_cpu_mem_arena = False  # the arena would keep hundreds of MB until the process ends
    options.intra_op_num_threads = min(_MOST_THREADS, _processors())
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    given = model if isinstance(model, bytes) else str(model)
    return onnxruntime.InferenceSession(given, options, providers=["CPUExecutionProvider"])


def _processors() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
