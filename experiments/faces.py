"""How well faces are found, and what the measure of faces says: writes docs/faces.md and its picture.

Needs the network files face-detection, face-mesh and u2netp. The fast method is measured where the research pictures
are beside the project::

    python -m experiments.faces
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
from PIL import Image
from skimage import data

from experiments.regions import table, timed
from sfumato import regions, stylize
from sfumato.jobs.preview import preview
from sfumato.metrics import FaceKept, faces

ROOT = Path(__file__).resolve().parents[1]
PAINTINGS = ROOT.parent / "shared" / "data" / "paintings"
WORDS = ("face", "eyes", "lips", "hair")
HEAD = (slice(30, 210), slice(130, 320))  # of the astronaut; the face in it is about 100 pixels wide


def astronaut() -> np.ndarray:
    """Return the photo of an astronaut that scikit-image ships."""
    return np.float32(data.astronaut() / 255)


def sizes() -> Iterator[list[str]]:
    """Yield rows: width of a face in a photo of 1024 pixels, of how many it is found, landmark error, what else."""
    cup = cv2.resize(np.float32(data.coffee() / 255), (1024, 683))
    head, (whole,) = astronaut()[HEAD], regions.find_faces(astronaut())
    random = np.random.default_rng(0)
    for width in (200, 100, 50, 32, 24, 20, 16, 12):
        scale = width / 100
        small = cv2.resize(
            head, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
        )
        truth = (whole.points - (HEAD[1].start, HEAD[0].start)) * scale
        shifts, others = [], 0
        for _ in range(20):
            top, left = (
                int(random.integers(0, side - own)) for side, own in zip(cup.shape, small.shape[:2], strict=False)
            )
            photo = cup.copy()
            photo[top : top + small.shape[0], left : left + small.shape[1]] = small.clip(0, 1)
            errors = [
                float(np.linalg.norm(face.points - truth - (left, top), axis=1).mean())
                / math.dist(truth[33], truth[263])
                for face in regions.find_faces(photo)
            ]
            shifts += [min(errors)] if errors and min(errors) < 0.5 else []
            others += sum(error >= 0.5 for error in errors)
        mean = f"{np.mean(shifts):.3f}" if shifts else "–"
        yield [str(width), f"{len(shifts)} of 20", mean, str(others)]


def kept(name: str, found: FaceKept) -> list[str]:
    """Return a measurement as a row."""
    return [name, *(f"{value:.3f}" for value in found)]


def measured() -> Iterator[list[str]]:
    """Yield rows: what was done to the photo, and the measure of its face."""
    photo = astronaut()
    noise = np.random.default_rng(0).normal(0, 0.1, photo.shape)
    changed = {"nothing": photo, "40 % darker": 0.6 * photo, "noise of 0.1": (photo + noise).clip(0, 1)}
    changed |= {f"blurred by {sigma} px": cv2.GaussianBlur(photo, (0, 0), sigma) for sigma in (2, 4, 8, 16)}
    changed |= {"the negative": 1 - photo, "all gray": np.full_like(photo, 0.5)}
    for name, picture in changed.items():
        yield kept(name, faces(picture, photo)[0])
    for style in ("gris_portrait_of_picasso", "the_scream", "starry_night"):
        file = PAINTINGS / f"{style}.jpg"
        if file.is_file():
            result = stylize(data.astronaut(), file, method="fast")
            yield kept(f"`--method fast`, {style.replace('_', ' ')}", faces(result.array, photo)[0])


def times() -> Iterator[list[str]]:
    """Yield rows: size of the photo, seconds."""
    for height, width in ((512, 512), (1000, 1000), (3464, 3464)):
        photo = cv2.resize(astronaut(), (width, height), interpolation=cv2.INTER_CUBIC).clip(0, 1)
        yield [f"{width} × {height}", f"{timed(lambda photo=photo: regions.evaluate('face', photo)):.2f}"]


def picture() -> None:
    """Write the picture of all words."""
    photo = astronaut()
    shown = [preview(photo, regions.evaluate(word, photo))[:320, 70:390] for word in WORDS]
    sheet = np.rint(255 * np.concatenate(shown, 1)).astype(np.uint8)
    Image.fromarray(sheet).save(ROOT / "docs" / "images" / "faces.jpg", quality=90)


def main() -> None:
    picture()
    text = f"""# Faces

    sfumato regions photo.jpg --region face
    sfumato apply photo.jpg --style a.jpg --region "subject - feather(eyes | lips, 2%)"

| word | selects |
|---|---|
| `face` | the oval from the forehead to the chin, without hair and ears |
| `eyes` | both eyes with their brows |
| `lips` | the lips, and what an open mouth shows |
| `hair` | what of `subject` is beside and above the oval, down to the mouth |

All of them mean all faces; `face#1` means the largest, `eyes#2` those of the second largest. They need the extra
`faces`. Their edges are soft, over a twentieth of the face's size; those of `eyes` and `lips` lie outside. If the model
of `--segmenter` has a label of such a name, the word comes first.

![the face, the eyes, the lips and the hair of an astronaut](images/faces.jpg)

## How it works

A detector (BlazeFace, short range) sees 128 × 128 pixels, and in them faces that fill a fifth or more. So it looks at
the photo as a whole, and at larger and larger copies of it, up to 1024 pixels on the longer side, through windows that
overlap by half. A mesh of 468 points is fitted to what it finds, in a square half as large again as the face, with
level eyes: once from the detector's box, once from its own. What the mesh scores below 0.5 is no face; that separates
faces from other things far better than the detector does. In Python: `sfumato.regions.find_faces`.

A face, made larger or smaller, at 20 random places of a photo of 1024 × 683 without faces. *Error* is the mean error of
the 468 points, divided by the distance between the outer corners of the eyes.

{table("width of the face, pixels | found | error | other things found", sizes())}

What it does not do: faces that are tilted by more than about 75 degrees, of which those upside down may be fitted the
wrong way round, or that show less than half. Faces of dogs and monkeys may be taken for faces. `hair` has no network of
its own: it takes ears, hats, a high forehead and another subject beside the head along, and leaves long hair below the
mouth.

## Measure

`sfumato.metrics.faces(picture, photo)` tells how much of each face a picture keeps. *Shift* is the normalized mean
error (NME): how far the points of the mesh moved, divided by the distance between the outer corners of the eyes. The
mesh is fitted to both pictures in the same square. *Detection* and *fit* are the scores of both networks. Shift alone
says little where fit is low: without a face to see, the mesh falls back to a mean face.

The face of the astronaut, 95 × 107 pixels:

{table("change | shift | detection | fit", measured())}

## Times

Seconds to find all faces and draw `face`, the shortest of three, on one of two cores of an Intel Xeon, with other work
on the machine.

{table("photo | s", times())}

`python -m experiments.faces` measures and draws all of this.
"""
    (ROOT / "docs" / "faces.md").write_text(text, "utf-8")
    print(text)


if __name__ == "__main__":
    main()
