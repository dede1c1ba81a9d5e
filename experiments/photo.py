"""Photos after photos, beside what Luan et al. 2017 published: fills in the tables of docs/photo.md.

Needs the cases, a folder each with content.png, style.png, content_labels.png, style_labels.png and luan_result.png,
and the network file vgg19. Pictures go to build/photo; those that are there with the same recipe are neither made nor
measured again, so that a run that was stopped goes on, and a new version starts with an empty folder::

    python -m experiments.photo --variants full             # the transfers of color are always made: they cost little
    python -m experiments.photo --preset draft --size 256   # all variants: the ablation
    python -m experiments.photo --only 02,34                # a first look; leaves the page alone
    python -m experiments.photo --figure                    # docs/images/figure-photo.jpg, and nothing else
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import warnings
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from skimage import data

from experiments.harmonize import Measure, chosen, table
from sfumato import color, images, linalg, metrics, photoreal, steps
from sfumato.demo.sheet import sheet
from sfumato.errors import SfumatoWarning
from sfumato.recipe import Recipe
from sfumato.regions.colormap import read_labels

ROOT = Path(__file__).resolve().parents[1]
CASES = ROOT.parent / "shared" / "data" / "photo"
PAGE = ROOT / "docs" / "photo.md"

# What the page holds around the tables of a preset, or of a preset and size.
BEGIN, END = "<!-- {} -->", "<!-- end of {} -->"

FILES = ("content.png", "style.png", "content_labels.png", "style_labels.png", "luan_result.png")

# Of either picture: a label that covers less is not measured.
LEAST = 0.005

# What each of the pictures that the network makes is made with, beside the files of labels.
VARIANTS: Mapping[str, Mapping[str, Any]] = {
    "full": {},
    "tones": {"transfer": "tones"},
    "clusters": {},
    "filter": {"realism": "filter"},
    "regularized": {"realism": "laplacian"},
    "screened Poisson": {"realism": "screened-poisson"},
    "no labels": {"realism": "filter", "semantic": "none"},
    "no similarity": {"realism": "filter", "similarity_weight": 0},
    "no filter": {"realism": "none"},
}
TRANSFERS: Mapping[str, Mapping[str, Any]] = {
    f"{name}, by label": {"transfer": name} for name in ("reinhard", "linear", "histogram")
}
# Made without the files of labels.
UNLABELED = {"no labels", "clusters"}

# After figures 4 and 6 of Photo Style Transfer.
SHEETS: Mapping[str, Mapping[str, str]] = {
    "ablation": {name: name for name in ("content", "reference", *VARIANTS)},
    "comparison": {name: name for name in ("content", "reference")}
    | {"ours": "full", "published": "published"}
    | {name: f"{name}, by label" for name in ("reinhard", "linear", "histogram")},
}
HEIGHT = 240  # of a picture on the sheets of all cases, in pixels


MEASURES = (
    Measure("style distance", ".3f", np.asarray),
    Measure("color distance, ΔE", ".1f", np.asarray),
    Measure("structure", ".2f", np.negative),
    Measure("affinity energy × 1000", ".2f", np.asarray),
    Measure("sharpness", ".2f", lambda values: np.abs(np.log(values))),
    Measure("stray hue", ".2f", np.asarray),
    Measure("halo", ".2f", np.asarray),
)


@dataclass(frozen=True)
class Case:
    """A photo, its reference and what is measured by them."""

    folder: Path

    @cached_property
    def content(self) -> np.ndarray:
        return images.load(self.folder / "content.png").rgb()

    @cached_property
    def reference(self) -> np.ndarray:
        return images.load(self.folder / "style.png").rgb()

    @cached_property
    def labels(self) -> list[tuple[np.ndarray, np.ndarray]]:
        """What both pictures have enough of, as the files say: a mask of the content, and one of the reference."""
        ours = read_labels(self.folder / "content_labels.png", self.content.shape[:2])
        theirs = read_labels(self.folder / "style_labels.png", self.reference.shape[:2])
        return [
            (mask, theirs[name])
            for name, mask in ours.items()
            if name in theirs and min(mask.mean(), theirs[name].mean()) >= LEAST
        ]

    @cached_property
    def laplacian(self) -> Any:
        return linalg.matting_laplacian(self.content)

    def measured(self, picture: np.ndarray) -> list[float]:
        """Return what each of the measures says."""
        style, tint = (
            [distance(picture, self.reference, ours, theirs) for ours, theirs in self.labels]
            for distance in (metrics.style_distance, metrics.color_distance)
        )
        areas = [float(ours.mean()) for ours, _ in self.labels]
        named = {str(number): ours for number, (ours, _) in enumerate(self.labels)}
        return [
            float(np.average(style, weights=areas)),
            float(np.average(tint, weights=areas)),
            metrics.structure(picture, self.content),
            1000 * linalg.affinity_energy(picture, self.laplacian),
            finest(picture) / finest(self.content),
            metrics.stray_hue(picture, self.content, named),
            metrics.halo(picture, self.content, named),
        ]


@dataclass(frozen=True)
class Record:
    """What is known of a picture: what made it, in how many steps and seconds, how often its loss rose, its values."""

    recipe: str
    values: list[float]
    steps: int = 0
    seconds: float = 0.0
    rose: int = 0


def finest(picture: np.ndarray) -> float:
    """Return the part of the gradients' energy that lies in the finest octave: what is lost at half the size."""
    light = color.luminance(picture).astype(np.float32)
    height, width = light.shape
    half = cv2.resize(light, ((width + 1) // 2, (height + 1) // 2), interpolation=cv2.INTER_AREA)
    fine = light - cv2.resize(half, (width, height), interpolation=cv2.INTER_LINEAR)
    energy, total = (sum(float((gradient**2).mean()) for gradient in np.gradient(plane)) for plane in (fine, light))
    return energy / total


def known(file: Path, recipe: str) -> Record | None:
    """Read what an earlier run found out, if it is about the same."""
    record = Record(**json.loads(file.read_text("utf-8"))) if file.exists() else None
    return record if record and record.recipe == recipe else None


def found(case: Case, name: str, file: Path) -> tuple[np.ndarray, Record]:
    """Read a picture that is there, and measure it."""
    picture, path = images.load(case.folder / name).rgb(), file.with_suffix(".json")
    record = known(path, name)
    if record is None:
        record = Record(name, case.measured(picture))
        path.write_text(json.dumps(asdict(record)), "utf-8")
    return picture, record


def made(case: Case, name: str, out: Path, **options: Any) -> tuple[np.ndarray, Record]:
    """Restyle a case and measure it, or read what an earlier run made of it."""
    file = out / f"{name.replace(',', '').replace(' ', '-')}.png"
    if name not in UNLABELED:
        options |= {"labels": case.folder / "content_labels.png", "reference_labels": case.folder / "style_labels.png"}
    chosen = {**VARIANTS, **TRANSFERS}[name]
    recipe = Recipe.from_options(style=case.folder / "style.png", method="photo", **chosen, **options)
    path, text = file.with_suffix(".json"), recipe.to_toml()
    record = known(path, text)
    if record is None:
        # The record is the last to be written: where it is, the picture is its own.
        path.unlink(missing_ok=True)
        run = steps(recipe, case.folder / "content.png")
        for _ in run:
            pass
        result = run.result()
        result.save(file, overwrite=True)
        count, seconds = len(result.trace), result.trace[-1].seconds
        # A run warns of nothing but losses that rose.
        record = Record(text, case.measured(images.load(file).rgb()), count, seconds, len(result.warnings))
        path.write_text(json.dumps(asdict(record)), "utf-8")
        print(f"{case.folder.name}, {name}: {count} steps, {seconds:.0f} s; {np.round(record.values, 3)}", flush=True)
    return images.load(file).rgb(), record


def tables(records: Mapping[str, Mapping[str, Record]]) -> str:
    """Lay out the medians, each measure and the runs, of records by case and picture."""
    cases, names = list(records), list(next(iter(records.values())))
    values = np.array([[records[case][name].values for name in names] for case in cases])
    forms = [measure.form for measure in MEASURES]
    rows = [
        [name, *(f"{value:{form}}" for value, form in zip(middle, forms, strict=True))]
        for name, middle in zip(names, np.median(values, axis=0), strict=True)
    ]
    if "full" in names:
        row = ["full ahead of the published"]
        for k, measure in enumerate(MEASURES):
            ours, theirs = (measure.badness(values[:, names.index(name), k]) for name in ("full", "published"))
            row.append(f"{(ours < theirs).sum()} of {len(cases)}")
        rows.append(row)
    parts = ["Medians:", table(["picture", *(measure.name for measure in MEASURES)], rows)]
    for k, measure in enumerate(MEASURES):
        rows = [[name, *(f"{value:{measure.form}}" for value in values[:, i, k])] for i, name in enumerate(names)]
        parts += [f"**{measure.name[0].upper()}{measure.name[1:]}**", table(["picture", *cases], rows)]
    painted = [name for name in names if name in VARIANTS]
    rows = []
    for case in cases:
        runs = [records[case][name] for name in painted]
        rows.append([case, *(f"{run.steps} × {run.seconds / run.steps:.2f} s" for run in runs)])
    rows.append(["times the loss rose", *(str(sum(records[case][name].rose for case in cases)) for name in painted)])
    return "\n\n".join([*parts, "**Runs**, steps × time", table(["case", *painted], rows)])


def figure() -> None:
    """Show a portrait at dusk, of photos that come with scikit-image."""
    photo, dusk = data.astronaut(), data.rocket()
    with tempfile.TemporaryDirectory() as there:
        path = Path(there) / "dusk.png"
        images.save(images.from_array(dusk), path)
        result = photoreal(photo, path, preset="draft")
    shown = {"photo": photo / np.float32(255), "reference": dusk / np.float32(255), "result": result.picture.rgb()}
    page = images.from_array(sheet(shown, height=300, columns=3))
    images.save(page, PAGE.parent / "images" / "figure-photo.jpg", quality=90, overwrite=True)


def main() -> None:
    parser = argparse.ArgumentParser(description="Restyle the cases of Luan et al. 2017, and measure.")
    parser.add_argument("--cases", type=Path, default=CASES, help="folder of cases")
    parser.add_argument("--out", type=Path, help="where pictures and tables go; build/photo/PRESET, or PRESET-SIZE")
    parser.add_argument("--only", help="cases, as 02,34; the page is then left alone")
    parser.add_argument("--variants", default=",".join(VARIANTS), help="what the network makes, as full,clusters")
    parser.add_argument("--preset", default="normal", help="of which the page has a table, or not")
    parser.add_argument("--size", type=int, help="the preset's when left out")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads(), help="of the processor")
    parser.add_argument("--figure", action="store_true", help="make the picture of the page, and nothing else")
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    # Clusters are what there is without a segmenter, as after a plain installation.
    sys.modules["ai_edge_litert"] = None  # type: ignore[assignment]
    if given.figure:
        figure()
        return
    variants = [name for name in VARIANTS if name in given.variants.split(",")]
    if unknown := set(given.variants.split(",")) - set(VARIANTS):
        sys.exit(f"there is no variant {unknown.pop()!r}; give some of {', '.join(VARIANTS)}")
    # What labels are in one picture only, case by case, is no news here.
    warnings.simplefilter("ignore", SfumatoWarning)
    scale = given.preset if given.size is None else f"{given.preset}-{given.size}"
    whole = given.out or ROOT / "build" / "photo" / scale
    records: dict[str, dict[str, Record]] = {}
    overviews: dict[str, dict[str, np.ndarray]] = {name: {} for name in SHEETS}
    for folder in chosen(given.cases.resolve(), given.only, FILES):
        case, out = Case(folder), whole / folder.name
        out.mkdir(parents=True, exist_ok=True)
        pairs = {"content": found(case, "content.png", out / "content")}
        for name in (*variants, *TRANSFERS):
            pairs[name] = made(case, name, out, preset=given.preset, size=given.size)
        pairs["published"] = found(case, "luan_result.png", out / "published")
        records[folder.name] = {name: record for name, (_, record) in pairs.items()}
        pictures = {"reference": case.reference} | {name: picture for name, (picture, _) in pairs.items()}
        for name, which in SHEETS.items():
            shown = {caption: pictures[own] for caption, own in which.items() if own in pictures}
            # Of the content's own height, so that nothing but the reference is resampled.
            page = sheet(shown, height=case.content.shape[0], columns=len(shown))
            images.save(images.from_array(page), out / f"sheet-{name}.png", overwrite=True)
            for caption, picture in shown.items():
                width = round(picture.shape[1] * HEIGHT / picture.shape[0])
                small = cv2.resize(picture, (width, HEIGHT), interpolation=cv2.INTER_AREA)
                overviews[name][f"{folder.name} {caption}"] = small
    for name, shown in overviews.items():
        page = sheet(shown, height=HEIGHT, columns=len(shown) // len(records))
        images.save(images.from_array(page), whole / f"{name}.png", overwrite=True)
    text = tables(records)
    (whole / "tables.md").write_text(text + "\n", "utf-8")
    print(text)
    begin, end = (mark.format(scale) for mark in (BEGIN, END))
    page = PAGE.read_text("utf-8")
    if given.only is None and begin in page:
        before, _, rest = page.partition(begin)
        PAGE.write_text(f"{before}{begin}\n\n{text}\n\n{end}{rest.partition(end)[2]}", "utf-8")


if __name__ == "__main__":
    main()
