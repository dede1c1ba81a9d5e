"""(a) One step against the floating-point operations of its crop at the machine's measured convolution rate."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable

import torch
from torch.nn import functional

from benchmarks.inputs import photo_and_style
from sfumato import features
from sfumato.compute.memory import keep_pages
from sfumato.features import BLOCKS
from sfumato.methods import steps
from sfumato.recipe import Recipe


def convolution_shapes(height: int, width: int) -> list[tuple[int, int, int, int]]:
    """Return (in, out, height, width) of each convolution up to relu5_1, for a crop of this size."""
    channels, shapes, current = (64, 128, 256, 512, 512), [], 3
    for block, (count, wide) in enumerate(zip(BLOCKS, channels, strict=True)):
        for _ in range(count if block < 4 else 1):
            shapes.append((current, wide, -(-height // 2**block), -(-width // 2**block)))
            current = wide
    return shapes


def operations(height: int, width: int) -> float:
    """Return the floating-point operations of one step's convolutions: forward, and back to the pixels."""
    return sum(2 * 2 * 9 * a * b * h * w for a, b, h, w in convolution_shapes(height, width))


def convolution_rate(height: int, width: int, precision: str) -> float:
    """Return operations per second of the network's own convolutions run bare, forward and back to the input."""
    dtype, spent = getattr(torch, precision), 0.0
    shapes = convolution_shapes(height, width)
    for number, (a, b, h, w) in enumerate(shapes):
        kind = torch.float32 if number == 0 else dtype
        x = torch.rand(1, a, h, w, dtype=kind).contiguous(memory_format=torch.channels_last).requires_grad_()
        kernel = torch.rand(b, a, 3, 3, dtype=kind).contiguous(memory_format=torch.channels_last)
        gradient = torch.rand(1, b, h, w, dtype=kind).contiguous(memory_format=torch.channels_last)

        def run(x: torch.Tensor = x, kernel: torch.Tensor = kernel, gradient: torch.Tensor = gradient) -> None:
            x.grad = None
            functional.conv2d(x, kernel, padding=1).backward(gradient)

        spent += best(run)
    return operations(height, width) / spent


def best(call: Callable[[], object], times: int = 5) -> float:
    """Return the shortest of several timings, in seconds."""
    call()
    found = []
    for _ in range(times):
        began = time.perf_counter()
        call()
        found.append(time.perf_counter() - began)
    return min(found)


def measure(precision: str) -> dict[str, float]:
    """Return the seconds of a step at the finest level, what they should be, and their ratio."""
    keep_pages()
    photo, mask, style = photo_and_style()
    recipe = Recipe.from_options(style=style, region=str(mask), iterations=(8,), tolerance=0)
    run = steps(recipe, photo, precision=precision)
    seconds = [step.seconds for step in run]
    taken = min(after - before for before, after in itertools.pairwise(seconds))
    height, width = run.problem.content.shape[:2]
    features.load.cache_clear()
    ideal = operations(height, width) / convolution_rate(height, width, precision)
    return {
        "crop height": height,
        "crop width": width,
        "step s": taken,
        "convolutions s": ideal,
        "ratio": taken / ideal,
    }
