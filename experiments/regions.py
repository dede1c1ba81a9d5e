"""How well regions are found: writes docs/regions.md.

Needs the research pictures beside the project, and the network files u2netp and deeplab::

    python -m experiments.regions
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np

from sfumato import images, regions
from sfumato.regions import cache
from sfumato.regions.dense_crf import dense_crf

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT.parent / "shared" / "data"
SEGMENTATION, HARMONIZE = DATA / "segmentation", DATA / "harmonize"


def iou(a: np.ndarray, b: np.ndarray) -> float:
    """Return intersection over union of two masks at 0.5."""
    a, b = a > 0.5, b > 0.5
    return float((a & b).sum() / max(1, (a | b).sum()))


def truth_of(path: Path, shape: tuple[int, int]) -> np.ndarray:
    """Read a mask as zeros and ones, of the photo's size."""
    mask = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE).astype(np.float32) / 255
    return (cv2.resize(mask, shape[::-1]) > 0.5).astype(np.float32)


def degraded(mask: np.ndarray, factor: int) -> np.ndarray:
    """Return what is left of a mask at a fraction of its resolution."""
    height, width = mask.shape
    small = cv2.resize(mask, (max(1, width // factor), max(1, height // factor)), interpolation=cv2.INTER_AREA)
    return cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR)


def found() -> Iterator[list[str]]:
    """Yield rows: what, against what, IoU."""
    photos = {name: images.load(SEGMENTATION / f"{name}.png").rgb() for name in ("bird", "car", "person")}
    truth = truth_of(SEGMENTATION / "bird_mask.png", photos["bird"].shape[:2])
    for region in ("bird", "subject", "refine(subject)", "crf(subject)"):
        yield [f"bird: `{region}`", "its mask", f"{iou(regions.evaluate(region, photos['bird']), truth):.3f}"]
    sharp = regions.evaluate("bird", photos["bird"], segmenter="deeplab+crf")
    yield ["bird: `bird`, segmenter `deeplab+crf`", "its mask", f"{iou(sharp, truth):.3f}"]
    rows, columns = np.flatnonzero(truth.any(1)), np.flatnonzero(truth.any(0))
    box = f"grabcut(rect({columns[0] - 9}, {rows[0] - 9}, {columns[-1] + 9}, {rows[-1] + 9}))"
    yield [f"bird: `{box}`", "its mask", f"{iou(regions.evaluate(box, photos['bird']), truth):.3f}"]
    for name, photo in photos.items():
        both = regions.evaluate("subject", photo), regions.evaluate(name, photo)
        yield [f"{name}: `subject`", f"`{name}` of DeepLab", f"{iou(*both):.3f}"]


def mended() -> Iterator[list[str]]:
    """Yield rows: how a mask was degraded, its IoU, and that after refine and the CRF; of the bird, and of objects."""
    cases = [(SEGMENTATION / "bird.png", SEGMENTATION / "bird_mask.png")]
    cases += [(folder / "pasted.jpg", folder / "mask.jpg") for folder in sorted(HARMONIZE.iterdir())]
    for factor in (1, 8, 16, 32):
        table = []
        for photo_file, mask_file in cases:
            photo = images.load(photo_file).rgb()
            truth = truth_of(mask_file, photo.shape[:2])
            mask = degraded(truth, factor) if factor > 1 else truth
            table.append(
                [iou(m, truth) for m in (mask, regions.refine(mask, photo=photo), regions.crf(mask, photo=photo))]
            )
        objects = np.array(table[1:])
        bird = " | ".join(f"{value:.3f}" for value in table[0])
        mean = " | ".join(f"{value:.3f}" for value in objects.mean(0))
        worst = (objects - objects[:, :1]).min(0)
        yield [f"1/{factor}" if factor > 1 else "none", bird, mean, f"{worst[1]:+.3f}", f"{worst[2]:+.3f}"]


def timed(call: Callable[[], object]) -> float:
    """Return the shortest of three timings, in seconds."""
    spent, usual = [], cache.folder
    for _ in range(3):
        # An empty store each time, so that nothing is remembered.
        with tempfile.TemporaryDirectory() as folder:
            cache.folder = lambda folder=folder: Path(folder)
            began = time.perf_counter()
            call()
            spent.append(time.perf_counter() - began)
    cache.folder = usual
    return min(spent)


def times() -> Iterator[list[str]]:
    """Yield rows: what, seconds."""
    photo = images.load(SEGMENTATION / "person.png").rgb()
    large = cv2.resize(photo, (3000, 4000), interpolation=cv2.INTER_CUBIC).clip(0, 1)
    one = cv2.resize(photo, (870, 1150), interpolation=cv2.INTER_CUBIC).clip(0, 1)
    half = cv2.resize(photo, (650, 770))
    six = np.random.default_rng(0).dirichlet(np.ones(6), half.shape[:2]).astype(np.float32).transpose(2, 0, 1)
    six = np.ascontiguousarray(cv2.GaussianBlur(six.transpose(1, 2, 0), (0, 0), 20).transpose(2, 0, 1))
    rows: list[tuple[str, Callable[[], object]]] = [
        ("`person` by DeepLab, 12 megapixels", lambda: regions.evaluate("person", large)),
        ("`subject`, 12 megapixels", lambda: regions.evaluate("subject", large)),
        ("dense CRF, 0.5 megapixels, six labels, five steps", lambda: dense_crf(half, six)),
        (
            "`grabcut(rect(10%, 10%, 90%, 95%))`, 1 megapixel",
            lambda: regions.evaluate("grabcut(rect(10%, 10%, 90%, 95%))", one),
        ),
        (
            "`flood(40%, 30%, tolerance=30)`, 1 megapixel",
            lambda: regions.evaluate("flood(40%, 30%, tolerance=30)", one),
        ),
        ("`refine(subject)` beside the subject, 1 megapixel", _refine(one)),
        ("`crf(subject)` beside the subject, 1 megapixel", _crf(one)),
    ]
    for name, call in rows:
        yield [name, f"{timed(call):.2f}"]


def _refine(photo: np.ndarray) -> Callable[[], object]:
    mask = degraded(regions.subject(photo), 16)
    return lambda: regions.refine(mask, photo=photo)


def _crf(photo: np.ndarray) -> Callable[[], object]:
    mask = degraded(regions.subject(photo), 16)
    return lambda: regions.crf(mask, photo=photo)


def table(head: str, rows: Iterator[list[str]]) -> str:
    """Lay rows out in Markdown."""
    columns = head.count("|") + 1
    lines = [f"| {head} |", "|" + "---|" * columns, *(f"| {' | '.join(row)} |" for row in rows)]
    return "\n".join(lines)


def main() -> None:
    found_head = "region | against | IoU"
    mended_head = (
        "resolution lost | bird | after `refine` | after `crf` | objects, mean | after `refine` | after `crf`"
        " | worst change, `refine` | `crf`"
    )
    text = f"""# How well regions are found

Made by `python -m experiments.regions`. IoU is intersection over union at 0.5. The bird has a mask by hand; the objects
are twelve that were pasted into paintings, whose masks are known to the pixel and whose colors are often those around
them. Which words there are, and how things that touch are told apart: [words.md](words.md).

## Found

{table(found_head, found())}

## Mended

A true mask at a fraction of its resolution, enlarged again, and given to `refine` (guided filter) or `crf` (dense
CRF). `refine` leaves a sharp mask alone, and gains on every picture; `crf` gains more on some and loses on others,
where an object has the colors of its surroundings.

{table(mended_head, mended())}

## Times

Seconds, the shortest of three, on two cores of an AMD EPYC; finding, and enlarging to the photo's size with its edges.

{table("what | s", times())}
"""
    (ROOT / "docs" / "regions.md").write_text(text, "utf-8")
    print(text)


if __name__ == "__main__":
    main()
