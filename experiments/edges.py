"""What shows along an edge: pictures of scikit-image; writes a section of docs/seams.md and docs/images/edges.jpg.

Needs the research pictures beside the project, for the styles, and the network files:

    python -m experiments.edges
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from skimage import data
from skimage.color import rgb2lab

from sfumato import blend, images
from sfumato.demo.sheet import sheet
from sfumato.methods import steps
from sfumato.recipe import Recipe

ROOT = Path(__file__).resolve().parents[1]
PAINTINGS = ROOT.parent / "shared" / "data" / "paintings"

HEADING = "## What shows along an edge"

# Photo, region, style, and the close-up: left, top, side.
CASES = {
    "astronaut": (data.astronaut, "~person", "the_scream", (140, 20, 90)),
    "cat": (data.chelsea, "~subject", "starry_night", (300, 60, 90)),
    "cup": (data.coffee, "subject", "starry_night", (60, 190, 90)),
    "rocket": (data.rocket, "subject", "starry_night", (275, 110, 90)),
}


def rim(photo: np.ndarray, styled: np.ndarray, result: np.ndarray, alpha: np.ndarray) -> float:
    """Measure what a result shows along an edge that is neither style nor what is kept, in ΔE*ab.

    The colors of the edge are compared with the nearest mixture of the style and of a color that is kept, out of nine
    deep on its side. Old background that is left in what is kept is no such mixture. Averaged over a strip of 2 % of
    the shorter side to each side of the edge.
    """
    reach = max(4, round(0.02 * min(alpha.shape)))
    inside = alpha >= 0.5
    away = np.where(inside, _depth(inside), _depth(~inside))
    kept, strip = ~inside & (away > 1.5 * reach), away <= reach
    own, paint, made = (rgb2lab(cv2.GaussianBlur(x, (0, 0), 1).clip(0, 1)) for x in (photo, styled, result))
    rows, columns = np.indices(alpha.shape)
    places = images.extended(np.dstack([rows, columns]), kept)[strip]
    best = np.full(int(strip.sum()), np.inf)
    for shift in np.stack(np.meshgrid((-reach, 0, reach), (-reach, 0, reach)), -1).reshape(-1, 2):
        y, x = (places + shift).clip(0, np.array(alpha.shape) - 1).T
        start, step = own[y, x], paint[strip] - own[y, x]
        share = ((made[strip] - start) * step).sum(1) / np.maximum((step**2).sum(1), 1e-6)
        left = np.linalg.norm(made[strip] - start - share.clip(0, 1)[:, None] * step, axis=1)
        best = np.minimum(best, np.where(kept[y, x], left, np.inf))
    return float(best[np.isfinite(best)].mean())


def _depth(selected: np.ndarray) -> np.ndarray:
    """Return the distance of selected pixels to the others."""
    return cv2.distanceTransform(selected.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)


def main() -> None:
    shown: dict[str, np.ndarray] = {}
    lines = ["| picture | the photo itself | its own color |", "|---|---|---|"]
    for name, (load, region, style, (left, top, side)) in CASES.items():
        recipe = Recipe.from_options(style=PAINTINGS / f"{style}.jpg", region=region, method="fast")
        run = steps(recipe, load())
        for _ in run:
            pass
        problem, working = run.problem, run.working_picture()
        own, box = problem.photo.rgb(), problem.crop.box
        styled = own.copy()
        styled[box[0] : box[2], box[1] : box[3]] = problem.enlarged(working)
        alpha = np.zeros(own.shape[:2], np.float32)
        alpha[box[0] : box[2], box[1] : box[3]] = problem.alpha
        made = {
            "photo": own,
            "before": blend.compose(problem.photo, styled, alpha, (0, 0, *alpha.shape)).rgb(),
            "after": problem.compose(working).rgb(),
        }
        before, after = (rim(own, styled, made[kind], alpha) for kind in ("before", "after"))
        lines.append(f"| {name} | {before:.2f} | {after:.2f} |")
        for kind, picture in made.items():
            part = picture[top : top + side, left : left + side]
            shown[f"{name}, {kind}"] = cv2.resize(part, None, fx=3, fy=3, interpolation=cv2.INTER_CUBIC).clip(0, 1)
    path = ROOT / "docs" / "images" / "edges.jpg"
    images.save(images.from_array(sheet(shown, height=270, columns=3)), path, overwrite=True)
    place = ROOT / "docs" / "seams.md"
    others = place.read_text("utf-8").partition(HEADING)[0].rstrip()
    place.write_text(f"{others}\n\n{HEADING}\n{TEXT.format(table=chr(10).join(lines))}", "utf-8")
    print("\n".join(lines))


TEXT = """
Made by `python -m experiments.edges`. The pixels of a photo's edge are mixtures of both sides. If only their style is
laid over them, the old background stays as a pale or dark rim around what is kept. So both sides are told apart there
(`sfumato.blend.sides`): what is kept shows its own color under the style. Where the photo has a clear edge, alpha
follows it, so that paint does not glow beside a bright thing on dark ground. An edge has pixels with an alpha of 0 and
of 1 within 1.5 % of the shorter side. Gradients and wide feathers show the photo itself. Where alpha is 0, the photo's
bytes stay.

The masks of subjects, people and animals follow single strands of hair and fur, 2 % of the shorter side to each side of
their edge, where the photo tells them from the background (`sfumato.regions.strands`). Beside a patterned background, a
rim or a shadow the mask stays as it is; `matte(…)` follows more, at a cost.

The rim is the distance, in ΔE, of the edge's colors from the nearest mixture of the style and of colors deep inside
what is kept. Both columns, and both pictures, have the same mask.

{table}

![close-ups of edges](images/edges.jpg)
"""


if __name__ == "__main__":
    main()
