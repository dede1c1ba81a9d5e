"""Which blend hides the seam best: twelve pictures in three styles; writes docs/seams.md and docs/images/seams.jpg.

Needs the research pictures beside the project, and the network files vgg19 and deeplab::

    python -m experiments.seams
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from experiments.edges import HEADING
from sfumato import blend, images, regions
from sfumato.demo.sheet import sheet
from sfumato.methods import steps
from sfumato.metrics import Seam, seam
from sfumato.recipe import Recipe

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT.parent / "shared" / "data"
STYLES = ("starry_night", "the_scream", "gris_portrait_of_picasso")

# Blend, and its width as a share of the region's extent (the root of its area).
VARIANTS: tuple[tuple[blend.Blend, float], ...] = (
    ("feather", 0.0),
    ("feather", 0.005),
    ("feather", 0.01),
    ("feather", 0.02),
    ("feather", 0.04),
    ("feather", 0.08),
    ("mrf", 0.02),
    ("mrf", 0.04),
    ("smooth", 0.02),
    ("smooth", 0.04),
    ("poisson", 0.006),
    ("poisson", 0.012),
    ("poisson", 0.024),
)


@dataclass(frozen=True)
class Case:
    """A photo, a styled picture that reaches beyond the region, and the region."""

    name: str
    photo: np.ndarray
    styled: np.ndarray
    mask: np.ndarray

    def blended(self, kind: blend.Blend, share: float) -> tuple[np.ndarray, Seam]:
        """Return what a blend makes of them, and how visible its seam is."""
        width = share * float(np.sqrt((self.mask > 0.5).sum()))
        styled, alpha = blend.seam(kind, self.photo, self.styled, self.mask, width)
        made = self.photo + alpha[..., None] * (styled - self.photo)
        return made, seam(self.photo, self.styled, made, self.mask)


def photos() -> list[tuple[str, np.ndarray, str]]:
    """Return name, photo and region of twelve pictures: three that scikit-image ships, nine of research."""
    from skimage import data

    shipped = {
        "astronaut": (data.astronaut(), "person"),
        "cat": (data.chelsea(), "cat"),
        "cup": (data.coffee(), "subject"),
    }
    found = [(name, images.from_array(photo).rgb(), region) for name, (photo, region) in shipped.items()]
    names = ("car", "person", "bird")
    found += [(name, images.load(DATA / "segmentation" / f"{name}.png").rgb(), name) for name in names]
    for path in sorted((DATA / "photos").glob("*.jpg"))[::11]:
        photo = images.load(path).rgb()
        masks = regions.find(photo)
        if len(masks) == 1 and 0.12 < next(iter(masks.values())).mean() < 0.45:
            found.append((path.stem, photo, next(iter(masks))))
        if len(found) == 12:
            break
    return found


def cases() -> Iterator[Case]:
    """Yield each photo in each style."""
    for name, photo, label in photos():
        for style in STYLES:
            mask = regions.evaluate(label, photo)
            # A wide band beyond the region is styled too, so that every blend has something to blend with.
            extent = float(np.sqrt((mask > 0.5).sum()))
            recipe = Recipe.from_options(
                style=DATA / "paintings" / f"{style}.jpg",
                region=label,
                size=256,
                iterations=(30, 15),
                finish=0,
                feather=0.09 * extent,
            )
            run = steps(recipe, photo)
            for _ in run:
                pass
            problem = run.problem
            made = np.array(photo)
            top, left, bottom, right = problem.crop.box
            made[top:bottom, left:right] = blend.enlarge(run.working_picture(), problem.own())
            yield Case(f"{name}, {style.replace('_', ' ')}", photo, made, mask)


def main() -> None:
    began = time.perf_counter()
    found: dict[tuple[str, float], list[Seam]] = {variant: [] for variant in VARIANTS}
    shown: dict[str, np.ndarray] = {}
    for number, case in enumerate(cases()):
        made = {}
        for variant in VARIANTS:
            made[variant], measured = case.blended(*variant)
            found[variant].append(measured)
        if number in (0, 4, 8):
            box = _closeup(case.mask)
            for variant in (("feather", 0.0), ("feather", 0.005), ("mrf", 0.04), ("smooth", 0.04), ("poisson", 0.012)):
                value = found[variant][-1].value
                shown[f"{case.name}: {variant[0]} {variant[1]:.1%}, {value:.2f}"] = _enlarged(made[variant][box])
        print(case.name, {f"{k} {s:g}": round(found[k, s][-1].value, 2) for k, s in VARIANTS}, flush=True)
    images.save(images.from_array(sheet(shown, height=240, columns=5)), ROOT / "docs/images/seams.jpg", overwrite=True)
    values = {variant: np.array(measured) for variant, measured in found.items()}
    best = np.argmin([values[variant][:, 0] for variant in VARIANTS], axis=0)
    lines = ["| blend | width | seam | fine | coarse | ghost | least of all |", "|---|---|---|---|---|---|---|"]
    for number, (kind, share) in enumerate(VARIANTS):
        mean = " | ".join(f"{value:.2f}" for value in values[kind, share].mean(axis=0))
        lines.append(f"| {kind} | {share:.1%} | {mean} | {(best == number).sum()} of {len(best)} |")
    text = TEXT.format(table="\n".join(lines), count=len(best))
    place = ROOT / "docs" / "seams.md"
    # The section that follows is made by experiments.edges.
    _, heading, others = place.read_text("utf-8").partition(HEADING)
    place.write_text(f"{text}\n{heading}{others}" if heading else text, "utf-8")
    print(text, f"{time.perf_counter() - began:.0f} s")


TEXT = """# Which blend hides the seam best

Made by `python -m experiments.seams`: twelve pictures in three styles, {count} in all. Widths are shares of the
region's extent. The seam measure (`sfumato.metrics.seam`) is in ΔE: what a clean step of that height along the whole
boundary would give. False edges are counted at two scales, fine and coarse; ghosts are structures of both pictures over
one another. The table shows means.

{table}

The default is a feather of 1 %: it has the least seam of those that leave the styled picture as it is, with fewer false
edges than a narrower one and fewer ghosts than a wider. Most of what is left lies in masks that are soft to begin with.
Poisson hides the seam best, by giving up the style's own colors along the edge, which the measure does not hold against
it; take it (`--blend poisson`) where the edge matters more than they do.

![close-ups of the seam](images/seams.jpg)
"""


def _closeup(mask: np.ndarray) -> tuple[slice, slice]:
    """Return a window on the upper left of the region's boundary."""
    rows, columns = np.nonzero(cv2.morphologyEx((mask > 0.5).astype(np.uint8), cv2.MORPH_GRADIENT, np.ones((3, 3))))
    middle = int(np.argmin(rows + columns))
    side = max(48, min(mask.shape) // 4)
    top = int(np.clip(rows[middle] - side // 2, 0, mask.shape[0] - side))
    left = int(np.clip(columns[middle] - side // 2, 0, mask.shape[1] - side))
    return slice(top, top + side), slice(left, left + side)


def _enlarged(image: np.ndarray) -> np.ndarray:
    return cv2.resize(image.astype(np.float32), None, fx=3, fy=3, interpolation=cv2.INTER_CUBIC).clip(0, 1)


if __name__ == "__main__":
    main()
