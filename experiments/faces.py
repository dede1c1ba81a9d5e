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

## Faces stay faces

    sfumato apply photo.jpg --style a.jpg
    sfumato apply photo.jpg --style a.jpg --faces soft
    sfumato apply photo.jpg --style a.jpg --face-weight 2

| option | faces in a restyled region |
|---|---|
| `--faces keep` | stay the faces they are; the default |
| `--faces soft` | are held a quarter as strongly |
| `--faces off` | are painted like everything else, and not looked for |
| `--face-weight 2` | are held twice as strongly as `keep` or `soft` does by itself |

*Held.* The content loss counts once more inside faces: in full in eyes with their brows and in lips, by half in the
skin. With `keep`, a pixel of an eye counts about five times as much as one beside the face, one of a cheek three times.
Faces of more than 150 pixels at the working size are held less, in proportion, since they survive by themselves.

*Enlarged.* The network sees nothing of an eye that has three pixels. So faces of less than 110 pixels at the working
size are painted once more after all else: at 160 pixels, or twice the photo's own size if that is smaller; the twelve
largest, in 16 steps each. Their strokes are finer than those around them. A layer takes part if it covers a third of
the face.

*Lent.* If a style is itself a portrait, its face is warped to each face in the photo, brow to brow and cheek to cheek,
and the photo's features are multiplied by a gain between 0.7 and 5 toward those of the painting (Selim et al. 2016), at
relu3_1 and relu4_1. The largest face of the style counts, if it is at least a quarter of the shorter side, and in the
part of the style that is used. Many painted faces are not found: of a cubist portrait, and of The Scream, none is.

Faces are looked for at the working size. That needs the extra `faces`; without it, or without the network files, a
warning says so and the run goes on. Of animals, the eyes of dogs come back where the mesh takes them for a face; those
of birds are found by none of the networks, and are left to the content loss. `--style-share whole`, the published loss,
keeps no faces, nor do the other methods. What faces keep, in numbers and by eye: [faces-kept.md](faces-kept.md).

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
