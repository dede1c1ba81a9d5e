"""Pasted objects harmonized, beside what Luan et al. 2018 published: fills in the tables of docs/harmonize.md.

Needs the cases, a folder each with pasted.jpg, painting.jpg, mask.jpg, luan_first_pass.jpg and luan_result.png, and the
network file vgg19. Pictures go to build/harmonize; those that are there with the same recipe are not made again, so
that a run that was stopped goes on, and a new version starts with an empty folder::

    python -m experiments.harmonize
    python -m experiments.harmonize --only 03,27 --preset draft  # a first look; leaves the page alone
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import cv2
import numpy as np
import torch

from sfumato import images, metrics, regions, steps
from sfumato.demo.sheet import sheet
from sfumato.recipe import Recipe

ROOT = Path(__file__).resolve().parents[1]
CASES = ROOT.parent / "shared" / "data" / "harmonize"
PAGE = ROOT / "docs" / "harmonize.md"

# What the page holds around its tables.
BEGIN, END = "<!-- table -->", "<!-- end of table -->"

FILES = ("pasted.jpg", "painting.jpg", "mask.jpg", "luan_first_pass.jpg", "luan_result.png")
PICTURES = ("paste", "ours, by patches", "ours", "published, first pass", "published")


class Measure(NamedTuple):
    """A measure's name, how its values are written, and what of them should be small."""

    name: str
    form: str
    badness: Callable[[np.ndarray], np.ndarray]


MEASURES = (
    Measure("style distance", ".3f", np.asarray),
    Measure("structure", ".2f", np.negative),
    Measure("structure at half size", ".2f", np.negative),
    Measure("seam, ΔE", ".2f", np.asarray),
    Measure("noise beyond the painting's", "+z.2f", np.abs),
)


class Made(NamedTuple):
    """A harmonized picture (H, W, 3), and how it came about."""

    picture: np.ndarray
    steps: int
    seconds: float
    untouched: bool


def made(case: Path, matches: str, preset: str, out: Path) -> Made:
    """Harmonize a case, or read what an earlier run made of it."""
    file, record = out / f"{matches}.png", out / f"{matches}.json"
    recipe = Recipe.from_options(
        style=case / "painting.jpg", region=case / "mask.jpg", method="harmonize", matches=matches, preset=preset
    )
    known: dict[str, Any] = json.loads(record.read_text("utf-8")) if record.exists() else {}
    if known.pop("recipe", None) != recipe.to_toml():
        # The record is the last to be written: where it is, the picture is its own.
        record.unlink(missing_ok=True)
        run = steps(recipe, case / "pasted.jpg")
        for _ in run:
            pass
        result = run.result()
        result.save(file, overwrite=True)
        same = (images.load(file).rgb() == images.load(case / "painting.jpg").rgb()).all(-1)
        seconds = result.trace[-1].seconds
        known = {"steps": len(result.trace), "seconds": seconds, "untouched": bool(same[result.alpha == 0].all())}
        record.write_text(json.dumps({"recipe": recipe.to_toml(), **known}), "utf-8")
        print(f"{case.name}, {matches}: {known['steps']} steps, {seconds:.0f} s", flush=True)
    return Made(images.load(file).rgb(), **known)


def measured(picture: np.ndarray, painting: np.ndarray, pasted: np.ndarray, mask: np.ndarray) -> list[float]:
    """Return what each of the measures says."""
    halves = [
        cv2.resize(image, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA) for image in (picture, pasted, mask)
    ]
    return [
        metrics.style_distance(picture, painting, mask),
        metrics.structure(picture, pasted, mask),
        metrics.structure(*halves),
        metrics.seam(painting, pasted, picture, mask).value,
        metrics.noise(picture, painting, mask),
    ]


def object_box(mask: np.ndarray) -> tuple[slice, slice]:
    """Return a window on the object, with a fifth of its size around it."""
    ends = [np.flatnonzero((mask > 0.5).any(axis))[[0, -1]] for axis in (1, 0)]
    margin = max(16, round(0.2 * max(int(last - first) for first, last in ends)))
    rows, columns = (slice(max(0, first - margin), last + 1 + margin) for first, last in ends)
    return rows, columns


def tables(values: np.ndarray, names: list[str], runs: list[tuple[Made, Made]]) -> str:
    """Lay out the medians, each measure (cases, pictures, measures), and the runs."""
    heads = [measure.name for measure in MEASURES]
    rows = [
        [name, *(f"{value:{measure.form}}" for value, measure in zip(middle, MEASURES, strict=True))]
        for name, middle in zip(PICTURES, np.median(values, axis=0), strict=True)
    ]
    ours, theirs = PICTURES.index("ours"), PICTURES.index("published")
    ahead = [
        int((measure.badness(values[:, ours, k]) < measure.badness(values[:, theirs, k])).sum())
        for k, measure in enumerate(MEASURES)
    ]
    rows.append(["ours ahead of the published", *(f"{count} of {len(names)}" for count in ahead)])
    parts = ["Medians:", table(["picture", *heads], rows)]
    for k, measure in enumerate(MEASURES):
        found = [
            [name, *(f"{value:{measure.form}}" for value in row)]
            for name, row in zip(names, values[..., k], strict=True)
        ]
        parts += [f"**{measure.name[0].upper()}{measure.name[1:]}**", table(["case", *PICTURES], found)]
    rows = []
    for name, pair in zip(names, runs, strict=True):
        pace = [f"{run.steps} × {run.seconds / run.steps:.2f} s" for run in pair]
        rows.append([name, *pace, "yes" if all(run.untouched for run in pair) else "no"])
    head = ["case", "by patches, steps × time", "by tones", "pixels with alpha 0 are the painting's"]
    return "\n\n".join([*parts, "**Runs**", table(head, rows)])


def table(head: list[str], rows: list[list[str]]) -> str:
    """Lay rows out in Markdown."""
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, ["---"] * len(head), *rows))


def chosen(folder: Path, only: str | None, files: Sequence[str]) -> list[Path]:
    """Return the cases' folders, or end the program with a line on what is missing."""
    cases = [folder / name for name in only.split(",")] if only else sorted(folder.glob("[0-9][0-9]"))
    if not cases:
        sys.exit(f"{folder} holds no cases; give the folder that does with --cases")
    for case in cases:
        for name in files:
            if not (case / name).is_file():
                sys.exit(f"{case / name} is not there; give the folder of all cases with --cases")
    return cases


def main() -> None:
    parser = argparse.ArgumentParser(description="Harmonize the cases of Luan et al. 2018, and measure.")
    parser.add_argument("--cases", type=Path, default=CASES, help="folder of cases")
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "harmonize", help="where pictures and tables go")
    parser.add_argument("--only", help="cases, as 03,27; the page is then left alone")
    parser.add_argument("--preset", default="normal", help="draft and fine leave the page alone")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads(), help="of the processor")
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    cases = chosen(given.cases.resolve(), given.only, FILES)
    values: list[list[list[float]]] = []
    runs: list[tuple[Made, Made]] = []
    overview: dict[str, np.ndarray] = {}
    for case in cases:
        out = given.out / case.name
        out.mkdir(parents=True, exist_ok=True)
        pair = made(case, "patches", given.preset, out), made(case, "tones", given.preset, out)
        pasted, painting, first, last = (
            images.load(case / name).rgb()
            for name in ("pasted.jpg", "painting.jpg", "luan_first_pass.jpg", "luan_result.png")
        )
        mask = regions.evaluate(str(case / "mask.jpg"), pasted)
        pictures = dict(zip(PICTURES, (pasted, pair[0].picture, pair[1].picture, first, last), strict=True))
        box = object_box(mask)
        shown = {name: picture[box] for name, picture in pictures.items()}
        # Of the pictures' own height, so that nothing is resampled.
        page = sheet(shown, height=shown["paste"].shape[0], columns=len(shown))
        images.save(images.from_array(page), out / "sheet.png", overwrite=True)
        overview |= {f"{case.name} {name}": picture for name, picture in shown.items()}
        values.append([measured(picture, painting, pasted, mask) for picture in pictures.values()])
        runs.append(pair)
        print(case.name, dict(zip(PICTURES, np.round(values[-1], 3).tolist(), strict=True)), flush=True)
    page = sheet(overview, height=240, columns=len(PICTURES))
    images.save(images.from_array(page), given.out / "overview.png", overwrite=True)
    text = tables(np.array(values), [case.name for case in cases], runs)
    (given.out / "tables.md").write_text(text + "\n", "utf-8")
    print(text)
    if given.only is None and given.preset == "normal":
        before, _, rest = PAGE.read_text("utf-8").partition(BEGIN)
        after = rest.partition(END)[2] if END in rest else rest
        PAGE.write_text(f"{before}{BEGIN}\n\n{text}\n\n{END}{after}", "utf-8")


if __name__ == "__main__":
    main()
