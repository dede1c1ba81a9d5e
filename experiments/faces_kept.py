"""What is left of faces with `--faces keep` and `off`: writes docs/images/faces-kept.jpg and prints the table.

Needs the network files vgg19, face-detection, face-mesh and u2netp, and the research pictures beside the project;
docs/faces-kept.md quotes it. It takes about an hour of processor time::

    python -m experiments.faces_kept
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator

import numpy as np
from PIL import Image
from skimage import data

from experiments.faces import PAINTINGS, ROOT, astronaut
from experiments.regions import table
from sfumato import images, regions, stylize
from sfumato.images.resizing import at_most
from sfumato.metrics import faces, share_distance, style_distance
from sfumato.regions.faces.masks import size

PHOTOS = ("photos/0204.jpg", "photos/0240.jpg", "photos/0797.jpg", "photos/0801.jpg", "photo/11/content.png")
STYLES = ("starry_night", "the_scream", "gris_portrait_of_picasso")
COLUMNS = (
    "photo | style | face, pixels | shift, keep | off | detection, keep | off | fit, keep | off"
    " | share distance, keep / off | style distance, keep / off | seconds, keep | off"
)


def restyled() -> Iterator[list[str]]:
    """Yield rows: photo, style and size of a face; what is left of it, how near the photo is to the style, and times.

    Distances are those with faces kept, as fractions of those without; times are processor seconds.
    """
    photos = {name: images.load(PAINTINGS.parent / name).rgb() for name in PHOTOS}
    for (name, photo), style in itertools.product({"astronaut": astronaut(), **photos}.items(), STYLES):
        painting = images.load(PAINTINGS / f"{style}.jpg").rgb()
        mask, face = (regions.evaluate(word, photo) for word in ("subject", "face"))
        whole = np.minimum(mask, face).sum() < 0.8 * face.sum()
        region, mask = ("all", np.ones_like(mask)) if whole else ("subject", mask)
        results, distances, seconds = [], [], []
        for option in ("keep", "off"):
            began = time.process_time()
            results.append(stylize(photo, painting, region=region, faces=option).picture.rgb())
            seconds.append(f"{time.process_time() - began:.0f}")
            strokes = at_most(painting, max(photo.shape[:2]))
            distances.append(
                (share_distance(results[-1], photo, strokes, mask), style_distance(results[-1], strokes, mask))
            )
        ratios = [f"{with_faces / without:.2f}" for with_faces, without in zip(*distances, strict=True)]
        for face, *both in zip(regions.find_faces(photo), *(faces(each, photo) for each in results), strict=True):
            measures = [f"{value:.3f}" for pair in zip(*both, strict=True) for value in pair]
            yield [name, style.replace("_", " "), f"{size(face):.0f}", *measures, *ratios, *seconds]


def picture() -> None:
    """Write the picture of a face that is kept, beside the photo and the same without."""
    painting = PAINTINGS / "starry_night.jpg"
    results = [stylize(data.astronaut(), painting, region="subject", faces=option).array for option in ("off", "keep")]
    shown = [each[10:250, 110:340] for each in (data.astronaut(), *results)]
    sheet = Image.fromarray(np.concatenate(shown, 1))
    sheet.resize((2 * sheet.width, 2 * sheet.height), Image.Resampling.LANCZOS).save(
        ROOT / "docs" / "images" / "faces-kept.jpg", quality=90
    )


if __name__ == "__main__":
    picture()
    print(table(COLUMNS, restyled()))
