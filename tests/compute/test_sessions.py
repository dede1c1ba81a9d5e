"""Network sessions: how many threads they take, and what they leave behind."""

import os
import subprocess
import sys

import numpy as np
import onnxruntime
import pytest
from onnx import TensorProto, helper

from sfumato.compute import session


def identity():
    """A network that gives back what it is given."""
    values = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [2]) for name in ("x", "y")]
    graph = helper.make_graph([helper.make_node("Identity", ["x"], ["y"])], "identity", values[:1], values[1:])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    return model.SerializeToString()


def test_a_network_runs_from_bytes_and_from_a_file(tmp_path):
    (tmp_path / "a.onnx").write_bytes(identity())
    for model in (identity(), tmp_path / "a.onnx"):
        (found,) = session(model).run(None, {"x": np.float32([1, 2])})
        assert found.tolist() == [1, 2]


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="affinity is not known here")
@pytest.mark.parametrize(("processors", "threads"), [({0}, 1), ({0, 5, 6}, 3), (set(range(64)), 8)])
def test_threads_follow_the_processors(monkeypatch, processors, threads):
    asked = []
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: processors)
    monkeypatch.setattr(onnxruntime, "InferenceSession", lambda model, options, providers: asked.append(options))
    session(b"")
    assert [options.intra_op_num_threads for options in asked] == [threads]


def test_nothing_is_left_in_the_home_of_a_user(tmp_path):
    """ONNX Runtime 1.31 would leave a number for this device, and look up an address to report to."""
    (tmp_path / "a.onnx").write_bytes(identity())
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("ORT_", "XDG_"))}
    code = "from pathlib import Path; from sfumato.compute import session; session(Path('a.onnx'))"
    home = tmp_path / "home"
    home.mkdir()
    subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env={**environment, "HOME": str(home)}, check=True, timeout=60
    )
    assert list(home.rglob("*")) == []
