"""How well clicks and strokes find things: writes docs/pointing.md.

Needs the research pictures beside the project, and the network files u2netp and deeplab::

    python -m experiments.pointing [--photos 50]
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np

from experiments.regions import DATA, HARMONIZE, ROOT, SEGMENTATION, iou, truth_of
from sfumato import images, regions
from sfumato.errors import RegionError
from sfumato.regions import cache, segmenters
from sfumato.regions.semantic import look

CLICKS = 5


class Case(NamedTuple):
    """A photo, and the true mask of a thing in it."""

    name: str
    photo: np.ndarray
    truth: np.ndarray


def objects() -> list[Case]:
    """Return the pasted objects and the bird, whose masks are true, and car and person, by DeepLab."""
    cases = []
    for folder in sorted(HARMONIZE.iterdir()):
        photo = images.load(folder / "pasted.jpg").rgb()
        cases.append(Case(folder.name, photo, truth_of(folder / "mask.jpg", photo.shape[:2])))
    bird = images.load(SEGMENTATION / "bird.png").rgb()
    cases.append(Case("bird", bird, truth_of(SEGMENTATION / "bird_mask.png", bird.shape[:2])))
    for name in ("car", "person"):
        photo = images.load(SEGMENTATION / f"{name}.png").rgb()
        cases.append(Case(name, photo, regions.evaluate(name, photo, segmenter="deeplab")))
    return cases


def photos(count: int) -> list[Case]:
    """Return photos with the largest thing of the largest label, where DeepLab is sure of it."""
    files = sorted((DATA / "photos").glob("*.jpg"))
    random.Random(7).shuffle(files)
    cases: list[Case] = []
    for file in files:
        photo = images.load(file).rgb()
        found = regions.find(photo, "deeplab")
        if not found or len(cases) == count:
            continue
        label = next(iter(found))
        small = look(photo, segmenters.choose("deeplab")).labels[label]
        inside = small > 0.5
        unsure = np.count_nonzero((small > 0.2) & (small < 0.8))
        if small[inside].mean() < 0.93 or unsure > 0.25 * np.count_nonzero(inside):
            continue
        truth = largest(found.get(f"{label}#1", found[label]) > 0.5)
        if 0.02 < truth.mean() < 0.7:
            cases.append(Case(f"{file.stem} {label}", photo, truth.astype(np.float32)))
    return cases


def largest(mask: np.ndarray) -> np.ndarray:
    """Return the largest connected part of a mask."""
    _, parts, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8))
    return np.asarray(parts == 1 + stats[1:, cv2.CC_STAT_AREA].argmax())


def middle(mask: np.ndarray) -> tuple[float, float]:
    """Return the place of the largest part of a mask that is farthest from its edge, in pixels."""
    away = cv2.distanceTransform(np.pad(largest(mask).astype(np.uint8), 1), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    row, column = np.unravel_index(away[1:-1, 1:-1].argmax(), mask.shape)
    return float(column) + 0.5, float(row) + 0.5


def clicked(case: Case) -> list[float]:
    """Return the IoU after each click: the first in the middle of the thing, the next of the largest mistake."""
    truth = case.truth > 0.5
    on, off, found = [middle(truth)], [], []
    for _ in range(CLICKS):
        mask = regions.click(on, photo=case.photo, drop=off)
        found.append(iou(mask, case.truth))
        mistakes = [truth & (mask <= 0.5), ~truth & (mask > 0.5)]
        areas = [np.count_nonzero(largest(part)) if part.any() else 0 for part in mistakes]
        if not max(areas):
            return found + found[-1:] * (CLICKS - len(found))
        (on if areas[0] >= areas[1] else off).append(middle(mistakes[int(areas[1] > areas[0])]))
    return found


def boxed(case: Case) -> float:
    """Return the IoU of GrabCut from the true box, 3 % of the shorter side wider."""
    rows, columns = np.flatnonzero(case.truth.any(1)), np.flatnonzero(case.truth.any(0))
    wider = 0.03 * min(case.truth.shape)
    box = f"rect({columns[0] - wider}, {rows[0] - wider}, {columns[-1] + wider}, {rows[-1] + wider})"
    try:
        return iou(regions.evaluate(f"grabcut({box})", case.photo), case.truth)
    except RegionError:  # the box is the whole photo, so that there is no outside to learn from
        return iou(np.ones_like(case.truth), case.truth)


def flooded(case: Case) -> float:
    """Return the best IoU of a flood from the first click, over three tolerances."""
    x, y = middle(case.truth > 0.5)
    return max(iou(regions.flood(x, y, photo=case.photo, tolerance=t), case.truth) for t in (12, 24, 48))


def stroked(case: Case) -> float:
    """Return the IoU of strokes along the middle of the thing and around it."""
    from skimage.morphology import skeletonize

    truth, width = case.truth > 0.5, max(3, min(case.truth.shape) // 25)
    core = cv2.erode(truth.astype(np.uint8), np.ones((width, width)), borderValue=0) > 0
    keep = cv2.dilate(skeletonize(core if core.any() else truth).astype(np.uint8), np.ones((3, 3))) > 0
    near, far = (cv2.dilate(truth.astype(np.uint8), np.ones((side, side))) > 0 for side in (2 * width, 2 * width + 5))
    drop = (far & ~near).astype(np.float32)
    return iou(regions.scribble((keep & truth).astype(np.float32), photo=case.photo, drop=drop), case.truth)


def whole(case: Case) -> float:
    """Return the IoU of the photo's subject."""
    return iou(regions.subject(case.photo), case.truth)


def rows(sets: dict[str, list[Case]]) -> Iterator[list[str]]:
    """Yield rows: what, and the mean IoU on each set."""
    after = {name: np.array([clicked(case) for case in cases]).mean(0) for name, cases in sets.items()}
    for count in (1, 3, 5):
        yield [f"`click`, {count} click{'s' * (count > 1)}", *(f"{after[name][count - 1]:.3f}" for name in sets)]
    others: dict[str, Callable[[Case], float]] = {
        "strokes along the middle and around": stroked,
        "`subject`, the whole photo's": whole,
        "`grabcut` from the true box, 3 % wider": boxed,
        "`flood` from the first click, the best of three tolerances": flooded,
    }
    for name, measure in others.items():
        yield [name, *(f"{np.mean([measure(case) for case in cases]):.3f}" for cases in sets.values())]


def times() -> Iterator[list[str]]:
    """Yield rows: what, and the median of five timings at a megapixel, in seconds."""
    photo = cv2.resize(images.load(SEGMENTATION / "car.png").rgb(), (1226, 816), interpolation=cv2.INTER_LINEAR)
    regions.click([(600, 400)], photo=photo)  # the network is loaded
    first, second = [], []
    for _ in range(5):
        with tempfile.TemporaryDirectory() as folder:
            usual, cache.folder = cache.folder, lambda folder=folder: Path(folder)
            began = time.perf_counter()
            regions.click([(600, 400)], photo=photo)
            first.append(time.perf_counter() - began)
            began = time.perf_counter()
            regions.click([(600, 400)], photo=photo, drop=[(700, 420)])
            second.append(time.perf_counter() - began)
            cache.folder = usual
    yield ["the first click", f"{np.median(first):.2f}"]
    yield ["the next, which corrects", f"{np.median(second):.2f}"]


def table(head: list[str], lines: Iterator[list[str]]) -> str:
    """Format a table."""
    return "\n".join("| " + " | ".join(line) + " |" for line in (head, ["---"] * len(head), *lines))


def main() -> None:
    """Write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=int, default=50)
    count = parser.parse_args().photos
    sets = {"objects": objects(), "photos": photos(count)}
    page = f"""# Pointing

Made by `python -m experiments.pointing`. Mean intersection over union at 0.5. Clicks are simulated: the first is in
the middle of the thing, each next one in the middle of the largest mistake. *Objects* are twelve that were pasted into
paintings and a bird, whose masks are known, and a car and a person; *photos* are {len(sets["photos"])} everyday photos,
drawn at random, in which DeepLab is sure of a thing. Masks of the car, the person and the photos are DeepLab's, which
are not exact at edges.

{table(["", "objects", "photos"], rows(sets))}

Seconds at a megapixel, with the network loaded:

{table(["", "s"], times())}
"""
    (ROOT / "docs" / "pointing.md").write_text(page)
    print(page)


if __name__ == "__main__":
    main()
